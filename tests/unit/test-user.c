/* SPDX-License-Identifier: Apache-2.0 */
/* process/user-guest.c: ids, groups, umask and the owner of the standard streams. Needs root. */
#include "guest-child.h"
#include "process/process.h"

#include <grp.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct planned {
	struct flat flat;
	struct process_plan plan;
};

static struct planned plan(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t n)
{
	struct planned p = { .plan = { .uid = uid, .gid = gid, .umask = 0137, .set_groups = 1 } };

	flat_init(&p.flat, 8);
	p.plan.groups = flat_add_list(&p.flat, groups, n, sizeof(*groups));
	return p;
}

/* What we are afterwards, as text. */
static int do_set(struct guest *g, const void *arg, char *text, size_t size)
{
	uid_t u[3];
	gid_t groups[8], gr[3];
	int n, r;

	if (setgroups(2, (const gid_t[]){ 40, 41 }) < 0)
		return -errno;
	r = user_set(g, arg);
	getresuid(&u[0], &u[1], &u[2]);
	getresgid(&gr[0], &gr[1], &gr[2]);
	n = getgroups(8, groups);
	snprintf(text, size, "%u %u %u %d, %u %u %u %d, %04o,", u[0], u[1], u[2],
		 setfsuid((uid_t)-1), gr[0], gr[1], gr[2], setfsgid((gid_t)-1), umask(0));
	for (int i = 0; i < n; i++)
		snprintf(text + strlen(text), size - strlen(text), " %u", groups[i]);
	return r;
}

static void check_set(uint32_t uid, uint32_t gid, const uint32_t *groups, size_t n,
		      const char *want)
{
	struct planned p = plan(uid, gid, groups, n);
	const struct child *c = child_run(do_set, p.flat.data, &p.plan);

	is_int(c->ret, 0, "user %u, group %u: %s", uid, gid, c->err.what);
	is_str(c->text, want, "all of its ids, its umask and its groups");
	flat_done(&p.flat);
}

static void test_set(void)
{
	static const uint32_t groups[] = { 7, 4294967294u, 0 };

	check_set(0, 0, NULL, 0, "0 0 0 0, 0 0 0 0, 0137,");
	check_set(1000, 1001, NULL, 0, "1000 1000 1000 1000, 1001 1001 1001 1001, 0137,");
	check_set(1000, 0, groups, 3, "1000 1000 1000 1000, 0 0 0 0, 0137, 0 7 4294967294");
	check_set(
		4294967294u, 4294967294u, NULL, 0,
		"4294967294 4294967294 4294967294 -2, 4294967294 4294967294 4294967294 -2, 0137,");
}

static int do_denied(struct guest *g, const void *arg, char *text, size_t size)
{
	(void)text;
	(void)size;
	if (setresuid(1000, 1000, 1000) < 0)
		return -errno;
	return user_set(g, arg);
}

static void test_denied(void)
{
	static const uint32_t groups[] = { 7 };
	struct planned p = plan(0, 0, groups, 1);
	const struct child *c = child_run(do_denied, p.flat.data, &p.plan);

	is_int(c->ret, -EPERM, "without privilege groups cannot be set");
	is_str(c->err.where, "process.user.additionalGids", "with the key");
	is_str(c->err.what, "set the groups of the process", "and words");
	p.plan.set_groups = 0;
	p.plan.gid = 5;
	c = child_run(do_denied, p.flat.data, &p.plan);
	is_str(c->err.where, "process.user.gid", "nor the group");
	p.plan.gid = 0;
	c = child_run(do_denied, p.flat.data, &p.plan);
	is_str(c->err.where, "process.user.uid", "nor the user");
	flat_done(&p.flat);
}

/* A user namespace in which groups cannot be changed by anybody. */
static int do_userns(struct guest *g, const void *arg, char *text, size_t size)
{
	(void)text;
	(void)size;
	if (unshare(CLONE_NEWUSER) < 0 || child_write("/proc/self/setgroups", "deny") < 0 ||
	    child_write("/proc/self/gid_map", "0 0 1\n") < 0 ||
	    child_write("/proc/self/uid_map", "0 0 1\n") < 0)
		return -1234;
	g->proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	user_look(g);
	close(g->proc_fd);
	g->proc_fd = -EBADF;
	return user_set(g, arg);
}

static void test_userns(void)
{
	static const uint32_t groups[] = { 0 };
	struct planned p = plan(0, 0, NULL, 0);
	const struct child *c = child_run(do_userns, p.flat.data, &p.plan);

	if (c->ret == -1234) {
		skip("this host gives no user namespaces");
		flat_done(&p.flat);
		return;
	}
	is_int(c->ret, 0, "where groups are denied, none are none: %s", c->err.what);
	flat_done(&p.flat);
	p = plan(0, 0, groups, 1);
	c = child_run(do_userns, p.flat.data, &p.plan);
	is_int(c->ret, -EPERM, "but one that is asked for is an error");
	flat_done(&p.flat);
}

/* ---- standard streams ------------------------------------------------------------------------ */

static char scratch[] = "/tmp/test-user.XXXXXX";

/* 0: a pipe, 1: a socket, 2: a file of the host; or a fifo of the host. */
static int do_streams(struct guest *g, const void *arg, char *text, size_t size)
{
	int p[2], s[2], f, r;
	struct stat st[3];

	f = open(scratch, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (f < 0 || pipe(p) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0)
		return -errno;
	if (dup2(p[0], 0) < 0 || dup2(s[0], 1) < 0 || dup2(f, 2) < 0)
		return -errno;
	r = user_set(g, arg);
	for (int i = 0; i < 3; i++)
		fstat(i, &st[i]);
	snprintf(text, size, "%u:%u %u:%u %u:%u", st[0].st_uid, st[0].st_gid, st[1].st_uid,
		 st[1].st_gid, st[2].st_uid, st[2].st_gid);
	return r;
}

static void test_streams(void)
{
	struct planned p = plan(1000, 1000, NULL, 0);
	int fd = mkstemp(scratch);
	const struct child *c;

	c = child_run(do_streams, p.flat.data, &p.plan);
	is_int(c->ret, 0, "streams: %s", c->err.what);
	is_str(c->text, "1000:0 1000:0 0:0",
	       "a pipe and a socket are given to the user, a file is not");
	close(fd);
	unlink(scratch);
	if (mkfifo(scratch, 0600) == 0) {
		c = child_run(do_streams, p.flat.data, &p.plan);
		is_str(c->text, "1000:0 1000:0 0:0", "nor is a fifo that has a name");
		unlink(scratch);
	}
	flat_done(&p.flat);
}

static int do_closed(struct guest *g, const void *arg, char *text, size_t size)
{
	(void)text;
	(void)size;
	close(0);
	close(1);
	close(2);
	return user_set(g, arg);
}

static void test_closed(void)
{
	struct planned p = plan(1000, 1000, NULL, 0);

	is_int(child_run(do_closed, p.flat.data, &p.plan)->ret, 0,
	       "streams that are closed are no trouble");
	flat_done(&p.flat);
}

int main(void)
{
	if (geteuid() != 0) {
		skip("becoming another user needs root");
		return tap_done();
	}
	test_set();
	test_denied();
	test_userns();
	test_streams();
	test_closed();
	return tap_done();
}
