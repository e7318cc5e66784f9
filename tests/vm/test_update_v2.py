# SPDX-License-Identifier: Apache-2.0
"""update on pure cgroup v2: every limit, by options and by a document; all that is asked for or nothing.
(The command line and the life of the container: integration/test_update.py.)"""
import json
import subprocess

import pytest

from lib.box import FOREVER, eventually

MIB = 1 << 20
FILES = ["memory.max", "memory.swap.max", "memory.low", "memory.high", "cpu.weight", "cpu.max", "cpu.max.burst", "cpu.idle",
         "cpuset.cpus", "cpuset.mems", "pids.max", "io.max", "hugetlb.2MB.max", "hugetlb.2MB.rsvd.max"]


@pytest.fixture
def disk():
    with open("/sys/block/nvme0n1/dev") as f:
        return f.read().strip()


@pytest.fixture
def box(box, disk):
    """One that has a limit of every controller."""
    box.cfg.resources(memory={"limit": 64 * MIB, "swap": 96 * MIB, "reservation": 8 * MIB}, pids={"limit": 77},
                      cpu={"shares": 1024, "quota": 50000, "period": 100000, "cpus": "0-1", "mems": "0"},
                      hugepageLimits=[{"pageSize": "2MB", "limit": 8 * MIB}],
                      unified={"io.max": f"{disk} rbps=1000000"})
    return box


def read(box, name):
    with open(f"{box.cgroup_dir('')}/{name}") as f:
        return f.read().strip()


def values(box):
    return {name: read(box, name) for name in FILES}


