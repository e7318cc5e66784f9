# SPDX-License-Identifier: Apache-2.0
"""
The members of linux.resources: what the kernel then says in the files of the cgroup, and what is refused.
On a hybrid host as this suite knows it, v1 has most controllers, and v2 has hugetlb.
"""
import contextlib
import json
import os

import pytest

from lib.box import FOREVER, eventually
from lib.runtime import Runtime

must = pytest.mark.must
MIB = 1 << 20
CGROUPS = "/sys/fs/cgroup"


@pytest.fixture(autouse=True)
def needs_v1(host):
    if not os.path.isdir(f"{CGROUPS}/memory"):
        pytest.skip("these limits are read from the files of cgroup v1")


@pytest.fixture
def disk():
    """The number of a block device, whose limits concern nobody: (major, minor)."""
    names = sorted(os.listdir("/sys/block"), key=lambda n: (not n.startswith(("zram", "loop", "ram")), n))
    if not names:
        pytest.skip("no block device here")
    with open(f"/sys/block/{names[0]}/dev") as f:
        return tuple(map(int, f.read().split(":")))


@pytest.fixture
def hugetlb():
    """Skips unless v2 has hugetlb and the pages of 2 MiB."""
    with open(f"{CGROUPS}/unified/cgroup.controllers") as f:
        if "hugetlb" not in f.read().split() or not os.path.isdir("/sys/kernel/mm/hugepages/hugepages-2048kB"):
            pytest.skip("cgroup v2 has no hugetlb, or the host no huge pages of 2 MiB")


def created(box, **resources):
    box.cfg.resources(**resources)
    box.create().silent()
    return box


def try_write(path, value):
    """Whether the kernel takes it."""
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as f:
        return f.write(value.encode()) > 0
    return False


LIMITS = [
    ("memory", {"limit": 64 * MIB}, "memory.limit_in_bytes", 64 * MIB),
    ("memory", {"limit": 64 * MIB, "swap": 96 * MIB}, "memory.memsw.limit_in_bytes", 96 * MIB),
    ("memory", {"limit": 64 * MIB, "swap": -1}, "memory.memsw.limit_in_bytes", 9223372036854771712),
    ("memory", {"reservation": 32 * MIB}, "memory.soft_limit_in_bytes", 32 * MIB),
    ("memory", {"limit": -1}, "memory.limit_in_bytes", 9223372036854771712),
    ("memory", {"limit": 64 * MIB, "useHierarchy": True}, "memory.use_hierarchy", 1),
    ("memory", {"limit": 64 * MIB, "checkBeforeUpdate": True}, "memory.limit_in_bytes", 64 * MIB),
    ("memory", {"kernel": -1, "kernelTCP": 8 * MIB}, "memory.kmem.tcp.limit_in_bytes", 8 * MIB),
    ("memory", {"swappiness": 0}, "memory.swappiness", 0),
    ("memory", {"swappiness": 100}, "memory.swappiness", 100),
    ("cpu", {"shares": 512}, "cpu.shares", 512),
    ("cpu", {"quota": 50000, "period": 100000}, "cpu.cfs_quota_us", 50000),
    ("cpu", {"quota": 50000, "period": 200000}, "cpu.cfs_period_us", 200000),
    ("cpu", {"quota": -1}, "cpu.cfs_quota_us", -1),
    ("cpu", {"quota": 50000, "burst": 50000}, "cpu.cfs_burst_us", 50000),
    ("cpu", {"idle": 1, "shares": 512}, "cpu.idle", 1),
    ("cpu", {"idle": 0, "shares": 512}, "cpu.shares", 512),
    ("cpuset", {"cpus": "0"}, "cpuset.cpus", 0),
    ("cpuset", {"mems": "0"}, "cpuset.mems", 0),
    ("pids", {"limit": 20}, "pids.max", 20),
    ("pids", {"limit": -1}, "pids.max", "max"),
    ("blkio", {"weight": 300}, "blkio.bfq.weight", 300),
]


@must(25)
@pytest.mark.parametrize("controller, members, name, expected", LIMITS, ids=[f"{x[2]}={x[3]}" for x in LIMITS])
def test_a_limit(box, controller, members, name, expected):
    if name.startswith("blkio.bfq") and not os.path.exists(f"{CGROUPS}/{controller}{box.host.cgroup}/{name}"):
        pytest.skip("the kernel has no I/O scheduler bfq")
    created(box, **{{"cpuset": "cpu", "blkio": "blockIO"}.get(controller, controller): members})
    assert box.limit(controller, name) == str(expected)


