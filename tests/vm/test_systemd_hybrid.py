# SPDX-License-Identifier: Apache-2.0
"""The systemd cgroup manager on a host of both versions: systemd has its units in v1, and in v2 beside it."""
import pathlib

import pytest

from lib.units import systemctl

MIB = 1 << 20
CGROUPS = pathlib.Path("/sys/fs/cgroup")
HIERARCHIES = ["systemd", "cpu", "pids", "devices", "unified", "freezer", "hugetlb", "blkio"]


@pytest.fixture
def places(unit):
    """The container's directory in each hierarchy."""
    return {name: CGROUPS / name / "system.slice" / unit.name for name in HIERARCHIES}


def test_the_process_is_in_its_unit_in_all_hierarchies(unit, places):
    unit.up()
    assert {name: place.is_dir() for name, place in places.items()} == dict.fromkeys(HIERARCHIES, True)
    groups = {line.split(":")[2] for line in unit.box.proc("cgroup").splitlines()}
    assert groups == {f"/system.slice/{unit.name}"}
    assert unit.shown("ActiveState", "Delegate") == {"ActiveState": "active", "Delegate": "yes"}
    unit.delete("--force").silent()
    unit.assert_gone()
    assert not any(place.exists() for place in places.values())


def test_limits_are_in_the_files_and_stay(unit, places):
    unit.cfg.resources(cpu={"shares": 512, "quota": 50000, "period": 100000}, pids={"limit": 50},
                       memory={"limit": 64 * MIB}, hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MIB}])
    unit.create().silent()
    wanted = {("cpu", "cpu.shares"): "512", ("cpu", "cpu.cfs_quota_us"): "50000", ("pids", "pids.max"): "50",
              ("unified", "memory.max"): str(64 * MIB), ("hugetlb", "hugetlb.2MB.limit_in_bytes"): str(4 * MIB)}

    def found():
        return {(where, name): (places[where] / name).read_text().strip() for where, name in wanted}
    assert found() == wanted
    systemctl("daemon-reload")
    assert found() == wanted
    unit.box.rt("update", "--pids-limit", "60", "--cpu-shares", "256", unit.box.id).silent()
    wanted |= {("pids", "pids.max"): "60", ("cpu", "cpu.shares"): "256"}
    assert found() == wanted
    assert unit.shown("TasksMax") == {"TasksMax": "60"}


def test_device_rules(unit, places):
    unit.create().silent()
    rules = (places["devices"] / "devices.list").read_text().splitlines()
    assert "c 1:3 rwm" in rules and "a *:* rwm" not in rules
    systemctl("daemon-reload")
    assert sorted((places["devices"] / "devices.list").read_text().splitlines()) == sorted(rules)


def test_pause_and_kill(unit, places):
    unit.up()
    unit.box.rt("pause", unit.box.id).silent()
    assert (places["freezer"] / "freezer.state").read_text() == "FROZEN\n"
    unit.delete("--force").silent()
    unit.assert_gone()
