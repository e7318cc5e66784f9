# SPDX-License-Identifier: Apache-2.0
"""events: what a container uses, and when its memory runs out (cgroup v1 on this host)."""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from lib.box import FOREVER, eventually
from lib.events import Events, check_shape
from lib.paths import FAULTS
from lib.runtime import Runtime

MIB = 1 << 20
LIMIT = 16 * MIB
# Waits for a file, then keeps all that it reads.
GREEDY = "until [ -e /go ]; do sleep 0.02; done; exec tail /dev/zero"
NOT_SOON = ["--interval", "1h"]


@pytest.fixture
def v1(host):
    if not os.path.isdir("/sys/fs/cgroup/memory"):
        pytest.skip("these numbers are those of cgroup v1")


@pytest.fixture
def memory(host):
    if not any(name.startswith("memory.") for top in host.hierarchies() for name in os.listdir(top + host.cgroup)):
        pytest.skip("no memory controller on this host")


def stats(box):
    """The data of `events --stats`, whose shape is right."""
    result = box.rt("events", "--stats", box.id).ok()
    assert result.out.count("\n") == 1
    return check_shape(result.out, box.id)


# --stats

def test_stats_have_the_shape_of_runc_and_the_numbers_of_the_kernel(box, v1):
    box.cfg.resources(memory={"limit": 64 * MIB}, pids={"limit": 20})
    box.up("sleep 1000 & sleep 1000 & i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo x >/tmp/done; wait")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/done"), "the payload is busy")
    data = stats(box)
    cpu = data["cpu"]["usage"]
    assert cpu["total"] > 1000000 and sum(cpu["percpu"]) <= int(box.limit("cpuacct", "cpuacct.usage"))
    assert len(cpu["percpu"]) == len(cpu["percpu_user"]) == len(cpu["percpu_kernel"])
    assert data["pids"] == {"current": 3, "limit": 20}
    assert data["memory"]["usage"]["limit"] == 64 * MIB
    assert 0 < data["memory"]["usage"]["usage"] <= data["memory"]["usage"]["max"] <= 64 * MIB
    stat = dict(line.split() for line in box.limit("memory", "memory.stat").splitlines())
    assert set(data["memory"]["raw"]) == set(stat)
    assert data["memory"]["raw"]["hierarchical_memory_limit"] == 64 * MIB


def test_without_limits_the_numbers_are_those_of_the_files(box, v1):
    box.up()
    data = stats(box)
    assert data["memory"]["usage"]["limit"] == int(box.limit("memory", "memory.limit_in_bytes"))
    assert "limit" not in data["pids"]


def test_lists_are_arrays_of_numbers(box, v1):
    box.cfg.resources(cpu={"cpus": "0", "mems": "0"})
    box.up()
    cpuset = stats(box)["cpuset"]
    assert cpuset["cpus"] == [0] and cpuset["mems"] == [0]


def test_what_devices_did_is_counted(box, host, v1):
    place = f"/var/tmp/{host.tag}"
    os.mkdir(place)
    try:
        box.cfg.bind(place, "/data", "rw")
        box.up("dd if=/dev/zero of=/data/f bs=64k count=16 conv=fsync 2>/dev/null; echo x >/tmp/done; " + FOREVER)
        eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/done"), "the payload has written")
        blkio = stats(box)["blkio"]
    finally:
        shutil.rmtree(place)
    if "ioServiceBytesRecursive" not in blkio:
        pytest.skip("the file system of this host is on no block device that counts")
    written = [e for e in blkio["ioServiceBytesRecursive"] if e["op"] == "Write"]
    assert sum(e.get("value", 0) for e in written) >= MIB and "major" in written[0]
    assert {e["op"] for e in blkio["ioServicedRecursive"]} >= {"Read", "Write"}


def test_a_created_and_a_paused_container_have_statistics(box, v1):
    box.cfg.shell(FOREVER)
    box.create().silent()
    assert stats(box)["pids"]["current"] == 1
    box.start().silent()
    with open(f"{box.cgroup_dir('freezer')}/freezer.state", "w") as f:
        f.write("FROZEN")
    eventually(lambda: box.status == "paused", "the container is frozen")
    try:
        assert stats(box)["pids"]["current"] >= 1
    finally:
        with open(f"{box.cgroup_dir('freezer')}/freezer.state", "w") as f:
            f.write("THAWED")


