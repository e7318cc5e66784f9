/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for the state of a cgroup; see cgroup-wait.h. */
#include "cgroup/cgroup-wait.h"

#include "base/auto.h"
#include "cgroup/cgroup-walk.h"
#include "os/clock.h"
#include "os/fdio.h"
#include "os/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

/*
 * In slices: no event comes of a cgroup that somebody else removed, nor of any file of version 1,
 * nor of a signal that is held.
 */
#define SLICE_MIN_MS 1
#define SLICE_MAX_MS 20

int cgroup_wait(int group, const char *file, const char *words, int64_t deadline,
		const struct interrupt *interrupt)
{
	rl_autoclose int fd = fdio_open_at(group, file, O_RDONLY, 0);
	int64_t slice = SLICE_MIN_MS;
	char text[128];

	if (fd < 0)
		return fd;
	for (;;) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };
		int64_t left = deadline - clock_ms();
		ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

		if (n < 0)
			return -errno;
		text[n] = 0;
		if (strstr(text, words))
			return 0;
		if (interrupt && interrupt_is_pending(interrupt))
			return -EINTR;
		if (left <= 0)
			return -ETIMEDOUT;
		poll(&poll_fd, 1, (int)(left < slice ? left : slice));
		slice = slice < SLICE_MAX_MS ? slice * 2 : slice;
	}
}
