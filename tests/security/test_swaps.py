# SPDX-License-Identifier: Apache-2.0
"""
Published attacks on the file tree that are races: while a container is made, something exchanges two
names in its rootfs all the time. The containers that start must be whole, and the canary outside of the
rootfs must stay as it was.

    RUNDLET_SWAP_ROUNDS  containers of each test, all its cases together, in all variants (2000 is the long
                         form; default: 3 of each case, in variants that have each pair of flags)
"""
import collections
import contextlib
import os
import threading

import pytest

from lib import kernel, reliability, variants
from lib.canary import Swapper
from lib.host import make_dev
from lib.terminal import ConsoleSocket

attack = pytest.mark.attack

LONG = int(os.environ.get("RUNDLET_SWAP_ROUNDS", 0))
made = collections.Counter()


@pytest.fixture(params=variants.ALL if LONG else variants.PAIRS)
def variant(request, box):
    return variants.apply(request.param, box)


@pytest.fixture
def rounds(request):
    """Yields once for each container that is to be made, and notes at the end that all were survived."""
    test = request.node.originalname
    count = -(-LONG // sum(getattr(item, "originalname", None) == test for item in request.session.items)) or 3

    def each():
        yield from range(count)
        made[test] += count
        reliability.note("swaps", test.removeprefix("test_").replace("_", " "), containers=made[test])
    return each()


def race(box, canary, options, rounds, attack, expected):
    """Make containers during the attack, and start those that were made: all say what is expected. What
    they must not leave on the host is looked for at the end of every test (conftest.py)."""
    canary.guard(box)
    box.save()
    for _ in rounds:
        with attack():
            created = box.rt("create", "--bundle", box.dir, "--pid-file", f"{box.dir}/pid", *options, box.id)
        if created.rc == 0:
            with open(f"{box.dir}/pid") as f:
                box.init = int(f.read())
            box.start().silent()
            box.wait()
            assert created.out == expected, str(created)
        else:
            assert created.rc == 1 and created.err, str(created)
        box.delete("--force").silent()
        canary.assert_unharmed()


def swap_in(box, one, other):
    """An attack that exchanges two names of the rootfs."""
    return lambda: Swapper(f"{box.rootfs}/{one}", f"{box.rootfs}/{other}")


def without_dev(box):
    """The box with a /dev of the image, which is whole."""
    box.cfg.no_mount("/dev", "/dev/pts", "/dev/shm")
    make_dev(f"{box.rootfs}/dev")


# CVE-2019-19921: masks, read-only paths and kernel parameters of a /proc that is another one soon

PROC = """
for d in /proc /other; do
	[ -e $d/self/stat ] || continue
	[ -z "$(head -c 1 $d/version)" ] || echo $d has no mask
	(echo 1 > $d/sys/net/ipv4/ip_default_ttl) 2>/dev/null && echo $d can be written
	[ "$(cat $d/sys/net/ipv4/ip_forward)" = 1 ] || echo $d has not the value
done
echo end
"""
SYS = """
for d in /sys /other; do
	[ -e $d/kernel/uevent_seqnum ] || continue
	[ -z "$(ls $d/kernel)" ] || echo $d has no mask
done
echo end
"""


@attack("S6")
@pytest.mark.parametrize("place, script, other", [
    ("proc", PROC, "link to the root"), ("proc", PROC, "link out"), ("proc", PROC, "directory"),
    ("sys", SYS, "directory")],
    ids=["proc, link to the root", "proc, link out", "proc, directory", "sys, directory"])
def test_cve_2019_19921_what_is_hidden_of_a_system_directory_is_hidden(
        box, canary, variant, rounds, place, script, other):
    if other == "directory":
        os.mkdir(f"{box.rootfs}/other")
    else:
        os.symlink("/" if other == "link to the root" else canary.dir, f"{box.rootfs}/other")
    box.cfg.linux.update(maskedPaths=["/proc/version", "/sys/kernel"], readonlyPaths=["/proc/sys"],
                         sysctl={"net.ipv4.ip_forward": "1"})
    box.cfg.shell(script)
    race(box, canary, variant, rounds, swap_in(box, place, "other"), "end\n")


# CVE-2021-30465, CVE-2024-45310: the destination of a mount, there or to be made

@pytest.fixture
def volume(box, canary, tmp):
    """/data/a is a directory, /data/b leads to the canary."""
    (tmp / "source").mkdir()
    (tmp / "source/file").write_text("text")
    for name in ("etc", "sub"):
        os.makedirs(f"{box.rootfs}/data/a/{name}")
    os.symlink(canary.dir, f"{box.rootfs}/data/b")
    return tmp / "source"


@attack("S7")
def test_cve_2021_30465_a_mount_stays_in_the_rootfs(box, canary, variant, rounds, volume):
    box.cfg.mount("/data/a/etc", "tmpfs", "tmpfs").bind(volume, "/data/a/sub").bind(volume / "file", "/data/a/marker")
    box.write("/data/a/marker")
    box.cfg.shell("true")               # the mounts lie where /data/a led to: in the rootfs
    race(box, canary, variant, rounds, swap_in(box, "data/a", "data/b"), "")


@attack("S14")
def test_cve_2024_45310_a_destination_is_made_in_the_rootfs(box, canary, variant, rounds, volume):
    box.cfg.mount("/data/a/new/dir", "tmpfs", "tmpfs").bind(volume / "file", "/data/a/file")
    box.cfg.bind(volume, "/data/a/sub/b/c")
    box.cfg.shell("true")
    race(box, canary, variant, rounds, swap_in(box, "data/a", "data/b"), "")


# CVE-2025-31133, CVE-2026-88265: the null device of the image

@attack("S16", "S22")
@pytest.mark.parametrize("target", ["null", "/proc/sys/kernel/core_pattern"], ids=["canary", "core_pattern"])
def test_cve_2025_31133_a_mask_is_the_host_s_null_while_that_of_the_image_changes(box, canary, variant, rounds, target):
    without_dev(box)
    os.symlink(canary.dir / target, f"{box.rootfs}/dev/other")
    box.write("/file", "secret")
    box.cfg.linux["maskedPaths"] = ["/file"]
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    box.cfg.shell("head -c 99 /file; stat -c %t:%T /file; stat -L -c %t:%T /proc/self/fd/0")
    race(box, canary, variant, rounds, swap_in(box, "dev/null", "dev/other"), "1:3\n1:3\n")


# CVE-2025-52565, CVE-2026-88264: the console

@attack("S17", "S21")
@pytest.mark.parametrize("place", ["console", "ptmx"])
def test_cve_2026_88264_a_console_is_put_on_no_link_that_comes_and_goes(box, canary, variant, rounds, tmp, place):
    """The container that is made has its pseudo-terminal there; the others fail."""
    without_dev(box)
    box.cfg.mount("/dev/pts", "devpts", "devpts", ["newinstance", "ptmxmode=0666"])
    if place == "console":              # the other one is there
        box.write("/dev/console")
    os.symlink(canary.dir / place, f"{box.rootfs}/dev/other")
    for map_ in box.cfg.linux.get("uidMappings", []):       # else nothing could be made in it
        os.chown(f"{box.rootfs}/dev", map_["hostID"], -1)
    box.cfg.process["terminal"] = True
    box.cfg.shell("stat -c %t /dev/console")
    canary.guard(box)
    for n in rounds:
        (tmp / str(n)).mkdir()
        console = ConsoleSocket(tmp / str(n))
        with Swapper(f"{box.rootfs}/dev/{place}", f"{box.rootfs}/dev/other"):
            created = box.create("--console-socket", console.path, *variant)
        if created.rc == 0:
            side = console.take()
            box.start().silent()
            assert side.rest() == "88\r\n"
            side.close()
        else:
            created.fails("/dev/")
        console.close()
        box.delete("--force").silent()
        canary.assert_unharmed()


# CVE-2026-47766: /dev itself

@attack("S20")
def test_cve_2026_47766_a_dev_that_changes_is_filled_in_the_rootfs(box, canary, variant, rounds):
    box.cfg.no_mount("/dev", "/dev/pts", "/dev/shm")
    os.symlink(canary.dir, f"{box.rootfs}/other")
    box.cfg.linux["devices"] = [{"path": "/dev/sub/x", "type": "c", "major": 1, "minor": 3},
                                {"path": "/dev/pipe", "type": "p"}]
    box.cfg.shell("true")
    race(box, canary, variant, rounds, swap_in(box, "dev", "other"), "")


# CVE-2025-52881: mounts that come from outside while the runtime writes to procfs

@contextlib.contextmanager
def mounts_appear(source, place):
    """Bind the source on the place and take it away again, without a pause."""
    stop = threading.Event()

    def run():
        while not stop.is_set():
            kernel.mount(str(source), place, None, kernel.MS_BIND)
            kernel.umount(place, kernel.MNT_DETACH)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def shared_root(box):
    """The box, with a rootfs whose mounts appear in the container."""
    kernel.mount(box.rootfs, box.rootfs, None, kernel.MS_BIND)
    kernel.mount("none", box.rootfs, None, kernel.MS_SHARED)
    yield box.rootfs
    kernel.umount(box.rootfs, kernel.MNT_DETACH)


@attack("S18")
@pytest.mark.parametrize("propagation", ["slave", "shared"])
def test_cve_2025_52881_a_mount_that_appears_on_proc_hides_nothing(
        box, canary, variant, rounds, shared_root, tmp, propagation):
    (tmp / "false/sys/net/ipv4").mkdir(parents=True)
    for name in ("version", "sys/net/ipv4/ip_forward", "sys/net/ipv4/ip_default_ttl"):
        (tmp / "false" / name).write_text("false\n")
    box.cfg.linux.update(maskedPaths=["/proc/version"], readonlyPaths=["/proc/sys"], rootfsPropagation=propagation,
                         sysctl={"net.ipv4.ip_forward": "1"})
    box.cfg.process["oomScoreAdj"] = 500
    box.cfg.shell(PROC + "cat /proc/self/oom_score_adj")
    race(box, canary, variant, rounds, lambda: mounts_appear(tmp / "false", f"{shared_root}/proc"), "end\n500\n")
    assert (tmp / "false/sys/net/ipv4/ip_forward").read_text() == "false\n"
