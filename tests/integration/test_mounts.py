# SPDX-License-Identifier: Apache-2.0
"""Mounts: types, options, propagation, the root itself. What is judged is mountinfo inside."""
import os

import pytest

from lib import kernel
from lib.box import FOREVER, eventually
from lib.mountinfo import Mount

must = pytest.mark.must


def mounts_inside(box):
    """The mounts of a created container, by mount point; the last one on a point wins."""
    box.cfg.shell(FOREVER)
    box.create().silent()
    return {m.point: m for m in map(Mount, box.proc("mountinfo").splitlines())}


@must(25)
@pytest.mark.parametrize("point, fstype", [
    ("/proc", "proc"), ("/dev", "tmpfs"), ("/dev/pts", "devpts"), ("/dev/shm", "tmpfs"), ("/sys", "sysfs"),
    ("/dev/mqueue", "mqueue")])
def test_a_file_system_of_the_default_config(box, point, fstype):
    box.cfg.mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"])
    assert mounts_inside(box)[point].type == fstype


# What each word does to the mount: what must be in and what must not be in mountinfo.
WORDS = [
    ("ro", {"ro"}, {"rw"}), ("rw", {"rw"}, {"ro"}),
    ("nosuid", {"nosuid"}, set()), ("suid", set(), {"nosuid"}),
    ("nodev", {"nodev"}, set()), ("dev", set(), {"nodev"}),
    ("noexec", {"noexec"}, set()), ("exec", set(), {"noexec"}),
    ("noatime", {"noatime"}, {"relatime"}), ("atime", set(), {"noatime"}),
    ("relatime", {"relatime"}, {"noatime"}), ("norelatime", set(), {"noatime"}),
    ("strictatime", set(), {"relatime", "noatime"}), ("nostrictatime", set(), {"noatime"}),
    ("nodiratime", {"nodiratime"}, set()), ("diratime", set(), {"nodiratime"}),
    ("nosymfollow", {"nosymfollow"}, set()), ("symfollow", set(), {"nosymfollow"}),
    ("sync", set(), set()), ("async", set(), set()), ("dirsync", set(), set()),
    ("mand", set(), set()), ("nomand", set(), set()),
    ("lazytime", set(), set()), ("nolazytime", set(), set()), ("iversion", set(), set()),
    ("noiversion", set(), set()), ("silent", set(), set()), ("loud", set(), set()), ("defaults", {"rw"}, {"ro"}),
    ("private", set(), set()), ("rprivate", set(), set()), ("unbindable", set(), set()),
    ("runbindable", set(), set()), ("shared", set(), set()), ("rshared", set(), set()),
    ("slave", set(), set()), ("rslave", set(), set()),
]
# What a bind mount cannot set, since it belongs to the file system below: refused, not ignored.
OF_A_FILE_SYSTEM = {"sync", "dirsync", "mand", "lazytime", "iversion", "silent"}


@must(48)
@pytest.mark.parametrize("kind", ["tmpfs", "bind"])
@pytest.mark.parametrize("word, present, absent", WORDS, ids=[w[0] for w in WORDS])
def test_a_mount_option(box, tmp, kind, word, present, absent):
    if kind == "tmpfs":
        box.cfg.mount("/data", "tmpfs", "tmpfs", [word])
    else:
        box.cfg.bind(tmp, "/data", word)
        if word in OF_A_FILE_SYSTEM:
            box.create_fails("mounts[5].options")
            return
    mount = mounts_inside(box)["/data"]
    assert present <= mount.options and not absent & mount.options


@pytest.mark.parametrize("word", ["sync", "dirsync", "lazytime", "mand"])
def test_an_option_of_the_file_system(box, word):
    box.cfg.mount("/data", "tmpfs", "tmpfs", [word])
    mount = mounts_inside(box)["/data"]
    if word == "mand":
        return                          # Linux 5.15 gave mandatory locks up; the word is accepted
    assert word in mount.super | mount.options


def test_a_later_option_wins(box):
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["ro", "noexec", "exec", "rw", "nosuid"])
    options = mounts_inside(box)["/data"].options
    assert {"rw", "nosuid"} <= options and "noexec" not in options


RECURSIVE = [("rro", "ro"), ("rnosuid", "nosuid"), ("rnodev", "nodev"), ("rnoexec", "noexec"),
             ("rnoatime", "noatime"), ("rnodiratime", "nodiratime"), ("rnosymfollow", "nosymfollow"),
             ("rrelatime", "relatime"), ("rstrictatime", None), ("rrw", "rw"), ("rsuid", None), ("rdev", None),
             ("rexec", None), ("ratime", None), ("rdiratime", None), ("rsymfollow", None), ("rnorelatime", None),
             ("rnostrictatime", None)]