def test_the_oom_killer_can_be_switched_off(box):
    created(box, memory={"limit": 64 * MIB, "disableOOMKiller": True})
    assert box.limit("memory", "memory.oom_control").splitlines()[0] == "oom_kill_disable 1"


def test_a_limit_of_memory_too_low_to_start_with_is_told(box):
    box.cfg.resources(memory={"limit": 4096})
    result = box.create()
    result.fails("linux.resources.memory.limit: memory ran out before the container's program ran")
    assert "4096 bytes are too few" in result.err
    box.host.assert_clean()


@pytest.mark.parametrize("limit", [4096, 8192, 16384, 32768])
def test_a_limit_too_low_without_the_oom_killer_does_not_hold_create_up(box, limit):
    """The killer is switched off last: until then a process of ours would wait for memory for ever."""
    box.cfg.resources(memory={"limit": limit, "disableOOMKiller": True})
    box.create().fails("linux.resources.memory.limit: memory ran out")
    box.host.assert_clean()


@must(115)
def test_with_checkBeforeUpdate_a_limit_below_what_is_in_use_is_refused(box, tmp):
    box.cfg.resources(memory={"limit": 64 * MIB})
    box.up("dd if=/dev/zero of=/tmp/file bs=1M count=16 2>/dev/null; touch /tmp/ready; " + FOREVER)
    eventually(lambda: os.path.exists(f"/proc/{box.pid}/root/tmp/ready"), "the memory is used")
    path = f"{tmp}/resources.json"
    with open(path, "w") as f:
        json.dump({"memory": {"limit": 4 * MIB, "checkBeforeUpdate": True}, "pids": {"limit": 7}}, f)
    box.rt("update", "--resources", path, box.id).fails("memory.limit", "bytes are in use")
    assert box.limit("pids", "pids.max") == "max"