def update(box, resources):
    """update with a document on standard input."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as pipe:
        pipe.stdin.write(json.dumps(resources).encode())
        pipe.stdin.close()
        result = box.rt("update", "-r", "-", box.id, stdin=pipe.stdout)
        pipe.stdout.close()
        return result


# (options, document, what changes)
CHANGES = [
    ("--memory 32M --memory-swap 48M", {"memory": {"limit": 32 * MIB, "swap": 48 * MIB}},
     {"memory.max": 32 * MIB, "memory.swap.max": 16 * MIB}),
    ("--memory 128M --memory-swap 128M", {"memory": {"limit": 128 * MIB, "swap": 128 * MIB}},
     {"memory.max": 128 * MIB, "memory.swap.max": 0}),
    ("--memory 48M", {"memory": {"limit": 48 * MIB}}, {"memory.max": 48 * MIB, "memory.swap.max": 48 * MIB}),
    ("--memory-swap 80M", {"memory": {"swap": 80 * MIB}}, {"memory.swap.max": 16 * MIB}),
    ("--memory-swap -1", {"memory": {"swap": -1}}, {"memory.swap.max": "max"}),
    ("--memory-swap=-1 --memory=-1", {"memory": {"limit": -1, "swap": -1}},
     {"memory.max": "max", "memory.swap.max": "max"}),
    ("--memory-reservation 4m", {"memory": {"reservation": 4 * MIB}}, {"memory.low": 4 * MIB}),
    ("--cpu-share 2048", {"cpu": {"shares": 2048}}, {"cpu.weight": 174}),
    ("--cpu-quota 60000", {"cpu": {"quota": 60000}}, {"cpu.max": "60000 100000"}),
    ("--cpu-period 200000", {"cpu": {"period": 200000}}, {"cpu.max": "50000 200000"}),
    ("--cpu-quota 10000 --cpu-period 20000", {"cpu": {"quota": 10000, "period": 20000}}, {"cpu.max": "10000 20000"}),
    ("--cpu-quota -1", {"cpu": {"quota": -1}}, {"cpu.max": "max 100000"}),
    ("--cpu-burst 20000", {"cpu": {"burst": 20000}}, {"cpu.max.burst": 20000}),
    ("--cpu-idle 1", {"cpu": {"idle": 1}}, {"cpu.idle": 1, "cpu.weight": 1}),     # so the kernel shows it
    ("--cpuset-cpus 1", {"cpu": {"cpus": "1"}}, {"cpuset.cpus": 1}),
    ("--cpuset-mems 0", {"cpu": {"mems": "0"}}, {"cpuset.mems": 0}),
    ("--pids-limit 5", {"pids": {"limit": 5}}, {"pids.max": 5}),
    ("--pids-limit -1", {"pids": {"limit": -1}}, {"pids.max": "max"}),
    ("--pids-limit 0", {"pids": {"limit": 0}}, {"pids.max": 0}),
]


@pytest.mark.parametrize("form", ["options", "document"])
@pytest.mark.parametrize("words, resources, changes", CHANGES, ids=[c[0] for c in CHANGES])
def test_a_limit_is_changed_and_no_other(box, form, words, resources, changes):
    box.create().silent()
    before = values(box)
    (update(box, resources) if form == "document" else box.rt("update", *words.split(), box.id)).silent()
    assert values(box) == before | {name: str(value) for name, value in changes.items()}


ONLY_IN_DOCUMENTS = [
    ({"hugepageLimits": [{"pageSize": "2MB", "limit": 2 * MIB}]},
     {"hugetlb.2MB.max": 2 * MIB, "hugetlb.2MB.rsvd.max": 2 * MIB}),
    ({"unified": {"memory.high": "30000000", "pids.max": "8"}}, {"memory.high": 29999104, "pids.max": 8}),
]


@pytest.mark.parametrize("resources, changes", ONLY_IN_DOCUMENTS, ids=str)
def test_what_only_a_document_says(box, resources, changes):
    box.create().silent()
    before = values(box)
    update(box, resources).silent()
    assert values(box) == before | {name: str(value) for name, value in changes.items()}


def test_the_rates_of_a_disk_are_changed_one_by_one(box, disk):
    major, minor = map(int, disk.split(":"))
    box.create().silent()
    update(box, {"blockIO": {"throttleWriteIOPSDevice": [{"major": major, "minor": minor, "rate": 70}]}}).silent()
    assert read(box, "io.max") == f"{disk} rbps=1000000 wbps=max riops=max wiops=70"


@pytest.mark.parametrize("resources, word", [
    ({"pids": {"limit": 5}, "cpu": {"cpus": "77"}}, "cpu.cpus"),
    ({"pids": {"limit": 5}, "memory": {"limit": 32 * MIB, "swap": 48 * MIB}, "cpu": {"quota": 1}}, "cpu.quota"),
    ({"pids": {"limit": 5}, "memory": {"limit": 32 * MIB, "swap": 16 * MIB}}, "memory.swap"),
    ({"memory": {"reservation": MIB}, "cpu": {"shares": 5}, "rdma": {"nothing": {"hcaHandles": 3}}}, "rdma"),
    ({"cpu": {"shares": 5}, "unified": {"memory.high": "much"}}, "memory.high"),
    ({"cpu": {"shares": 5}, "unified": {"no.such": "5"}}, "no.such"),
    ({"cpu": {"shares": 5}, "memory": {"swappiness": 10}}, "memory.swappiness"),
    ({"pids": {"limit": 5}, "blockIO": {"throttleReadBpsDevice": [{"major": 250, "minor": 99, "rate": 1}]}}, "blockIO"),
    ({"pids": {"limit": 5}, "hugepageLimits": [{"pageSize": "3MB", "limit": 0}]}, "hugepageLimits"),
], ids=str)
def test_an_update_that_fails_changes_nothing(box, resources, word):
    box.up()
    before = values(box)
    update(box, resources).fails("resources: ", word)
    assert values(box) == before
    assert box.status == "running"


def test_the_new_limit_holds(box):
    box.up("until [ -e /go ]; do sleep 0.1; done; exec tail /dev/zero")
    box.rt("update", "--memory", "16M", "--memory-swap", "16M", box.id).silent()
    box.write("/go")
    assert box.wait() == -9


def test_update_of_a_paused_container(box):
    box.up()
    box.rt("pause", box.id).silent()
    box.rt("update", "--memory", "32M", "--memory-swap", "32M", "--pids-limit", "5", box.id).silent()
    assert (read(box, "memory.max"), read(box, "pids.max"), box.status) == (str(32 * MIB), "5", "paused")
    box.rt("resume", box.id).silent()


def test_a_memory_limit_below_what_is_in_use_kills_or_is_refused_by_wish(box):
    """The kernel of v2 takes it and reclaims; with checkBeforeUpdate it is not even tried."""
    box.up(f"(head -c 12000000 /dev/zero; {FOREVER}) | tail -c 12000000")
    eventually(lambda: int(read(box, "memory.current")) > 12000000, "memory is in use")
    before = values(box)
    update(box, {"memory": {"limit": 8 * MIB, "swap": 8 * MIB, "checkBeforeUpdate": True}, "pids": {"limit": 5}}).fails(
        "resources: memory.limit", "in use")
    assert values(box) == before and box.status == "running"


def test_device_rules_stay_as_they_are(box):
    """Limits are changed beside them."""
    box.cfg.resources(devices=[{"allow": False, "access": "rwm"},
                               {"allow": True, "type": "b", "major": 7, "minor": 0, "access": "rwm"}])
    box.up("until [ -e /go ]; do sleep 0.1; done; for n in 0 1; do mknod /tmp/d$n b 7 $n 2>/dev/null && echo $n; done >/tmp/made")
    box.rt("update", "--pids-limit", "50", "--memory", "50M", box.id).silent()
    box.write("/go")
    box.wait()
    assert box.read("/tmp/made") == "0\n"
