/* SPDX-License-Identifier: Apache-2.0 */
/* Catches what a test writes to standard error. */
#ifndef RL_TESTS_CAPTURE_H
#define RL_TESTS_CAPTURE_H

#include <sys/mman.h>
#include <unistd.h>

static char captured_bytes[4096]; /* what was read last */

/* Standard error of the calls between these two goes to a file in memory, or to a terminal. */
static int saved = -1, captured = -1;

static void capture(int fd)
{
	saved = dup(STDERR_FILENO);
	captured = fd;
	dup2(fd, STDERR_FILENO);
}

static const char *captured_text(void)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(captured, captured_bytes, sizeof(captured_bytes) - 1, 0);
	close(captured);
	captured_bytes[n > 0 ? n : 0] = 0;
	return captured_bytes;
}

static int memory_file(void)
{
	return memfd_create("stderr", MFD_CLOEXEC);
}

#endif
