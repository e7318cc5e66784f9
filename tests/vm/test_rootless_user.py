# SPDX-License-Identifier: Apache-2.0
"""A user with lingering, without and with podman: ids of /etc/subuid, closed directories, delegated limits."""
import os
import re
import subprocess

import pytest

from lib.user import CGROUP, UID, as_user, own

MIB = 1 << 20
MAP = "cat /proc/self/uid_map"


def numbers(text):
    return [tuple(map(int, line.split())) for line in text.splitlines()]


# rundlet by itself

def test_a_configuration_without_a_user_namespace_gets_the_ids_of_subuid(plain_user_box):
    plain_user_box.cfg.process["user"] = {"uid": 5, "gid": 6, "additionalGids": [7]}
    plain_user_box.cfg.shell(f"id -u; id -G; {MAP}")
    result = plain_user_box.run()
    assert result.rc == 0 and "a user namespace is added" in result.err, str(result)
    user, groups, ids = result.out.split("\n", 2)
    assert (user, groups, numbers(ids)) == ("5", "6 7", [(0, UID, 1), (1, 100000, 65536)])


def test_limits_in_a_delegated_cgroup(plain_user_box):
    box = plain_user_box
    box.cfg.user_namespace().resources(memory={"limit": 64 * MIB}, pids={"limit": 20})
    box.up()
    assert (box.limit("memory", "memory.max"), box.limit("pids", "pids.max")) == (str(64 * MIB), "20")
    box.rt("update", "--pids-limit", "9", box.id).silent()
    assert box.limit("pids", "pids.max") == "9"
    box.rt("pause", box.id).silent()
    box.rt("resume", box.id).silent()
    box.delete("--force").silent()


def test_limits_in_a_scope_of_the_user_s_systemd(plain_user_box):
    box = plain_user_box
    box.cfg.user_namespace().resources(pids={"limit": 20})
    box.cfg.linux["cgroupsPath"] = f"user.slice:rundlet-test:{box.id}"
    box.cfg.shell("cat /proc/self/cgroup").no_namespace("cgroup")
    result = box.run(before=["--systemd-cgroup"])
    assert (result.rc, result.err) == (0, ""), str(result)
    assert result.out == f"0::{CGROUP}/user.slice/rundlet-test-{box.id}.scope\n"


def test_without_a_path_there_is_no_cgroup_and_no_limit(plain_user_box):
    box = plain_user_box
    box.cfg.user_namespace().linux.pop("cgroupsPath")
    box.cfg.shell("true")
    box.run().silent()
    box.cfg.resources(memory={"limit": 64 * MIB})
    box.run().fails("linux.resources.memory.limit", "needs a cgroup")
    box.cfg.linux["cgroupsPath"] = f"{box.cgroup}/{box.id}"


# podman on top

@pytest.fixture(params=["cgroupfs", "systemd"])
def podman(rt, request):
    """Runs podman as the user, with the runtime under test; its output."""
    def call(command, *args, **kw):
        return as_user("podman", "--runtime", str(rt.path), "--cgroup-manager", request.param, command, *args, **kw)
    return call


def run(podman, *args, **kw):
    return podman("run", "--rm", "--network", "none", *args, **kw)


def test_podman_says_hello(podman):
    assert run(podman, "localhost/busybox", "echo", "hello") == "hello\n"


def test_podman_maps_ids(podman):
    assert numbers(run(podman, "localhost/busybox", "sh", "-c", MAP)) == [(0, UID, 1), (1, 100000, 65536)]


def test_podman_keeps_the_id_of_the_user(podman):
    out = run(podman, "--userns", "keep-id", "localhost/busybox", "sh", "-c", f"id -u; {MAP}")
    first, rest = out.split("\n", 1)
    assert first == str(UID) and (UID, 0, 1) in numbers(rest)


def test_podman_binds_a_closed_directory_of_the_user(podman):
    path = "/var/tmp/rundlet-test-closed"
    os.makedirs(f"{path}/below")
    try:
        with open(f"{path}/below/file", "w") as f:
            f.write("inside\n")
        own(path)
        os.chmod(path, 0o700)
        out = run(podman, "-v", f"{path}/below:/data", "localhost/busybox", "cat", "/data/file")
        out += run(podman, "--userns", "keep-id", "-v", f"{path}/below:/data:ro", "localhost/busybox", "cat", "/data/file")
    finally:
        os.remove(f"{path}/below/file")
        os.removedirs(f"{path}/below")
    assert out == "inside\ninside\n"


LIMITED = ["--memory", "64m", "--pids-limit", "30", "localhost/busybox", "sh", "-c",
           "cd /sys/fs/cgroup; cat memory.max pids.max"]


@pytest.mark.parametrize("podman", ["systemd"], indirect=True)
def test_podman_sets_limits_by_delegation(podman):
    assert run(podman, *LIMITED) == f"{64 * MIB}\n30\n"


@pytest.mark.parametrize("podman", ["cgroupfs"], indirect=True)
def test_podman_without_delegation_is_told_what_to_do(podman):
    """It names no cgroup then."""
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run(podman, *LIMITED, stderr=subprocess.PIPE)
    assert "linux.resources.memory" in failed.value.stderr and "needs a cgroup" in failed.value.stderr


def test_podman_runs_detached_and_stops(podman):
    name = podman("run", "-d", "--network", "none", "localhost/busybox", "sleep", "1000").strip()
    assert re.fullmatch("[0-9a-f]{64}", name)
    assert podman("inspect", "--format", "{{.State.Status}}", name) == "running\n"
    podman("rm", "-f", "-t", "0", name)