def test_the_process_may_run_on_all_cpus_of_its_cgroup(box):
    """Not only on those of its caller."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        pytest.skip("this host has one CPU")
    box.cfg.resources(cpu={"cpus": f"{cpus[0]},{cpus[1]}"})
    box.create(preexec_fn=lambda: os.sched_setaffinity(0, {cpus[0]})).silent()
    assert os.sched_getaffinity(box.pid) == set(cpus[:2])


def test_a_limit_that_the_kernel_takes_and_forgets_is_refused(box):
    """memory.kernel: since Linux 5.16 the file takes any value, and has none."""
    box.cfg.resources(memory={"kernel": 8 * MIB})
    result = box.create()
    if result.rc == 0:
        assert box.limit("memory", "memory.kmem.limit_in_bytes") == str(8 * MIB)
    else:
        result.fails("linux.resources.memory.kernel")
        box.host.assert_clean()


@must(116, 117)
def test_a_burst_is_at_most_the_quota(box):
    box.cfg.resources(cpu={"quota": 50000, "burst": 50001})
    box.create_fails("linux.resources.cpu.burst")
    box.cfg.resources(cpu={"quota": -1, "burst": 50001})
    box.create().silent()
    assert box.limit("cpu", "cpu.cfs_burst_us") == "50001"


def test_real_time_is_given_where_the_cgroup_above_has_it(box, host):
    above = f"{host.cgroup_dir('cpu', host.cgroup)}/cpu.rt_runtime_us"
    if not os.path.exists(above):
        pytest.skip("the kernel does not share real-time out")
    box.cfg.resources(cpu={"realtimeRuntime": 1000, "realtimePeriod": 500000})
    box.create_fails("linux.resources.cpu.realtimeRuntime")
    assert try_write(above, "2000")
    try:
        box.create().silent()
        assert box.limit("cpu", "cpu.rt_runtime_us") == "1000"
        assert box.limit("cpu", "cpu.rt_period_us") == "500000"
        box.delete("-f").silent()
        box.wait()  # a zombie keeps the cgroup alive, and what it has counts
    finally:
        eventually(lambda: try_write(above, "0"), "the cgroup above has no real-time")


RATES = [("throttleReadBpsDevice", "read_bps", MIB), ("throttleWriteBpsDevice", "write_bps", 2 * MIB),
         ("throttleReadIOPSDevice", "read_iops", 1000), ("throttleWriteIOPSDevice", "write_iops", 2000)]


@pytest.mark.parametrize("member, name, rate", RATES, ids=[r[1] for r in RATES])
def test_the_rate_of_a_disk(box, disk, member, name, rate):
    number = {"major": disk[0], "minor": disk[1]}
    created(box, blockIO={member: [{**number, "rate": 5}, {**number, "rate": rate}]})
    assert box.limit("blkio", f"blkio.throttle.{name}_device") == f"{disk[0]}:{disk[1]} {rate}"


def test_a_rate_of_0_is_none(box, disk):
    number = {"major": disk[0], "minor": disk[1]}
    created(box, blockIO={"throttleReadBpsDevice": [{**number, "rate": 5}, {**number, "rate": 0}]})
    assert box.limit("blkio", "blkio.throttle.read_bps_device") == ""


def test_a_rate_of_no_disk_is_refused(box):
    box.cfg.resources(blockIO={"throttleReadBpsDevice": [{"major": 1, "minor": 3, "rate": 5}]})
    box.create_fails("linux.resources.blockIO.throttleReadBpsDevice[0]", "No such device")


@must(118)
def test_a_weight_of_a_device_has_a_weight(box):
    box.cfg.resources(blockIO={"weightDevice": [{"major": 8, "minor": 0}]})
    box.create_fails("linux.resources.blockIO.weightDevice[0]", "weight nor leafWeight")


@must(119)
def test_a_limit_of_an_rdma_device_has_a_number(box):
    box.cfg.resources(rdma={"mlx5_1": {}})
    box.create_fails('linux.resources.rdma["mlx5_1"]', "hcaHandles nor hcaObjects")


def test_huge_pages(box, hugetlb):
    created(box, hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MIB}])
    assert box.limit("unified", "hugetlb.2MB.max") == str(4 * MIB)
    assert box.limit("unified", "hugetlb.2MB.rsvd.max") == str(4 * MIB)


def test_no_huge_pages_at_all(box, hugetlb):
    """Kubernetes sends a limit of 0 for each size that a pod does not ask for."""
    created(box, hugepageLimits=[{"pageSize": "2MB", "limit": 0}])
    assert box.limit("unified", "hugetlb.2MB.max") == "0"


@must(120, 121)
def test_unified_is_written_as_it_is(box, hugetlb):
    created(box, unified={"hugetlb.2MB.max": str(6 * MIB), "hugetlb.2MB.rsvd.max": "max", "cgroup.max.depth": "7"})
    assert box.limit("unified", "hugetlb.2MB.max") == str(6 * MIB)
    assert box.limit("unified", "cgroup.max.depth") == "7"


def test_unified_wins_over_what_is_converted(box, hugetlb):
    created(box, unified={"hugetlb.2MB.max": str(6 * MIB)}, hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MIB}])
    assert box.limit("unified", "hugetlb.2MB.max") == str(6 * MIB)
    assert box.limit("unified", "hugetlb.2MB.rsvd.max") == str(4 * MIB)


@must(121)
def test_a_file_of_unified_that_nobody_knows_is_tried(box, hugetlb):
    box.cfg.resources(unified={"hugetlb.nothing": "1"})
    box.create_fails('linux.resources.unified["hugetlb.nothing"]', "write", "hugetlb.nothing")


@must(122)
@pytest.mark.parametrize("key", ["memory.max", "misc.max", "blah.max"])
def test_a_file_of_unified_whose_controller_is_not_in_v2_is_refused(box, key):
    box.cfg.resources(unified={key: "1"})
    box.create_fails(f'linux.resources.unified["{key}"]', key.split(".", 1)[0] + " controller")


@must(44)
@pytest.mark.parametrize("resources", [
    {"memory": {"limit": 4096 * 1024, "swap": 4096}}, {"memory": {"limit": -2}}, {"memory": {"limit": "1M"}},
    {"memory": {"swappiness": 101}}, {"memory": {"kernelTCP": -2}},
    {"cpu": {"quota": 1}}, {"cpu": {"shares": -1}}, {"cpu": {"cpus": "999"}}, {"cpu": {"cpus": "a\nb"}},
    {"cpu": {"idle": 2}}, {"cpu": {"period": 1}},
    {"pids": {"limit": -2}}, {"pids": {}},
    {"blockIO": {"weight": 9}}, {"blockIO": {"leafWeight": 500}},
    {"blockIO": {"throttleReadBpsDevice": [{"major": -1, "minor": 0, "rate": 5}]}},
    {"hugepageLimits": [{"pageSize": "3MB", "limit": 0}]},
    {"network": {"classID": 1}}, {"network": {"priorities": [{"name": "lo", "priority": 1}]}},
    {"rdma": {"mlx5_1": {"hcaHandles": 3}}}, {"unified": {"memory": "1"}}, {"unified": {"": "1"}}], ids=str)
def test_a_limit_that_cannot_be_is_refused(box, resources):
    if "network" in resources and os.path.isdir(f"{CGROUPS}/net_cls"):
        pytest.skip("this host has the controllers of network")
    box.cfg.resources(**resources)
    box.create_fails("linux.resources." + list(resources)[0])


NAMES = ["../x", "a/../../x", "/x", "..", "a/b", "a\nb", "x" * 4096]


@pytest.mark.parametrize("resources", [
    *({"hugepageLimits": [{"pageSize": name, "limit": 0}]} for name in NAMES),
    *({"rdma": {name: {"hcaHandles": 1}}} for name in NAMES),
    *({"unified": {name: "1"}} for name in NAMES),
    *({"unified": {name + "/hugetlb.2MB.max": "1"}} for name in NAMES),
    *({"unified": {"cgroup." + name: "1"}} for name in NAMES),
], ids=lambda r: str(r)[:70])
def test_no_name_leads_out_of_the_cgroup(box, resources):
    """S26: names that become parts of paths."""
    outside = f"{CGROUPS}/unified{box.host.cgroup}/cgroup.max.depth"
    with open(outside) as f:
        before = f.read()
    box.cfg.resources(**resources)
    box.create_fails("linux.resources." + list(resources)[0])
    with open(outside) as f:
        assert f.read() == before


@pytest.mark.parametrize("name", ["procs", "threads", "kill", "freeze", "type", "subtree_control"])
def test_unified_does_not_take_the_container_out_of_our_hands(box, name):
    box.cfg.resources(unified={"cgroup." + name: "no value for any of them"})
    box.create_fails(f'linux.resources.unified["cgroup.{name}"]', "is no limit")


def test_what_engines_send_for_not_specified_is_no_limit(box):
    """Also where the controllers are missing."""
    created(box, memory={"limit": 0, "swap": 0, "reservation": 0, "kernel": 0, "kernelTCP": 0, "disableOOMKiller": False},
            cpu={"shares": 0, "quota": 0, "period": 0, "burst": 0, "idle": 0, "realtimeRuntime": 0, "realtimePeriod": 0,
                 "cpus": "", "mems": ""},
            blockIO={"weight": 0, "leafWeight": 0, "weightDevice": [], "throttleReadBpsDevice": []},
            hugepageLimits=[], network={"classID": 0, "priorities": []}, rdma={}, unified={})
    assert box.limit("memory", "memory.limit_in_bytes") == "9223372036854771712"


@pytest.mark.parametrize("resources, word", [({"hugepageLimits": [{"pageSize": "3MB", "limit": 0}]}, "/sys/kernel/mm/hugepages"),
                                             ({"cpu": {"quota": 1}}, "at least 1000")], ids=str)
def test_it_is_told_what_the_kernel_means(box, hugetlb, tmp, resources, word):
    box.cfg.resources(**resources)
    box.save().rt("create", "--bundle", box.dir, box.id, before=["--log-format=json", "--log", f"{tmp}/log"]).fails("write")
    assert word in json.loads((tmp / "log").read_text())["hint"]


# the other views of the hierarchies

@must(122)
@pytest.mark.parametrize("resources", [{"memory": {"limit": 64 * MIB}}, {"pids": {"limit": 5}},
                                       {"blockIO": {"weight": 500}}, {"unified": {"memory.max": "1"}}], ids=str)
def test_a_limit_whose_controller_is_missing_is_refused(boxes, views, rt, resources):
    box = boxes(Runtime(rt.path, rt.root, views("v2").prefix))
    box.cfg.resources(**resources)
    box.create_fails("linux.resources." + list(resources)[0], "not available on this host")


@must(123)
@pytest.mark.parametrize("member, value", [("classID", 1), ("priorities", [{"name": "lo", "priority": 1}])])
def test_what_cgroup_v2_has_no_equivalent_for_is_refused(boxes, views, rt, member, value):
    box = boxes(Runtime(rt.path, rt.root, views("v2").prefix))
    box.cfg.resources(network={member: value})
    box.create_fails(f"linux.resources.network.{member}", "has no equivalent in cgroup v2")


def test_unified_without_v2_is_refused(boxes, views, rt):
    box = boxes(Runtime(rt.path, rt.root, views("v1").prefix))
    box.cfg.resources(unified={"cgroup.max.depth": "5"})
    box.create_fails("linux.resources.unified", "only cgroup v1")
