/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of guest code: a plan from the text of a config.json, and a forked child that runs the
 * code, changes only itself, and leaves what it found in shared memory.
 */
#ifndef RL_TESTS_GUEST_CHILD_H
#define RL_TESTS_GUEST_CHILD_H

#include "libocispec/ocispec.h"
#include "os/guest.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child leaves behind. */
struct child {
	int status; /* of wait(2); -1: it ended by itself, as it should */
	int ret;    /* what the function returned */
	struct rl_err err;
	char text[8192]; /* what the function, or the program it became, wrote */
};

typedef int child_function(struct guest *g, const void *arg, char *text, size_t size);

/* Run it in a child; the caller frees nothing, and asks before the next call. */
__attribute__((unused)) static const struct child *child_run(child_function *function,
							     const void *base, const void *arg)
{
	static struct child *shared;
	pid_t pid;
	int status;

	if (!shared)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(shared, 0, sizeof(*shared));
	shared->err.step = -1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct guest g = {
			.base = base,
			.err = &shared->err,
			.root_fd = -EBADF,
			.proc_fd = -EBADF,
		};
		const struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);

		shared->ret = function(&g, arg, shared->text, sizeof(shared->text));
		/* Not _exit(): the sanitizer makes calls before it, that a filter may forbid. */
		sys_raw(__NR_exit_group, 0, 0, 0, 0, 0, 0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	shared->status = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? -1 : status;
	return shared;
}

/* Read a small file into text, behind what is there. */
__attribute__((unused)) static void child_read(const char *path, char *text, size_t size)
{
	size_t at = strlen(text);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text + at, size - at - 1);

	text[at + (n > 0 ? (size_t)n : 0)] = 0;
	if (fd >= 0)
		close(fd);
}

__attribute__((unused)) static int child_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n < 0 ? -errno : 0;
}

/* A config.json. The text must be good: a mistake in it ends the test. Free with oci_done(). */
__attribute__((unused, format(printf, 2, 3))) static struct oci_config *
config_load(struct oci_doc *doc, const char *fmt, ...)
{
	struct oci_error err = { 0 };
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	*doc = (struct oci_doc){ 0 };
	if (n < 0 || oci_load(&oci_config_table, text, (size_t)n, doc, &err) < 0) {
		printf("Bail out! the test's own JSON: %s: %s\n%s\n", err.key, err.message, text);
		exit(1);
	}
	free(text);
	return doc->root;
}

#endif
