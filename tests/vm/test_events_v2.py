# SPDX-License-Identifier: Apache-2.0
"""events on pure cgroup v2, with all controllers. What holds on v1, too, is in integration/test_events.py."""
import os
import shutil

from lib.box import FOREVER, eventually
from lib.events import Events, check_shape

MIB = 1 << 20
LIMIT = 16 * MIB
NO_LIMIT = 18446744073709551615


def directory(box):
    return f"/sys/fs/cgroup{box.cfg.linux['cgroupsPath']}"


def read(box, name):
    with open(f"{directory(box)}/{name}") as f:
        return f.read().strip()


def table(box, name):
    """A file of lines "key number"."""
    return {key: int(value) for key, value in map(str.split, read(box, name).splitlines())}


def stats(box):
    return check_shape(box.rt("events", "--stats", box.id).ok().out, box.id)


def test_the_numbers_are_those_of_the_files(box):
    box.cfg.resources(memory={"limit": 64 * MIB, "swap": 96 * MIB}, pids={"limit": 20},
                      cpu={"quota": 50000, "period": 100000})
    # 8 MiB of page cache: memory.stat may leave out the last few pages for a while.
    box.up("dd if=/dev/zero of=/dev/shm/file bs=64k count=128 2>/dev/null; sleep 1000 & "
           "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; echo x >/tmp/done; wait")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/done"), "the payload was busy", 60)
    before, data, after = table(box, "cpu.stat"), stats(box), table(box, "cpu.stat")
    for member, key in (("total", "usage_usec"), ("user", "user_usec"), ("kernel", "system_usec")):
        assert before[key] * 1000 <= data["cpu"]["usage"][member] <= after[key] * 1000
    assert data["cpu"]["throttling"].get("periods", 0) > 0
    assert data["pids"] == {"current": 2, "limit": 20}
    memory = data["memory"]
    assert memory["usage"]["limit"] == 64 * MIB and memory["swap"]["limit"] == 96 * MIB
    assert 0 < memory["usage"]["usage"] <= memory["usage"]["max"]
    assert memory["swap"]["usage"] >= memory["usage"]["usage"]
    assert set(memory["raw"]) == set(table(box, "memory.stat"))
    assert memory["cache"] == memory["raw"]["file"] >= 4 * MIB


def test_no_limit_is_the_largest_number(box):
    box.cfg.resources(memory={"reservation": MIB})
    box.up()
    data = stats(box)
    assert data["memory"]["usage"]["limit"] == data["memory"]["swap"]["limit"] == NO_LIMIT
    assert "limit" not in data["pids"]


def test_pressure_is_told_for_each_resource(box):
    box.up()
    data = stats(box)
    for part, name in (("cpu", "cpu"), ("memory", "memory"), ("blkio", "io")):
        if os.path.exists(f"{directory(box)}/{name}.pressure"):
            assert data[part]["psi"]["some"]["total"] <= int(read(box, f"{name}.pressure").split("total=")[1].split()[0])
        else:
            assert "psi" not in data[part]


def test_cpus_are_an_array(box):
    box.cfg.resources(cpu={"cpus": "0", "mems": "0"})
    box.up()
    assert stats(box)["cpuset"]["cpus"] == [0] and stats(box)["cpuset"]["mems"] == [0]


def test_what_devices_did_is_counted(box, host):
    place = f"/var/tmp/{host.tag}"
    os.mkdir(place)
    try:
        box.cfg.resources(blockIO={"weight": 100})
        box.cfg.bind(place, "/data", "rw")
        box.up("dd if=/dev/zero of=/data/f bs=64k count=16 conv=fsync 2>/dev/null; echo x >/tmp/done; " + FOREVER)
        eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/done"), "the payload has written", 60)
        entries = {e["op"]: e for e in stats(box)["blkio"]["ioServiceBytesRecursive"]}
        assert set(entries) >= {"Read", "Write"} and entries["Write"]["value"] >= MIB
    finally:
        shutil.rmtree(place)


def test_huge_pages_are_told_by_size(box):
    box.cfg.resources(hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MIB}])
    box.up()
    assert stats(box)["hugetlb"]["2MB"] == {"failcnt": 0}


def test_a_limit_that_was_met_is_a_failure_count(box):
    box.cfg.resources(memory={"limit": LIMIT})
    box.up("tail /dev/zero; echo $? >/status; " + FOREVER)
    assert eventually(lambda: box.read("/status"), "the payload was killed", 60) == "137\n"
    assert stats(box)["memory"]["usage"]["failcnt"] == table(box, "memory.events")["max"] > 0


def test_a_kill_in_a_cgroup_below_is_told_at_once(box):
    box.cfg.resources(memory={"reservation": MIB})
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["rw"])
    box.up("cd /sys/fs/cgroup; mkdir a b; echo 0 >a/cgroup.procs; echo +memory >cgroup.subtree_control; "
           f"echo {LIMIT} >b/memory.max; until [ -e /go ]; do sleep 0.1; done; "
           "sh -c 'echo 0 >b/cgroup.procs; exec tail /dev/zero'; echo $? >/status; exec sleep 1000")
    with Events(box, "--interval", "1h") as events:
        eventually(events.waits, "events watches", 60)
        box.write("/go")
        assert events.until("oom") == {"type": "oom", "id": box.id}
        assert eventually(lambda: box.read("/status"), "the payload has seen it", 60) == "137\n"
        box.kill("KILL").silent()
        assert events.all_types() == []
        events.ends()
