# SPDX-License-Identifier: Apache-2.0
"""Containers on a host that has cgroup v2 alone: ownership, controllers, unfit cgroups, one path for two."""
import contextlib
import os
import subprocess

import pytest

from lib.box import FOREVER, eventually
from lib.runtime import Runtime

must = pytest.mark.must
USER = 1000
SAFE = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]
CGROUP_MOUNT = ["nosuid", "noexec", "nodev", "relatime"]


@pytest.fixture(name="box")
def v2_box(boxes, views, rt):
    """A container that sees v2 only, with a cgroup namespace and a writable mount of its cgroup."""
    box = boxes(Runtime(rt.path, rt.root, views("v2").prefix))
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", CGROUP_MOUNT)
    return box


def directory(box, path=None):
    """The container's cgroup as the test sees it."""
    unified = "/sys/fs/cgroup/unified"
    return (unified if os.path.isdir(unified) else "/sys/fs/cgroup") + (path or box.cfg.linux["cgroupsPath"])


def owners(box):
    """Name -> owner, of the container's cgroup and the files in it that are not root's."""
    top = directory(box)
    stats = {name: os.stat(f"{top}/{name}") for name in [".", *os.listdir(top)]}
    assert {s.st_gid for s in stats.values()} == {0}, "the group stays"
    return {name: s.st_uid for name, s in stats.items() if s.st_uid}


def delegated(box):
    with open("/sys/kernel/cgroup/delegate") as f:
        return {".", *(name for name in f.read().split() if os.path.exists(f"{directory(box)}/{name}"))}


# ownership

@must(112)
@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
def test_the_cgroup_belongs_to_the_user_of_the_process(box, userns):
    box.cfg.process["user"] = {"uid": USER, "gid": 0}
    if userns:
        box.cfg.user_namespace(host_id=100000)
    box.create().silent()
    uid = 100000 + USER if userns else USER
    assert owners(box) == dict.fromkeys(delegated(box), uid)
    assert set(SAFE) <= owners(box).keys()


def test_the_root_of_a_user_namespace_divides_its_cgroup(box):
    box.cfg.user_namespace()
    box.cfg.shell("cd /sys/fs/cgroup && mkdir inner && echo $$ > inner/cgroup.procs && cat /proc/self/cgroup")
    assert "0::/inner" in box.run().out


def test_a_joined_user_namespace_tells_the_owner(box, boxes):
    """Its mappings are not in the configuration."""
    first = boxes()
    first.cfg.user_namespace(host_id=200000)
    first.up()
    box.cfg.namespace("user", f"/proc/{first.pid}/ns/user")
    box.cfg.process["user"] = {"uid": 7, "gid": 0}
    box.create().silent()
    assert set(owners(box).values()) == {200007}


@pytest.mark.parametrize("change", ["read-only", "no mount", "no cgroup namespace", "root"])
def test_the_cgroup_stays_root_s(box, change):
    box.cfg.process["user"] = {"uid": 0 if change == "root" else USER, "gid": 0}
    if change == "no cgroup namespace":
        box.cfg.no_namespace("cgroup")
    if change in ("read-only", "no mount"):
        box.cfg.no_mount("/sys/fs/cgroup")
    if change == "read-only":
        box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", [*CGROUP_MOUNT, "ro"])
    box.create().silent()
    assert owners(box) == {}


def test_on_a_host_with_cgroup_v1_the_cgroup_stays_root_s(boxes, host):
    if not os.path.isdir("/sys/fs/cgroup/memory"):
        pytest.skip("no cgroup v1 here")
    box = boxes()
    box.cfg.process["user"] = {"uid": USER, "gid": 0}
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", CGROUP_MOUNT)
    box.create().silent()
    for top in host.hierarchies():
        path = top + box.cfg.linux["cgroupsPath"]
        assert {os.stat(f"{path}/{name}").st_uid for name in [".", *os.listdir(path)]} == {0}


