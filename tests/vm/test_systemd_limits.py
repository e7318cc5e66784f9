# SPDX-License-Identifier: Apache-2.0
"""The systemd cgroup manager: limits and device rules, in the files and in the unit."""
import contextlib
import itertools
import json
import os
import pathlib
import stat
import subprocess

import pytest

from lib.units import run_in, systemctl

MIB = 1 << 20
_numbers = itertools.count(1)


# limits

ALL = {
    "memory": {"limit": 64 * MIB, "swap": 96 * MIB, "reservation": 32 * MIB},
    "cpu": {"shares": 512, "quota": 33333, "period": 100000, "cpus": "0", "mems": "0"},
    "pids": {"limit": 50},
    "unified": {"memory.high": str(48 * MIB)},
}
ALL_FILES = {"memory.max": str(64 * MIB), "memory.swap.max": str(32 * MIB), "memory.low": str(32 * MIB),
             "memory.high": str(48 * MIB), "cpu.weight": "59", "cpu.max": "33333 100000", "cpuset.cpus": "0",
             "cpuset.mems": "0", "pids.max": "50"}
ALL_SHOWN = {"MemoryMax": str(64 * MIB), "MemorySwapMax": str(32 * MIB), "MemoryLow": str(32 * MIB),
             "MemoryHigh": str(48 * MIB), "CPUWeight": "59", "CPUQuotaPerSecUSec": "340ms",
             "CPUQuotaPeriodUSec": "100ms", "AllowedCPUs": "0", "AllowedMemoryNodes": "0", "TasksMax": "50"}


def test_limits_are_in_the_files_and_in_the_unit(unit):
    unit.cfg.resources(**ALL)
    unit.create().silent()
    assert {name: unit.file(name) for name in ALL_FILES} == ALL_FILES
    assert unit.shown(*ALL_SHOWN) == ALL_SHOWN


def test_a_reload_of_systemd_keeps_the_limits(unit):
    """Also when systemd writes the files anew, as it does when another property is changed."""
    unit.cfg.resources(**ALL)
    unit.create().silent()
    systemctl("daemon-reload")
    assert {name: unit.file(name) for name in ALL_FILES} == ALL_FILES
    assert unit.shown(*ALL_SHOWN) == ALL_SHOWN
    systemctl("set-property", "--runtime", unit.name, "MemoryMin=4096", "StartupCPUWeight=70", "StartupAllowedCPUs=0",
              "IOWeight=200", "TasksAccounting=yes")
    systemctl("daemon-reload")
    rounded = ALL_FILES | {"cpu.max": "34000 100000"}
    assert {name: unit.file(name) for name in ALL_FILES} == rounded
    assert unit.file("memory.min") == "4096"


def test_limits_of_which_systemd_knows_nothing(unit):
    unit.cfg.resources(hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MIB}], unified={"cgroup.max.depth": "3"})
    unit.create().silent()
    systemctl("daemon-reload")
    assert unit.file("hugetlb.2MB.max") == str(4 * MIB) and unit.file("cgroup.max.depth") == "3"


@pytest.mark.parametrize("limit, shows", [(0, "1"), (1, "1"), (2, "2"), (-1, "infinity")])
def test_few_processes(unit, limit, shows):
    """What holds the unit takes no place from the container; systemd has no limit of 0."""
    unit.cfg.resources(pids={"limit": limit})
    unit.create().silent()
    assert unit.file("pids.max") == ("max" if limit < 0 else str(limit))
    assert unit.shown("TasksMax") == {"TasksMax": shows}
    unit.box.start().silent()


def test_a_unit_beside_it_changes_nothing(unit):
    """In cgroup v1 systemd moves a unit's processes when one beside it gets controllers that it has not."""
    unit.cfg.resources(cpu={"shares": 512, "quota": 50000, "period": 100000}, pids={"limit": 50})
    unit.create().silent()
    before = unit.box.proc("cgroup")
    other = f"beside-{unit.box.id}.service"
    for change in ("start", "stop"):
        if change == "start":
            subprocess.run(["systemd-run", "-q", "--slice", "system.slice", "--unit", other, "-p", "CPUWeight=50",
                            "-p", "IOWeight=50", "-p", "DeviceAllow=/dev/tty1 rw", "sleep", "1000"], check=True)
        else:
            systemctl("stop", other)
        systemctl("daemon-reload")
        assert unit.box.proc("cgroup") == before
        assert (unit.file("cpu.weight"), unit.file("cpu.max"), unit.file("pids.max")) == ("59", "50000 100000", "50")


