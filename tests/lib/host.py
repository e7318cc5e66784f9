# SPDX-License-Identifier: Apache-2.0
"""The host around the containers: the private place that tests work in, and what is left there."""
import contextlib
import glob
import os
import shutil
import signal
import stat
import tempfile
import time
from pathlib import Path

from lib import kernel, views
from lib.resctrl import Resctrl

CGROUPS = "/sys/fs/cgroup"
NAME = "rundlet-test"


NODES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9),
         "tty": (5, 0), "ptmx": (5, 2)}
LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}


def make_dev(path):
    for name, (major, minor) in NODES.items():
        os.mknod(f"{path}/{name}", stat.S_IFCHR, os.makedev(major, minor))
        os.chmod(f"{path}/{name}", 0o666)
    for name, target in LINKS.items():
        os.symlink(target, f"{path}/{name}")


def own_children():
    """The children of this process, zombies too."""
    found = set()
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(FileNotFoundError):        # a thread that has just ended
            with open(f"/proc/self/task/{task}/children") as f:
                found.update(map(int, f.read().split()))
    return found


def own_zombies():
    """Those of them that have ended in a pid namespace, which does not end before somebody reaps them: rundlet did not."""
    def is_one(pid):
        try:
            text = Path(f"/proc/{pid}/status").read_text()
        except (FileNotFoundError, ProcessLookupError):     # somebody waited for it
            return False
        status = dict(line.split(":", 1) for line in text.splitlines())
        return status["State"].split()[0] == "Z" and len(status["NSpid"].split()) > 1

    return {pid for pid in own_children() if is_one(pid)}


