/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process/cwd-guest.c in a root of its own: directories that are entered, made, and refused. Needs
 * root.
 */
#include "process-root.h"

static int do_cwd(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct process_plan *p = arg;
	int r = enter_root();
	struct stat st;

	if (r < 0)
		return r;
	r = cwd_enter(g, p);
	if (r == 0 && !getcwd(text, size))
		return -errno;
	if (r == 0 && stat(".", &st) == 0)
		snprintf(text + strlen(text), size - strlen(text), " %o", st.st_mode & 07777);
	return r;
}

static void check_cwd(const char *cwd, const char *want, int code)
{
	struct planned p = plan(cwd, ARGS(S("x")), "/bin", 0, 0);
	const struct child *c = child_run(do_cwd, p.flat.data, &p.plan);

	is_int(c->ret, code, "cwd %.60s: %s", cwd, c->err.what);
	is_str(code ? c->err.what : c->text, want, "and what is said, or where we are");
	if (code)
		is_str(c->err.where, "process.cwd", "and the key");
	flat_done(&p.flat);
}

static void test_cwd(void)
{
	check_cwd("/", "/ 755", 0);
	check_cwd("/bin", "/bin 755", 0);
	check_cwd("/new/and/deep", "/new/and/deep 755", 0);
	check_cwd("/place/to-etc", "/etc 755", 0);
	check_cwd("/place/to-etc/made", "/etc/made 755", 0);
	check_cwd("/place/new/../other", "/place/other 755", 0);
	check_cwd("/../../bin", "/bin 755", 0);
	check_cwd("/etc/passwd", "\"/etc/passwd\" is not a directory", -ENOTDIR);
	check_cwd("/etc/passwd/x", "\"/etc/passwd/x\" is not a directory", -ENOTDIR);
	check_cwd("/place/dangling", "enter the working directory \"/place/dangling\"", -ENOENT);
	check_cwd("/bin/loop", "\"/bin/loop\" leads through a link of /proc or a loop of links",
		  -ELOOP);
	check_cwd("/proc/self/fd/50",
		  "\"/proc/self/fd/50\" leads through a link of /proc or a loop of links", -ELOOP);
	check_cwd("/proc/self/fd/50/..",
		  "\"/proc/self/fd/50/..\" leads through a link of /proc or a loop of links",
		  -ELOOP);
	check_cwd("/proc/self/cwd",
		  "\"/proc/self/cwd\" leads through a link of /proc or a loop of links", -ELOOP);
	check_cwd("/proc/self/root/etc",
		  "\"/proc/self/root/etc\" leads through a link of /proc or a loop of links",
		  -ELOOP);
}

/* Every descriptor, also one of the host's, and the long way. */
static void test_cwd_descriptors(void)
{
	char cwd[64];

	for (int fd = 3; fd < 12; fd++) {
		struct planned p;
		const struct child *c;

		snprintf(cwd, sizeof(cwd), "/proc/self/fd/%d%s", fd, fd % 2 ? "" : "/../../../etc");
		p = plan(cwd, ARGS(S("x")), "/bin", 0, 0);
		c = child_run(do_cwd, p.flat.data, &p.plan);
		ok(c->ret < 0 && c->err.code, "%s: %s", cwd, c->err.what);
		flat_done(&p.flat);
	}
}

/* A directory that root may not enter: here, because root lacks the power. */
static int do_cwd_again(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct process_plan *p = arg;
	int r = enter_root();

	if (r < 0)
		return r;
	if (mkdir("/place/them", 0700) < 0 || chown("/place/them", 1000, 1000) < 0)
		return -errno;
	syscall(SYS_setfsuid, 4321);
	r = cwd_enter(g, p);
	syscall(SYS_setfsuid, 0);
	if (r == 0)
		r = user_set(g, p);
	if (!getcwd(text, size))
		return -errno;
	return r;
}

static void test_cwd_again(void)
{
	struct planned p = plan("/place/them", ARGS(S("x")), "/bin", 1000, 0);
	const struct child *c = child_run(do_cwd_again, p.flat.data, &p.plan);

	is_int(c->ret, 0, "what only the user may enter is entered as the user: %s", c->err.what);
	is_str(c->text, "/place/them", "and we are there");
	flat_done(&p.flat);
	p = plan("/place/them", ARGS(S("x")), "/bin", 1001, 0);
	c = child_run(do_cwd_again, p.flat.data, &p.plan);
	is_int(c->ret, -EACCES, "and what the user may not enter either is an error");
	is_str(c->err.what, "enter the working directory \"/place/them\"", "with words");
	flat_done(&p.flat);
}

/* A root that nothing leads to: getcwd(2) says so, and it is the last check. */
static int do_cwd_outside(struct guest *g, const void *arg, char *text, size_t size)
{
	int r = enter_root(), root;

	(void)text;
	(void)size;
	if (r < 0)
		return r;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mkdir("/jail", 0755) < 0 || chroot("/jail") < 0 ||
	    unlinkat(root, "jail", AT_REMOVEDIR) < 0)
		return -errno;
	return cwd_enter(g, arg);
}

static void test_cwd_outside(void)
{
	struct planned p = plan("/", ARGS(S("x")), "/bin", 0, 0);
	const struct child *c = child_run(do_cwd_outside, p.flat.data, &p.plan);

	ok(c->ret < 0, "a directory that has no path from the root is refused");
	is_str(c->err.what, "the working directory is outside of the container's root",
	       "with words");
	is_str(c->err.where, "process.cwd", "and the key");
	flat_done(&p.flat);
}

int main(void)
{
	if (geteuid() != 0 || access(BUSYBOX, X_OK) < 0) {
		skip("needs root, and a static busybox at " BUSYBOX);
		return tap_done();
	}
	if (!mkdtemp(scratch))
		return 1;
	test_cwd();
	test_cwd_descriptors();
	test_cwd_again();
	test_cwd_outside();
	rmdir(scratch);
	return tap_done();
}
