# SPDX-License-Identifier: Apache-2.0
"""
The sweeps of tests/crash where only this guest can have them: with systemd as the manager of the cgroups, and with all
controllers in cgroup v2.
"""
import pytest

from lib import reliability
from lib.failed import failed_at_each
from lib.killed import killed_at_each, realistic, rich
from lib.units import Unit, units

attack = pytest.mark.attack

HOST = ["create", "run", "run -d", "start", "exec", "kill", "update", "pause", "delete", "delete --force"]
GUEST = ["create", "run", "exec"]
MIB = 1 << 20


def with_systemd(boxes, rt):
    """A container with limits that systemd sets, and more that rundlet does."""
    box = rich(Unit(boxes(rt.with_options("--systemd-cgroup"))).box)
    box.cfg.resources(memory={"limit": 64 * MIB, "reservation": 32 * MIB}, cpu={"shares": 512, "quota": 50000},
                      unified={"memory.high": str(48 * MIB)})
    return box


MANAGERS = {"systemd": with_systemd, "cgroupfs": lambda boxes, rt: realistic(boxes())}


def each(test):
    """Each command and stub of each manager."""
    roles = [*(("host", name) for name in HOST), *(("guest", name) for name in GUEST)]
    return pytest.mark.parametrize("manager", MANAGERS)(pytest.mark.parametrize("role, name", roles)(test))


@pytest.fixture
def at_once(host):
    """A unit that is only empty would be removed by systemd a little later: delete does not leave it that."""
    return lambda: [f"unit: {unit}" for unit in units(host.tag)]


@attack("S30")
@each
def test_killed(boxes, rt, tmp, at_once, manager, role, name):
    box = MANAGERS[manager](boxes, rt)
    swept = killed_at_each(box, tmp, role, name, at_once=at_once)
    reliability.note("crash vm", f"{manager}, {name}", **{role: swept.survived, f"{role} calls": swept.calls})
    swept.judge()


@each
def test_a_call_fails(boxes, rt, tmp, at_once, manager, role, name):
    swept = failed_at_each(MANAGERS[manager](boxes, rt), tmp, role, name, at_once)
    reliability.note("errors vm", f"{manager}, {name}", **{role: swept.survived, f"{role} calls": swept.calls})
    swept.judge()