class Host:
    """Made once per session, in a mount namespace of its own (the process that calls enters it)."""

    def __init__(self, view):
        self.tag = f"{NAME}-{os.getpid()}"
        self.cgroup = f"/{self.tag}"
        self.keep = set()               # processes of ours that are no leftovers
        kernel.unshare(kernel.CLONE_NEWNS)
        kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        views.enter(view)
        self._own_dev()
        kernel.become_subreaper()
        self._sweep()
        self.dir = tempfile.mkdtemp(prefix=f"{self.tag}-")
        os.chmod(self.dir, 0o755)
        kernel.mount("rundlet-test", self.dir, "tmpfs", 0, "mode=755")
        self.root = f"{self.dir}/state"
        self.busybox = f"{self.dir}/busybox"
        shutil.copy("/bin/busybox", self.busybox)
        for top in self.hierarchies():
            os.mkdir(top + self.cgroup)
            self._init_cpuset(top)
        self.resctrl = Resctrl(f"{self.dir}/resctrl")
        self.before = self.look()

    @staticmethod
    def _own_dev():
        """A /dev of our own: a runtime that changes the nodes of its host changes these."""
        with tempfile.TemporaryDirectory() as dev:
            kernel.mount("rundlet-test-dev", dev, "tmpfs", 0, "mode=755")
            make_dev(dev)
            for name in ("pts", "shm"):
                os.mkdir(f"{dev}/{name}")
            kernel.mount("/dev/pts", f"{dev}/pts", None, kernel.MS_BIND)
            kernel.mount("rundlet-test-shm", f"{dev}/shm", "tmpfs", 0, "mode=1777")
            kernel.mount(dev, "/dev", None, kernel.MS_MOVE)

    def _sweep(self):
        """Remove what sessions left that were killed."""
        old = [p for p in glob.glob(f"{tempfile.gettempdir()}/{NAME}-*") +
               [p for top in self.hierarchies() for p in glob.glob(f"{top}/{NAME}-*")]
               if not os.path.exists("/proc/" + os.path.basename(p).split("-")[2])]
        for top in old:
            for path, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(path)

    def hierarchies(self):
        """The mount points of the cgroup hierarchies that can hold our cgroups; cpu may be a symlink to cpu,cpuacct."""
        if os.path.exists(f"{CGROUPS}/cgroup.procs"):
            return [CGROUPS]
        return [f"{CGROUPS}/{n}" for n in sorted(os.listdir(CGROUPS))
                if os.path.exists(f"{CGROUPS}/{n}/cgroup.procs") and not os.path.islink(f"{CGROUPS}/{n}")]

    @property
    def is_v2(self):
        """Whether cgroup v2 holds all controllers: one hierarchy, at the top."""
        return self.hierarchies() == [CGROUPS]

    def cgroup_dir(self, controller, path):
        return CGROUPS + path if self.is_v2 else f"{CGROUPS}/{controller}{path}"

    def _init_cpuset(self, top):
        for name in ("cpuset.cpus", "cpuset.mems"):
            with contextlib.suppress(FileNotFoundError):
                with open(f"{top}/{name}") as f, open(f"{top}{self.cgroup}/{name}", "w") as g:
                    g.write(f.read())

    # what is there

    def cgroups(self):
        """Every cgroup directory of ours, in each hierarchy, whether we expected its place or not."""
        found = set()
        for top in self.hierarchies():
            for path, dirs, _ in os.walk(top):
                found.update(f"{path}/{d}" for d in dirs if self.tag in f"{path}/{d}")
        return found

    def children(self):
        """Living children of this process, orphans that came to it included; zombies are reaped."""
        return {pid for pid in own_children() - self.keep if os.waitpid(pid, os.WNOHANG) == (0, 0)}

    def look(self):
        with open("/proc/self/mountinfo") as f:
            mounts = {" ".join(line.split()[3:]) for line in f}
        null = os.stat("/dev/null")
        return {
            "cgroups": self.cgroups(),
            "resctrl": self.resctrl.groups(),
            "mounts": mounts,
            "processes": self.children(),
            "state": set(os.listdir(self.root)) if os.path.isdir(self.root) else set(),
            "network": set(os.listdir("/sys/class/net")) | {f"ip_forward {Path('/proc/sys/net/ipv4/ip_forward').read_text().strip()}"},
            "/dev/null": {(null.st_mode, null.st_uid, null.st_gid, null.st_rdev, null.st_ino)},
        }

    def leftovers(self):
        """New things since the session began, as text."""
        now = self.look()
        if now["processes"]:            # a process that was killed a moment ago
            time.sleep(0.02)
            now = self.look()
        return [f"{kind}: {thing} {self._describe(kind, thing)}" for kind in now
                for thing in sorted(now[kind] - self.before[kind], key=str)]

    @staticmethod
    def _describe(kind, thing):
        if kind != "processes":
            return ""
        with contextlib.suppress(OSError), open(f"/proc/{thing}/cmdline") as f:
            return f.read().replace("\0", " ")
        return ""

    def assert_clean(self):
        left = self.leftovers()
        assert not left, "left behind:\n  " + "\n  ".join(left)

    # making it as it was

    def clear(self):
        """Remove leftovers by force, so that one failing test does not fail the next."""
        for _ in range(20):
            for pid in self.children() | self._processes_in_cgroups():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with open("/proc/self/mountinfo") as f:
                for line in reversed(f.readlines()):
                    fields = line.split()
                    if " ".join(fields[3:]) not in self.before["mounts"]:
                        with contextlib.suppress(OSError):
                            kernel.umount(fields[4], kernel.MNT_DETACH)
            for path in sorted(self.cgroups() - self.before["cgroups"], reverse=True):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
            shutil.rmtree(self.root, ignore_errors=True)
            self.resctrl.reset()
            os.chown("/dev/null", 0, 0)     # the one of _own_dev()
            os.chmod("/dev/null", 0o666)
            if not self.leftovers():
                return
            time.sleep(0.02)
        self.before = self.look()       # what nothing removes is one test's failure, not that of all

    def _processes_in_cgroups(self):
        found = set()
        for path in self.cgroups() - self.before["cgroups"]:
            with contextlib.suppress(OSError), open(f"{path}/cgroup.procs") as f:
                found.update(map(int, f.read().split()))
        return found - {os.getpid(), 0}

    def close(self):
        for pid in self.keep:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.keep = set()
        self.clear()
        for path in sorted(self.cgroups(), reverse=True):
            with contextlib.suppress(OSError):
                os.rmdir(path)
        kernel.umount(self.dir, kernel.MNT_DETACH)
        os.rmdir(self.dir)
