# SPDX-License-Identifier: Apache-2.0
"""Engines on a system with systemd: the Debian package as its users meet it, and what systemd does for podman."""
import json
import pathlib
import subprocess

import pytest

from lib import vm_engines
from lib.box import eventually
from lib.paths import DEBS, RUNDLET
from lib.timing import scaled

PROGRAM = pathlib.Path("/usr/bin/rundlet")
CONF = pathlib.Path("/etc/containers/containers.conf.d/50-rundlet.conf")


def apt(*words):
    subprocess.run(["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", *map(str, words)], check=True, stdin=subprocess.DEVNULL,
                   timeout=scaled(60))


@pytest.fixture(scope="module")
def package():
    """It is installed meanwhile; nothing but what it needs is there, and no network."""
    found = list(DEBS.glob("rundlet_*.deb"))
    if not found:
        pytest.skip("no package: ./dev deb makes it")
    apt("install", "--no-install-recommends", *found)
    yield
    apt("purge", "rundlet")
    assert not PROGRAM.exists()


def test_the_package_and_two_lines_for_podman(package):
    CONF.parent.mkdir(parents=True, exist_ok=True)
    CONF.write_text(f'[engine.runtimes]\nrundlet = ["{PROGRAM}"]\n')
    try:
        podman = vm_engines.podman("rundlet")
        assert podman.run("echo", "hello") == "hello"
        assert json.loads(podman("info", "--format", "json"))["host"]["ociRuntime"]["path"] == str(PROGRAM)
    finally:
        CONF.unlink()


def test_the_package_and_two_lines_for_docker(package):
    with vm_engines.docker(PROGRAM) as docker:
        assert docker.run("echo", "hello") == "hello"
        with docker.up() as name:
            assert docker("exec", name, "cat", "/proc/1/comm") == "sleep"


def systemctl(*words, check=True):
    return subprocess.run(["systemctl", *words], check=check, capture_output=True, text=True, timeout=scaled(60)).stdout


def test_podman_s_timer_looks_after_the_health():
    podman = vm_engines.podman()
    with podman.up("--health-cmd", "test -e /tmp/well", "--health-interval", "1s", "--health-retries", "1") as name:
        def health(expected):
            return podman("inspect", "--format", "{{.State.Health.Status}}", name) == expected

        eventually(lambda: health("unhealthy"), "it is ill", 30)
        podman("exec", name, "touch", "/tmp/well")
        eventually(lambda: health("healthy"), "it is well", 30)
    assert name not in systemctl("list-timers", "--all")


QUADLET = """\
[Container]
ContainerName={name}
Image={image}
Exec=sh -c "trap 'exit 0' TERM; sleep 1000 & wait"
Network=none
GlobalArgs=--runtime {runtime}
"""


@pytest.fixture
def unit():
    """A service that quadlet makes of a file. Its cgroup is delegated, and podman splits it (--cgroups=split)."""
    name = "rundlet-test-unit"
    path = pathlib.Path(f"/run/containers/systemd/{name}.container")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(QUADLET.format(runtime=RUNDLET, name=name, image=vm_engines.podman().image))
    systemctl("daemon-reload")
    yield name
    systemctl("stop", name, check=False)
    path.unlink()
    systemctl("daemon-reload")


def test_a_service_of_quadlet(unit):
    """Its cgroup has been delegated: the container's is below it, and both end with it."""
    podman = vm_engines.podman()
    systemctl("start", unit)
    pid = podman("inspect", "--format", "{{.State.Pid}}", unit)
    of_service = f"/system.slice/{unit}.service"
    assert pathlib.Path(f"/proc/{pid}/cgroup").read_text().startswith(f"0::{of_service}/")
    assert systemctl("is-active", unit) == "active\n"
    systemctl("stop", unit)
    assert podman("ps", "--all", "--quiet") == ""
    assert systemctl("is-failed", unit, check=False) == "inactive\n"
    assert not pathlib.Path(f"/sys/fs/cgroup{of_service}").exists()


def test_a_service_of_quadlet_ends_with_its_container(unit):
    podman = vm_engines.podman()
    systemctl("start", unit)
    podman("kill", unit)
    eventually(lambda: systemctl("is-active", unit, check=False) != "active\n", "the service has ended", 30)
    assert podman("ps", "--all", "--quiet") == ""
