# SPDX-License-Identifier: Apache-2.0
"""
An unprivileged user of the host, made for the tests: uid 1000 in an /etc/passwd of our own, with ids in an
/etc/subuid and /etc/subgid of our own, and containers of this user. All in our private mount namespace.
"""
import contextlib
import os
import shutil
import subprocess

import pytest

from lib import kernel
from lib.box import Box
from lib.runtime import Runtime

UID = 1000
GID = 1001                      # another number, so that a mix-up is seen
NAME = "rundlet-tester"
FIRST, COUNT = 200000, 70000
AS_USER = ["setpriv", f"--reuid={UID}", f"--regid={GID}", "--clear-groups", "--inh-caps=-all"]
# A program for python that executes its arguments as root of a user namespace with the ids of the user.
IN_RANGE = f"""
import ctypes, os, subprocess, sys
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    ctypes.CDLL(None).unshare(0x10020000)           # CLONE_NEWUSER | CLONE_NEWNS
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.execvp(sys.argv[1], sys.argv[1:])
os.read(ready[0], 1)
for tool, own in ("newuidmap", {UID}), ("newgidmap", {GID}):
    subprocess.run([tool, str(child), "0", str(own), "1", "1", "{FIRST}", "5000"], check=True)
os.write(go[1], b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
FILES = {"passwd": f"root:x:0:0::/root:/bin/sh\n{NAME}:x:{UID}:{GID}::/:/bin/sh\n",
         "group": f"root:x:0:\n{NAME}:x:{GID}:\n",
         "subuid": f"{NAME}:{FIRST}:{COUNT}\n", "subgid": f"{NAME}:{FIRST}:{COUNT}\n"}


def own(path):
    """Give a tree to the user."""
    subprocess.run(["chown", "-R", f"{UID}:{GID}", str(path)], check=True)


def need_tools():
    if not shutil.which("newuidmap"):
        pytest.skip("no newuidmap on this host: install uidmap")


class User:
    """The user's files; close() takes them away."""

    def __init__(self, host, runtime):
        self.host, self.place = host, f"{host.dir}/user"
        os.mkdir(self.place)
        self.rundlet = shutil.copy(runtime, f"{self.place}/rundlet")     # ours may be in a closed directory
        shutil.copy("/bin/busybox", f"{self.place}/busybox")
        own(self.place)
        self._mounted = []
        for name, text in FILES.items():
            self.etc(name, text)
        host.before["mounts"] = host.look()["mounts"]

    def etc(self, name, text):
        """Have a file in /etc with this text, for now."""
        with open(f"{self.place}/{name}", "w") as f:
            f.write(text)
        os.chmod(f"{self.place}/{name}", 0o644)
        if name in self._mounted:
            return
        if not os.path.exists(f"/etc/{name}"):
            pytest.skip(f"no /etc/{name} on this host to put another on")
        kernel.mount(f"{self.place}/{name}", f"/etc/{name}", None, kernel.MS_BIND)
        self._mounted.append(name)

    def runtime(self, *prefix):
        return Runtime(self.rundlet, f"{self.place}/state", [*AS_USER, *prefix])

    def close(self):
        for name in self._mounted:
            kernel.umount(f"/etc/{name}", kernel.MNT_DETACH)
        self.host.before["mounts"] = self.host.look()["mounts"]
        left = os.listdir(f"{self.place}/state") if os.path.isdir(f"{self.place}/state") else []
        shutil.rmtree(self.place)
        assert not left, f"state left behind: {left}"


class UserBox(Box):
    """As Box, for the user: no cgroup, no network of its own, whose sysfs is bound."""

    def __init__(self, user, box_id, runtime=None):
        super().__init__(runtime or user.runtime(), user.host, f"{user.place}/{box_id}", box_id,
                         f"{user.place}/busybox")
        self.user = user
        self.cfg.linux.pop("cgroupsPath")

    def save(self):
        super().save()
        own(self.dir)
        return self

    def map(self, *lines):
        """A user namespace with these maps for both kinds of ids: (inside, outside, count)."""
        self.cfg.namespace("user")
        for key in ("uidMappings", "gidMappings"):
            self.cfg.linux[key] = [dict(zip(("containerID", "hostID", "size"), line)) for line in lines]
        return self

    def map_one(self):
        """Root in it is the user, and there are no other ids."""
        self.map((0, UID, 1))
        self.cfg.linux["gidMappings"][0]["hostID"] = GID
        return self


@contextlib.contextmanager
def user_boxes(host, runtime):
    """A function that makes boxes of the user."""
    made, user = [], User(host, runtime)

    def make(*prefix):
        made.append(UserBox(user, f"{host.tag}-u{len(made)}", user.runtime(*prefix)))
        return made[-1]

    make.user = user
    try:
        yield make
        ends = [end for end in (box.end() for box in made) if end]
        for end in ends:
            end.silent()
    finally:
        user.close()
