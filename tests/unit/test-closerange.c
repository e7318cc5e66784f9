/* SPDX-License-Identifier: Apache-2.0 */
/* os/closerange-guest.c: which descriptors execve(2) closes, with the call and without it. */
#include "guest-child.h"
#include "os/closerange.h"

#include <sys/stat.h>

/* More than one reading of the list, and numbers of one to three digits. */
enum { FIRST = 5, LAST = 160 };

/*
 * What is given: whether the call is there, and a directory that stands for procfs; NULL: it is at
 * /proc, "": there is none.
 */
struct given {
	unsigned int denied;
	const char *procfs;
};

/* Count into the text those that are kept below FIRST, and from there on. */
static int do_mark(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct given *given = arg;
	int below = 0, above = 0, proc = given->procfs ? -EBADF : AT_FDCWD;
	long r;

	(void)g;
	for (int fd = 3; fd <= LAST; fd++)
		if (dup2(1, fd) != fd)
			return -errno;
	if (given->procfs && *given->procfs)
		proc = open(given->procfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	sys_fault_denied = given->denied;
	r = closerange_cloexec(proc, FIRST);
	sys_fault_denied = 0;
	for (int fd = 0; fd <= LAST; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0)
			return -errno;
		*(fd < FIRST ? &below : &above) += !(flags & FD_CLOEXEC);
	}
	snprintf(text, size, "%d %d", below, above);
	return (int)r;
}

static void check(unsigned int denied, const char *procfs, int ret, const char *kept)
{
	const struct given given = { .denied = denied, .procfs = procfs };
	const struct child *c = child_run(do_mark, NULL, &given);

	is_int(c->ret, ret, "%s call, procfs %s", denied ? "no" : "the",
	       procfs ? procfs : "at /proc");
	is_str(c->text, kept, "those that are kept, below the first one and from it on");
}

int main(void)
{
	char fake[] = "/tmp/rundlet-closerange-XXXXXX", path[64];

	check(0, NULL, 0, "5 0");
	check(FAULT_DENY_CLOSERANGE, NULL, 0, "5 0");
	check(FAULT_DENY_CLOSERANGE, "/proc", 0, "5 0");
	check(FAULT_DENY_CLOSERANGE, "", 0, "5 0");
	check(FAULT_DENY_CLOSERANGE, "/", -ENOSYS, "5 156");

	/* A directory of the right name with nothing in it is no list of descriptors. */
	if (!mkdtemp(fake))
		return 1;
	snprintf(path, sizeof(path), "%s/self", fake);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/self/fd", fake);
	mkdir(path, 0700);
	check(FAULT_DENY_CLOSERANGE, fake, -ENOSYS, "5 156");
	rmdir(path);
	snprintf(path, sizeof(path), "%s/self", fake);
	rmdir(path);
	rmdir(fake);
	return tap_done();
}
