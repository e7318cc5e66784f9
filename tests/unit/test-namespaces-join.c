/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process/namespaces-host.c, idmap-host.c and the guest files for namespaces, names and the
 * loopback interface: what they do to new namespaces. Most of it needs root.
 */
#include "namespaces-plan.h"

#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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
	check_open("mount", "/proc/self/ns/mnt", "is the mount namespace of rundlet itself");
	check_open("network", "/proc/self/ns/uts", "is a uts namespace, not a network namespace");
	check_open("network", "/dev/null", "is not a namespace");
	check_open("network", "/proc/self/status", "is not a namespace");
	check_open("network", "/proc/self/ns/nothing", "open the network namespace");
}

/* fork(), into new namespaces. */
static pid_t fork_in(unsigned long flags)
{
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* A process in namespaces of its own, until told to go. Returns its pid. */
static pid_t other_process(unsigned long flags, int *ret_fd)
{
	int down[2];
	char c;
	pid_t pid;

	if (pipe2(down, O_CLOEXEC) < 0)
		return -1;
	fflush(stdout);
	pid = fork_in(flags);
	if (pid == 0) {
		close(down[1]);
		_exit(read(down[0], &c, 1) < 0);
	}
	if (pid < 0)
		printf("# clone: %s\n", strerror(errno));
	close(down[0]);
	*ret_fd = down[1];
	return pid;
}

static void other_end(pid_t pid, int fd)
{
	close(fd);
	waitpid(pid, NULL, 0);
}

static int exit_status(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/*
 * In namespaces of its own, which are not those of process 1 either: that is another of ours, so
 * that the test needs no right to look at the host's.
 */
static int do_open(struct guest *g, const void *arg, char *text, size_t size)
{
	struct planned *p = (struct planned *)(uintptr_t)arg;
	pid_t pid = fork_in(CLONE_NEWPID | CLONE_NEWNS);

	(void)text;
	(void)size;
	if (pid == 0) {
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("proc", "/proc", "proc", 0, NULL) < 0)
			_exit(errno);
		pid = fork_in(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET);
		_exit(pid ? exit_status(pid) : -namespaces_open(p->flat.data, &p->plan, g->err));
	}
	return -exit_status(pid);
}

#define HOSTNAME      "\"hostname\":\"web\","
#define DOMAINNAME    "\"domainname\":\"example.org\","
#define SYSCTL(key)   ",\"sysctl\":{\"net.core.somaxconn\":\"1\",\"" key "\":\"1\"}"
#define SYSCTL_OF(ns) ",\"sysctl\":{\"" ns "\":\"1\"}"

/* what: NULL: it may be joined. */
static void check_own(const char *names, const char *namespaces, const char *more,
		      const char *where, const char *what)
{
	struct planned p = plan(names, namespaces, more);
	const struct child *c;

	is_int(p.r, 0, "planned: %s%s%s", names, namespaces, more);
	c = child_run(do_open, NULL, &p);
	is_int(c->ret, what ? -EINVAL : 0, "%s: %s", what ? "refused" : "opened", c->err.what);
	if (what) {
		is_str(c->err.where, where, "with its key");
		ok(strstr(c->err.what, what), "and its reason: %s", c->err.what);
	}
	flat_done(&p.flat);
}

/* What a container changes in the namespaces of the host, the host has changed. */
static void test_own(void)
{
	check_own(HOSTNAME, JOIN("uts", "/proc/self/ns/uts"), "", "hostname",
		  "would change the host: linux.namespaces[0].path is the uts namespace of "
		  "rundlet itself");
	check_own(DOMAINNAME, NEW("pid") "," JOIN("uts", "/proc/1/ns/uts"), "", "domainname",
		  "would change the host: linux.namespaces[1].path is the uts namespace of "
		  "process 1");
	check_own("", NEW("network") "," JOIN("uts", "/proc/self/ns/uts"),
		  SYSCTL("kernel.domainname"), "linux.sysctl[\"kernel.domainname\"]",
		  "is the uts namespace of rundlet itself");
	check_own("", JOIN("network", "/proc/self/ns/net"), SYSCTL_OF("net.ipv4.ip_default_ttl"),
		  "linux.sysctl[\"net.ipv4.ip_default_ttl\"]",
		  "is the network namespace of rundlet itself");
	check_own("", NEW("uts") "," JOIN("network", "/proc/1/ns/net"), SYSCTL("kernel.domainname"),
		  "linux.sysctl[\"net.core.somaxconn\"]", "is the network namespace of process 1");
	check_own("", NEW("network") "," JOIN("ipc", "/proc/self/ns/ipc"),
		  SYSCTL("fs.mqueue.msg_max"), "linux.sysctl[\"fs.mqueue.msg_max\"]",
		  "is the ipc namespace of rundlet itself");
	check_own("", JOIN("user", "/proc/self/ns/user"), SYSCTL_OF("user.max_net_namespaces"),
		  "linux.sysctl[\"user.max_net_namespaces\"]",
		  "is the user namespace of rundlet itself");
	check_own("", JOIN("mount", "/proc/self/ns/mnt"), "", "linux.namespaces[0].path",
		  "is the mount namespace of rundlet itself");
	check_own("", JOIN("mount", "/proc/1/ns/mnt"), "", "linux.namespaces[0].path",
		  "is the mount namespace of process 1");
}

/* Theirs may be shared, as long as nothing in them changes. */
static void test_own_shared(void)
{
	check_own("", JOIN("uts", "/proc/self/ns/uts") "," JOIN("network", "/proc/1/ns/net"), "",
		  NULL, NULL);
	check_own("",
		  NEW("network") "," JOIN("uts", "/proc/self/ns/uts") "," JOIN("ipc",
									       "/proc/self/ns/ipc"),
		  SYSCTL("net.ipv4.ip_default_ttl"), NULL, NULL);
	check_own(HOSTNAME, NEW("uts") "," JOIN("pid", "/proc/1/ns/pid"), "", NULL, NULL);
}

/* Those of another process may be changed. */
static void test_others(void)
{
	char namespaces[256];
	struct planned p;
	int fd = -1;
	pid_t pid = other_process(CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWNS, &fd);

	if (pid < 0) {
		skip("this host gives no namespaces");
		return;
	}
	snprintf(namespaces, sizeof(namespaces),
		 JOIN("uts", "/proc/%d/ns/uts") "," JOIN("network", "/proc/%d/ns/net") "," JOIN(
			 "mount", "/proc/%d/ns/mnt"),
		 pid, pid, pid);
	p = plan(HOSTNAME DOMAINNAME, namespaces, SYSCTL("kernel.domainname"));
	is_int(namespaces_open(p.flat.data, &p.plan, &p.err), 0,
	       "those of another process are not asked about: %s", p.err.what);
	namespaces_close(p.flat.data, &p.plan);
	other_end(pid, fd);
	flat_done(&p.flat);
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
				     "/proc/self/ns/user", "/proc/self/ns/pid_for_children" };

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
	const struct namespaces_plan *plan;
	uint32_t which;
};

