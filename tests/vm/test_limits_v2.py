# SPDX-License-Identifier: Apache-2.0
"""The members of linux.resources on pure cgroup v2: what the kernel then says in the files of the cgroup."""
import pathlib
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
