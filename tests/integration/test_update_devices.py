# SPDX-License-Identifier: Apache-2.0
"""update: device rules of a container that exists, in the files of cgroup v1."""
import os
import subprocess

import pytest

from lib.update import update


@pytest.fixture(autouse=True)
def needs_v1(host):
    if not os.path.isdir("/sys/fs/cgroup/devices"):
        pytest.skip("these rules are read from the files of cgroup v1")


def devices(box):
    return set(box.limit("devices", "devices.list").splitlines())


FUSE = {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rwm"}
LOOP = {"allow": True, "type": "b", "major": 7, "minor": 0, "access": "r"}


def test_device_rules_take_the_place_of_the_old_ones(box):
    """What every container may use, and the nodes that it was made with, stay."""
    box.cfg.linux["devices"] = [{"path": "/dev/net/tun", "type": "c", "major": 10, "minor": 200}]
    box.cfg.resources(devices=[FUSE])
    box.up("while :; do echo x > /dev/null || exit 1; done")
    before = devices(box)
    assert "c 10:229 rwm" in before and "c 10:200 m" in before
    update(box, resources={"devices": [LOOP]}).silent()
    assert devices(box) == before - {"c 10:229 rwm"} | {"b 7:0 r"}
    update(box, resources={"devices": [FUSE]}).silent()
    assert devices(box) == before
    assert box.status == "running"


def may_make_fuse(box, tmp):
    """Whether a process in the container's cgroup may make the node."""
    script = f"echo $$ >{box.cgroup_dir('devices')}/tasks && mknod {tmp}/fuse c 10 229 && rm {tmp}/fuse"
    return subprocess.run(["sh", "-c", script], check=False, stderr=subprocess.DEVNULL).returncode == 0


def test_the_same_rules_that_allow_all_may_come_again_while_there_are_cgroups_below(box, tmp):
    """Engines send all resources with each update; cgroup v1 does not begin a list anew then."""
    every = [{"allow": True, "access": "rwm"}]
    no_fuse = {**FUSE, "allow": False}
    box.cfg.resources(devices=every)
    box.up()
    below = f"{box.cgroup_dir('devices')}/below"
    os.mkdir(below)
    try:
        update(box, resources={"devices": every, "pids": {"limit": 9}}).silent()
        assert box.limit("devices", "devices.list").startswith("a ")
        assert may_make_fuse(box, tmp)
        update(box, resources={"devices": [*every, no_fuse], "pids": {"limit": 8}}).silent()
        assert not may_make_fuse(box, tmp)
        update(box, resources={"devices": [{"allow": False, "access": "rwm"}], "pids": {"limit": 7}}).fails("Invalid argument")
        assert box.limit("pids", "pids.max") == "8"
    finally:
        os.rmdir(below)


def test_an_update_without_device_rules_leaves_them(box):
    box.cfg.resources(devices=[FUSE])
    box.create().silent()
    before = devices(box)
    update(box, resources={"pids": {"limit": 5}, "devices": []}).silent()
    assert devices(box) == before


def test_an_update_that_fails_takes_device_rules_back(box):
    box.cfg.resources(devices=[FUSE])
    box.create().silent()
    before = devices(box), box.limit("pids", "pids.max")
    update(box, resources={"devices": [LOOP], "pids": {"limit": 5}, "cpu": {"cpus": "5000"}}).fails("cpu.cpus")
    assert (devices(box), box.limit("pids", "pids.max")) == before
