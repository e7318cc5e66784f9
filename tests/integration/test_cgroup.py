# SPDX-License-Identifier: Apache-2.0
"""The container's cgroup: where it is, whether its limits hold, its device rules, its end. (What is
written for each limit: test_limits.py.)"""
import os

import pytest

from lib.box import FOREVER, eventually
from lib.runtime import Runtime

must = pytest.mark.must
MIB = 1 << 20


@pytest.fixture
def v1(host):
    if host.is_v2:
        pytest.skip("this is about cgroup v1")


of_v1 = pytest.mark.usefixtures("v1")


def hierarchies_of(box):
    """Hierarchy name -> path, of the init."""
    return {c: path for _, c, path in (line.split(":", 2) for line in box.proc("cgroup").split())}


def place_of(box):
    """The path of the init's cgroup."""
    return hierarchies_of(box)["" if box.host.is_v2 else "pids"]


@must(108, 109, 110)
def test_the_container_is_in_its_cgroup_when_create_returns(box, host):
    box.create().silent()
    path = box.cfg.linux["cgroupsPath"]
    assert {p for p in hierarchies_of(box).values()} == {path}
    assert box.limit("memory", "cgroup.procs") == str(box.pid)


def test_a_relative_cgroups_path_is_always_the_same_place(boxes, host):
    one, two = boxes(), boxes()
    places = set()
    for box in (one, two):
        box.cfg.linux["cgroupsPath"] = f"{host.tag}-relative/x"
        box.create().silent()
        places.add(place_of(box))
        box.delete("-f").silent()
    assert len(places) == 1 and places.pop().endswith(f"{host.tag}-relative/x")


def test_without_a_cgroups_path_there_is_a_cgroup_named_by_the_id(box):
    del box.cfg.linux["cgroupsPath"]
    box.create().silent()
    assert place_of(box).endswith(box.id)


def test_parents_that_create_made_are_removed_and_others_stay(box, host):
    box.cfg.linux["cgroupsPath"] = f"{host.cgroup}/a/b/c"
    os.mkdir(box.host.cgroup_dir("pids", f"{host.cgroup}/a"))
    try:
        box.run().silent()
        assert os.path.isdir(box.host.cgroup_dir("pids", f"{host.cgroup}/a"))
        assert not os.path.isdir(box.host.cgroup_dir("pids", f"{host.cgroup}/a/b"))
        assert host.is_v2 or not os.path.isdir(box.host.cgroup_dir("memory", f"{host.cgroup}/a"))
    finally:
        os.rmdir(box.host.cgroup_dir("pids", f"{host.cgroup}/a"))


@must(107)
def test_a_cgroup_with_processes_is_refused(box, boxes):
    box.up()
    other = boxes()
    other.cfg.linux["cgroupsPath"] = box.cfg.linux["cgroupsPath"]
    other.create().fails("cgroup")
    assert box.status == "running"
    assert box.limit("memory", "cgroup.procs").split()[0] == str(box.pid)


@must(107)
def test_a_frozen_cgroup_is_refused(box):
    path = box.cgroup_dir("freezer")
    name, frozen, thawed = ("cgroup.freeze", "1", "0") if box.host.is_v2 else ("freezer.state", "FROZEN", "THAWED")
    os.mkdir(path)
    try:
        with open(f"{path}/{name}", "w") as f:
            f.write(frozen)
        box.create().fails("frozen")
    finally:
        with open(f"{path}/{name}", "w") as f:
            f.write(thawed)
        os.rmdir(path)


def test_an_empty_cgroup_that_is_there_is_used(box):
    os.mkdir(box.cgroup_dir("pids"))
    box.run().silent()
    if os.path.isdir(box.cgroup_dir("pids")):
        os.rmdir(box.cgroup_dir("pids"))


def test_cgroups_made_inside_are_removed(box):
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["rw"])
    places = "x/y z" if box.host.is_v2 else "pids/x/y memory/z"
    assert box.sh(f"cd /sys/fs/cgroup && mkdir -p {places} && echo made") == "made\n"
    box.host.assert_clean()


@must(111)
@pytest.mark.parametrize("path", ["/../escape", "../escape", "/a/../../b", "/a\nb", "/" + "x" * 300, "/" + "x/" * 3000])
def test_a_wrong_cgroups_path_is_refused(box, path):
    box.cfg.linux["cgroupsPath"] = path
    box.create_fails("linux.cgroupsPath")


@pytest.mark.parametrize("above", ["", "/new", "/new/er"])
def test_a_cgroups_path_that_ends_at_a_file_is_refused(box, above):
    box.cfg.linux["cgroupsPath"] += f"{above}/cgroup.procs"
    box.create_fails("linux.cgroupsPath", "cgroup.procs", "Not a directory")


def test_the_pids_limit_holds(box):
    box.cfg.resources(pids={"limit": 3})
    box.cfg.shell("(sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait) 2>&1 | head -1; true")
    result = box.run()
    assert "fork" in result.out + result.err


