# SPDX-License-Identifier: Apache-2.0
"""Debian's docker with a daemon and folders of its own; its containers have no network."""
import json
import os

from lib.engine import IMAGE, Engine


class Docker(Engine):
    name = "docker"

    def begin(self):
        config = json.loads(self.snippet("docker/daemon.json"))
        if self.runtime != self.installed:
            config["runtimes"]["rundlet"]["path"] = self.runtime
        config |= {"default-runtime": "rundlet", "cgroup-parent": f"/{self.parent}", "data-root": f"{self.dir}/data",
                   "storage-driver": "overlay2", "iptables": False, "ip6tables": False, "ip-forward": False,
                   "ip-masq": False, "userland-proxy": False, "bridge": "none", "shutdown-timeout": 5, "live-restore": True}
        self.config = self.write("daemon.json", config)
        self.command = [*self.view.prefix, "docker"]
        self.serve()
        self.ok("import", "--change", "ENV PATH=/bin", f"{self.dir}/rootfs.tar", IMAGE)

    def serve(self):
        self.daemon("dockerd", "--config-file", self.config)
        self.ready("version")

    def words(self, *args):
        return ["--network", "none", *args]

    def run(self, *args):
        return self("run", "--rm", *self.words(*args))

    def start(self, *args):
        """A container in the background; its id."""
        return self.ok("run", "-d", *self.words(*args)).strip()

    def inspect(self, container, what):
        return self.ok("inspect", "--format", f"{{{{{what}}}}}", container).strip()

    def states(self):
        top = f"{self.dir}/slash-run/docker"
        return [f"{path}/{name}" for path, names, _ in os.walk(top) if path.endswith("/moby") and "runtime-" in path
                for name in names]

    def remove_all(self):
        containers = self.ok("ps", "--all", "--quiet").split()
        if containers:
            self("rm", "--force", *containers)
