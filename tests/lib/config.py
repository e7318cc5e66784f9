# SPDX-License-Identifier: Apache-2.0
"""A config.json under construction: a dict with the changes that tests need often."""
import copy

MOUNTS = [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
     "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
    {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
     "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
    {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
     "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs",
     "options": ["nosuid", "noexec", "nodev", "ro"]},
]
CAPS = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_MKNOD", "CAP_SETGID",
        "CAP_SETUID", "CAP_SYS_CHROOT", "CAP_NET_BIND_SERVICE"]
NUMBERS = {"CAP_CHOWN": 0, "CAP_DAC_OVERRIDE": 1, "CAP_FOWNER": 3, "CAP_KILL": 5, "CAP_SETGID": 6, "CAP_SETUID": 7,
           "CAP_NET_BIND_SERVICE": 10, "CAP_SYS_CHROOT": 18, "CAP_SYS_PTRACE": 19, "CAP_SYS_ADMIN": 21,
           "CAP_SYS_NICE": 23, "CAP_MKNOD": 27}
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"


def mask(caps):
    """What /proc/PID/status has for a set of capabilities."""
    return sum(1 << NUMBERS[cap] for cap in caps)


class Config(dict):
    """config["process"]["args"] works as on any dict; the methods return self."""

    @classmethod
    def base(cls, cgroup=None):
        config = cls({
            "ociVersion": "1.0.2",
            "process": {
                "terminal": False,
                "user": {"uid": 0, "gid": 0},
                "args": ["/bin/true"],
                "env": [PATH],
                "cwd": "/",
                "capabilities": {s: list(CAPS) for s in ("bounding", "effective", "permitted")},
            },
            "root": {"path": "rootfs"},
            "mounts": copy.deepcopy(MOUNTS),
            "linux": {"namespaces": [{"type": t} for t in
                                     ("pid", "network", "ipc", "uts", "mount", "cgroup")]},
        })
        if cgroup:
            config.linux["cgroupsPath"] = cgroup
        return config

    @property
    def process(self):
        return self["process"]

    @property
    def linux(self):
        return self["linux"]

    def args(self, *args):
        self.process["args"] = list(args)
        return self

    def shell(self, script):
        return self.args("/bin/sh", "-c", script)

    def namespace(self, kind, path=None):
        """Make a namespace of this kind, or join the one at path."""
        self.no_namespace(kind)
        entry = {"type": kind}
        if path:
            entry["path"] = str(path)
        self.linux["namespaces"].append(entry)
        return self

    def no_namespace(self, *kinds):
        self.linux["namespaces"] = [n for n in self.linux["namespaces"] if n["type"] not in kinds]
        return self

    def no_cap(self, name):
        for caps in self.process["capabilities"].values():
            caps[:] = [c for c in caps if c != name]
        return self

    def join_mounts(self, pid):
        """Join the mount namespace of a process; of the capability it would be said that it is withheld."""
        return self.namespace("mount", f"/proc/{pid}/ns/mnt").no_cap("CAP_SYS_CHROOT")

    def user_namespace(self, host_id=100000, size=65536):
        """A user namespace of its own, in which container id 0 is host_id outside."""
        self.namespace("user")
        for key in ("uidMappings", "gidMappings"):
            self.linux[key] = [{"containerID": 0, "hostID": host_id, "size": size}]
        return self

    def mount(self, destination, fstype=None, source=None, options=None):
        entry = {"destination": destination, "type": fstype, "source": source, "options": options}
        self.setdefault("mounts", []).append({k: v for k, v in entry.items() if v is not None})
        return self

    def bind(self, source, destination, *options):
        return self.mount(destination, "bind", str(source), ["rbind", *options])

    def no_mount(self, *destinations):
        self["mounts"] = [m for m in self["mounts"] if m["destination"] not in destinations]
        return self

    def resources(self, **members):
        self.linux.setdefault("resources", {}).update(members)
        return self

    def hook(self, kind, script, **members):
        """Append a hook that runs a shell script; /bin/sh is both on the host and in the rootfs."""
        entry = {"path": "/bin/sh", "args": ["sh", "-c", script], **members}
        self.setdefault("hooks", {}).setdefault(kind, []).append(entry)
        return self

    def put(self, dotted, value):
        """Set a member by its path: put("linux.resources.pids.limit", 5)."""
        where = self
        *parents, last = dotted.split(".")
        for key in parents:
            where = where.setdefault(key, {})
        where[last] = value
        return self
