/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that are put off; see interrupt.h. */
#include "os/interrupt.h"

#include "base/auto.h"

static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

void interrupt_hold(struct interrupt *ret)
{
	struct sigaction sa;

	sigemptyset(&ret->held);
	/* One that is ignored would be pending while it is blocked. */
	for (size_t i = 0; i < RL_COUNT(ends); i++)
		if (sigaction(ends[i], NULL, &sa) == 0 && sa.sa_handler != SIG_IGN)
			sigaddset(&ret->held, ends[i]);
	sigprocmask(SIG_BLOCK, &ret->held, &ret->old);
	for (size_t i = 0; i < RL_COUNT(ends); i++)
		if (sigismember(&ret->old, ends[i]))
			sigdelset(&ret->held, ends[i]);
}

bool interrupt_is_pending(const struct interrupt *i)
{
	sigset_t pending;

	sigemptyset(&pending);
	sigpending(&pending);
	sigandset(&pending, &pending, &i->held);
	return !sigisemptyset(&pending);
}

void interrupt_done(struct interrupt *i)
{
	sigprocmask(SIG_SETMASK, &i->old, NULL);
}