# what is made

def test_the_plan_shows_controllers_and_owner(box):
    box.cfg.user_namespace().shell("true")
    out = box.save().rt("plan", "--bundle", box.dir, box.id).ok().out
    assert "owner: uid 0 of the user namespace" in out and "enable_if_possible: +" in out


def test_all_controllers_are_there_without_limits(box):
    box.cfg.linux["cgroupsPath"] += "/inner/leaf"
    with open(os.path.dirname(directory(box, "/x")) + "/cgroup.subtree_control") as f:
        offered = f.read()
    box.create().silent()
    with open(f"{directory(box)}/cgroup.controllers") as f:
        assert set(offered.split()) <= set(f.read().split())


@must(107)
@pytest.mark.parametrize("kind", ["frozen", "below a frozen one", "threaded", "below a threaded one"])
def test_an_unfit_cgroup_is_refused(box, kind):
    path = f"{directory(box)}/set"
    os.makedirs(path)
    box.cfg.linux["cgroupsPath"] += "/set/leaf" if kind.startswith("below") else "/set"
    try:
        name, value = ("cgroup.type", "threaded") if "threaded" in kind else ("cgroup.freeze", "1")
        with open(f"{path}/{name}", "w") as f:
            f.write(value)
        box.create().fails("linux.cgroupsPath", kind if "threaded" in kind else "is frozen")
        assert not os.path.exists(f"{path}/leaf")
    finally:
        os.rmdir(path)
        os.rmdir(os.path.dirname(path))


def test_of_two_creates_with_one_path_at_once_one_goes_on(box, boxes, rt, views):
    other = boxes(Runtime(rt.path, rt.root, views("v2").prefix))
    other.cfg.linux["cgroupsPath"] = box.cfg.linux["cgroupsPath"]
    pair = [box.save(), other.save()]
    said = [open(f"{b.dir}/said", "w+") for b in pair]
    calls = [subprocess.Popen(b.rt._argv(["create", "--bundle", b.dir, b.id], (), b.rt.root),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=f)
             for b, f in zip(pair, said)]
    ends = [c.wait(30) for c in calls]
    texts = []
    for f in said:
        with f:
            f.seek(0)
            texts.append(f.read())
    assert sorted(ends) == [0, 1] and "linux.cgroupsPath" in "".join(texts), texts
    winner = pair[ends.index(0)]
    assert winner.status == "created"
    winner.start().silent()


def test_a_cgroup_below_processes_can_be_used_without_limits(box):
    """As where a runtime runs in a container, in the one cgroup that it sees."""
    os.mkdir(directory(box))
    with subprocess.Popen(["sleep", "1000"]) as above:
        try:
            box.host.keep.add(above.pid)
            with open(f"{directory(box)}/cgroup.procs", "w") as f:
                f.write(str(above.pid))
            box.cfg.linux["cgroupsPath"] += "/leaf"
            box.up(FOREVER)
            box.delete("--force").silent()
        finally:
            above.kill()
            above.wait()
            box.host.keep.discard(above.pid)
            top = os.path.dirname(directory(box))
            eventually(lambda: not open(f"{top}/cgroup.procs").read(), "the process is gone")
            os.rmdir(top)


def test_the_device_rules_of_a_container_end_with_it_in_a_cgroup_that_is_kept(box):
    """A program of BPF more for each would be too many in the end, and each would deny what only one did."""
    os.mkdir(directory(box))
    box.cfg.process["capabilities"] = {s: ["CAP_MKNOD"] for s in ("bounding", "permitted", "effective")}
    try:
        for allow, expected in ((False, "no\n"), (True, "yes\n")) * 2:
            box.cfg.resources(devices=[{"allow": allow, "access": "rwm"}])
            assert box.sh("mknod /tmp/node c 1 2 2>/dev/null && rm /tmp/node && echo yes || echo no") == expected
    finally:
        os.rmdir(directory(box))