@pytest.fixture
def tree(host, tmp):
    """A directory with a mount below it."""
    (tmp / "sub").mkdir()
    kernel.mount("sub", str(tmp / "sub"), "tmpfs")
    yield tmp
    kernel.umount(str(tmp / "sub"))


@must(48)
@pytest.mark.parametrize("word, effect", RECURSIVE, ids=[r[0] for r in RECURSIVE])
def test_a_recursive_option_reaches_the_mounts_below(box, tree, word, effect):
    box.cfg.bind(tree, "/data", word)
    mounts = mounts_inside(box)
    for point in ("/data", "/data/sub"):
        assert effect is None or effect in mounts[point].options


def test_an_option_without_r_leaves_the_mounts_below(box, tree):
    box.cfg.bind(tree, "/data", "ro")
    mounts = mounts_inside(box)
    assert "ro" in mounts["/data"].options and "rw" in mounts["/data/sub"].options


@must(48)
def test_bind_takes_one_mount_and_rbind_the_tree(box, tree):
    box.cfg.mount("/data", "bind", str(tree), ["bind"])
    box.cfg.mount("/home", "none", str(tree), ["rbind"])
    mounts = mounts_inside(box)
    assert "/data/sub" not in mounts and "/home/sub" in mounts


def test_a_bind_mount_keeps_the_options_of_its_source(box, host, tmp):
    kernel.mount("x", str(tmp), "tmpfs", kernel.MS_NOSUID | kernel.MS_NOEXEC)
    try:
        box.cfg.bind(tmp, "/data", "ro")
        assert {"ro", "nosuid", "noexec"} <= mounts_inside(box)["/data"].options
        box.delete("-f").silent()
    finally:
        kernel.umount(str(tmp))


def test_a_bind_mount_of_a_file_makes_its_destination(box, tmp):
    (tmp / "file").write_text("content")
    box.cfg.bind(tmp / "file", "/new/dir/file", "ro")
    assert box.sh("cat /new/dir/file; (echo x > /new/dir/file) 2>/dev/null || echo refused") == "contentrefused\n"
    assert (tmp / "file").read_text() == "content"


def test_a_relative_bind_source_is_relative_to_the_bundle(box):
    os.mkdir(f"{box.dir}/files")
    with open(f"{box.dir}/files/a", "w") as f:
        f.write("from the bundle")
    box.cfg.bind("files", "/data")
    assert box.sh("cat /data/a") == "from the bundle"


@must(46)
def test_mounts_are_made_in_the_order_of_the_list(box, tmp):
    (tmp / "inner").mkdir()
    (tmp / "inner/file").write_text("second")
    box.cfg.mount("/data", "tmpfs", "tmpfs").bind(tmp / "inner", "/data/x/y")
    assert box.sh("cat /data/x/y/file") == "second"


@must(46)
def test_a_later_mount_covers_an_earlier_one(box, tmp):
    (tmp / "file").write_text("below")
    box.cfg.bind(tmp, "/data").mount("/data", "tmpfs", "tmpfs")
    assert box.sh("ls /data") == ""


@must(47)
def test_a_relative_destination_is_taken_from_the_root(box):
    box.cfg.mount("data", "tmpfs", "tmpfs")
    assert "/data" in mounts_inside(box)


def test_a_missing_destination_is_made(box):
    box.cfg.mount("/not/there/yet", "tmpfs", "tmpfs")
    assert "/not/there/yet" in mounts_inside(box)


def test_data_for_the_file_system(box):
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["size=64k", "mode=1770", "uid=5", "gid=6", "nr_inodes=10"])
    assert box.sh("stat -c '%a %u %g' /data; df -k /data | tail -1 | sed 's/  */ /g' | cut -d' ' -f2").split() == \
        ["1770", "5", "6", "64"]


def test_data_that_the_file_system_does_not_know_is_refused(box):
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["no-such-option=1"])
    box.create_fails("mounts[5]", "no-such-option")


def test_tmpcopyup_fills_the_tmpfs_with_what_it_covers(box):
    box.write("/data/dir/file", "text", 0o640)
    os.symlink("dir/file", f"{box.rootfs}/data/link")
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["tmpcopyup"])
    assert box.sh("cat /data/link; stat -c %a /data/dir/file; echo new > /data/dir/file") == "text640\n"
    assert box.read("/data/dir/file") == "text"


def test_a_file_system_that_the_kernel_does_not_know_is_refused(box):
    box.cfg.mount("/data", "no-such-fs", "none")
    box.create_fails("mounts[5]", "no-such-fs")


