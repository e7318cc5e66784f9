# SPDX-License-Identifier: Apache-2.0
"""
The unprivileged user of the test VM, and containers of that user: rundlet is run by `as-user`, below a
"systemd --user" manager, which has a delegated cgroup with the controllers cpuset, cpu, io, memory, pids.

What they use lies on the guest's disk and in /run/user: the processes are children of that manager and so
in the guest's own mount namespace, not in that of the tests.
"""
import os
import select
import shutil
import subprocess

from lib.box import Box
from lib.runtime import Runtime
from lib.timing import scaled

UID = 1000
CGROUP = f"/user.slice/user-{UID}.slice/user@{UID}.service"
AS_USER = ["nsenter", "--mount=/proc/1/ns/mnt", "--", "as-user"]
UNSHARE = ["podman", "unshare"]     # root of the user's namespace, as rootless engines call a runtime


def own(path):
    """Give a tree to the user."""
    subprocess.run(["chown", "-R", f"{UID}:{UID}", str(path)], check=True)


def as_user(*argv, **kw):
    """Run a command as the user; its output."""
    return subprocess.run([*AS_USER, *argv], check=True, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, **kw).stdout


class UserBox(Box):
    """
    As Box, with rundlet run as rootless podman runs it: as root of a user namespace of the user. Its
    cgroup is below that of the user's manager; take linux.cgroupsPath out for rundlet's default. The init is
    not our child: wait() gives no status. With `inside` empty it is run by the user as he is.
    """

    def __init__(self, path, host, box_id, inside=UNSHARE):
        self.place = f"/var/tmp/{host.tag}"
        os.makedirs(self.place, exist_ok=True)
        shutil.copy(host.busybox, f"{self.place}/busybox")
        own(self.place)
        super().__init__(Runtime(path, f"{self.place}/state", AS_USER + list(inside)), host, f"{self.place}/{box_id}", box_id,
                         f"{self.place}/busybox")
        self.cgroup = f"{CGROUP}/{host.tag}"
        as_user("mkdir", "-p", f"/sys/fs/cgroup{self.cgroup}")
        self.cfg.linux["cgroupsPath"] = f"{self.cgroup}/{box_id}"

    def save(self):
        super().save()
        own(self.dir)
        return self

    def wait(self, timeout=20):
        try:
            fd = os.pidfd_open(self.init)
        except ProcessLookupError:
            return
        try:
            assert select.select([fd], [], [], scaled(timeout))[0], f"{self.id} does not end"
        finally:
            os.close(fd)

    def remove(self):
        """Remove all that is left of it."""
        end = self.end()
        subprocess.run(["umount", "-qR", self.rootfs], check=False)
        shutil.rmtree(self.place)
        os.rmdir(f"/sys/fs/cgroup{self.cgroup}")
        if end:
            end.silent()
