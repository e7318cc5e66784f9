# SPDX-License-Identifier: Apache-2.0
"""A state root that is full, without inodes, read-only or removed meanwhile: clear errors, and nothing is left."""
import contextlib
import os
import shutil

import pytest

from lib import kernel
from lib.box import FOREVER, eventually
from lib.runtime import Runtime

PAGE = 4096
BLOCKS = range(1, 16)                   # of a state root that is too small, and then big enough
INODES = range(1, 12)


@pytest.fixture
def place(host, tmp):
    """mounted(options): a file system for the state root."""
    @contextlib.contextmanager
    def mounted(options):
        path = tmp / "state"
        path.mkdir(exist_ok=True)
        kernel.mount("rundlet-test-state", str(path), "tmpfs", 0, f"mode=700,{options}")
        before, host.before = host.before, host.look()
        try:
            yield str(path)
        finally:
            host.before = before
            kernel.umount(str(path), kernel.MNT_DETACH)

    return mounted


def remount(path, flags, options=None):
    kernel.mount("none", path, None, kernel.MS_REMOUNT | flags, options)


def fill(path):
    """Leave no block free."""
    fd = os.open(f"{path}/a filler", os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while os.write(fd, bytes(PAGE)):
            pass
    os.close(fd)
    assert os.statvfs(path).f_bavail == 0


def life(box):
    """What of create and start fails first: the result, or None."""
    for result in (box.create(), box.start()):
        if result.rc:
            return result
    return None


@pytest.mark.parametrize("kind, numbers", [("size={}", [n * PAGE for n in BLOCKS]), ("nr_inodes={}", INODES)],
                         ids=["blocks", "inodes"])
def test_too_small(boxes, rt, host, place, kind, numbers):
    """Each size, until one is enough: nothing is left by those that are not."""
    box, failed = boxes(), 0
    box.cfg.shell(FOREVER).hook("poststop", "exit 0")       # a second file, config.json
    for number in numbers:
        with place(kind.format(number)) as root:
            box.rt = Runtime(rt.path, root)
            result = life(box)
            if result:
                failed += 1
                result.fails("No space left")
                assert os.listdir(root) == []
                host.assert_clean()
            box.rt("delete", "--force", box.id).silent()
            assert os.listdir(root) == []
            if not result:
                break
    box.rt = rt
    assert 0 < failed < len(numbers)


@pytest.fixture
def running(boxes, rt, place):
    """A running container in a state root of its own."""
    with place("size=1m,nr_inodes=100") as root:
        box = boxes(Runtime(rt.path, root))
        box.up()
        yield box
        with contextlib.suppress(OSError):
            remount(root, 0, "size=1m")
        box.rt("delete", "--force", box.id)
        box.rt = rt


def looks(box):
    assert box.status in ("running", "paused", "stopped")
    assert [one["id"] for one in box.rt("list", "-f", "json").json()] == [box.id]


def test_commands_when_it_is_full(running):
    """Only what writes needs room."""
    box = running
    fill(box.rt.root)
    looks(box)
    for command in (["pause", box.id], ["resume", box.id], ["update", "--pids-limit", "50", box.id]):
        box.rt(*command).silent()
    assert box.rt("exec", box.id, "/bin/echo", "in").ok().out == "in\n"
    assert len(box.rt("ps", "-f", "json", box.id).json()) >= 1
    box.kill("KILL").silent()
    box.wait()
    looks(box)
    box.delete().silent()


def test_start_when_it_is_full(boxes, rt, place, host):
    with place("size=1m") as root:
        box = boxes(Runtime(rt.path, root))
        box.cfg.shell(FOREVER)
        box.create().silent()
        fill(root)
        result = box.start()
        if result.rc:
            result.fails("No space left")
        box.delete("--force").silent()
        assert os.listdir(root) == ["a filler"]
        box.rt = rt
    host.assert_clean()


def test_create_when_it_is_read_only(boxes, rt, place, host):
    with place("size=1m") as root:
        box = boxes(Runtime(rt.path, root))
        remount(root, kernel.MS_RDONLY)
        box.create().fails("Read-only file system")
        assert box.rt("list", "-q").ok().out == ""
        box.rt("delete", "--force", box.id).silent()
        box.rt = rt
    host.assert_clean()


def test_commands_when_it_is_read_only(running):
    """The container can be looked at and ended; its state cannot be removed, which is said."""
    box = running
    remount(box.rt.root, kernel.MS_RDONLY)
    looks(box)
    box.rt("pause", box.id).silent()
    box.rt("resume", box.id).silent()
    box.kill("KILL").silent()
    box.wait()
    looks(box)
    box.delete("--force").fails("Read-only file system")
    remount(box.rt.root, 0)
    box.delete("--force").silent()
    assert os.listdir(box.rt.root) == []


@pytest.mark.parametrize("what", ["root", "container", "record"])
def test_it_is_removed_meanwhile(boxes, host, what):
    """Nobody knows the container any more, and the same id can be used by another."""
    box, other = boxes(), boxes()
    box.up()
    first = box.init
    path = {"root": host.root, "container": f"{host.root}/{box.id}", "record": f"{host.root}/{box.id}/state.json"}[what]
    shutil.rmtree(path) if what != "record" else os.unlink(path)
    for command in ("state", "start", "kill", "pause", "delete"):
        result = box.rt(command, box.id)
        result.fails(box.id, "has no record" if what == "record" else "does not exist")
    if what == "record":
        listed = box.rt("list", "-f", "json")
        assert listed.rc == 0 and "has no record" in listed.err, str(listed)
    else:
        assert box.rt("list", "-q").ok().out == ""
    box.delete("--force").silent()
    other.up()
    other.delete("--force").silent()
    os.kill(first, 9)
    box.wait()
    eventually(lambda: host.clear() or not host.leftovers(), "nothing is left")


def test_a_create_whose_state_root_is_removed(box, host):
    """By a hook, in the middle of it: it fails, and takes all back."""
    box.cfg.hook("createRuntime", f"rm -rf {host.root}")
    result = box.create()
    assert result.rc == 1, str(result)
    assert len(result.err.splitlines()) == 1, str(result)
    host.assert_clean()
