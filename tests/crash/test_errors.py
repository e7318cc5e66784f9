# SPDX-License-Identifier: Apache-2.0
"""
Each system call of rundlet fails in turn, and each of the stub: the command still succeeds, or it
fails with a message and leaves the host and the container as they were.
"""
import pytest

from lib import reliability
from lib.failed import failed_at_each
from lib.killed import has_controllers
from lib.sweep import OPERATIONS

GUEST = ["create", "run", "exec"]


def sweep(box, tmp, role, name):
    swept = failed_at_each(box, tmp, role, name)
    column = role + ("" if has_controllers(box) else " v2")
    reliability.note("errors", name, **{f"{column} calls": swept.tried, column: swept.survived})
    swept.judge()


@pytest.fixture
def rich(both):
    """What makes many steps, with nothing of it refused."""
    box = both
    box.cfg.hook("createRuntime", "exit 0").hook("poststart", "exit 0").hook("poststop", "exit 0")
    box.cfg.bind("/bin", "/data").linux.update(
        maskedPaths=["/proc/timer_list"], readonlyPaths=["/proc/sys"],
        devices=[{"path": "/dev/mine", "type": "c", "major": 1, "minor": 3}])
    box.cfg.resources(devices=[{"allow": False, "access": "rwm"}])
    if has_controllers(box):
        box.cfg.resources(pids={"limit": 50})
    return box


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_call_fails(rich, tmp, name):
    if name == "update" and not has_controllers(rich):
        pytest.skip("this view has no controllers")
    sweep(rich, tmp, "host", name)


@pytest.mark.parametrize("name", GUEST)
def test_a_call_of_the_stub_fails(rich, tmp, name):
    sweep(rich, tmp, "guest", name)
