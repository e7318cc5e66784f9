# SPDX-License-Identifier: Apache-2.0
"""Mounts that are added to a container whose processes do what they can against it."""
import json
import os
import shutil

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
