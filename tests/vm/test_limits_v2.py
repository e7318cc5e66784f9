# SPDX-License-Identifier: Apache-2.0
"""The members of linux.resources on pure cgroup v2: what the kernel then says in the files of the cgroup."""
import os
import pathlib
import stat
import subprocess

import pytest

must = pytest.mark.must
CGROUPS = pathlib.Path("/sys/fs/cgroup")
MIB = 1 << 20


@pytest.fixture
def disk():
    """The number of the guest's root disk: 259:0."""
    return next(p.read_text().strip() for p in sorted(pathlib.Path("/sys/block").glob("*/dev"))
                if not p.parent.name.startswith(("loop", "ram", "zram")))


def value(box, name):
    return (CGROUPS / box.cfg.linux["cgroupsPath"].lstrip("/") / name).read_text().strip()


def created(box, **resources):
    box.cfg.resources(**resources)
    box.create().silent()
    return box


LIMITS = [
    ({"memory": {"limit": 64 * MIB, "swap": 96 * MIB, "reservation": 32 * MIB}},
     {"memory.max": 64 * MIB, "memory.swap.max": 32 * MIB, "memory.low": 32 * MIB}),
    ({"memory": {"limit": 64 * MIB, "swap": 64 * MIB, "checkBeforeUpdate": True}},
     {"memory.max": 64 * MIB, "memory.swap.max": 0}),
    ({"memory": {"limit": -1, "swap": -1, "kernel": -1, "kernelTCP": -1, "disableOOMKiller": False}},
     {"memory.max": "max", "memory.swap.max": "max"}),
    ({"cpu": {"shares": 2048, "quota": 150000, "period": 100000, "burst": 50000, "cpus": "0", "mems": "0"}},
     {"cpu.weight": 174, "cpu.max": "150000 100000", "cpu.max.burst": 50000, "cpuset.cpus": 0, "cpuset.mems": 0}),
    ({"cpu": {"shares": 2048, "idle": 1}}, {"cpu.idle": 1}),
    ({"cpu": {"period": 50000}}, {"cpu.max": "max 50000"}),
    ({"pids": {"limit": 20}}, {"pids.max": 20}),
    ({"pids": {"limit": -1}}, {"pids.max": "max"}),
    ({"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}, {"pageSize": "1GB", "limit": 0}]},
     {"hugetlb.2MB.max": 4 * MIB, "hugetlb.2MB.rsvd.max": 4 * MIB, "hugetlb.1GB.max": 0}),
    ({"unified": {"memory.high": str(32 * MIB), "memory.oom.group": "1", "cgroup.max.depth": "3", "pids.max": "7"},
      "pids": {"limit": 5}},
     {"memory.high": 32 * MIB, "memory.oom.group": 1, "cgroup.max.depth": 3, "pids.max": 7}),
]


@must(25, 120, 121)
@pytest.mark.parametrize("resources, files", LIMITS, ids=[str(x[0])[:70] for x in LIMITS])
def test_a_limit(box, resources, files):
    created(box, **resources)
    assert {name: value(box, name) for name in files} == {name: str(v) for name, v in files.items()}


RATES = [("throttleReadBpsDevice", "rbps"), ("throttleWriteBpsDevice", "wbps"), ("throttleReadIOPSDevice", "riops"),
         ("throttleWriteIOPSDevice", "wiops")]


def test_the_rates_of_a_disk(box, disk):
    number = dict(zip(("major", "minor"), map(int, disk.split(":"))))
    created(box, blockIO={member: [{**number, "rate": n * MIB}] for n, (member, _) in enumerate(RATES, 1)})
    assert value(box, "io.max") == disk + "".join(f" {word}={n * MIB}" for n, (_, word) in enumerate(RATES, 1))


def test_a_rate_of_0_is_none(box, disk):
    number = dict(zip(("major", "minor"), map(int, disk.split(":"))))
    created(box, blockIO={"throttleReadBpsDevice": [{**number, "rate": MIB}, {**number, "rate": 0}]})
    assert value(box, "io.max") == ""


def test_the_lines_of_unified_are_written_one_by_one(box, disk):
    created(box, unified={"io.max": f"{disk} rbps={MIB}\n{disk} wbps={2 * MIB}\n"})
    assert value(box, "io.max") == f"{disk} rbps={MIB} wbps={2 * MIB} riops=max wiops=max"


def test_a_weight_is_that_of_the_scheduler_that_there_is(boxes, disk):
    """io.weight, in its own range, as long as the module bfq is not there; io.bfq.weight from then on."""
    number = dict(zip(("major", "minor"), map(int, disk.split(":"))))
    has_bfq = (CGROUPS / "system.slice/io.bfq.weight").exists()
    box = created(boxes(), blockIO={"weight": 500})
    assert value(box, "io.bfq.weight" if has_bfq else "io.weight") == ("default 500" if has_bfq else "default 4950")
    subprocess.run(["modprobe", "bfq"], check=True)
    box = created(boxes(), blockIO={"weight": 10})
    assert value(box, "io.bfq.weight") == "default 10"
    box = boxes()   # the disk has no scheduler at all
    box.cfg.resources(blockIO={"weightDevice": [{**number, "weight": 500}]})
    box.create().fails("linux.resources.blockIO.weightDevice[0]", "Operation not supported")


@pytest.fixture
def scheduler(disk):
    """Sets the I/O scheduler of the disk, and whether iocost is on."""
    path = pathlib.Path(f"/sys/dev/block/{disk}/queue/scheduler")

    def change(name, cost):
        subprocess.run(["modprobe", "bfq"], check=True)
        path.write_text(name)
        (CGROUPS / "io.cost.qos").write_text(f"{disk} enable={int(cost)}")
    yield change
    change("none", cost=False)


@pytest.mark.parametrize("name, cost, file, weight", [
    ("bfq", False, "io.bfq.weight", 500), ("none", True, "io.weight", 4950)], ids=["bfq", "iocost"])
def test_the_weight_for_a_disk_is_that_of_its_scheduler(box, disk, scheduler, name, cost, file, weight):
    scheduler(name, cost)
    number = dict(zip(("major", "minor"), map(int, disk.split(":"))))
    created(box, blockIO={"weightDevice": [{**number, "weight": 500}]})
    assert f"{disk} {weight}" in value(box, file).splitlines()


@pytest.fixture
def swap(tmp):
    """Swap in memory."""
    subprocess.run(["modprobe", "zram"], check=True)
    zram = pathlib.Path("/sys/block/zram0")
    (zram / "disksize").write_text(str(128 * MIB))
    node = f"{tmp}/swap"
    os.mknod(node, 0o600 | stat.S_IFBLK, os.makedev(*map(int, (zram / "dev").read_text().split(":"))))
    subprocess.run(["mkswap", node], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["swapon", node], check=True)
    yield
    subprocess.run(["swapoff", node], check=True)
    (zram / "reset").write_text("1")


@pytest.mark.parametrize("total, status", [(24, 137), (96, 0)])
def test_memory_and_swap_together_are_what_a_container_gets(box, swap, total, status):
    box.cfg.resources(memory={"limit": 16 * MIB, "swap": total * MIB})
    box.cfg.mount("/data", "tmpfs", "tmpfs").shell("dd if=/dev/urandom of=/data/file bs=1M count=40 2>/dev/null")
    assert box.run().rc == status


@must(123)
@pytest.mark.parametrize("resources, word", [
    ({"memory": {"kernel": MIB}}, "memory.kernel"), ({"memory": {"kernelTCP": MIB}}, "memory.kernelTCP"),
    ({"memory": {"swappiness": 0}}, "memory.swappiness"), ({"memory": {"disableOOMKiller": True}}, "memory.disableOOMKiller"),
    ({"cpu": {"realtimeRuntime": 1000}}, "cpu.realtimeRuntime"), ({"cpu": {"realtimePeriod": 1000}}, "cpu.realtimePeriod"),
    ({"blockIO": {"leafWeight": 500}}, "blockIO.leafWeight"), ({"network": {"classID": 1}}, "network.classID"),
    ({"blockIO": {"weightDevice": [{"major": 8, "minor": 0, "leafWeight": 500}]}}, "blockIO.weightDevice[0]")], ids=str)
def test_what_v2_has_no_equivalent_for_is_refused(box, resources, word):
    box.cfg.resources(**resources)
    box.create_fails("linux.resources." + word, "has no equivalent in")


@pytest.mark.parametrize("resources, word", [
    ({"rdma": {"mlx5_1": {"hcaHandles": 3}}}, 'rdma["mlx5_1"]'), ({"unified": {"misc.max": "nothing 3"}}, 'unified["misc.max"]')],
    ids=str)
def test_what_the_kernel_does_not_know_is_refused(box, resources, word):
    box.cfg.resources(**resources)
    box.create_fails("linux.resources." + word, "write")