static int do_join(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct join *j = arg;
	int r = namespaces_join(g, j->plan, j->which);

	read_links(text, size);
	return r;
}

/* How many of the five kinds differ from ours. */
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

/* Join `which`; then so many kinds differ. */
static void check_joining(const struct planned *p, uint32_t which, int n, const char *what)
{
	const struct join j = { &p->plan, which };
	const struct child *c = child_run(do_join, p->flat.data, &j);

	is_int(c->ret, 0, "joined: %s: %s", what, c->err.what);
	is_int(differing(c), n, "%d are others", n);
}

static void check_closed(const struct planned *p)
{
	const struct join j = { &p->plan, CLONE_NEWUTS | CLONE_NEWIPC };
	const struct child *c = child_run(do_join, p->flat.data, &j);

	is_int(c->ret, -EBADF, "a descriptor that is closed is an error");
	is_str(c->err.where, "linux.namespaces[3].path", "with its key");
	ok(strstr(c->err.what, "join the namespace \"/proc/self/ns/ipc\""), "and words: %s",
	   c->err.what);
}

static void test_joining(void)
{
	char namespaces[512];
	struct planned p;
	int fd = -1;
	pid_t pid = other_process(CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWUSER | CLONE_NEWPID, &fd);

	if (pid < 0) {
		skip("this host gives no user namespaces");
		return;
	}
	snprintf(
		namespaces, sizeof(namespaces),
		JOIN("network", "/proc/%d/ns/net") "," JOIN("uts", "/proc/%d/ns/uts") "," JOIN(
			"user",
			"/proc/%d/ns/user") "," JOIN("ipc",
						     "/proc/self/ns/ipc") "," JOIN("pid",
										   "/proc/%d/ns/pid"),
		pid, pid, pid, pid);
	p = plan("", namespaces, "");
	is_int(namespaces_open(p.flat.data, &p.plan, &p.err), 0, "opened: %s", p.err.what);
	check_joining(&p, ~0u, 4, "the host's ipc namespace before the user's");
	check_joining(&p, CLONE_NEWUTS | CLONE_NEWIPC, 1, "only what is asked for");
	check_joining(&p, CLONE_NEWPID, 1, "the pid namespace alone");
	check_joining(&p, ~(uint32_t)CLONE_NEWPID, 3, "all but the pid namespace");
	check_joining(&p, CLONE_NEWNS, 0, "a kind that is not in the list");
	namespaces_close(p.flat.data, &p.plan);
	check_closed(&p);
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
		test_own();
		test_own_shared();
		test_others();
		test_idmap_write();
		test_joining();
		test_uts();
		test_loopback();
	} else {
		skip("making namespaces needs root");
	}
	return tap_done();
}
