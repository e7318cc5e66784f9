# SPDX-License-Identifier: Apache-2.0
"""A container under test: its bundle, its config and the calls on it."""
import contextlib
import json
import os
import select
import time

from lib.config import Config
from lib.timing import scaled

BUSYBOX = "/bin/busybox"
DIRS = ["bin", "etc", "proc", "sys", "dev", "tmp", "root", "run", "data", "home"]
APPLETS = ("basename cat chmod chown chroot cp cut date dd df dirname echo env expr false find grep "
           "head hostname id ifconfig ip kill ln ls lsof mkdir mkfifo mknod mount mv nc nice nproc pidof "
           "printenv printf ps pwd readlink rm rmdir sed seq setpriv sh sleep sort stat sync tail tee "
           "test timeout touch tr true tty umount uname unshare usleep wc which whoami xargs").split()
FOREVER = "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done"


def make_rootfs(path, busybox):
    """A root file system with busybox (a hard link) and its applets."""
    for name in DIRS:
        os.makedirs(f"{path}/{name}")
    os.chmod(f"{path}/tmp", 0o1777)
    os.link(busybox, f"{path}/bin/busybox")
    for name in APPLETS:
        os.symlink("busybox", f"{path}/bin/{name}")
    with open(f"{path}/etc/passwd", "w") as f:
        f.write("root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home:/bin/sh\n")
    with open(f"{path}/etc/group", "w") as f:
        f.write("root:x:0:\nuser:x:1000:\n")


class Box:
    def __init__(self, runtime, host, directory, box_id, busybox=None):
        self.rt, self.host, self.id = runtime, host, box_id
        self.dir = str(directory)
        self.rootfs = f"{self.dir}/rootfs"
        os.makedirs(self.rootfs)
        make_rootfs(self.rootfs, busybox or host.busybox)
        self.cfg = Config.base(f"{host.cgroup}/{box_id}")
        self.init = None                # the pid of the init, once there is one

    # the bundle

    def save(self):
        with open(f"{self.dir}/config.json", "w") as f:
            json.dump(self.cfg, f)
        return self

    def write(self, path, text="", mode=0o644):
        """Make a file in the rootfs."""
        path = f"{self.rootfs}/{path.lstrip('/')}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def read(self, path):
        with open(f"{self.rootfs}/{path.lstrip('/')}") as f:
            return f.read()

    # the calls

    def create(self, *options, **kw):
        result = self.save().rt("create", "--bundle", self.dir, *options, self.id, **kw)
        if result.rc == 0:
            self.init = self.pid
        return result

    def run(self, *options, **kw):
        return self.save().rt("run", "--bundle", self.dir, *options, self.id, **kw)

    def start(self, **kw):
        return self.rt("start", self.id, **kw)

    def kill(self, *args, **kw):
        return self.rt("kill", self.id, *args, **kw)

    def delete(self, *options, **kw):
        return self.rt("delete", *options, self.id, **kw)

    def state(self):
        return self.rt("state", self.id).json()

    @property
    def status(self):
        return self.state()["status"]

    @property
    def pid(self):
        return self.state()["pid"]

    # what tests do often

    def sh(self, script, *options):
        """Run a shell script in the container; its output."""
        self.cfg.shell(script)
        result = self.run(*options)
        assert result.rc == 0, str(result)
        return result.out

    def up(self, script=FOREVER, *options):
        """Create and start a container that runs a script; the create call's result."""
        self.cfg.shell(script)
        created = self.create(*options).ok()
        self.start().silent()
        return created

    def create_fails(self, *words, **kw):
        """create fails with one line that has the words, and has left nothing."""
        result = self.create(**kw).fails(*words)
        self.host.assert_clean()
        return result

    def wait(self, timeout=20):
        """Wait for the init, which is our child now (we are the subreaper); its exit status."""
        fd = os.pidfd_open(self.init)
        try:
            assert select.select([fd], [], [], scaled(timeout))[0], f"{self.id} does not end"
        finally:
            os.close(fd)
        status = os.waitpid(self.init, 0)[1]
        return os.waitstatus_to_exitcode(status)

    def cgroup_dir(self, controller):
        return self.host.cgroup_dir(controller, self.cfg.linux["cgroupsPath"])

    def limit(self, controller, name):
        with open(f"{self.cgroup_dir(controller)}/{name}") as f:
            return f.read().strip()

    def proc(self, name):
        with open(f"/proc/{self.pid}/{name}") as f:
            return f.read()

    def end(self):
        """Remove what a test left on purpose."""
        if os.path.exists(f"{self.rt.root}/{self.id}"):
            return self.delete("--force")
        return None


def run_or_refuse(box, script, options=()):
    """The output of the script, or None when the container was refused cleanly."""
    box.cfg.shell(script)
    result = box.run(*options)
    if result.rc == 0:
        return result.out
    assert result.rc == 1 and result.err, str(result)
    box.host.assert_clean()
    return None


def eventually(test, what, timeout=10):
    """Wait for something that the kernel or a payload does in its own time."""
    deadline = time.monotonic() + scaled(timeout)
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            value = test()
            if value:
                return value
        time.sleep(0.005)
    raise AssertionError(f"did not happen in {scaled(timeout)} s: {what}")


def children(pid):
    """The children of a process of one thread, zombies too."""
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return list(map(int, f.read().split()))


def letter(pid):
    """The state of a process as proc(5) writes it: R, S, T, Z."""
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(") ", 1)[1][0]


def ns_inode(kind, pid="self"):
    return os.stat(f"/proc/{pid}/ns/{kind}").st_ino
