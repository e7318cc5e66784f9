/* SPDX-License-Identifier: Apache-2.0 */
/* The session keyring of the payload is a new one. */
#include "security/security.h"
#include "tests/unit/tap.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long session(void)
{
	return syscall(__NR_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
}

/* 0: a new one; 1: the same one; 2: it failed. */
static int join(void)
{
	struct rl_err e = RL_ERR_INIT;
	const struct security_plan p = { .label = { 0 } };
	struct guest g = { .base = &p, .err = &e };
	long before = session();

	if (keyring_join(&g, &p) < 0)
		return 2;
	return session() == before;
}

int main(void)
{
	int status = 0;
	long mine = session();
	pid_t pid;

	if (mine < 0) {
		skip("this kernel, or the sandbox around the test, has no keyrings");
		return tap_done();
	}
	pid = fork();
	if (pid == 0)
		_exit(join());
	waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0, "the child has another session keyring than we");
	is_int(session(), mine, "we have ours still");
	return tap_done();
}
