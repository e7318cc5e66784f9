# SPDX-License-Identifier: Apache-2.0
"""
rundlet is killed at each of its system calls in turn, and so is the stub: containers can be looked
at, one delete --force leaves nothing, and the same id can be used again.
"""
import json
import os
import subprocess
import sys

import pytest

from lib import reliability
from lib.box import FOREVER
from lib.config import Config
from lib.netns import NetNs
from lib.paths import FAULTS, TOP
from lib.runtime import Runtime
from lib.sweep import OPERATIONS, again, alone, calls, cleaned, crash, loader, sees

sys.path.insert(0, str(TOP / "tests/bench"))

import bundles  # noqa: E402

attack = pytest.mark.attack

GUEST = ["create", "run", "run -d", "exec", "exec -d"]              # these start a stub


@pytest.fixture
def outside(host):
    """A network namespace for the runtime."""
    place = NetNs(host)
    yield place
    place.close()


def rich(box):
    """What makes many steps."""
    for kind in ("createRuntime", "createContainer", "startContainer", "poststart", "poststop"):
        box.cfg.hook(kind, "exit 0")
    box.cfg.bind("/bin", "/data").namespace("time").linux.update(
        sysctl={"net.ipv4.ip_forward": "1"}, maskedPaths=["/proc/timer_list"], readonlyPaths=["/proc/sys"],
        timeOffsets={"boottime": {"secs": 10}}, devices=[{"path": "/dev/mine", "type": "c", "major": 1, "minor": 3}])
    box.cfg.resources(devices=[{"allow": False, "access": "rwm"}])
    if has_controllers(box):
        box.cfg.resources(pids={"limit": 50})
    return box


def realistic(box):
    """What a container engine asks for."""
    os.unlink(f"{box.rootfs}/bin/true")
    folder = bundles.make(box.dir, "realistic", box.host.busybox)
    cgroup = box.cfg.linux["cgroupsPath"]
    box.cfg = Config(json.loads((folder / "config.json").read_text()))
    box.cfg.linux["cgroupsPath"] = cgroup
    return box


CONFIGS = {"minimal": lambda box: box, "rich": rich, "realistic": realistic}


def has_controllers(box):
    """Not where version 2 is only seen: the host has them on version 1."""
    return not box.rt.prefix


def sweep(box, tmp, role, name, config, check=None):
    """Kill at each call; all that is wrong afterwards."""
    operation, bad, places = OPERATIONS[name], [], set()

    def attempt(n):
        box.cfg.shell("exit 0" if operation.ends else FOREVER)
        operation.prepare(box)
        point = crash(box.rt, tmp / "out", role, n, *operation.command(box))
        if not operation.makes:
            alone(box)
        wrong = [*sees(box), *(check() if check else []), *cleaned(box)]
        if operation.makes and not check:
            wrong += again(box)
        bad.extend(f"{role} {n}, call {point.call}: {thing}" for thing in wrong)
        places.update([n] if wrong else [])
        return point

    count = calls(attempt, loader(box.rt, tmp / "out") if role == "host" else 1)
    print(f"{name}: {role} was killed at {count} calls")
    view = "" if check or has_controllers(box) else " v2"
    reliability.note("crash", f"{name}, {config}", **{role + view: reliability.survived(count, len(places))})
    assert not bad, f"{len(bad)} things:\n" + "\n".join(bad[:20])


def configured(box, config):
    if config == "realistic" and not has_controllers(box):
        pytest.skip("this view has no controllers")
    return CONFIGS[config](box)


@attack("S30")
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("config", CONFIGS)
def test_killed(both, tmp, name, config):
    if name == "update" and not has_controllers(both):
        pytest.skip("this view has no controllers")
    sweep(configured(both, config), tmp, "host", name, config)


@attack("S30")
@pytest.mark.parametrize("name", GUEST)
@pytest.mark.parametrize("config", CONFIGS)
def test_its_stub_is_killed(both, tmp, name, config):
    sweep(configured(both, config), tmp, "guest", name, config)


@pytest.fixture
def other(host):
    """A pid namespace that can be joined."""
    with subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", "echo; exec sleep 1000"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
        host.keep.add(child.pid)
        child.stdout.readline()
        yield f"/proc/{child.pid}/ns/pid_for_children"
        child.kill()
    host.keep.discard(child.pid)


@pytest.mark.parametrize("name", GUEST)
@pytest.mark.parametrize("role", ["host", "guest"])
def test_killed_between_two_pid_namespaces(box, other, tmp, name, role):
    """A stub enters one that is joined by a process that takes its place."""
    rich(box).cfg.namespace("pid", other)
    sweep(box, tmp, role, name, "joined")


@pytest.mark.parametrize("name", ["create", "delete", "delete --force"])
@pytest.mark.parametrize("clos", [{}, {"closID": "gold"}, {"closID": "/"}], ids=["own", "named", "root"])
def test_no_group_of_resctrl_is_left(boxes, host, tmp, name, clos):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    box = boxes(host.resctrl.runtime(host.root))
    box.cfg.linux["intelRdt"] = {**clos, "enableMonitoring": True}
    if clos != {"closID": "/"}:
        box.cfg.linux["intelRdt"]["l3CacheSchema"] = "L3:0=f"
    sweep(box, tmp, "host", name, "resctrl " + clos.get("closID", "own"))


def test_no_network_device_is_lost(outside, boxes, rt, tmp):
    """They are the container's as soon as its record says `created`, and the caller's until then."""
    box = boxes(Runtime(rt.path, rt.root, outside.prefix))
    box.cfg.namespace("network").linux["netDevices"] = {"t0": {"name": "net%d"}, "t1": {}}
    names = ("t0", "t1")

    def make():
        return [outside.device(name, "192.0.2.1/24", "2001:db8::1/64").all["address"] for name in names]

    macs = make()

    def check():
        nonlocal macs
        status = status_of(box)
        box.delete("--force")
        links = [outside.link(name) for name in names]
        if status == "created" and not any(links):
            macs = make()
        elif not all(links) or [link["address"] for link in links] != macs:
            return [f"{status}: devices are gone"]
        elif not all(link.up and link.addresses == ["192.0.2.1/24", "2001:db8::1/64"] for link in links):
            return [f"{status}: {[link.all for link in links]}"]
        return []

    sweep(box, tmp, "host", "create", "network devices", check)


def status_of(box):
    """What the record says, or None: there is none."""
    try:
        with open(f"{box.rt.root}/{box.id}/state.json") as f:
            return json.load(f)["status"]
    except FileNotFoundError:
        return None
