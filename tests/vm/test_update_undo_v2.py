# SPDX-License-Identifier: Apache-2.0
"""update on pure cgroup v2: what a failed one takes back, and what it must not do before it can fail."""
import json
import pathlib
import subprocess

from lib.box import FOREVER, eventually

MIB = 1 << 20
FILES = ["memory.max", "memory.swap.max", "memory.high", "pids.max", "cpu.weight", "cpu.max", "cpu.idle", "cpuset.cpus",
         "cpuset.mems", "io.max"]


def read(box, name):
    path = pathlib.Path("/sys/fs/cgroup" + box.cfg.linux["cgroupsPath"]) / name
    return path.read_text().strip() if path.exists() else None


def values(box):
    return {name: read(box, name) for name in FILES}


def update(box, resources):
    with subprocess.Popen(["echo", json.dumps(resources)], stdout=subprocess.PIPE) as text:
        return box.rt("update", "-r", "-", box.id, stdin=text.stdout)


def test_a_limit_that_kills_is_written_last(box):
    """busybox's tail keeps what it reads. A limit of memory below that cannot be taken back."""
    box.cfg.resources(memory={"limit": 100 * MIB, "swap": 100 * MIB}, pids={"limit": 50})
    box.up("head -c 20000000 /dev/zero | (cat; " + FOREVER + ") | tail -c 20000000")
    eventually(lambda: int(read(box, "memory.current")) > 20000000, "memory is in use")
    before = values(box)
    box.rt("update", "--memory", "1M", "--memory-swap", "1M", "--pids-limit", "99999999999999999", box.id).fails(
        "pids.limit")
    update(box, {"unified": {"memory.max": "1000000", "pids.max": "much"}}).fails("pids.max")
    assert values(box) == before
    assert "oom_kill 0" in read(box, "memory.events").splitlines()
    assert box.status == "running"


def test_weights_are_taken_back_with_idle(box):
    box.cfg.resources(cpu={"shares": 512, "cpus": "0"})
    box.create().silent()
    before = values(box)
    box.rt("update", "--cpu-idle", "1", "--cpuset-cpus", "500", box.id).fails("cpu.cpus")
    assert values(box) == before


def test_lines_of_a_disk_are_taken_back(box):
    number = pathlib.Path(sorted(pathlib.Path("/sys/block").iterdir())[-1] / "dev").read_text().strip()
    major, minor = map(int, number.split(":"))
    bad = {"throttleWriteIOPSDevice": [{"major": 4000, "minor": 0, "rate": 5}]}
    box.cfg.resources(unified={"io.weight": "100"})
    box.create().silent()

    def rate(value):
        return {"throttleReadBpsDevice": [{"major": major, "minor": minor, "rate": value}]}

    update(box, {"blockIO": {**rate(MIB), **bad}}).fails("throttleWriteIOPSDevice[0]")
    assert read(box, "io.max") == ""
    update(box, {"blockIO": rate(MIB)}).silent()
    update(box, {"blockIO": {**rate(5), **bad}}).fails("throttleWriteIOPSDevice[0]")
    assert read(box, "io.max") == f"{number} rbps={MIB} wbps=max riops=max wiops=max"


def test_controllers_are_enabled_when_they_are_needed(box, host):
    """Whether create enables all of them or not; a failure leaves them as they were."""
    box.cfg.linux["cgroupsPath"] = f"{host.cgroup}/x/{box.id}"
    box.create().silent()
    above = pathlib.Path(f"/sys/fs/cgroup{host.cgroup}/x/cgroup.subtree_control")
    before = above.read_text()
    box.rt("update", "--pids-limit", "5", "--cpuset-cpus", "500", box.id).fails("cpu.cpus")
    assert above.read_text() == before
    box.rt("update", "--pids-limit", "5", "--memory", "64M", box.id).silent()
    assert (read(box, "pids.max"), read(box, "memory.max")) == ("5", str(64 * MIB))
