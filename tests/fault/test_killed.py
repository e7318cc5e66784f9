# SPDX-License-Identifier: Apache-2.0
"""
The runtime killed at a system call, each in turn: afterwards one `delete --force` leaves nothing.
strace sends the signal; RUNDLET_FAULT_STRIDE=1 tries all calls (default: every third).
"""
import collections
import json
import os
import re
import shutil
import time

import pytest

from lib.box import FOREVER
from lib.netns import NetNs
from lib.paths import FAULTS
from lib.runtime import Runtime

STRIDE = int(os.environ.get("RUNDLET_FAULT_STRIDE", 3))


@pytest.fixture(autouse=True)
def needs_strace():
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")


@pytest.fixture
def outside(host):
    """A network namespace for the runtime."""
    place = NetNs(host)
    yield place
    place.close()


def calls_of(box, host, command):
    """Every system call of the command as (name, how many of that name so far), in order."""
    trace = f"{host.dir}/trace"
    attempt(box, command, ["strace", "-qq", "-o", trace])
    box.rt("delete", "--force", box.id).silent()
    seen, calls = collections.Counter(), []
    with open(trace) as f:
        for name in re.findall(r"^(\w+)\(", f.read(), re.M):
            seen[name] += 1
            calls.append((name, seen[name]))
    return calls[1:]                    # without the execve of strace


def attempt(box, command, prefix):
    """Bring the box where the command can run, and run it behind the prefix."""
    box.save()
    if command not in ("create", "run -d"):
        box.create().silent()
    if command == "delete":
        box.kill("KILL").silent()
        box.wait()
    if command == "resume":
        box.rt("pause", box.id).silent()
    bundle = ["--bundle", box.dir] if command in ("create", "run -d") else []
    return Runtime(box.rt.path, box.rt.root, [*box.rt.prefix, *prefix], box.rt.env)(*command.split(), *bundle, box.id)


@pytest.mark.parametrize("command", ["create", "run -d", "start", "delete", "delete --force", "kill", "pause", "resume"])
def test_a_runtime_killed_at_any_call_leaves_what_one_delete_removes(box, host, command):
    box.cfg.shell(FOREVER).hook("createRuntime", "exit 0").hook("poststart", "exit 0").hook("poststop", "exit 0")
    box.cfg.bind("/bin", "/data")
    kill_at_each_call(box, host, command)


@pytest.mark.parametrize("command", ["create", "delete", "delete --force"])
@pytest.mark.parametrize("clos", [{}, {"closID": "gold"}, {"closID": "/"}], ids=["own", "named", "root"])
def test_a_runtime_killed_at_any_call_leaves_no_group_of_resctrl(boxes, host, command, clos):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    box = boxes(host.resctrl.runtime(host.root))
    box.cfg.shell(FOREVER).linux["intelRdt"] = {**clos, "enableMonitoring": True}
    if clos != {"closID": "/"}:
        box.cfg.linux["intelRdt"]["l3CacheSchema"] = "L3:0=f"
    kill_at_each_call(box, host, command)


def test_a_runtime_killed_at_any_call_loses_no_network_device(outside, boxes, rt, host):
    """They are the container's as soon as its record says `created`, and the caller's until then."""
    box = boxes(Runtime(rt.path, rt.root, outside.prefix))
    box.cfg.namespace("network").shell(FOREVER).linux["netDevices"] = {"t0": {"name": "net%d"}, "t1": {}}
    names = ("t0", "t1")

    def make():
        return [outside.device(name, "192.0.2.1/24", "2001:db8::1/64").all["address"] for name in names]

    macs = make()

    def check(status):
        nonlocal macs
        links = [outside.link(name) for name in names]
        if status == "created" and not any(links):
            macs = make()
        elif not all(links) or [link["address"] for link in links] != macs:
            return [f"{status}: devices are gone"]
        elif not all(link.up and link.addresses == ["192.0.2.1/24", "2001:db8::1/64"] for link in links):
            return [f"{status}: {[link.all for link in links]}"]
        return []

    kill_at_each_call(box, host, "create", check, make_again=lambda: check("created"))


def status_of(box):
    """What the record says, or None: there is none."""
    try:
        with open(f"{box.rt.root}/{box.id}/state.json") as f:
            return json.load(f)["status"]
    except FileNotFoundError:
        return None


def kill_at_each_call(box, host, command, check=lambda status: [], make_again=lambda: None):
    bad, killed = [], 0
    calls = calls_of(box, host, command)
    make_again()
    for name, number in calls[::STRIDE]:
        result = attempt(box, command, ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e",
                                        f"inject={name}:signal=KILL:when={number}"])
        killed += result.rc not in (0, 1)
        recorded = status_of(box)
        result = box.rt("delete", "--force", box.id)
        if result.rc:
            bad.append(f"{name} {number}: {result}")
        bad.extend(f"{name} {number}: {thing}" for thing in check(recorded))
        left = host.leftovers()
        if left:                        # an init that lost its runtime a moment ago
            time.sleep(0.05)
            left = host.leftovers()
        bad.extend(f"{name} {number}: {thing}" for thing in left)
        if left:
            host.clear()
    assert not bad, f"{len(bad)} things:\n" + "\n".join(bad[:20])
    assert killed > 10
