/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of `list`: what is asked of the kernel for containers of which each has a record, a
 * process and a freezer, and nothing else: no record is parsed, and only names are printed.
 *
 *     floor-list ROOT PID FREEZER    all have this process and this file of the freezer
 */
#include <fcntl.h>
#include <linux/types.h>

#include "floor.h"

#define RECORD "/state.json"

struct entry { /* getdents64(2) */
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

struct poll_fd { /* poll(2) */
	int fd;
	short events, revents;
};

static char names[1 << 17], out[1 << 17], record[1 << 16];

static void must(long r)
{
	if (r < 0)
		sys_exit(1);
}

static void read_file(int dir, const char *path)
{
	int fd = (int)sys_openat(dir, path, O_RDONLY | O_CLOEXEC, 0);

	must(fd);
	must(sys_read(fd, record, sizeof(record)));
	sys_close(fd);
}

static void look_at(long pid)
{
	static const long now[2]; /* seconds, nanoseconds */
	struct poll_fd p = { (int)SYS_2(__NR_pidfd_open, pid, 0), 1, 0 };

	must(p.fd);
	must(SYS_5(__NR_ppoll, SYS_P(&p), 1, SYS_P(now), 0, 0));
	sys_close(p.fd);
}

/* Append the name, and what is behind it; where that begins. */
static char *append(char *to, const char *name, const char *rest)
{
	while (*name)
		*to++ = *name++;
	for (char *at = to; (*at++ = *rest);)
		rest++;
	return to;
}

_Noreturn void floor_main(long *stack)
{
	int root = (int)sys_openat(AT_FDCWD, (const char *)stack[2],
				   O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	long pid = number((const char *)stack[3]), n;
	char *end = out;

	must(root);
	while ((n = SYS_3(__NR_getdents64, root, SYS_P(names), sizeof(names))) > 0)
		for (long at = 0; at < n; at += ((struct entry *)(names + at))->size) {
			const struct entry *e = (const struct entry *)(names + at);
			char path[300];

			if (e->name[0] == '.')
				continue;
			append(path, e->name, RECORD);
			read_file(root, path);
			look_at(pid);
			read_file(AT_FDCWD, (const char *)stack[4]);
			end = append(end, e->name, "\n") + 1;
		}
	must(n);
	must(sys_write(1, out, (unsigned long)(end - out)));
	sys_exit(0);
}
