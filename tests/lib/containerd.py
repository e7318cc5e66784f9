# SPDX-License-Identifier: Apache-2.0
"""Debian's containerd with folders of its own, driven by ctr."""
import os

from lib.engine import IMAGE, Engine, write_image


class Containerd(Engine):
    name = "containerd"

    def begin(self):
        self.root, self.count = f"{self.dir}/runtime-root", 0
        contrib = self.snippet("containerd/config.toml")
        places = f'root = "{self.dir}/root"\nstate = "{self.dir}/state"\n'
        config = self.write("config.toml", f"version = 2\n{places}{contrib}")
        self.daemon("containerd", "--config", config)
        # The namespace is also the cgroup that containers are in.
        self.command = [*self.view.prefix, "ctr", "--namespace", self.parent]
        self.ready("version")
        write_image(f"{self.dir}/rootfs.tar", f"{self.dir}/image.tar", IMAGE)
        self.ok("images", "import", f"{self.dir}/image.tar")

    def words(self, *args):
        """Of `ctr run`: the image and the name of a container go between options and command."""
        self.count += 1
        at = args.index(IMAGE)
        return ["run", "--runc-binary", self.runtime, "--runc-root", self.root, *args[:at], IMAGE, f"c{self.count}", *args[at + 1:]]

    def run(self, *args):
        return self(*self.words("--rm", *args))

    def start(self, *args):
        """A container in the background; its name."""
        self.ok(*self.words("--detach", *args))
        return f"c{self.count}"

    def exec(self, container, *args, options=()):
        return self("task", "exec", *options, "--exec-id", "e", container, *args)

    def tasks(self):
        """Name, pid and state of each."""
        return {line.split()[0]: line.split()[1:] for line in self.ok("task", "ls").splitlines()[1:] if line.strip()}

    def states(self):
        return os.listdir(f"{self.root}/{self.parent}") if os.path.isdir(f"{self.root}/{self.parent}") else []

    def remove_all(self):
        for name, (_, state) in self.tasks().items():
            if state == "PAUSED":
                self("task", "resume", name)
            self("task", "delete", "--force", name)
        for name in self.ok("container", "ls", "--quiet").split():
            self.ok("container", "rm", name)
