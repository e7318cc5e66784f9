/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HOME of a process whose environment has none: that of its user in /etc/passwd of the container;
 * "/" where there is no such user, or no such file. Freestanding.
 *
 * The file is the image's: it may be a fifo, a device, a link, or without end. It is looked up in
 * the container's root, must be a plain file, and no more than HOME_FILE_MAX of it is read.
 */
#include "process/process.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#define HOME_FILE_MAX (1 << 20)
#define HOME_LINE     1024 /* a longer line names nobody */
#define HOME_UID      2    /* name:password:uid:gid:comment:home:shell */
#define HOME_DIR      5
#define HOME_TYPE     0170000 /* S_IFMT: the kernel's headers hide it from hosted code */
#define HOME_FILE     0100000

static char home[sizeof("HOME=") + HOME_LINE] = "HOME=/";

static long open_plain(uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	struct statx st;
	long r, fd = SYS_4(__NR_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof(how));

	if (fd < 0)
		return fd;
	r = SYS_5(__NR_statx, fd, "", AT_EMPTY_PATH, STATX_TYPE, &st);
	if (r >= 0 && (st.stx_mode & HOME_TYPE) == HOME_FILE)
		return fd;
	sys_close((int)fd);
	return r < 0 ? r : -EINVAL;
}

/* Looked at before it is opened for more than its path; and again, as it may be another by now. */
static long open_passwd(void)
{
	long fd = open_plain(O_PATH);

	if (fd < 0)
		return fd;
	sys_close((int)fd);
	return open_plain(O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

/* The field of a line, which ends with a NUL in place of its colon, or NULL. Changes the line. */
static const char *field(char *line, int n)
{
	while (n > 0 && *line)
		n -= *line++ == ':';
	if (n > 0)
		return NULL;
	for (char *end = line; *end; end++) {
		if (*end == ':') {
			*end = 0;
			break;
		}
	}
	return line;
}

/* Whether this is the line of the user; then HOME is its directory. */
static int take_line(char *line, const char *uid)
{
	/* The last one first: finding a field cuts the line behind it. */
	const char *dir = field(line, HOME_DIR), *id = dir ? field(line, HOME_UID) : NULL;

	if (!id || !sys_streq(id, uid))
		return 0;
	if (dir[0] == '/') {
		home[sizeof("HOME=") - 1] = 0;
		sys_append(home, sizeof(home), dir);
	}
	return 1;
}

struct lines {
	char text[HOME_LINE];
	size_t len;
};

/* Take in one character: whether the line that it ends is the user's. */
static int take_char(struct lines *l, char c, const char *uid)
{
	int found = 0;

	if (c != '\n') {
		if (l->len < sizeof(l->text))
			l->text[l->len++] = c;
		return 0;
	}
	if (l->len < sizeof(l->text)) {
		l->text[l->len] = 0;
		found = take_line(l->text, uid);
	}
	l->len = 0;
	return found;
}

static void read_passwd(int fd, const char *uid)
{
	struct lines l = { .len = 0 };
	char buf[4096];
	long n;

	for (long total = 0; total < HOME_FILE_MAX; total += n) {
		n = sys_read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		for (long i = 0; i < n; i++)
			if (take_char(&l, buf[i], uid))
				return;
	}
	take_char(&l, '\n', uid);
}

void home_find(const struct process_plan *p)
{
	char uid[21];
	long fd;

	if (!p->find_home)
		return;
	sys_decimal(uid, p->uid);
	fd = open_passwd();
	if (fd < 0)
		return;
	read_passwd((int)fd, uid);
	sys_close((int)fd);
}

char *home_entry(void)
{
	return home;
}
