/* SPDX-License-Identifier: Apache-2.0 */
/* Calls a function in new namespaces; see inside.h. */
#include "os/inside.h"

#include "base/fault.h"
#include "os/libc.h"
#include "os/pidfd.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define STACK_SIZE ((size_t)256 * 1024)

struct job {
	int (*run)(void *context);
	void *context;
	int result;
};

static int begin(void *arg)
{
	struct job *j = arg;

	j->result = j->run(j->context);
	return 0;
}

/* As posix_spawn(3) does: our thread sleeps, and the child runs in its place on another stack. */
static int run_on(char *stack, uint64_t namespaces, struct job *j)
{
	const int flags = (int)namespaces | CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD;
	pid_t pid = clone(begin, stack + STACK_SIZE, flags, j);

	if (pid < 0)
		return -errno;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return j->result;
}

int inside_run(uint64_t namespaces, int (*run)(void *context), void *context)
{
	struct job j = { .run = run, .context = context, .result = -ECHILD };
	sigset_t all, old;
	char *stack;
	int r;

	RL_FAULT("inside_run");
	pidfd_children_wait();
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return -errno;
	/* A handler would run in the child, too, on our memory. */
	libc_fill_signals(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	r = run_on(stack, namespaces, &j);
	sigprocmask(SIG_SETMASK, &old, NULL);
	munmap(stack, STACK_SIZE);
	return r;
}