def test_the_memory_limit_holds(box):
    """busybox's tail keeps what it reads."""
    box.cfg.resources(memory={"limit": 8 * MIB, "swap": 8 * MIB})
    box.cfg.args("/bin/sh", "-c", "head -c 100000000 /dev/zero | tail -c 90000000 | wc -c")
    assert "90000000" not in box.run().out


def test_a_small_memory_limit_is_enough_for_the_runtime(box):
    box.cfg.resources(memory={"limit": MIB})
    assert box.sh("echo in") == "in\n"


# devices

DENY_ALL = {"allow": False, "access": "rwm"}
TRY = "rm -f /tmp/d; mknod /tmp/d {} 2>&1 && (: < /tmp/d) 2>&1; true"


@pytest.mark.parametrize("devices", [None, [], [DENY_ALL]], ids=["none", "empty", "deny all"])
def test_devices_are_denied_by_default(box, devices):
    """S9: no rule at all does not mean that all is allowed."""
    if devices is not None:
        box.cfg.resources(devices=devices)
    assert "Operation not permitted" in box.sh(TRY.format("b 8 0"))
    assert "Operation not permitted" in box.sh(TRY.format("c 10 200"))


@pytest.mark.parametrize("numbers", ["c 1 3", "c 1 5", "c 1 7", "c 1 8", "c 1 9", "c 5 2"])
def test_the_default_devices_are_allowed(box, numbers):
    box.cfg.resources(devices=[DENY_ALL])
    assert "not permitted" not in box.sh(TRY.format(numbers))


@must(114)
def test_device_rules_are_applied_in_order(box):
    box.cfg.resources(devices=[DENY_ALL, *({"allow": True, "type": "b", "major": 7, "minor": n, "access": "rwm"}
                                           for n in (0, 1)),
                               {"allow": False, "type": "b", "major": 7, "minor": 1, "access": "rwm"}])
    assert "not permitted" not in box.sh(TRY.format("b 7 0"))
    assert "not permitted" in box.sh(TRY.format("b 7 1"))


@of_v1
def test_an_exception_that_cgroup_v1_cannot_make_is_refused(box):
    """The kernel would let the wider rule stand."""
    box.cfg.resources(devices=[DENY_ALL, {"allow": True, "type": "b", "major": 7, "access": "rwm"},
                               {"allow": False, "type": "b", "major": 7, "minor": 1, "access": "rw"}])
    box.create_fails("linux.resources.devices[2]")


@pytest.mark.parametrize("access, can_read, can_write", [("r", True, False), ("w", False, True), ("rw", True, True)])
def test_the_access_of_a_device_rule(box, access, can_read, can_write):
    box.cfg.resources(devices=[DENY_ALL, {"allow": True, "type": "b", "major": 7, "minor": 0, "access": access + "m"}])
    out = box.sh("mknod /tmp/loop b 7 0; try() { case $(eval \"$1\" 2>&1) in *permitted*) ;; *) echo $2;; esac; }; "
                 "try '(: < /tmp/loop)' r; try '(: >> /tmp/loop)' w")
    assert out.split() == ["r"] * can_read + ["w"] * can_write


def test_a_rule_of_type_a_allows_all(box):
    box.cfg.resources(devices=[DENY_ALL, {"allow": True, "access": "rwm"}])
    assert "not permitted" not in box.sh(TRY.format("c 10 200"))


def test_a_device_of_the_config_needs_its_rule(box):
    """As engines send it: the node and the rule."""
    box.cfg.linux["devices"] = [{"path": "/dev/loop", "type": "b", "major": 7, "minor": 0, "fileMode": 0o666}]
    box.cfg.resources(devices=[DENY_ALL, {"allow": True, "type": "b", "major": 7, "minor": 0, "access": "rwm"}])
    assert "not permitted" not in box.sh("(: < /dev/loop) 2>&1; true")


@pytest.mark.parametrize("rule", [
    {"allow": True, "type": "x", "access": "r"}, {"allow": True, "access": "z"}, {"type": "c", "access": "r"},
    {"allow": True, "type": "c", "major": -2, "access": "r"}], ids=str)
def test_a_wrong_device_rule_is_refused(box, rule):
    box.cfg.resources(devices=[rule])
    box.create_fails("linux.resources.devices[0]")


# the other views of the hierarchies

@pytest.mark.parametrize("name", ["v1", "v2"])
def test_a_container_on_a_host_with_other_hierarchies(boxes, host, views, rt, name):
    view = views(name)
    box = boxes(Runtime(rt.path, rt.root, view.prefix))
    if name == "v2":
        box.cfg.linux["cgroupsPath"] = f"/{box.id}"
    box.create().silent()
    places = hierarchies_of(box)
    assert places[""] == box.cfg.linux["cgroupsPath"] or name == "v1" and places["pids"] == box.cfg.linux["cgroupsPath"]
    box.start().silent()
    box.wait()
    box.delete().silent()
    box.host.assert_clean()


def test_the_cgroup_of_a_killed_runtime_can_be_removed(box):
    """What a leftover looks like to delete: processes that came from elsewhere."""
    box.up("sleep 1000 & " + FOREVER)
    eventually(lambda: len(box.limit("pids", "cgroup.procs").split()) >= 2, "processes are there")
    box.delete("--force").silent()
    box.host.assert_clean()
