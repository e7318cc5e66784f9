# SPDX-License-Identifier: Apache-2.0
"""Mounts that are added to a container whose processes do what they can against it."""
import contextlib
import json
import os
import shutil
import signal
import subprocess

import pytest

from lib.box import FOREVER, eventually, ns_inode
from lib.mountinfo import Mount
from lib.runtime import Runtime

# What is at /data/swap changes all the time; the directory /data/swap is a place for a mount.
SWAP = """
while :; do
    mkdir /data/swap; rmdir /data/swap
    for to in / /proc/tty /proc /sys ../../../../../../tmp /data/loop; do
        ln -s $to /data/swap; rm /data/swap
    done
done 2>/dev/null
"""


def tmpfs(destination, *options):
    return {"destination": destination, "type": "tmpfs", "source": "swapped", "options": list(options)}


def inside(box):
    return [(m.point, m.source) for m in map(Mount, box.proc("mountinfo").splitlines())]


@pytest.fixture
def live(box, tmp):
    def call(verb, mounts):
        (tmp / "mounts.json").write_text(json.dumps(mounts))
        return box.rt("mounts", verb, box.id, tmp / "mounts.json")
    return call


@pytest.mark.parametrize("user", [False, True], ids=["", "user namespace"])
def test_a_destination_that_is_swapped(box, live, tmp, user):
    """It lands in the container, on neither its root nor its /proc, or all is as it was."""
    if user:
        box.cfg.user_namespace()
        for path in (box.rootfs, f"{box.rootfs}/data"):
            os.chown(path, 100000, 100000)
    box.up(SWAP)
    before, added = inside(box), 0
    for _ in range(60):
        result = live("add", [tmpfs("/home"), tmpfs("/data/swap"), tmpfs("/root")])
        now = inside(box)[len(before):] if result.rc == 0 else []
        assert inside(box)[:len(before)] == before
        assert len(inside(box)) == len(before) + (3 if result.rc == 0 else 0), str(result)
        for point, _ in sorted(now, reverse=True):
            assert point != "/" and not point.startswith("/proc"), point
            live("remove", [{"destination": point}]).silent()
        added += len(now) > 0
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        assert "swapped" not in f.read()
    print(f"{added} of 60 were added")


def test_a_process_that_left_for_a_user_namespace_of_its_own_gets_nothing(box, live, tmp):
    """There it could make a read-only mount writable, without any capability in the container."""
    box.up("exec unshare -U -m sleep 1000")
    outside = ns_inode("user")
    eventually(lambda: ns_inode("user", box.pid) != outside, "the process enters its user namespace")
    before = box.proc("mountinfo")
    live("add", [{"destination": "/data", "type": "bind", "source": str(tmp), "options": ["bind", "ro"]}]).fails(
        "left the namespaces that were made for it")
    assert box.proc("mountinfo") == before


def test_one_that_left_a_user_namespace_for_another_gets_nothing(box, live, tmp):
    box.cfg.user_namespace()
    box.up("until [ -e /data/go ]; do usleep 1000; done; exec unshare -U -m sleep 1000")
    first = ns_inode("user", box.pid)
    box.write("data/go", "go")
    eventually(lambda: ns_inode("user", box.pid) != first, "the process enters its user namespace")
    live("add", [tmpfs("/data")]).fails("left the namespaces that were made for it")


def test_what_lies_on_top_of_a_mount_is_taken_off_with_it(box, live):
    """A process that may mount puts its own on top, before the list fails: ours goes all the same."""
    for names in box.cfg.process["capabilities"].values():
        names.append("CAP_SYS_ADMIN")
    box.up("for i in $(seq 3000); do mount -t tmpfs over /home; done; " + FOREVER)
    eventually(lambda: ("/home", "over") in inside(box), "the process mounts")
    for _ in range(10):
        live("add", [tmpfs("/home"), tmpfs("/bin/busybox")]).fails("mounts[1]")
        assert ("/home", "swapped") not in inside(box)


