# SPDX-License-Identifier: Apache-2.0
"""A create that was killed: whose the cgroup is then that its record names."""
import os
import shutil

import pytest

pytestmark = pytest.mark.skipif(not shutil.which("strace"), reason="no strace on this host")


def kill_create(box, call):
    """At the first such system call: fstatfs is between the record and the look at the cgroup."""
    box.rt.prefix = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL"]
    assert box.create().rc not in (0, 1)
    box.rt.prefix = []


@pytest.mark.parametrize("place", ["in it", "below it"])
def test_an_interrupted_create_gives_no_hold_of_who_is_in_the_cgroup(boxes, place):
    """Killed after the record and before the look at the cgroup, which another container has."""
    other, box = boxes(), boxes()
    path = box.cfg.linux["cgroupsPath"]
    other.cfg.linux["cgroupsPath"] = path + ("" if place == "in it" else "/below")
    other.up()
    kill_create(box, "fstatfs")
    box.kill("--all", "KILL").silent()
    assert box.rt("ps", "--format", "json", box.id).json() == []
    assert other.status == "running"
    box.delete("--force").silent()
    assert other.status == "running"


def test_an_interrupted_create_gives_no_hold_of_who_takes_its_cgroup_later(boxes):
    box, other = boxes(), boxes()
    other.cfg.linux["cgroupsPath"] = box.cfg.linux["cgroupsPath"]
    kill_create(box, "fstatfs")
    other.up()
    box.kill("--all", "KILL").silent()
    assert box.rt("ps", "--format", "json", box.id).json() == []
    box.delete("--force").silent()
    assert other.status == "running" and os.path.isdir(other.cgroup_dir("pids"))


@pytest.mark.parametrize("call", ["fstatfs", "socketpair", "fchmodat,chmod", "prlimit64"])
def test_an_interrupted_create_s_own_cgroup_is_removed_at_once(box, call):
    box.cfg.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
    kill_create(box, call)
    box.delete("--force").silent()
    box.host.assert_clean()