def test_an_overlay(box, tmp):
    for name in ("lower1", "lower2", "upper", "work"):
        (tmp / name).mkdir()
    (tmp / "lower1/a").write_text("1")
    (tmp / "lower2/b").write_text("2")
    box.cfg.mount("/data", "overlay", "overlay", [
        f"lowerdir={tmp}/lower1:{tmp}/lower2", f"upperdir={tmp}/upper", f"workdir={tmp}/work"])
    assert box.sh("cat /data/a /data/b; echo new > /data/c") == "12"
    assert (tmp / "upper/c").read_text() == "new\n"


def test_an_overlay_with_options_longer_than_255_bytes(box, tmp):
    """fsconfig(2) ends strings at 255 bytes."""
    layers = []
    for i in range(20):
        layer = tmp / f"layer-{'x' * 60}-{i}"
        layer.mkdir()
        (layer / f"f{i}").write_text("")
        layers.append(str(layer))
    box.cfg.mount("/data", "overlay", "overlay", ["lowerdir=" + ":".join(layers)])
    assert box.sh("ls /data | wc -l").strip() == "20"


def test_remount_changes_the_mount_that_is_there(box):
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["rw"])
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["remount", "ro", "nosuid"])
    assert {"ro", "nosuid"} <= mounts_inside(box)["/data"].options


def test_a_read_only_tmpfs_gets_its_devices_and_mount_points_first(box):
    """/dev may be read-only in the config; what belongs into it is made all the same."""
    dev = next(m for m in box.cfg["mounts"] if m["destination"] == "/dev")
    dev["options"].append("ro")
    mounts = mounts_inside(box)
    assert "ro" in mounts["/dev"].options and "/dev/pts" in mounts
    assert os.path.exists(f"/proc/{box.pid}/root/dev/null")


@pytest.mark.parametrize("first, second", [("ro", "rw"), ("rw", "ro")])
def test_of_two_tmpfs_on_one_place_each_has_its_own_options(box, first, second):
    box.cfg.mount("/data", "tmpfs", "tmpfs", [first]).mount("/data", "tmpfs", "tmpfs", [second])
    box.cfg.shell(FOREVER)
    box.create().silent()
    mounts = [m for m in map(Mount, box.proc("mountinfo").splitlines()) if m.point == "/data"]
    assert first in mounts[0].options and second in mounts[1].options


@pytest.mark.parametrize("word", ["iversion", "silent", "nosuid"])
def test_a_tmpfs_has_the_mode_of_its_directory(box, word):
    os.chmod(f"{box.rootfs}/data", 0o1730)
    box.cfg.mount("/data", "tmpfs", "tmpfs", [word])
    assert box.sh("stat -c %a /data") == "1730\n"


@pytest.mark.parametrize("option", ["ro", "rw"])
def test_the_cgroup_mount_shows_the_container_s_own_cgroup(box, option):
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", option])
    top = "/sys/fs/cgroup" if box.host.is_v2 else "/sys/fs/cgroup/pids"
    out = box.sh(f"cat /proc/self/cgroup; echo 1 in $(cat {top}/cgroup.procs); "
                 f"mkdir {top}/x 2>/dev/null && echo made || echo refused")
    lines = out.splitlines()
    places = {line.split(":")[1]: line.split(":")[2] for line in lines if ":" in line}
    assert {places[""]} == {"/"} if box.host.is_v2 else places["pids"] == places["memory"] == "/"
    assert lines[-2].startswith("1 in 1") and lines[-1] == {"ro": "refused", "rw": "made"}[option]


def test_the_cgroup_mount_without_a_cgroup_namespace(box):
    box.cfg.no_namespace("cgroup").mount("/sys/fs/cgroup", "cgroup", "cgroup", ["ro", "nosuid", "noexec", "nodev"])
    top = "/sys/fs/cgroup" if box.host.is_v2 else "/sys/fs/cgroup/pids"
    out = box.sh(f"cat {top}/cgroup.procs; echo end")
    assert out.splitlines()[0] == "1", "the mount shows the container's own cgroup alone"


def test_a_read_only_cgroup_mount_leaves_the_hierarchy_writable_for_who_joins_its_namespace(box, boxes):
    box.cfg.namespace("cgroup").mount("/sys/fs/cgroup", "cgroup", "cgroup", ["ro"])
    box.up()
    other = boxes()
    other.cfg.namespace("cgroup", f"/proc/{box.init}/ns/cgroup").mount("/sys/fs/cgroup", "cgroup", "cgroup", ["rw"])
    top = "/sys/fs/cgroup" if box.host.is_v2 else "/sys/fs/cgroup/pids"
    assert other.sh(f"mkdir {top}/x && rmdir {top}/x && echo made") == "made\n"


# propagation

def peers(box, point):
    mount = mounts_inside(box)[point]
    return {p.split(":")[0] for p in mount.peers}


