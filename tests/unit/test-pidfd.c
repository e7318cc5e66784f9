/* SPDX-License-Identifier: Apache-2.0 */
/* os/pidfd.c: children that one knows no pid of. */
#include "os/pidfd.h"

#include "tap.h"

#include <sys/wait.h>
#include <unistd.h>

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static bool is_ours(pid_t pid)
{
	return waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void test_children(void)
{
	pid_t one, other;

	ok(!pidfd_has_children(), "a new process has no children");
	pidfd_reap_all();
	one = start();
	other = start();
	ok(pidfd_has_children(), "two children");
	pidfd_reap_all();
	ok(!is_ours(one) && !is_ours(other), "both were waited for");
	ok(!pidfd_has_children(), "and there are no others");
}

int main(void)
{
	test_children();
	return tap_done();
}