def test_update_of_the_quota_keeps_the_period(unit):
    unit.cfg.resources(cpu={"quota": 5000, "period": 20000})
    unit.up()
    unit.box.rt("update", "--cpu-quota", "10000", unit.box.id).silent()
    assert unit.file("cpu.max") == "10000 20000"
    assert unit.shown("CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec") == {"CPUQuotaPerSecUSec": "500ms",
                                                                     "CPUQuotaPeriodUSec": "20ms"}


def test_cpu_idle(unit):
    unit.cfg.resources(cpu={"idle": 1})
    unit.create().silent()
    assert unit.file("cpu.idle") == "1" and unit.shown("CPUWeight") == {"CPUWeight": "idle"}


def test_update_changes_files_and_unit(unit):
    """The files have what was asked for; systemd keeps a quota in whole percents."""
    unit.cfg.resources(**ALL)
    unit.up()
    unit.box.rt("update", "--memory", str(128 * MIB), "--memory-swap", str(192 * MIB), "--cpu-quota", "12345",
                "--pids-limit", "70", unit.box.id).silent()
    want = {"memory.max": str(128 * MIB), "memory.swap.max": str(64 * MIB), "cpu.max": "12345 100000",
            "pids.max": "70", "memory.high": str(48 * MIB), "cpu.weight": "59", "cpuset.cpus": "0"}
    assert {name: unit.file(name) for name in want} == want
    assert unit.shown("MemoryMax", "MemorySwapMax", "CPUQuotaPerSecUSec", "TasksMax", "CPUWeight") == {
        "MemoryMax": str(128 * MIB), "MemorySwapMax": str(64 * MIB), "CPUQuotaPerSecUSec": "130ms",
        "TasksMax": "70", "CPUWeight": "59"}
    systemctl("daemon-reload")
    assert {name: unit.file(name) for name in want} == want


# devices

def may_make(unit, host, major, minor):
    node = f"{host.dir}/node-{next(_numbers)}"
    made = run_in(unit.path, "mknod", node, "c", str(major), str(minor))
    with contextlib.suppress(FileNotFoundError):
        assert stat.S_ISCHR(os.stat(node).st_mode)
        os.unlink(node)
    return made


RULES = [{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 10, "access": "rwm"},
         {"allow": False, "type": "c", "major": 10, "minor": 200, "access": "m"}]


def test_device_rules_are_kept(unit, host):
    """systemd knows no order and no denials: it has a superset, and our filter stands beside its own."""
    unit.cfg.resources(devices=RULES)
    unit.create().silent()
    assert unit.shown("DevicePolicy") == {"DevicePolicy": "strict"}
    allow = systemctl("show", unit.name, "-p", "DeviceAllow")
    assert "char-10 rwm" in allow and "/dev/char/1:3 rwm" in allow and "char-136 rwm" in allow
    want = {(10, 229): True, (10, 200): False, (1, 3): True, (4, 1): False}

    def verdicts():
        return {numbers: may_make(unit, host, *numbers) for numbers in want}

    assert verdicts() == want
    systemctl("daemon-reload")
    assert verdicts() == want
    systemctl("set-property", "--runtime", unit.name, "DeviceAllow=/dev/null rwm")
    assert verdicts() == want
    systemctl("set-property", "--runtime", unit.name, "DevicePolicy=auto", "DeviceAllow=")
    assert verdicts() == want, "our own filter is there"


def test_systemd_has_a_filter_of_its_own(unit, host):
    """With ours gone, as after an update by somebody else, the unit's rules still hold."""
    unit.cfg.resources(devices=[{"allow": True, "access": "rwm"}])
    unit.create().silent()
    assert may_make(unit, host, 10, 200)
    assert unit.shown("DevicePolicy") == {"DevicePolicy": "auto"}
    systemctl("set-property", "--runtime", unit.name, "DevicePolicy=strict", "DeviceAllow=/dev/null rwm")
    assert not may_make(unit, host, 10, 200) and may_make(unit, host, 1, 3)


def test_update_of_devices(unit, host):
    unit.cfg.resources(devices=RULES)
    unit.up()
    path = pathlib.Path(host.dir) / "resources.json"
    path.write_text(json.dumps({"devices": [{"allow": False, "access": "rwm"},
                                            {"allow": True, "type": "c", "major": 4, "minor": 1, "access": "rwm"}]}))
    unit.box.rt("update", "--resources", path, unit.box.id).silent()
    path.unlink()
    allow = systemctl("show", unit.name, "-p", "DeviceAllow")
    assert "/dev/char/4:1 rwm" in allow and "char-10" not in allow
    for _ in range(2):
        assert may_make(unit, host, 4, 1) and not may_make(unit, host, 10, 229)
        systemctl("daemon-reload")
