# SPDX-License-Identifier: Apache-2.0
"""
Many containers, many runs, and little memory for rundlet itself: all goes, and nothing adds up.

    RUNDLET_LOAD       containers at a time (default 60; the measure of the project: 1000)
    RUNDLET_LOAD_RUNS  one after another (default 60; the measure of the project: 10000)
"""
import os
import pathlib

import pytest

from lib import reliability
from lib.guest import IN_GUEST
from lib.host import own_children
from lib.sweep import again, cleaned, sees

AT_A_TIME = int(os.environ.get("RUNDLET_LOAD", 20 if IN_GUEST else 60))
RUNS = int(os.environ.get("RUNDLET_LOAD_RUNS", 20 if IN_GUEST else 60))
KIB = 1024
MEMORY = [n * KIB for n in (64, 128, 256, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 4096, 8192)]


def test_many_at_a_time(box, host):
    """One bundle, a cgroup for each."""
    ids = [f"{box.id}-{n}" for n in range(AT_A_TIME)]
    box.cfg.args("/bin/sleep", "100000")
    for one in ids:
        box.cfg.linux["cgroupsPath"] = f"{host.cgroup}/{one}"
        box.save().rt("create", "--bundle", box.dir, one).silent()
    assert {s["status"] for s in box.rt("list", "-f", "json").json()} == {"created"}
    for one in ids:
        box.rt("start", one).silent()
    listed = box.rt("list", "-f", "json").json()
    assert sorted(s["id"] for s in listed) == sorted(ids)
    assert {s["status"] for s in listed} == {"running"}
    for one in ids:
        box.rt("delete", "--force", one).silent()
    assert box.rt("list", "-q").ok().out == ""
    host.assert_clean()
    reliability.note("load", "created, started, listed, deleted", containers=AT_A_TIME, result="nothing left")


def counts(host):
    """What would add up: of ours alone, others use the host as well."""
    return {"cgroups": len(host.cgroups()), "mounts": len(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()),
            "descriptors": len(os.listdir("/proc/self/fd")), "children": len(own_children()),
            "files": len(os.listdir(host.root)) if os.path.exists(host.root) else 0}


def kernel_counts():
    """Of the whole host: of use when nobody else works there."""
    cgroups = [line.split() for line in pathlib.Path("/proc/cgroups").read_text().splitlines()[1:]]
    return {"cgroups": sum(int(line[2]) for line in cgroups),
            "open files": int(pathlib.Path("/proc/sys/fs/file-nr").read_text().split()[0]),
            "keys": int(pathlib.Path("/proc/key-users").read_text().split("0:", 1)[1].split()[1].split("/")[0])}


def test_many_one_after_another(box, host):
    box.sh("exit 0")
    before, kernel = counts(host), kernel_counts()
    for _ in range(RUNS):
        box.rt("run", "--bundle", box.dir, box.id).silent()
    assert counts(host) == before
    grown = ", ".join(f"{name} {kernel[name]} -> {now}" for name, now in kernel_counts().items())
    reliability.note("load", "run, one after another", containers=RUNS,
                     result=f"own cgroups, mounts, descriptors, processes, files as before; of the host: {grown}")


@pytest.fixture
def small(host):
    """limit(bytes): a cgroup for rundlet itself, that it is put into before it is executed."""
    top = f"/sys/fs/cgroup/memory{host.cgroup}"
    if host.is_v2 or not os.path.isdir(top):
        pytest.skip("the memory of rundlet itself is limited by cgroup v1")
    path = f"{top}/small"
    os.mkdir(path)
    before, host.before = host.before, host.look()

    def limit(size):
        pathlib.Path(f"{path}/memory.limit_in_bytes").write_text(str(size))
        return lambda: pathlib.Path(f"{path}/cgroup.procs").write_text(str(os.getpid()))

    yield limit
    host.before = before
    os.rmdir(path)


@pytest.mark.parametrize("command", ["create", "run"])
def test_out_of_memory_itself(box, small, command):
    """Killed or refused: as after any death, one delete --force leaves nothing."""
    bad, ended = [], 0
    for size in MEMORY:
        box.cfg.shell("exit 0")
        enter = small(size)
        result = box.save().rt(command, "--bundle", box.dir, box.id, preexec_fn=enter)
        assert isinstance(result.rc, int), f"{size}: {result}"
        ended += result.rc != 0
        bad += [f"{size}, rc {result.rc}: {thing}" for thing in [*sees(box), *cleaned(box), *again(box)]]
    assert not bad, f"{len(bad)} things:\n" + "\n".join(bad[:20])
    assert ended, "no size was too small"
    reliability.note("load", f"{command} with {MEMORY[0] // KIB} KiB and more for itself", containers=len(MEMORY),
                     result=f"{ended} were killed or refused, nothing left")
