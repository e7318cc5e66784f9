# SPDX-License-Identifier: Apache-2.0
"""The limits of pure cgroup v2 hold: what a container that would go beyond them gets. (What is written
for each member: test_limits_v2.py.)"""
import os
import re
import shutil
import time

import pytest

from lib.box import FOREVER, eventually
from lib.events import Events

MIB = 1 << 20
GREEDY = "tail /dev/zero"                       # busybox's tail keeps what it reads
SPIN = "while :; do :; done"


def read(box, name):
    with open(f"{box.cgroup_dir('')}/{name}") as f:
        return f.read().strip()


def table(box, name):
    """A file of lines "key number"."""
    return {key: int(value) for key, value in map(str.split, read(box, name).splitlines())}


def put(path, text):
    with open(path, "w") as f:
        f.write(str(text))


# memory

def test_beyond_the_memory_limit_a_container_is_killed_and_events_tell_it(box):
    box.cfg.resources(memory={"limit": 16 * MIB, "swap": 16 * MIB})
    box.up(f"until [ -e /go ]; do sleep 0.1; done; exec {GREEDY}")
    with Events(box, "--interval", "1h") as events:
        eventually(events.waits, "events watches")
        box.write("/go")
        assert events.until("oom") == {"type": "oom", "id": box.id}
        assert box.wait() == -9
        assert "stats" not in events.all_types()
        events.ends()
    assert box.status == "stopped"


def test_run_returns_137_for_a_container_that_goes_beyond_its_memory_limit(box):
    box.cfg.resources(memory={"limit": 16 * MIB, "swap": 16 * MIB}).shell(f"exec {GREEDY}")
    assert box.run().rc == 137


def test_a_memory_limit_too_low_to_start_with_is_told(box):
    box.cfg.resources(memory={"limit": 4096})
    box.create().fails("memory ran out before the container's program ran")


def test_a_container_below_its_memory_limit_is_left_alone(box):
    box.cfg.resources(memory={"limit": 16 * MIB, "swap": 16 * MIB})
    assert box.sh(f"head -c {9 * MIB} /dev/zero | tail -c {8 * MIB} | wc -c") == f"{8 * MIB}\n"


def test_memory_that_is_reserved_is_that_of_the_container_alone(box):
    box.cfg.resources(memory={"reservation": 8 * MIB})
    box.up()
    assert read(box, "memory.low") == str(8 * MIB) and read(box, "memory.min") == "0"


