/* SPDX-License-Identifier: Apache-2.0 */
/* A child that does nothing; see holder.h. */
#include "os/holder.h"

#include "os/helper.h"
#include "os/libc.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* The signals as a program has them that nobody prepared: systemd's SIGTERM is to end it. */
static void reset_signals(void)
{
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void hold(void *context)
{
	(void)context;
	reset_signals();
	close_range(0, ~0U, 0);
	for (;;)
		pause();
}

pid_t holder_start(uint64_t namespaces, int *ret_pidfd)
{
	return helper_start(namespaces, "rundlet-holder", hold, NULL, ret_pidfd);
}

void holder_end(int *pidfd)
{
	helper_end(pidfd);
}
