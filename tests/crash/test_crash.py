# SPDX-License-Identifier: Apache-2.0
"""
rundlet is killed at each of its system calls in turn, and so is the stub: containers can be looked
at, one delete --force leaves nothing, and the same id can be used again.
"""
import json
import subprocess

import pytest

from lib import reliability
from lib.killed import CONFIGS, has_controllers, killed_at_each, rich
from lib.namespaces import mounts_of, namespaces_of_another
from lib.netns import NetNs
from lib.paths import FAULTS
from lib.runtime import Runtime
from lib.sweep import OPERATIONS

attack = pytest.mark.attack

GUEST = ["create", "run", "run -d", "exec", "exec -d"]              # these start a stub


@pytest.fixture
def outside(host):
    """A network namespace for the runtime."""
    place = NetNs(host)
    yield place
    place.close()


def sweep(box, tmp, role, name, config, check=None):
    swept = killed_at_each(box, tmp, role, name, check)
    view = "" if check or has_controllers(box) else " v2"
    reliability.note("crash", f"{name}, {config}", **{role + view: swept.survived})
    swept.judge()


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


@pytest.mark.parametrize("role, name", [("host", "create"), ("host", "run"), ("host", "delete"),
                                        ("host", "delete --force"), ("guest", "create"), ("guest", "run")])
def test_no_root_stays_in_a_mount_namespace_that_is_joined(box, host, tmp, role, name):
    """Nor any other mount."""
    with namespaces_of_another(host, "mount") as pid:
        before = mounts_of(pid)
        box.cfg.join_mounts(pid)
        swept = killed_at_each(box, tmp, role, name, at_once=lambda: [] if mounts_of(pid) == before else ["other mounts"])
        reliability.note("crash", f"{name}, joined mounts", **{role: swept.survived})
        swept.judge()


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
