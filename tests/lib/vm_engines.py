# SPDX-License-Identifier: Apache-2.0
"""podman and docker of the test VM, with the runtime under test."""
import contextlib
import json
import pathlib
import subprocess

from lib.paths import RUNDLET
from lib.timing import scaled

OUTSIDE = ["nsenter", "--mount=/proc/1/ns/mnt", "--"]   # engines keep their mounts in the system's namespace
DAEMON = pathlib.Path("/etc/docker/daemon.json")
BRIDGE, FORWARDING = pathlib.Path("/sys/class/net/docker0"), pathlib.Path("/proc/sys/net/ipv4/ip_forward")


class Engine:
    """Called with the words of a command; its output without the newline at the end."""

    def __init__(self, command, options, image):
        self.command, self.options, self.image = [*OUTSIDE, *command], options, image

    def __call__(self, *words):
        result = subprocess.run([*self.command, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=scaled(60), check=False)
        assert result.returncode == 0, f"{words}\nrc {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout.rstrip("\n")

    def run(self, *words, options=()):
        return self("run", "--rm", *self.options, *options, self.image, *words)

    @contextlib.contextmanager
    def up(self, *options):
        """A container in the background; its id."""
        name = self("run", "-d", *self.options, *options, self.image, "sleep", "1000")
        try:
            yield name
        finally:
            self("rm", "-f", name)


def podman(runtime=RUNDLET):
    return Engine(["podman", "--runtime", str(runtime), "--cgroup-manager", "systemd"], ["--network", "none"],
                  "localhost/busybox")


@contextlib.contextmanager
def docker(runtime=RUNDLET):
    """The daemon runs meanwhile; its bridge, and that packets are forwarded, stay behind it."""
    forwarding = FORWARDING.read_text()
    DAEMON.parent.mkdir(exist_ok=True)
    DAEMON.write_text(json.dumps({"runtimes": {"rundlet": {"path": str(runtime)}}}))
    subprocess.run(["systemctl", "start", "docker"], check=True, timeout=scaled(60))
    try:
        yield Engine(["docker"], ["--network", "none", "--runtime", "rundlet"], "busybox")
    finally:
        subprocess.run(["systemctl", "stop", "docker.service", "docker.socket", "containerd"], check=True)
        DAEMON.unlink()
        if BRIDGE.exists():
            subprocess.run(["ip", "link", "delete", BRIDGE.name], check=True)
        FORWARDING.write_text(forwarding)
