# SPDX-License-Identifier: Apache-2.0
"""Each call made to fail once for a user without root's rights: whatever fails, nothing is left."""
import pytest

from lib.faults import STRIDE, check_failure, passes, through
from lib.paths import FAULTS
from lib.rootless import FIRST, need_tools, user_boxes


@pytest.fixture
def box(host, nothing_left):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    need_tools()
    with user_boxes(host, FAULTS) as make:
        yield make()


def bridged(box):
    box.map((0, FIRST, 1000)).cfg.namespace("time").linux["timeOffsets"] = {"boottime": {"secs": 5}}


CONFIGS = {"one id": lambda box: box.map_one(),
           "ids by newuidmap": lambda box: box.map((0, FIRST, 1000)),
           "no user namespace": lambda box: None,
           "time offsets": bridged}


@pytest.mark.parametrize("config", sorted(CONFIGS))
@pytest.mark.parametrize("side", ["host", "guest"])
def test_each_call_that_fails(box, host, side, config):
    rt, bad = box.rt, []
    CONFIGS[config](box)
    box.cfg.bind("/bin", "/data", "ro").shell("exit 0")

    def attempt(fault):
        box.save()
        result = rt.with_env(RUNDLET_FAULT=fault)("run", "--bundle", box.dir, box.id)
        if result.rc:
            check_failure(result, host, fault)
        # What could not be undone needs a delete; what is left then is a fault.
        assert rt("delete", "--force", box.id).rc == 0
        bad.extend(f"{fault}: {thing}" for thing in host.leftovers())
        return result.rc != 0 or "fault: " in result.err

    count = through(passes(side), attempt)
    print(f"{side}, {config}: {count} calls failed")
    assert not bad, "\n".join(bad[:40])
    assert count * STRIDE > 50, f"only {count} failing points were seen"
