# SPDX-License-Identifier: Apache-2.0
"""Limits on a host of both versions with every controller of cgroup v1 that its kernel has: memory and cpuset are in v2."""
import pathlib
import subprocess

import pytest

MIB = 1 << 20


def created(box, **resources):
    box.cfg.resources(**resources)
    box.create().silent()
    return box


def test_the_host_has_both_versions():
    kinds = {line.split(" - ")[1].split()[0] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()}
    assert kinds >= {"cgroup", "cgroup2"}


LIMITS = [
    ({"cpu": {"shares": 512, "quota": 150000, "period": 100000, "burst": 50000}}, "cpu",
     {"cpu.shares": 512, "cpu.cfs_quota_us": 150000, "cpu.cfs_period_us": 100000, "cpu.cfs_burst_us": 50000}),
    ({"cpu": {"idle": 1}}, "cpu", {"cpu.idle": 1}),
    ({"pids": {"limit": 20}}, "pids", {"pids.max": 20}),
    ({"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}]}, "hugetlb",
     {"hugetlb.2MB.limit_in_bytes": 4 * MIB, "hugetlb.2MB.rsvd.limit_in_bytes": 4 * MIB}),
    ({"network": {"classID": 0x100001}}, "net_cls", {"net_cls.classid": 0x100001}),
    ({"memory": {"limit": 64 * MIB, "swap": 96 * MIB}}, "unified", {"memory.max": 64 * MIB, "memory.swap.max": 32 * MIB}),
    ({"unified": {"memory.high": str(32 * MIB)}}, "unified", {"memory.high": 32 * MIB}),
    ({"cpu": {"cpus": "0", "mems": "0"}}, "unified", {"cpuset.cpus": 0, "cpuset.mems": 0}),
]


@pytest.mark.parametrize("resources, controller, files", LIMITS, ids=[str(x[0])[:70] for x in LIMITS])
def test_a_limit(box, resources, controller, files):
    created(box, **resources)
    assert {name: box.limit(controller, name) for name in files} == {name: str(v) for name, v in files.items()}


def test_the_priorities_of_interfaces(box):
    created(box, network={"priorities": [{"name": "lo", "priority": 7}]})
    assert "lo 7" in box.limit("net_prio", "net_prio.ifpriomap").splitlines()


def test_a_priority_of_an_interface_that_does_not_exist_is_an_error(box):
    box.cfg.resources(network={"priorities": [{"name": "none0", "priority": 7}]})
    box.create_fails("linux.resources.network.priorities[0]", "No such device")


@pytest.mark.parametrize("resources, words", [
    ({"rdma": {"none0": {"hcaHandles": 1}}}, ('linux.resources.rdma["none0"]', "rdma.max", "No such device")),
    ({"unified": {"misc.max": "none 1"}}, ('linux.resources.unified["misc.max"]', "v1 has the misc controller"))], ids=str)
def test_what_the_host_has_not_is_an_error(box, resources, words):
    box.cfg.resources(**resources)
    box.create_fails(*words)


@pytest.fixture
def disk():
    """The number of the guest's root disk, whose scheduler is bfq now."""
    top = next(p for p in sorted(pathlib.Path("/sys/block").iterdir()) if not p.name.startswith(("loop", "ram", "zram")))
    subprocess.run(["modprobe", "bfq"], check=True)
    (top / "queue/scheduler").write_text("bfq")
    yield (top / "dev").read_text().strip()
    (top / "queue/scheduler").write_text("none")


def number(disk):
    return dict(zip(("major", "minor"), map(int, disk.split(":"))))


def test_the_weights_of_bfq(box, disk):
    created(box, blockIO={"weight": 300, "weightDevice": [{**number(disk), "weight": 500}]})
    assert box.limit("blkio", "blkio.bfq.weight") == "300"
    assert f"{disk} 500" in box.limit("blkio", "blkio.bfq.weight_device").splitlines()


def test_a_weight_for_a_disk_of_another_scheduler_is_an_error(box, disk):
    pathlib.Path(f"/sys/dev/block/{disk}/queue/scheduler").write_text("none")
    box.cfg.resources(blockIO={"weightDevice": [{**number(disk), "weight": 500}]})
    box.create_fails("linux.resources.blockIO.weightDevice[0]", "blkio.bfq.weight_device", "Operation not supported")


def test_the_rates_of_a_disk(box, disk):
    created(box, blockIO={"throttleReadBpsDevice": [{**number(disk), "rate": MIB}]})
    assert box.limit("blkio", "blkio.throttle.read_bps_device") == f"{disk} {MIB}"


def test_more_processes_than_the_limit_are_not_had(box):
    box.cfg.resources(pids={"limit": 3}).shell("for i in 1 2 3 4 5 6; do sleep 1 & done 2>&1; wait")
    assert "fork" in box.run().out


def test_more_memory_than_the_limit_is_not_had(box):
    box.cfg.resources(memory={"limit": 16 * MIB, "swap": 16 * MIB})
    box.cfg.mount("/data", "tmpfs", "tmpfs").shell("dd if=/dev/zero of=/data/file bs=1M count=40 2>/dev/null")
    assert box.run().rc == 137


def test_pause_update_and_delete(box):
    box.up()
    box.rt("pause", box.id).silent()
    assert box.limit("freezer", "freezer.state") == "FROZEN"
    box.rt("update", "--memory", "64M", "--cpu-shares", "256", "--pids-limit", "9", box.id).silent()
    assert (box.limit("unified", "memory.max"), box.limit("cpu", "cpu.shares"), box.limit("pids", "pids.max")) == (
        str(64 * MIB), "256", "9")
    box.rt("resume", box.id).silent()
    box.delete("--force").silent()
    box.host.assert_clean()
