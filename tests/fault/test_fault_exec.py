# SPDX-License-Identifier: Apache-2.0
"""Every way in which exec can fail: one clear line, no process and no file left, and the container lives on."""
import re

import pytest

from lib.faults import STRIDE, is_failure, passes, through
from lib.host import own_zombies
from lib.paths import FAULTS, TOP

STEPS = [name for name, when in re.findall(r"^STEP\((\w+),\s*\w+,\s*(\w+),", (TOP / "src/container/steps.def").read_text(), re.M)
         if when in ("when_exec", "when_cgroup_found", "when_always", "when_terminal")]


@pytest.fixture
def rt(host):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    return host.resctrl.runtime(host.root)


@pytest.fixture
def box(boxes, host):
    """A container that runs, with what exec takes from it."""
    box = boxes()
    box.cfg.args("/bin/sleep", "1000")  # a shell would start one of its own while we count
    box.cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
    box.cfg.resources(pids={"limit": 50})
    box.up()
    return box


def attempt(box, host, tmp, fault, *options):
    """What exec said; it is checked that nothing of it is left."""
    processes, before = pids(box), host.leftovers()
    result = box.rt.with_env(RUNDLET_FAULT=fault)("exec", *options, "--pid-file", f"{tmp}/pid", box.id, "/bin/true")
    assert not own_zombies(), f"{fault}: it did not reap one: {result}"
    if result.rc:
        lines = [line for line in result.err.splitlines() if not line.startswith("fault: ")]
        assert is_failure(result, 255) and lines and len(lines[-1]) > 10, f"{fault}: {result}"
        assert not (tmp / "pid").exists(), f"{fault}: {result}"
    else:
        (tmp / "pid").unlink()
    assert pids(box) == processes, f"{fault}: {result}"
    assert host.leftovers() == before, f"{fault}: {result}"
    assert box.status == "running"
    return result


def pids(box):
    return box.rt("ps", "--format", "json", box.id).ok().out


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails(box, host, tmp, step):
    result = attempt(box, host, tmp, f"step:{step}", "--tty")
    assert result.rc == 255


@pytest.mark.parametrize("options", [[], ["--tty"]], ids=["", "tty"])
def test_a_stub_that_ends_before_it_hands_over(box, host, tmp, options):
    """Its child has the socket, too, and waits for an answer: the end is seen all the same."""
    result = attempt(box, host, tmp, "deny:handover", *options)
    assert result.rc == 255 and "ended with status 1 before it said why" in result.err, str(result)


@pytest.mark.parametrize("options", [[], ["--tty"]], ids=["", "tty"])
@pytest.mark.parametrize("side", ["host", "guest"])
def test_each_call_that_fails(box, host, tmp, side, options):
    def touched(fault):
        result = attempt(box, host, tmp, fault, *options)
        return result.rc != 0 or "fault: " in result.err

    count = through(passes(side), touched)
    print(f"{side}: {count} calls failed")
    assert count * STRIDE > 20, f"only {count} failing points were seen"
