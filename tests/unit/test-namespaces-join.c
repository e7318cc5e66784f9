/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process/namespaces-host.c, idmap-host.c and the guest files for namespaces, names and the
 * loopback interface: what they do to new namespaces. Most of it needs root.
 */
#include "namespaces-plan.h"

#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>

/* ---- the host's side ------------------------------------------------------------------------- */

static void check_open(const char *type, const char *path, const char *what)
{
	char namespaces[256];
	struct planned p;
	int r;

	snprintf(namespaces, sizeof(namespaces), "{\"type\":\"%s\",\"path\":\"%s\"}", type, path);
	p = plan("", namespaces, "");
	r = namespaces_open(p.flat.data, &p.plan, &p.err);
	ok(what ? r < 0 : r == 0, "%s as a %s namespace%s", path, type, what ? " is refused" : "");
	if (what) {
		is_str(p.err.where, "linux.namespaces[0].path", "with its key");
		ok(strstr(p.err.what, what), "and its reason: %s", p.err.what);
	} else {
		const struct namespace_join *j = flat_get(p.flat.data, p.plan.joins.off);

		ok(j->fd >= 0 && (fcntl(j->fd, F_GETFD) & FD_CLOEXEC), "open, and close-on-exec");
	}
	namespaces_close(p.flat.data, &p.plan);
	namespaces_close(p.flat.data, &p.plan);
	flat_done(&p.flat);
}

static void test_open(void)
{
	check_open("network", "/proc/self/ns/net", NULL);
	check_open("mount", "/proc/self/ns/mnt", NULL);
	check_open("network", "/proc/self/ns/uts", "is a uts namespace, not a network namespace");
	check_open("network", "/dev/null", "is not a namespace");
	check_open("network", "/proc/self/status", "is not a namespace");
	check_open("network", "/proc/self/ns/nothing", "open the network namespace");
}

