# SPDX-License-Identifier: Apache-2.0
"""A payload that may write to its own cgroup: cgroups of it that have the names of files."""
import os

import pytest

from lib.box import FOREVER, eventually
from lib.runtime import Runtime

NAMES = """freezer.state freezer.self_freezing memory.events memory.oom_control memory.current memory.swap.max
    memory.usage_in_bytes memory.limit_in_bytes cpuacct.usage cpu.idle cpu.max.burst cpu.cfs_burst_us pids.current
    pids.max io.stat io.pressure rdma.current cpuset.cpus.effective cpuset.cpus blkio.reset_stats
    blkio.bfq.io_serviced_recursive hugetlb.2MB.rsvd.current""".split()


@pytest.fixture(params=["host", "v2"])
def box(request, boxes, rt, views):
    """One whose payload has made all of them that it could."""
    if request.param == "v2" and os.path.exists("/sys/fs/cgroup/cgroup.procs"):
        pytest.skip("the host has cgroup v2 alone")
    box = boxes(rt if request.param == "host" else Runtime(rt.path, rt.root, views("v2").prefix))
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["rw"])
    box.up(f"for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do for f in {' '.join(NAMES)}; do mkdir $d/$f; done; done "
           f"2> /tmp/errors; touch /tmp/made; {FOREVER}")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/made"), "the cgroups are made")
    return box


def test_it_can_be_paused_and_killed(box):
    box.rt("pause", box.id).silent()
    assert box.status == "paused"
    box.rt("resume", box.id).silent()
    assert box.status == "running"
    box.rt("pause", box.id).silent()
    box.kill("KILL").silent()
    box.wait()
    box.delete().silent()


def test_its_use_is_told(box):
    assert box.rt("events", "--stats", box.id).json()["type"] == "stats"


def test_its_limits_can_be_changed(box):
    if not box.host.is_v2 and not box.rt.prefix:
        box.rt("update", "--memory", "32M", "--cpu-quota", "25000", "--pids-limit", "7", box.id).silent()
        assert box.limit("pids", "pids.max") == "7"


def test_delete_force_removes_all_of_them(box):
    box.delete("--force").silent()
    box.host.assert_clean()
