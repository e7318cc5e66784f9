/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process/home-guest.c: /etc/passwd of a root that is ours, good and hostile. Needs root, for
 * chroot(2).
 */
#include "guest-child.h"
#include "process/process.h"

#include <sys/stat.h>

static char root[] = "/tmp/test-home-XXXXXX";

struct passwd {
	const char *text; /* of the file; NULL: none */
	const char *link; /* or where it leads to */
	bool fifo;
	uint32_t uid;
};

static int make(const struct passwd *p)
{
	if (p->link)
		return symlink(p->link, "/etc/passwd");
	if (p->fifo)
		return mkfifo("/etc/passwd", 0666);
	return p->text ? child_write("/etc/passwd", p->text) : 0;
}

static int do_find(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct passwd *p = arg;
	const struct process_plan plan = { .uid = p->uid, .find_home = 1 };

	(void)g;
	if (chroot(root) < 0 || chdir("/") < 0)
		return -errno;
	unlink("/etc/passwd");
	if (make(p) < 0)
		return -errno;
	home_find(&plan);
	snprintf(text, size, "%s", home_entry());
	return 0;
}

static void found(struct passwd p, const char *want, const char *what)
{
	const struct child *c = child_run(do_find, NULL, &p);

	is_int(c->status, -1, "%s: ends", what);
	is_int(c->ret, 0, "in the root");
	is_str(c->text, want, "%s", what);
}

#define ROOT "root:x:0:0:root:/root:/bin/sh\n"

static void test_good(void)
{
	found((struct passwd){ .text = ROOT }, "HOME=/root", "the first line");
	found((struct passwd){ .text = ROOT "u:x:5:6::/home/u:/bin/sh\nv:x:5:6::/v:\n", .uid = 5 },
	      "HOME=/home/u", "the first of two with one id");
	found((struct passwd){ .text = ROOT "u:x:5:6::/home/u", .uid = 5 }, "HOME=/home/u",
	      "a last line without an end, and without a shell");
	found((struct passwd){ .text = ROOT, .uid = 7 }, "HOME=/", "an id that is not there");
	found((struct passwd){ .text = ROOT "u:x:4294967294:6::/u:\n", .uid = 4294967294u },
	      "HOME=/u", "the highest id");
	found((struct passwd){ .text = NULL }, "HOME=/", "no file");
	found((struct passwd){ .link = "/etc/other" }, "HOME=/", "a link to nothing");
}

static void test_hostile(void)
{
	static char big[3 << 20], line[5000];

	found((struct passwd){ .fifo = true }, "HOME=/", "a fifo does not block");
	found((struct passwd){ .link = "/etc" }, "HOME=/", "a directory");
	found((struct passwd){ .link = "passwd" }, "HOME=/", "a link to itself");
	found((struct passwd){ .text = "x:y:0:0::home:\n" }, "HOME=/",
	      "a home that is not absolute");
	found((struct passwd){ .text = "x:y:00:0::/a:\n:0:0\n0\n\n::::::\n" ROOT }, "HOME=/root",
	      "lines of other forms");
	memset(line, 'a', sizeof(line) - 1);
	memcpy(line + sizeof(line) - 20, ":x:0:0::/long:\n", 16);
	found((struct passwd){ .text = line }, "HOME=/", "a line that is too long");
	memset(big, '\n', sizeof(big) - 1);
	memcpy(big + sizeof(big) - sizeof(ROOT), ROOT, sizeof(ROOT));
	found((struct passwd){ .text = big }, "HOME=/", "a file that is too long");
}

int main(void)
{
	char etc[64];

	if (geteuid() != 0) {
		skip("chroot(2) needs root");
		return tap_done();
	}
	if (!mkdtemp(root))
		return 1;
	snprintf(etc, sizeof(etc), "%s/etc", root);
	mkdir(etc, 0755);
	test_good();
	test_hostile();
	snprintf(etc, sizeof(etc), "rm -rf %s", root);
	ok(system(etc) == 0, "nothing is left");
	return tap_done();
}
