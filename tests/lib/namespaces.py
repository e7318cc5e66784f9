# SPDX-License-Identifier: Apache-2.0
"""Namespaces that somebody else made, to be joined."""
import contextlib
import os
import signal
import subprocess
import time

FILES = {"pid": "pid", "network": "net", "ipc": "ipc", "uts": "uts", "mount": "mnt", "cgroup": "cgroup",
         "user": "user", "time": "time"}
UNSHARE = {"pid": "--pid", "network": "--net", "ipc": "--ipc", "uts": "--uts", "mount": "--mount",
           "cgroup": "--cgroup", "user": "--user", "time": "--time"}


@contextlib.contextmanager
def namespaces_of_another(host, *kinds):
    """A process in new namespaces of these kinds; its pid."""
    with subprocess.Popen(["unshare", *(UNSHARE[k] for k in kinds), "--fork", "sh", "-c", "echo; exec sleep 1000"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as parent:
        host.keep.add(parent.pid)
        parent.stdout.readline()
        with open(f"/proc/{parent.pid}/task/{parent.pid}/children") as f:
            child = int(f.read())
        try:
            yield child
        finally:
            os.kill(child, signal.SIGKILL)
            while parent.poll() is None:
                host.children()         # a pid namespace ends when all of its processes are waited for
                time.sleep(0.002)
    host.keep.discard(parent.pid)


def mounts_of(pid):
    with open(f"/proc/{pid}/mounts") as f:
        return f.read()