/* A process in namespaces of its own, until told to go. Returns its pid. */
static pid_t other_process(int flags, int *ret_fd)
{
	int up[2], down[2];
	char c = 0;
	pid_t pid;

	if (pipe2(up, O_CLOEXEC) < 0 || pipe2(down, O_CLOEXEC) < 0)
		return -1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(down[1]);
		c = unshare(flags) < 0 ? (char)errno : 0;
		if (write(up[1], &c, 1) != 1 || read(down[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(up[1]);
	close(down[0]);
	if (read(up[0], &c, 1) != 1 || c) {
		printf("# unshare: %s\n", strerror(c));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(up[0]);
	*ret_fd = down[1];
	return pid;
}

static void other_end(pid_t pid, int fd)
{
	close(fd);
	waitpid(pid, NULL, 0);
}

static void test_idmap_write(void)
{
	struct planned p = plan("", NEW("user"),
				MAPS(MAP(0, 100000, 10) "," MAP(10, 0, 1), MAP(0, 200000, 65536)));
	char path[64], text[256] = "";
	int fd = -1;
	pid_t pid = other_process(CLONE_NEWUSER, &fd);

	if (pid < 0) {
		skip("this host gives no user namespaces");
		flat_done(&p.flat);
		return;
	}
	is_int(idmap_write(p.flat.data, &p.plan, pid, &p.err), 0, "maps are written: %s",
	       p.err.what);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	child_read(path, text, sizeof(text));
	ok(strstr(text, "100000         10\n") && strstr(text, "10          0          1\n"),
	   "uid_map:\n# %s", text);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	text[0] = 0;
	child_read(path, text, sizeof(text));
	ok(strstr(text, "200000      65536"), "gid_map: %s", text);
	is_int(idmap_write(p.flat.data, &p.plan, pid, &p.err), -EPERM,
	       "a second time they are not");
	is_str(p.err.where, "linux.gidMappings", "with the key");
	ok(strstr(p.err.what, "write the mappings to /proc/"), "and the file: %s", p.err.what);
	other_end(pid, fd);
	flat_done(&p.flat);
}

/* ---- the container's side -------------------------------------------------------------------- */

static const char *const links[] = { "/proc/self/ns/uts", "/proc/self/ns/net", "/proc/self/ns/ipc",
				     "/proc/self/ns/user" };

static void read_links(char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		size_t at = strlen(text);
		ssize_t n = readlink(links[i], text + at, size - at - 2);

		if (n > 0)
			strcpy(text + at + n, "\n");
	}
}

struct join {
	struct namespaces_plan *plan;
	uint32_t which;
};

static int do_join(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct join *j = arg;
	int r = namespaces_join(g, j->plan, j->which);

	read_links(text, size);
	return r;
}

/* How many of the four kinds differ from ours. */
static int differing(const struct child *c)
{
	char own[512] = "";
	const char *a = own, *b = c->text;
	int n = 0;

	read_links(own, sizeof(own));
	while (*a && *b) {
		size_t len = strcspn(a, "\n");

		n += strncmp(a, b, len + 1) != 0;
		a += len + 1;
		b += strcspn(b, "\n") + 1;
	}
	return n;
}

static void test_joining(void)
{
	struct join j = { .which = ~0u };
	char namespaces[512];
	struct planned p;
	int fd = -1;
	pid_t pid = other_process(CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWUSER, &fd);

	if (pid < 0) {
		skip("this host gives no user namespaces");
		return;
	}
	snprintf(
		namespaces, sizeof(namespaces),
		"{\"type\":\"network\",\"path\":\"/proc/%d/ns/net\"},{\"type\":\"uts\",\"path\":\"/proc/%d/ns/uts\"},"
		"{\"type\":\"user\",\"path\":\"/proc/%d/ns/user\"},{\"type\":\"ipc\",\"path\":\"/proc/self/ns/ipc\"}",
		pid, pid, pid);
	p = plan("", namespaces, "");
	is_int(namespaces_open(p.flat.data, &p.plan, &p.err), 0, "opened: %s", p.err.what);
	j.plan = &p.plan;
	is_int(child_run(do_join, p.flat.data, &j)->ret, 0,
	       "joined, the host's ipc namespace before the user's");
	is_int(differing(child_run(do_join, p.flat.data, &j)), 3, "three are others");
	j.which = CLONE_NEWUTS | CLONE_NEWIPC;
	is_int(differing(child_run(do_join, p.flat.data, &j)), 1,
	       "only what is asked for is joined");
	namespaces_close(p.flat.data, &p.plan);
	is_int(child_run(do_join, p.flat.data, &j)->ret, -EBADF,
	       "a descriptor that is closed is an error");
	is_str(child_run(do_join, p.flat.data, &j)->err.where, "linux.namespaces[3].path",
	       "with its key");
	ok(strstr(child_run(do_join, p.flat.data, &j)->err.what,
		  "join the namespace \"/proc/self/ns/ipc\""),
	   "and words");
	other_end(pid, fd);
	flat_done(&p.flat);
}

static int do_uts(struct guest *g, const void *arg, char *text, size_t size)
{
	struct utsname u;
	int r;

	if (unshare(CLONE_NEWUTS) < 0)
		return -errno;
	r = uts_set(g, arg);
	uname(&u);
	snprintf(text, size, "%s/%s", u.nodename, u.domainname);
	return r;
}

static int do_uts_denied(struct guest *g, const void *arg, char *text, size_t size)
{
	(void)text;
	(void)size;
	if (unshare(CLONE_NEWUTS) < 0 || setresuid(1000, 1000, 1000) < 0)
		return -errno;
	return uts_set(g, arg);
}

static void test_uts(void)
{
	struct planned p =
		plan("\"hostname\":\"web\",\"domainname\":\"example.org\",", NEW("uts"), "");
	const struct child *c = child_run(do_uts, p.flat.data, &p.plan);

	is_int(c->ret, 0, "names are set");
	is_str(c->text, "web/example.org", "both");
	c = child_run(do_uts_denied, p.flat.data, &p.plan);
	is_int(c->ret, -EPERM, "without privilege they are not");
	is_str(c->err.where, "hostname", "with the key");
	is_str(c->err.what, "set the host name \"web\"", "and words");
	flat_done(&p.flat);
}

static int loopback_flags(void)
{
	struct {
		char name[16];
		short flags;
		char rest[22];
	} q = { .name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = ioctl(fd, 0x8913, &q);

	close(fd);
	return r < 0 ? -errno : q.flags;
}

static int do_loopback(struct guest *g, const void *arg, char *text, size_t size)
{
	int before, r;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	before = loopback_flags();
	r = loopback_up(g, arg);
	snprintf(text, size, "%d %d", before & 1, loopback_flags() & 1);
	if (r == 0)
		r = loopback_up(g, arg);
	return r;
}

static void test_loopback(void)
{
	struct namespaces_plan p = { 0 };
	const struct child *c = child_run(do_loopback, &p, &p);

	is_int(c->ret, 0, "the loopback interface is brought up, and again");
	is_str(c->text, "0 1", "it was down, it is up");
}

int main(void)
{
	test_open();
	if (geteuid() == 0) {
		test_idmap_write();
		test_joining();
		test_uts();
		test_loopback();
	} else {
		skip("making namespaces needs root");
	}
	return tap_done();
}