def test_a_container_that_is_not_running_has_none(box):
    box.rt("events", "--stats", box.id).fails(box.id, "does not exist")
    box.up()
    box.kill("KILL").silent()
    box.wait()
    for options in (["--stats"], NOT_SOON):
        box.rt("events", *options, box.id).fails(f"container with id {box.id} is not running")


def test_a_container_without_a_cgroup_has_none(box):
    box.cfg.shell(FOREVER)
    del box.cfg.linux["cgroupsPath"]
    box.rt("--cgroup-manager", "disabled", "create", "--bundle", box.save().dir, box.id).silent()
    for options in (["--stats"], NOT_SOON):
        box.rt("events", *options, box.id).fails(box.id, "has no cgroup")


def test_a_record_that_names_no_cgroup_is_refused(box):
    box.up()
    path = f"{box.rt.root}/{box.id}/state.json"
    with open(path) as f:
        good = f.read()
    record = json.loads(good)
    record["cgroups"][0] = {"path": "/tmp", "stop": "/tmp"}
    with open(path, "w") as f:
        json.dump(record, f)
    box.rt("events", "--stats", box.id).fails("/tmp", "no cgroup")
    with open(path, "w") as f:
        f.write(good)


def test_cache_and_memory_bandwidth_are_those_of_the_group(boxes, host):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    fs = host.resctrl
    box = boxes(fs.runtime(host.root))
    box.cfg.linux["intelRdt"] = {"schemata": ["L3:0=f;1=f", "MB:0=20;1=20"]}
    box.up()
    try:
        line = box.rt("events", "--stats", box.id).ok().out
        schemas = {"l3_cache_schema": "L3:0=f;1=f", "mem_bw_schema": "MB:0=20;1=20"}
        check_shape(line, box.id, schemas)
        for cache, occupancy, total in (("01", "7", "Unavailable"), ("00", "4096", "30")):
            fs.write(f"{box.id}/mon_data/mon_L3_{cache}/llc_occupancy", occupancy)
            fs.write(f"{box.id}/mon_data/mon_L3_{cache}/mbm_total_bytes", total)
        line = box.rt("events", "--stats", box.id).ok().out
        check_shape(line, box.id, {**schemas, "mbm_stats": [{"mbm_total_bytes": 30}, {}],
                                   "cmt_stats": [{"llc_occupancy": 4096}, {"llc_occupancy": 7}]})
        shutil.rmtree(f"{fs.path}/{box.id}")
        check_shape(box.rt("events", "--stats", box.id).ok().out, box.id)
        box.end().silent()
    finally:
        fs.reset()


# other hosts

def test_cgroup_v2_alone(boxes, host, views, v1):
    """Of the controllers only hugetlb is there, and what every cgroup of v2 counts."""
    if not os.path.isdir("/sys/fs/cgroup/unified"):
        pytest.skip("no v2 hierarchy beside those of v1")
    box = boxes(Runtime(boxes().rt.path, host.root, views("v2").prefix))
    box.up("sleep 1000 & wait")
    data = stats(box)
    assert data["cpu"]["usage"]["total"] > 0 and "percpu" not in data["cpu"]["usage"]
    assert eventually(lambda: stats(box)["pids"] == {"current": 2}, "two processes are counted")
    assert data["memory"]["usage"] == {"limit": 0, "failcnt": 0}
    sizes = {name.split(".")[1] for name in os.listdir(f"/sys/fs/cgroup/unified{box.cfg.linux['cgroupsPath']}")
             if name.startswith("hugetlb.")}
    assert set(data["hugetlb"]) == sizes
    with Events(box, "--interval", "20ms") as events:
        events.until("stats")
        box.kill("KILL").silent()
        assert set(events.all_types()) <= {"stats"}
        assert events.child.wait(60) == 0
        assert b"no memory controller" in events.child.stderr.read()


def test_cgroup_v1_alone(boxes, host, views, v1):
    box = boxes(Runtime(boxes().rt.path, host.root, views("v1").prefix))
    box.up()
    data = stats(box)
    assert data["pids"]["current"] >= 1 and "psi" not in data["cpu"] and data["memory"]["raw"]