def test_a_limit_of_half_a_megabyte_is_enough_for_the_runtime(box):
    box.cfg.resources(memory={"limit": MIB // 2, "swap": MIB // 2})
    box.create().silent()
    assert int(read(box, "memory.current")) <= MIB // 2


# pids

def test_the_pids_limit_holds(box):
    box.cfg.resources(pids={"limit": 3})
    box.cfg.shell("(sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait) 2>&1 | head -1; true")
    result = box.run()
    assert "fork" in result.out + result.err


def test_a_pids_limit_of_0_lets_the_program_run_but_nothing_beside_it(box):
    """The spec has no other meaning for 0 than the limit; the first process was there before it."""
    box.cfg.resources(pids={"limit": 0})
    box.cfg.shell("exec 2>/tmp/err; echo it runs >&2; (true); echo it goes on >&2")
    box.create().silent()
    assert read(box, "pids.max") == "0"
    box.start().silent()
    assert box.wait() != 0
    first, second = box.read("/tmp/err").splitlines()
    assert first == "it runs" and "fork" in second


# cpu

def test_the_quota_throttles(box):
    box.cfg.resources(cpu={"quota": 10000, "period": 100000})
    box.up(SPIN)
    eventually(lambda: table(box, "cpu.stat")["nr_throttled"] > 3, "it is throttled")
    before, at = table(box, "cpu.stat")["usage_usec"], time.monotonic()
    time.sleep(1)
    used, passed = table(box, "cpu.stat")["usage_usec"] - before, (time.monotonic() - at) * 1e6
    assert used < passed / 4, f"a tenth is allowed, {used} of {passed} us were used"


def test_the_shares_are_told_to_the_scheduler(boxes):
    """Two on one CPU: one has ten times the weight of the other."""
    pair = []
    for shares in (128, 2048):
        box = boxes()
        box.cfg.resources(cpu={"shares": shares, "cpus": "0"})
        pair.append(box)
        box.up(SPIN)
    start = [table(box, "cpu.stat")["usage_usec"] for box in pair]
    time.sleep(2)
    little, much = (table(box, "cpu.stat")["usage_usec"] - s for box, s in zip(pair, start, strict=True))
    assert much > 3 * little, f"{much} and {little} us"


def test_an_idle_container_gives_way_to_one_that_is_not(boxes):
    pair = []
    for idle in (1, 0):                 # the other way round it would hardly come to its start
        box = boxes()
        box.cfg.resources(cpu={"idle": idle, "cpus": "0"})
        pair.append(box)
        box.up(SPIN)
    start = [table(box, "cpu.stat")["usage_usec"] for box in pair]
    time.sleep(2)
    little, much = (table(box, "cpu.stat")["usage_usec"] - s for box, s in zip(pair, start, strict=True))
    assert much > 10 * little, f"{much} and {little} us"
    pair[1].delete("--force").silent()  # while it is busy, the other hardly gets to its end


@pytest.mark.parametrize("cpus", ["0", "1", "0-1"])
def test_a_container_runs_on_its_cpus(box, cpus):
    box.cfg.resources(cpu={"cpus": cpus, "mems": "0"})
    out = box.sh("grep -E '^(Cpus|Mems)_allowed_list' /proc/self/status; nproc")
    assert out.split() == ["Cpus_allowed_list:", cpus, "Mems_allowed_list:", "0", str(2 if "-" in cpus else 1)]


def test_a_cpu_that_does_not_exist_is_refused(box):
    box.cfg.resources(cpu={"cpus": "77"})
    box.create_fails("linux.resources.cpu.cpus")


# disks

@pytest.fixture
def on_disk(box, host):
    """A directory on the guest's root disk, as /data of the container; the disk's number."""
    place = f"/var/tmp/{host.tag}"
    os.mkdir(place)
    box.cfg.bind(place, "/data", "rw")
    with open("/sys/block/nvme0n1/dev") as f:
        yield tuple(map(int, f.read().split(":")))
    shutil.rmtree(place)


@pytest.mark.parametrize("member, limit, blocks", [
    ("throttleWriteBpsDevice", MIB, "bs=256k count=12"), ("throttleWriteIOPSDevice", 4, "bs=4k count=12")])
def test_a_disk_takes_no_more_than_its_rate(box, on_disk, member, limit, blocks):
    """Three times as much as the rate of a second: at least two seconds, however fast the disk is."""
    major, minor = on_disk
    box.cfg.resources(blockIO={member: [{"major": major, "minor": minor, "rate": limit}]})
    box.up(f"touch /tmp/start; dd if=/dev/zero of=/data/f {blocks} oflag=direct 2>/tmp/err; touch /tmp/end; {FOREVER}")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/end"), "it is written", 30)
    took = os.stat(f"{box.rootfs}/tmp/end").st_mtime - os.stat(f"{box.rootfs}/tmp/start").st_mtime
    assert took > 1.5, box.read("/tmp/err")
    written = re.search(rf"^{major}:{minor} .*wbytes=(\d+) .*wios=(\d+)", read(box, "io.stat"), re.M)
    assert written and int(written[2]) >= 12


# huge pages

@pytest.fixture
def huge_pages():
    path = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
    put(path, 8)
    with open(path) as f:
        if int(f.read()) < 4:
            pytest.skip("the guest has no four huge pages left")
    yield
    put(path, 0)


def test_beyond_the_limit_of_huge_pages_there_are_none(box, huge_pages):
    box.cfg.resources(hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MIB}])
    box.cfg.mount("/data", "hugetlbfs", "none", ["pagesize=2M"])
    box.up(f"busybox fallocate -l {4 * MIB} /data/two && echo two >>/tmp/out; "
           f"busybox fallocate -l {2 * MIB} /data/three || echo no third >>/tmp/out; touch /tmp/end; {FOREVER}")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/end"), "it has tried")
    assert box.read("/tmp/out") == "two\nno third\n"
    assert read(box, "hugetlb.2MB.current") == str(4 * MIB)
    box.delete("--force").silent()
