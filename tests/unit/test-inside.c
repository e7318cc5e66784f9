/* SPDX-License-Identifier: Apache-2.0 */
/* os/inside.c: a function in new namespaces, with our memory and descriptors. */
#include "os/inside.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

struct seen {
	ino_t user, mount;
	uid_t uid;
	int fd;
	int mounted;
	int result;
};

static ino_t inode(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

static void look(struct seen *s)
{
	s->user = inode("/proc/thread-self/ns/user");
	s->mount = inode("/proc/thread-self/ns/mnt");
	s->uid = getuid();
}

static int inside(void *context)
{
	struct seen *s = context;

	look(s);
	s->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	s->mounted = mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return s->result;
}

static int die(void *context)
{
	(void)context;
	raise(SIGKILL);
	return 0;
}

static int get_mask(sigset_t *old)
{
	return sigprocmask(SIG_SETMASK, NULL, old);
}

static void test_user(void)
{
	const uint64_t namespaces = CLONE_NEWUSER | CLONE_NEWNS;
	struct seen before = { 0 }, s = { .result = -7, .fd = -1 }, after = { 0 };
	sigset_t old, now;
	int r;

	look(&before);
	get_mask(&old);
	r = inside_run(namespaces, inside, &s);
	if (r == -EPERM || r == -ENOSPC) {
		skip("this host gives no user namespaces");
		return;
	}
	ok(r == -7, "what the function returned: %d", r);
	ok(s.user && s.user != before.user, "it was in a new user namespace");
	ok(s.mount && s.mount != before.mount, "and in a new mount namespace");
	ok(s.mounted == 0, "over which it had rights");
	ok(s.fd >= 0 && fcntl(s.fd, F_GETFD) == FD_CLOEXEC, "what it opened is ours");
	close(s.fd);
	look(&after);
	ok(after.user == before.user && after.mount == before.mount && after.uid == before.uid,
	   "we are where we were");
	get_mask(&now);
	ok(!memcmp(&old, &now, sizeof(now)), "with the same signals blocked");
	ok(inside_run(namespaces, die, NULL) == -ECHILD, "one that is killed");
}

int main(void)
{
	test_user();
	return tap_done();
}
