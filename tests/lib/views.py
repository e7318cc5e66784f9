# SPDX-License-Identifier: Apache-2.0
"""
Ways to look at the host's cgroup hierarchies, each in a mount namespace of its own:
    host  as they are (a hybrid of v1 and v2 on a Debian 12 without systemd)
    v1    cgroup v1 alone, below a read-only tmpfs, as on an older host
    v2    cgroup v2 alone, with the controllers that v1 does not hold; on a host of v2, all of them
"""
import os
import subprocess

CGROUPS = "/sys/fs/cgroup"

# A host of v2 is left as it is: to mount cgroup2 once more would change its options everywhere.
# In v1, the empty tmpfs keeps crun from making directories on the host's tmpfs, and the read-only
# remount keeps podman's pods from the same.
SCRIPTS = {
    "host": ":",
    "v1": f"umount {CGROUPS}/unified 2>/dev/null && mount -t tmpfs none {CGROUPS}/unified && "
          f"mount -o remount,bind,ro {CGROUPS}",
    "v2": f"test -e {CGROUPS}/cgroup.procs || {{ umount -R {CGROUPS} && mount -t cgroup2 none {CGROUPS}; }}",
}


class ViewError(Exception):
    """This host has not what the view needs."""


def enter(view):
    """Change the view of the calling process, which unshare(1) gave a mount namespace of its own: never that of the host."""
    if os.readlink("/proc/self/ns/mnt") == os.readlink(f"/proc/{os.getppid()}/ns/mnt"):
        raise ViewError("this is its caller's mount namespace: begin with unshare -m --propagation private")
    subprocess.run(["sh", "-c", SCRIPTS[view]], check=True)


class View:
    """A mount namespace that stays, and a network namespace if asked for; commands run there with `prefix` before them."""

    def __init__(self, host, view, network=False):
        self.holder = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", *["-n"] * network, "sh", "-c",
             f"exec 2>&1; {SCRIPTS[view]} && echo ready && exec sleep 100000"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        host.keep.add(self.holder.pid)
        self.host = host
        said = []
        for line in self.holder.stdout:
            if line == "ready\n":
                break
            said.append(line.strip())
        else:
            self.close()
            raise ViewError(f"the {view} view of the cgroups cannot be made here: {'; '.join(said)}")
        namespaces = f"/proc/{self.holder.pid}/ns"
        self.prefix = ["nsenter", f"--mount={namespaces}/mnt", *[f"--net={namespaces}/net"] * network, "--"]

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.host.keep.discard(self.holder.pid)
