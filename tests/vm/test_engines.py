# SPDX-License-Identifier: Apache-2.0
"""Engines on a system with systemd: the Debian package as its users meet it."""
import json
import pathlib
import subprocess

import pytest

from lib import vm_engines
from lib.paths import DEBS
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