@pytest.mark.parametrize("view", ["host", "v2"])
def test_runc_says_the_same(boxes, host, views, view):
    """The members that both print are of one type, and of one value where that does not change."""
    if not shutil.which("runc"):
        pytest.skip("no runc on this host")
    prefix = views(view).prefix if view != "host" else []
    mine = boxes(Runtime(boxes().rt.path, host.root, prefix))
    other = boxes(Runtime(shutil.which("runc"), f"{host.dir}/runc", prefix))
    found = []
    for box in (mine, other):
        if view == "host":
            box.cfg.resources(memory={"limit": 64 * MIB}, pids={"limit": 20})
        box.up("exec sleep 1000")
        # Go on when the payload runs: runc's own program is no longer there.
        eventually(lambda b=box: b.proc("comm") == "sleep\n", "the payload runs")
        found.append(json.loads(box.rt("events", "--stats", box.id).ok().out)["data"])
        box.kill("KILL").silent()
        eventually(lambda b=box: b.status == "stopped", "the container has stopped")
        box.wait()
        box.delete().silent()
    compare(*found, "")


def compare(mine, other, path):
    assert type(mine) is type(other), f"{path}: {mine} and {other}"
    if isinstance(other, dict):
        missing = {key for key, value in other.items() if key not in mine and value not in (0, {}, [])}
        if path == ".blkio":                    # the one has read its program from a disk, the other not
            missing = set()
        # What the one has used and the other has not.
        assert missing <= {"cache", "max", "usage", "periods", "throttledPeriods", "throttledTime"}, \
            f"{path}: {missing}"
        for key in set(mine) & set(other):
            compare(mine[key], other[key], f"{path}.{key}")
    elif path.endswith((".limit", ".failcnt", ".current")) or path.startswith(".cpuset"):
        assert mine == other, path


# deleted meanwhile

# Makes the file of an `events`, again when it is removed, as three of them would.
THREE_EVENTS = """
import os, sys
d = os.open(sys.argv[1], os.O_RDONLY)
for n in range(3):
    while True:
        try:
            os.close(os.open("oom", os.O_CREAT | os.O_EXCL, dir_fd=d))
            break
        except FileExistsError:
            pass
    print("made", flush=True)
"""


