/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the count of killed processes beyond the end of a cgroup; see oom-note.h. */
#include "container/oom-note.h"

#include "base/auto.h"
#include "cgroup/oom-watch.h"
#include "os/fdio.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int oom_note_ask(int state_fd)
{
	return fdio_open_at(state_fd, OOM_NOTE_NAME, O_RDONLY | O_CREAT | O_NOFOLLOW, 0600);
}

void oom_note_write(int state_fd, const struct cgroup_record *r)
{
	rl_autoclose int fd = fdio_open_at(state_fd, OOM_NOTE_NAME, O_WRONLY | O_NOFOLLOW, 0);
	char text[24];

	if (fd < 0)
		return; /* nobody asked */
	snprintf(text, sizeof(text), "%" PRIu64 "\n", oom_watch_count(r));
	/* A note that cannot be written is as one that was never asked for. */
	fdio_write_full(fd, text, strlen(text));
}

uint64_t oom_note_read(int fd)
{
	char text[24];
	ssize_t n = fd >= 0 ? pread(fd, text, sizeof(text) - 1, 0) : 0;

	text[n > 0 ? n : 0] = 0;
	return strtoull(text, NULL, 10);
}