@pytest.mark.parametrize("word, expected", [
    ("private", set()), ("rprivate", set()), ("shared", {"shared"}), ("rshared", {"shared"}),
    ("slave", set()), ("rslave", set()), ("unbindable", {"unbindable"}), ("runbindable", {"unbindable"})])
def test_the_propagation_of_a_mount(box, tmp, word, expected):
    box.cfg.bind(tmp, "/data", word)
    assert peers(box, "/data") == expected


@pytest.fixture
def shared(tmp):
    """A shared mount on the host's side."""
    kernel.mount("shared", str(tmp), "tmpfs")
    kernel.mount("none", str(tmp), None, kernel.MS_SHARED)
    yield tmp
    kernel.umount(str(tmp), kernel.MNT_DETACH)


@pytest.mark.parametrize("word, seen_inside", [("rslave", True), ("rshared", True), ("rprivate", False)])
def test_a_mount_made_outside_later_is_seen_or_not(box, shared, word, seen_inside):
    (shared / "later").mkdir()
    box.cfg.linux["rootfsPropagation"] = "slave" if word != "rshared" else "shared"
    box.cfg.bind(shared, "/data", word)
    box.cfg.shell(FOREVER)
    box.create().silent()
    kernel.mount("late", str(shared / "later"), "tmpfs")
    try:
        points = [Mount(line).point for line in box.proc("mountinfo").splitlines()]
        assert ("/data/later" in points) == seen_inside
        box.delete("-f").silent()
    finally:
        kernel.umount(str(shared / "later"))


@pytest.mark.parametrize("word, expected", [
    ("private", set()), ("slave", set()), ("shared", {"shared"}), ("unbindable", {"unbindable"}), (None, set()),
    ("rprivate", set()), ("rslave", set()), ("rshared", {"shared"})])
def test_the_propagation_of_the_root(box, word, expected):
    if word:
        box.cfg.linux["rootfsPropagation"] = word
    box.cfg.shell(FOREVER)
    box.create().silent()
    root = next(Mount(line) for line in box.proc("mountinfo").splitlines() if Mount(line).point == "/")
    assert {p.split(":")[0] for p in root.peers} == expected


def test_a_mount_made_inside_never_reaches_the_host(box):
    box.cfg.linux["rootfsPropagation"] = "shared"
    for caps in box.cfg.process["capabilities"].values():
        caps.append("CAP_SYS_ADMIN")
    box.up("mount -t tmpfs inside /data && touch /data/mounted; " + FOREVER)
    eventually(lambda: os.path.exists(f"/proc/{box.init}/root/data/mounted"), "the mount is made")
    with open("/proc/self/mountinfo") as f:
        assert "inside" not in f.read()


def test_an_unknown_propagation_is_refused(box):
    box.cfg.linux["rootfsPropagation"] = "sometimes"
    box.create_fails("linux.rootfsPropagation", "sometimes")


# the root

@must(42)
def test_a_read_only_root_cannot_be_written(box):
    box.cfg["root"]["readonly"] = True
    assert "Read-only file system" in box.sh("touch /file 2>&1; touch /dev/shm/file; touch /data/file 2>&1; true")
    assert not os.path.exists(f"{box.rootfs}/file")


def test_a_writable_root_can_be_written(box):
    box.sh("echo text > /data/file")
    assert box.read("/data/file") == "text\n"


def test_the_old_root_is_gone(box):
    assert box.sh("ls -a /").split()[2:] == sorted(os.listdir(box.rootfs))
    box.cfg.shell(FOREVER)
    box.create().silent()
    points = [Mount(line).point for line in box.proc("mountinfo").splitlines()]
    assert points[0] == "/" or "/" in points
    assert not any("rundlet-test" in p for p in points)


def test_an_absolute_root(box):
    box.cfg["root"]["path"] = box.rootfs
    assert box.sh("echo in") == "in\n"


def test_a_root_that_is_a_symlink(box):
    os.symlink("rootfs", f"{box.dir}/link")
    box.cfg["root"]["path"] = "link"
    assert box.sh("echo in") == "in\n"


def test_a_root_that_is_a_mount_point_of_its_own(box, tmp):
    kernel.mount(box.rootfs, str(tmp), None, kernel.MS_BIND)
    try:
        box.cfg["root"]["path"] = str(tmp)
        assert box.sh("echo in") == "in\n"
    finally:
        kernel.umount(str(tmp))


def test_no_pivot(box):
    assert box.sh("ls -a /", "--no-pivot").split()[2:] == sorted(os.listdir(box.rootfs))
    assert box.sh("cd /; cd ..; ls etc/passwd", "--no-pivot") == "etc/passwd\n"