def test_an_events_that_begins_does_not_hinder_a_delete(box):
    """Its file comes between the removal of all files and that of the directory."""
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    box.up()
    slow = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=unlinkat", "-e", "inject=unlinkat:delay_exit=20000"]
    with subprocess.Popen([sys.executable, "-c", THREE_EVENTS, f"{box.rt.root}/{box.id}"],
                          stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout.readline() == "made\n"
            Runtime(box.rt.path, box.rt.root, slow)("delete", "--force", box.id).silent()
            assert other.stdout.read() == "made\nmade\n"
        finally:
            other.kill()


# again and again

def test_statistics_come_at_intervals_until_the_container_stops(box):
    box.up()
    with Events(box, "--interval=10ms") as events:
        for _ in range(3):
            line = events.line()
            assert check_shape(json.dumps(line), box.id)["pids"]["current"] >= 1
        box.kill("KILL").silent()
        assert set(events.all_types()) <= {"stats"}
        events.ends()
    box.wait()


def test_it_sleeps_between_events(box):
    box.up()

    def wakeups(pid):
        with open(f"/proc/{pid}/status") as f:
            return next(line for line in f if line.startswith("voluntary"))

    def is_idle(pid):
        before = wakeups(pid)
        time.sleep(0.1)
        return wakeups(pid) == before

    with Events(box, *NOT_SOON) as events:
        eventually(lambda: is_idle(events.child.pid), "it waits")
        events.child.send_signal(signal.SIGTERM)
        events.ends(-signal.SIGTERM)


def test_no_lock_is_held(box):
    box.up()
    with Events(box, "--interval", "10ms") as events:
        events.until("stats")
        box.delete("--force").silent()
        events.all_types()
        events.ends()


@pytest.mark.parametrize("ignored", [False, True], ids=["SIGPIPE", "EPIPE"])
@pytest.mark.parametrize("interval", ["10ms", "1h"])
def test_a_reader_that_leaves_ends_it_quietly(box, interval, ignored):
    box.up()
    # What Python ignores, its children ignore with restore_signals=False.
    with Events(box, "--interval", interval, restore_signals=not ignored) as events:
        events.child.stdout.close()
        status = events.child.wait(60)
        assert status in ((141,) if ignored else (141, -signal.SIGPIPE))
        assert events.child.stderr.read() == b""


@pytest.mark.parametrize("interval", ["0", "0s", "-5s", "5x", "", "999us", "1e3s", "9999999999h"])
def test_an_interval_that_cannot_be_is_refused(box, interval):
    box.rt("events", f"--interval={interval}", box.id).fails("--interval")


# memory that runs out

def begin_greedy(box):
    """run in the background, until its payload runs; the thread, and where its result comes."""
    box.cfg.resources(memory={"limit": LIMIT})
    box.cfg.shell(GREEDY)
    results = []
    thread = threading.Thread(target=lambda: results.append(box.run(timeout=60)))
    thread.start()
    eventually(lambda: box.rt("state", box.id).rc == 0 and box.status == "running", "the payload runs", 60)
    return thread, results


@pytest.mark.parametrize("attempt", range(3))
def test_a_container_without_memory_is_killed_and_that_is_told(box, attempt, memory):
    """The run deletes the container at once: the event is told all the same."""
    thread, results = begin_greedy(box)
    with Events(box, "--interval", "50ms") as events:
        events.until("stats")
        box.write("/go")
        assert events.until("oom") == {"type": "oom", "id": box.id}
        assert "oom" not in events.all_types()
        events.ends()
    thread.join()
    assert results[0].rc == 137, str(results[0])


def test_an_end_is_told_by_an_events_that_wakes_too_late(box, memory):
    """When it looks, the container is deleted and its cgroup is gone."""
    thread, results = begin_greedy(box)
    with Events(box, *NOT_SOON) as events:
        eventually(events.waits, "events watches")
        events.child.send_signal(signal.SIGSTOP)
        box.write("/go")
        thread.join()
        assert results[0].rc == 137, str(results[0])
        events.child.send_signal(signal.SIGCONT)
        assert events.all_types() == ["oom"]
        events.ends()


def test_an_end_without_lack_of_memory_is_none_whenever_it_is_seen(box, memory):
    thread, results = begin_greedy(box)
    with Events(box, *NOT_SOON) as events:
        eventually(events.waits, "events watches")
        events.child.send_signal(signal.SIGSTOP)
        box.kill("KILL").silent()
        thread.join()
        assert results[0].rc == 137, str(results[0])
        events.child.send_signal(signal.SIGCONT)
        assert events.all_types() == []
        events.ends()


def test_the_end_of_another_process_is_told_at_once(box, memory):
    box.cfg.resources(memory={"limit": LIMIT})
    box.up("until [ -e /go ]; do sleep 0.02; done; tail /dev/zero; echo $? >/status; " + FOREVER)
    with Events(box, *NOT_SOON) as events:
        eventually(events.waits, "events watches")
        box.write("/go")
        assert events.until("oom") == {"type": "oom", "id": box.id}
        assert eventually(lambda: box.read("/status"), "the payload has seen it") == "137\n"
        assert stats(box)["memory"]["usage"]["failcnt"] > 0
        box.kill("KILL").silent()
        assert events.all_types() == []
        events.ends()


def test_a_kill_in_a_cgroup_below_is_told(box, v1):
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["rw"])
    box.up(f"d=/sys/fs/cgroup/memory/below; mkdir $d; echo {LIMIT} >$d/memory.limit_in_bytes; "
           "until [ -e /go ]; do sleep 0.02; done; "
           "sh -c \"echo 0 >$d/cgroup.procs; exec tail /dev/zero\"; " + FOREVER)
    with Events(box, "--interval", "50ms") as events:
        events.until("stats")
        box.write("/go")
        events.until("oom")
        events.child.terminate()


def test_a_kill_before_is_no_news(box, memory):
    box.cfg.resources(memory={"limit": LIMIT})
    box.up("tail /dev/zero; echo $? >/status; " + FOREVER)
    eventually(lambda: box.read("/status"), "the payload was killed")
    with Events(box, "--interval", "10ms") as events:
        for _ in range(3):
            assert events.line()["type"] == "stats"
        box.kill("KILL").silent()
        assert "oom" not in events.all_types()
        events.ends()