def state_of(pid):
    """The letter of the process's state, or "" when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            return f.read().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def children_of(pid):
    with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as f:
        return [int(word) for word in f.read().split()]
    return []


@contextlib.contextmanager
def stopped_at(box, tmp, call, verb, mounts, in_stub=False):
    """`mounts` stopped after a system call of its own, or of the stub: gives the pids of both (0: none yet)."""
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    name, _, when = call.partition(":")
    (tmp / "mounts.json").write_text(json.dumps(mounts))
    argv = ["strace", "-qq", *(["-f"] if in_stub else []), "-o", tmp / "trace", "-e", f"trace={name}",
            "-e", f"inject={name}:signal=STOP:when={when or 1}",
            box.rt.path, "--root", box.rt.root, "mounts", verb, box.id, tmp / "mounts.json"]
    with open(tmp / "said", "w", encoding="utf-8") as said:
        child = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    box.host.keep.add(child.pid)

    def look():
        if not (tmp / "trace").exists() or "stopped by SIGSTOP" not in (tmp / "trace").read_text():
            return None
        host, = children_of(child.pid)
        return host, *(children_of(host) if in_stub else [0])

    try:
        yield child, *eventually(look, f"{call} stops it")
    finally:
        for pid in [stub for host in children_of(child.pid) for stub in children_of(host)] + children_of(child.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        child.wait()
        box.host.keep.discard(child.pid)


@pytest.mark.parametrize("what, userns", [("-m", False), ("-U -m", False), ("-U", True)], ids=["mount", "both", "user"])
def test_a_process_that_leaves_after_it_was_looked_at_gets_nothing(box, tmp, what, userns):
    """The stub compares the numbers of the namespaces with those that the plan was made for."""
    if userns:
        box.cfg.user_namespace()
    for names in box.cfg.process["capabilities"].values():
        names.append("CAP_SYS_ADMIN")
    box.up(f"until [ -e /data/go ]; do usleep 1000; done; exec unshare {what} sleep 1000")
    kinds = [{"-m": "mnt", "-U": "user"}[word] for word in what.split()]
    first = [ns_inode(kind, box.pid) for kind in kinds]
    with stopped_at(box, tmp, "memfd_create", "add", [tmpfs("/home")]) as (child, host, _):
        box.write("data/go", "go")
        eventually(lambda: all(ns_inode(k, box.pid) != n for k, n in zip(kinds, first)), "it leaves")
        before = box.proc("mountinfo")
        os.kill(host, signal.SIGCONT)
        assert child.wait(20) == 1
    assert "enter the namespaces of the container" in (tmp / "said").read_text()
    assert box.proc("mountinfo") == before


@pytest.mark.parametrize("verb", ["add", "remove"])
def test_a_command_that_is_killed_while_its_stub_is_half_done_does_all_the_same(box, tmp, verb):
    """The stub does not die with the command: no half of the list."""
    box.up()
    mounts = [tmpfs(f"/data/{i}") for i in range(6)]
    before = len(inside(box))
    if verb == "remove":
        (tmp / "list").write_text(json.dumps(mounts))
        box.rt("mounts", "add", box.id, tmp / "list").silent()
    with stopped_at(box, tmp, "move_mount:3" if verb == "add" else "umount2:3", verb, mounts, True) as (child, host, stub):
        assert len(inside(box)) - before == 3
        os.kill(host, signal.SIGKILL)
        eventually(lambda: state_of(host) in ("", "Z"), "the command ends")
        with contextlib.suppress(ProcessLookupError):       # it died with the command
            os.kill(stub, signal.SIGCONT)
        child.wait(20)
        eventually(lambda: state_of(stub) in ("", "Z"), "its process ends")
        box.host.children()
    assert len(inside(box)) - before == (6 if verb == "add" else 0)


def test_a_command_that_is_killed_mounts_all_or_nothing(box, host, tmp):
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    box.up()
    (tmp / "list").write_text(json.dumps([tmpfs(f"/data/{i}") for i in range(100)]))
    before = len(inside(box))
    killer = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=recvmsg", "-e", "inject=recvmsg:signal=KILL:when=1"]
    result = Runtime(box.rt.path, box.rt.root, killer)("mounts", "add", box.id, tmp / "list")
    assert result.rc not in (0, 1), f"mounts does not wait for its process by recvmsg any more: {result}"
    eventually(lambda: host.children() == {box.init}, "its process ends")
    assert len(inside(box)) - before in (0, 100)
    box.rt("mounts", "add", box.id, tmp / "list").silent()
