# SPDX-License-Identifier: Apache-2.0
"""Debian's podman with folders and configuration of its own; its containers have no network."""
import contextlib
import os

from lib.engine import IMAGE, Engine


class Podman(Engine):
    name, pod = "podman", None      # pod: the id of one that a test made

    def begin(self):
        self.configure_containers()
        ids = self.write("ids", "containers:100000:300000\n")          # for --userns auto
        for file in ("/etc/subuid", "/etc/subgid"):
            self.inside("mount", "--bind", ids, file)
        self.chosen = "rundlet" if self.runtime == self.installed else self.runtime
        self.use(self.chosen)
        self.ok("import", f"{self.dir}/rootfs.tar", IMAGE)

    def use(self, runtime):
        """As podman's option has it: a name or a path."""
        self.command = [*self.view.prefix, "podman", "--root", f"{self.dir}/root", "--runroot", f"{self.dir}/run",
                        "--tmpdir", f"{self.dir}/tmp", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
                        "--storage-driver", "vfs", "--runtime", runtime]

    def states(self):
        return self.default_states()

    def options(self):
        return ["--network", "none", "--cgroup-parent", f"/{self.parent}"]

    def run(self, *args):
        return self("run", "--rm", *self.options(), *args)

    def start(self, *args):
        """A container in the background; its id."""
        return self.ok("run", "-d", *self.options(), *args).strip()

    def remove_all(self):
        if self.pod:
            self("pod", "rm", "--all", "--force", "--time", "0")
            # podman does not always remove the pod's cgroup in this hierarchy, with crun and runc neither.
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(f"/sys/fs/cgroup/systemd/{self.parent}/{self.pod}")
            self.pod = None
        self("rm", "--all", "--force", "--time", "0")
