/* SPDX-License-Identifier: Apache-2.0 */
/* os/pidfd.c: children that one knows no pid of. */
#include "os/pidfd.h"

#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start(unsigned int seconds)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (seconds)
		sleep(seconds);
	_exit(0);
}

static bool is_ours(pid_t pid)
{
	return waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void test_children(void)
{
	siginfo_t si;
	pid_t ended, lives;

	ok(!pidfd_has_children(), "a new process has no children");
	pidfd_reap_all(true);
	ended = start(0);
	ok(pidfd_has_children(), "one child");
	pidfd_reap_all(true);
	ok(!is_ours(ended) && !pidfd_has_children(), "it was waited for");
	ended = start(0);
	lives = start(1000);
	waitid(P_PID, (id_t)ended, &si, WEXITED | WNOWAIT);
	pidfd_reap_all(false);
	ok(!is_ours(ended) && is_ours(lives), "only the one that had ended");
	kill(lives, SIGKILL);
	pidfd_reap_all(true);
	ok(!is_ours(lives), "and now the other");
}

int main(void)
{
	test_children();
	return tap_done();
}
