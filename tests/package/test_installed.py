# SPDX-License-Identifier: Apache-2.0
"""
The package as its users meet it: installed by apt, in a mount namespace where what apt writes is aside; then
two lines of configuration, and podman and docker run containers.
"""
import subprocess

import pytest

from lib.docker import Docker
from lib.engine import IMAGE, an_engine
from lib.podman import Podman

PROGRAM = "/usr/bin/rundlet"
PODMAN_CONF = f"""[engine.runtimes]
rundlet = ["{PROGRAM}"]
"""


class Installed:
    """Before Engine: its runtime is that of the package."""
    installed, kind, deb = PROGRAM, "2", None

    def install(self):
        for place in "/usr", "/var/cache", "/var/log":
            self.write_aside(place)
        self.inside("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-qq", "--no-install-recommends",
                    "-o", "Dpkg::Use-Pty=0", self.deb)


class InstalledPodman(Installed, Podman):
    def snippet(self, name):
        assert name == "containers.conf.d/50-rundlet.conf"
        return PODMAN_CONF


class InstalledDocker(Installed, Docker):
    def snippet(self, name):
        """Not the tree's, but the package's."""
        return subprocess.run([*self.view.prefix, "cat", f"/usr/share/doc/rundlet/examples/{name}"], check=True,
                              capture_output=True, text=True).stdout


@pytest.fixture(scope="module", params=[InstalledPodman, InstalledDocker], ids=["podman", "docker"])
def engine(request, host, deb):
    kind = type(request.param.__name__, (request.param,), {"deb": deb})
    programs = {"podman": ["podman", "conmon"], "docker": ["docker", "dockerd", "containerd", "docker-init"]}
    with an_engine(kind, host, *programs[kind.name]) as place:
        yield place


@pytest.fixture(autouse=True)
def nothing_left(engine):
    yield
    engine.assert_nothing_left()


def test_an_engine_runs_containers_with_the_package(engine):
    result = engine.run(IMAGE, "echo", "hello")
    assert (result.returncode, result.stdout) == (0, "hello\n"), result.stderr
    container = engine.start(IMAGE, "sleep", "1000")
    assert engine.ok("exec", container, "cat", "/proc/1/comm") == "sleep\n"


def test_the_runtime_is_the_package_s(engine):
    """The manual is there, too."""
    listed = subprocess.run([*engine.view.prefix, "dpkg", "-L", "rundlet"], check=True, capture_output=True, text=True).stdout
    assert f"{PROGRAM}\n" in listed and "/usr/share/man/man1/rundlet.1.gz\n" in listed
    assert PROGRAM in engine.ok("info", "--format", "{{json .}}")
