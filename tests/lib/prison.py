# SPDX-License-Identifier: Apache-2.0
"""A container of the configuration that `rundlet spec` writes, and a program that tries to get out of it."""
import json
import os

import pytest

from lib.config import Config

SOURCE = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each returns 0 when the escape works, else -1 with errno. */

static int can_write(char **a)
{
	return open(a[0], O_WRONLY) < 0 ? -1 : 0;
}

/* A mask reads as an empty file. */
static int can_read(char **a)
{
	char c;
	int fd = open(a[0], O_RDONLY);

	errno = fd < 0 ? errno : ENODATA;
	return fd >= 0 && read(fd, &c, 1) == 1 ? 0 : -1;
}

static int release_agent(char **a)
{
	mkdir("/dev/shm/cgroup", 0700);
	if (mount("cgroup", "/dev/shm/cgroup", "cgroup", 0, a[0]) < 0)
		return -1;
	a[0] = "/dev/shm/cgroup/release_agent";
	return can_write(a);
}

static int remount_rw(char **a)
{
	return mount(NULL, a[0], NULL, MS_REMOUNT | MS_BIND, NULL);
}

static int raw_disk(char **a)
{
	if (mknod("/dev/disk", S_IFBLK | 0600, makedev(atoi(a[0]), atoi(a[1]))) < 0)
		return -1;
	return open("/dev/disk", O_RDONLY) < 0 ? -1 : 0;
}

static int by_handle(char **a)
{
	struct {
		struct file_handle h;
		char space[128];
	} u = { .h = { .handle_bytes = 128 } };
	int id, fd = open("/dev/shm", O_RDONLY | O_DIRECTORY);

	if (name_to_handle_at(fd, "", &u.h, &id, AT_EMPTY_PATH) < 0)
		exit(3);
	return open_by_handle_at(fd, &u.h, O_RDONLY) < 0 ? -1 : 0;
}

/* A module of no bytes: who may load one hears that it is none. */
static int load_module(char **a)
{
	return syscall(SYS_init_module, "", 0L, "") < 0 && errno == ENOEXEC ? 0 : -1;
}

static int trace(char **a)
{
	return ptrace(PTRACE_SEIZE, atoi(a[0]), 0, 0) < 0 ? -1 : 0;
}

static int send_signal(char **a)
{
	return kill(atoi(a[0]), 0);
}

static int reach_abstract(char **a)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(sun.sun_path + 1, a[0]);
	return connect(s, (void *)&sun, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a[0]));
}

static int find_key(char **a)
{
	return syscall(SYS_keyctl, 10 /* SEARCH */, atoi(a[1]), "user", a[0], 0) < 0 ? -1 : 0;
}

static int type_in(char **a)
{
	if (a[0])
		ioctl(0, TIOCSCTTY, 0);
	return ioctl(0, TIOCSTI, "x");
}

/* In a user namespace of its own the process has all capabilities. */
static void become_root(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		exit(3);
}

static int unmask(char **a)
{
	if (!strcmp(a[1], "userns"))
		become_root();
	return umount2(a[0], MNT_DETACH);
}

static int remount_in_userns(char **a)
{
	become_root();
	return remount_rw(a);
}

static int new_procfs(char **a)
{
	int status;

	become_root();
	/* procfs is that of a pid namespace, which has to be its own. */
	if (unshare(CLONE_NEWPID) < 0)
		exit(3);
	mkdir("/dev/shm/proc", 0700);
	if (fork() == 0)
		_exit(mount("proc", "/dev/shm/proc", "proc", 0, NULL) < 0 ? errno : 0);
	wait(&status);
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

#define E(name) { #name, name }
static const struct {
	const char *name;
	int (*try)(char **);
} escapes[] = { E(can_write), E(can_read), E(release_agent), E(remount_rw), E(raw_disk), E(by_handle),
		E(load_module), E(trace), E(send_signal), E(reach_abstract), E(find_key), E(type_in),
		E(unmask), E(remount_in_userns), E(new_procfs) };

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (strcmp(escapes[i].name, argv[1]))
			continue;
		if (escapes[i].try(argv + 2) == 0)
			return puts("works") < 0;
		printf("refused: %s\n", strerror(errno));
		return 0;
	}
	return 2;
}
"""


class Prison:
    """A container of the configuration of `rundlet spec`, and what is tried in it."""

    def __init__(self, box, program, tmp):
        self.box = box
        os.link(program, f"{box.rootfs}/bin/escape")
        box.rt("spec", "--bundle", tmp).silent()
        self.path = box.cfg.linux["cgroupsPath"]
        box.cfg = Config(json.loads((tmp / "config.json").read_text()))
        box.cfg.linux["cgroupsPath"] = self.path
        assert "seccomp" not in box.cfg.linux

    def privileged(self):
        """All that an engine's --privileged gives."""
        cfg = self.box.cfg
        names = self.box.rt("features").json()["linux"]["capabilities"]
        for caps in cfg.process["capabilities"].values():
            caps[:] = names
        cfg.process["noNewPrivileges"] = False
        cfg.linux.update(maskedPaths=[], readonlyPaths=[])
        cfg.linux["resources"] = {"devices": [{"allow": True, "access": "rwm"}]}
        for mount in cfg["mounts"]:
            if "ro" in mount["options"]:
                mount["options"].remove("ro")
        return self

    def without_namespace(self, kind):
        spaces = self.box.cfg.linux["namespaces"]
        spaces[:] = [n for n in spaces if n["type"] != kind]
        if kind == "network":       # sysfs shows its network namespace
            self.box.cfg["mounts"] = [m for m in self.box.cfg["mounts"] if not m["destination"].startswith("/sys")]
        return self

    def tries(self, *words, **kw):
        self.box.cfg.args("/bin/escape", *map(str, words))
        result = self.box.run(**kw)
        if result.rc == 3:
            pytest.skip("this host has not what the escape needs")
        assert result.rc == 0, str(result)
        return result.out.strip()

    def refuses(self, *words, **kw):
        out = self.tries(*words, **kw)
        assert out.startswith("refused: "), f"{words}: {out}"

    def lets(self, *words, **kw):
        assert self.tries(*words, **kw) == "works", words
