# SPDX-License-Identifier: Apache-2.0
"""The profiles that podman and docker load and give to their containers, with rundlet below them."""
import pytest

from lib import vm_engines

CURRENT = "/proc/self/attr/apparmor/current"
PROFILES = {"podman": "containers-default-", "docker": "docker-default"}


@pytest.fixture(scope="module")
def docker():
    with vm_engines.docker() as engine:
        yield engine


@pytest.fixture(params=sorted(PROFILES))
def engine(request):
    """The engine, and how its profile begins."""
    return (vm_engines.podman() if request.param == "podman" else request.getfixturevalue("docker"),
            PROFILES[request.param])


def test_the_default_profile_is_in_force(engine):
    run, profile = engine
    label = run.run("cat", CURRENT)
    assert label.startswith(profile) and label.endswith(" (enforce)")
    assert run.run("cat", CURRENT, options=["--security-opt", "apparmor=unconfined"]) == "unconfined"


@pytest.mark.parametrize("nnp", [(), ("--security-opt", "no-new-privileges")], ids=["", "no-new-privileges"])
def test_the_default_profile_denies_mounts(engine, nnp):
    """They are what it is there for when there is CAP_SYS_ADMIN."""
    run, _ = engine
    mount = ["sh", "-c", "mount -t tmpfs tmpfs /tmp && echo mounted; true"]
    options = ["--cap-add", "SYS_ADMIN", *nnp]
    assert run.run(*mount, options=options) == ""
    assert run.run(*mount, options=[*options, "--security-opt", "apparmor=unconfined",
                                    "--security-opt", "seccomp=unconfined"]) == "mounted"


def test_exec_has_the_profile(engine):
    run, profile = engine
    with run.up() as name:
        assert run("exec", name, "cat", CURRENT).startswith(profile)
