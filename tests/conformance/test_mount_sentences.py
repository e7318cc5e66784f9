# SPDX-License-Identifier: Apache-2.0
"""
config.md#mounts and #root, sentence by sentence, where tests/integration (test_mounts.py,
test_mount_points.py) does not test it already.
"""
import os

import pytest

from lib import kernel, variants
from lib.box import FOREVER
from lib.mountinfo import Mount
from lib.payload import compile_static

must = pytest.mark.must


def inside(box, *options):
    """The mounts of a created container by mount point."""
    box.cfg.shell(FOREVER)
    box.create(*options).silent()
    return {m.point: m for m in map(Mount, box.proc("mountinfo").splitlines())}


# destination, source, type

@pytest.mark.parametrize("source", ["anything", "/dev/no-such-device", None])
def test_source_may_be_a_dummy_or_be_missing(box, source):
    box.cfg.mount("/data", "tmpfs", source)
    mount = inside(box)["/data"]
    assert (mount.type, mount.source) == ("tmpfs", source or "tmpfs")


@must(48)
@pytest.mark.parametrize("word", ["bind", "rbind"])
@pytest.mark.parametrize("fstype", [None, "none", "bind", "tmpfs", "no-such-type"])
def test_a_mount_is_a_bind_mount_if_it_has_either_bind_or_rbind_in_the_options(box, tmp, fstype, word):
    """The type is a dummy then."""
    (tmp / "file").write_text("bound")
    box.cfg.mount("/data", fstype, str(tmp), [word])
    assert box.sh("cat /data/file") == "bound"


@pytest.mark.parametrize("kind", ["absolute", "relative"])
@pytest.mark.parametrize("what", ["file", "directory"])
def test_source_is_a_file_or_directory_name_absolute_or_relative_to_the_bundle(box, kind, what):
    os.mkdir(f"{box.dir}/source")
    with open(f"{box.dir}/source/file", "w") as f:
        f.write("of the bundle")
    source = "source/file" if what == "file" else "source"
    box.cfg.bind(source if kind == "relative" else f"{box.dir}/{source}", "/data/new")
    assert box.sh("cat " + ("/data/new" if what == "file" else "/data/new/file")) == "of the bundle"


@pytest.mark.parametrize("fstype", ["tmpfs", "ramfs", "proc", "sysfs", "mqueue", "devpts"])
def test_the_types_are_those_that_proc_filesystems_lists(box, fstype):
    with open("/proc/filesystems") as f:
        if fstype not in f.read().split():
            pytest.skip(f"this kernel has no {fstype}")
    box.cfg.mount("/data", fstype)
    assert inside(box)["/data"].type == fstype


@must(46)
def test_entries_are_mounted_in_the_listed_order(box, tmp):
    """Each covers the one before, and the second of each pair is on the first."""
    box.cfg.mount("/data", "tmpfs", "one").mount("/data/sub", "tmpfs", "two").mount("/data", "tmpfs", "three")
    box.cfg.mount("/data/sub", "tmpfs", "four").shell(FOREVER)
    box.create().silent()
    found = [m.source for m in map(Mount, box.proc("mountinfo").splitlines()) if m.point.startswith("/data")]
    assert found == ["one", "two", "three", "four"]
    assert os.listdir(f"/proc/{box.init}/root/data") == ["sub"]


# options: words that contradict each other, and what they do

PAIRS = [("ro", "rw"), ("nosuid", "suid"), ("nodev", "dev"), ("noexec", "exec"), ("noatime", "atime"),
         ("nodiratime", "diratime"), ("nosymfollow", "symfollow"), ("sync", "async"), ("lazytime", "nolazytime"),
         ("relatime", "norelatime")]


@must(48)
def test_of_two_words_that_contradict_each_other_the_later_counts(box):
    for n, (word, opposite) in enumerate(PAIRS):
        box.cfg.mount(f"/data/{n}a", "tmpfs", "tmpfs", [opposite, word])
        box.cfg.mount(f"/data/{n}b", "tmpfs", "tmpfs", [word, opposite])
    mounts = inside(box)
    for n, (word, opposite) in enumerate(PAIRS):
        first, second = mounts[f"/data/{n}a"], mounts[f"/data/{n}b"]
        assert word in first.options | first.super, word
        if word != "relatime":          # the kernel's default
            assert word not in second.options, opposite
            assert word == "ro" or word not in second.super, opposite


@must(48)
@pytest.mark.parametrize("kind", ["tmpfs", "bind"])
@pytest.mark.parametrize("words, script, expected", [
    (["noexec"], "cp /bin/busybox /data/busybox; /data/busybox true 2>/dev/null || echo refused", "refused"),
    (["exec"], "cp /bin/busybox /data/busybox; /data/busybox echo executed", "executed"),
    (["ro"], "touch /data/x 2>/dev/null || echo refused", "refused"),
    (["rw"], "touch /data/x && echo written", "written"),
    (["nodev"], "mknod /data/null c 1 3; (: > /data/null) 2>/dev/null || echo refused", "refused"),
    (["dev"], "mknod /data/null c 1 3; : > /data/null && echo opened", "opened"),
    (["nosymfollow"], "ln -s /etc/passwd /data/link; cat /data/link 2>/dev/null || echo refused", "refused"),
    (["noatime"], "touch -d 2001-01-01 /data/f; cat /data/f; stat -c %x /data/f | cut -c 1-4", "2001"),
    (["noatime", "nodiratime"], "touch -d 2001-01-01 /data; ls /data; stat -c %x /data | cut -c 1-4", "2001"),
], ids=lambda v: "+".join(v) if isinstance(v, list) else None)
def test_what_an_option_does(box, tmp, kind, words, script, expected):
    os.chmod(tmp, 0o777)
    if kind == "tmpfs":
        box.cfg.mount("/data", "tmpfs", "tmpfs", ["mode=777", *words])
    else:
        box.cfg.bind(tmp, "/data", *words)
    assert box.sh(script) == expected + "\n"


OPPOSITES = [("rrw", "ro", kernel.MS_RDONLY), ("rsuid", "nosuid", kernel.MS_NOSUID), ("rdev", "nodev", kernel.MS_NODEV),
             ("rexec", "noexec", kernel.MS_NOEXEC), ("ratime", "noatime", kernel.MS_NOATIME),
             ("rdiratime", "nodiratime", kernel.MS_NODIRATIME), ("rsymfollow", "nosymfollow", kernel.MS_NOSYMFOLLOW),
             ("rstrictatime", "noatime", kernel.MS_NOATIME), ("rrelatime", "noatime", kernel.MS_NOATIME)]


@must(48)
@pytest.mark.parametrize("word, gone, flag", OPPOSITES, ids=[o[0] for o in OPPOSITES])
def test_a_recursive_word_that_takes_an_option_away_does_so_in_all_mounts_below(box, tmp, word, gone, flag):
    """And without the r in the first alone."""
    kernel.mount("top", str(tmp), "tmpfs")
    (tmp / "sub").mkdir()
    kernel.mount("sub", str(tmp / "sub"), "tmpfs", flag)
    kernel.mount("none", str(tmp), None, kernel.MS_REMOUNT | kernel.MS_BIND | flag)
    try:
        box.cfg.bind(tmp, "/data", word).bind(tmp, "/home", word[1:]).bind(tmp, "/run")
        mounts = inside(box)
        has = [gone in mounts[point].options for point in ("/data", "/data/sub", "/home", "/home/sub", "/run", "/run/sub")]
        assert has == [False, False, False, True, True, True]
        box.delete("--force").silent()
    finally:
        kernel.umount(str(tmp), kernel.MNT_DETACH)


def test_mounts_are_optional(box):
    """Then there is the root, with nothing on it but what rundlet itself makes in /dev."""
    del box.cfg["mounts"]
    assert set(inside(box)) == {"/"}


@pytest.mark.parametrize("mount, words", [
    ({"type": "tmpfs"}, ["mounts[5].destination", "required"]),
    ({"destination": "/data", "source": "/tmp"}, ["mounts[5].type", "missing"]),
    ({"destination": "/data", "type": "tmpfs", "options": ["bind"]}, ["mounts[5].source"])], ids=["destination", "type", "source"])
def test_destination_is_required_type_for_a_file_system_and_source_for_a_bind_mount(box, mount, words):
    box.cfg["mounts"].append(mount)
    box.create_fails(*words)


EUID = """
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	return printf("%d\\n", geteuid()) < 0;
}
"""


@must(48)
@pytest.mark.parametrize("word, expected", [("suid", "0\n"), ("nosuid", "1000\n")])
def test_nosuid_and_suid_decide_whether_the_mode_of_a_program_raises_its_user(box, tmp, word, expected):
    os.chmod(compile_static(EUID, tmp / "euid"), 0o4755)
    box.cfg.bind(tmp, "/data", word).args("/data/euid")
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    result = box.run()
    assert (result.rc, result.out) == (0, expected), str(result)


def test_an_option_that_is_no_word_of_the_table_is_one_of_the_file_system(box):
    """It is passed on, and comes back in what the kernel shows."""
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["size=128k", "nr_inodes=7", "mode=1711"])
    assert {"size=128k", "nr_inodes=7", "mode=1711"} <= inside(box)["/data"].super


# root

@must(42)
def test_readonly_defaults_to_false(box):
    assert "rw" in inside(box)["/"].options


@must(42)
@pytest.mark.parametrize("name", variants.ALL)
def test_the_root_is_read_only_when_the_config_says_so_and_mounts_are_not(box, tmp, name):
    """Mount points that are missing are made first; what is mounted keeps its own words."""
    (tmp / "file").write_text("")
    os.chmod(tmp, 0o777)
    os.chmod(tmp / "file", 0o666)
    os.chmod(box.rootfs, 0o777)
    options = variants.apply(name, box)
    box.cfg.mount("/new/tmpfs", "tmpfs", "tmpfs", ["mode=777"]).bind(tmp, "/new/dir").bind(tmp / "file", "/new/file")
    box.cfg.mount("/new/ro", "tmpfs", "tmpfs", ["ro"])
    out = box.sh("for f in /x /new/x /bin/x /new/ro/x /new/tmpfs/x /new/dir/x /new/file; do "
                 "(echo text > $f) 2>/dev/null && echo $f; done; true", *options)
    read_only = "readonly" in name
    expected = ["/new/tmpfs/x", "/new/dir/x", "/new/file"]
    if not read_only:
        # in the user namespace, what the host made is not root's
        expected = ["/x", "/new/x", *(["/bin/x"] if "userns" not in name else []), *expected]
    assert out.split() == expected
    assert os.path.exists(f"{box.rootfs}/x") != read_only


# options of the source that are locked in a user namespace

LOCKED = [("rw", "ro", kernel.MS_RDONLY), ("suid", "nosuid", kernel.MS_NOSUID), ("exec", "noexec", kernel.MS_NOEXEC)]


@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
@pytest.mark.parametrize("word, locked, flag", LOCKED, ids=[x[0] for x in LOCKED])
def test_an_option_of_the_source_is_taken_away_or_the_mount_refused(box, tmp, word, locked, flag, userns):
    """Never dropped in silence: the source is opened with the rights of the host."""
    if userns:
        box.cfg.user_namespace()
    kernel.mount("x", str(tmp), "tmpfs", flag)
    try:
        box.cfg.bind(tmp, "/data", word).bind(tmp, "/home").shell(FOREVER)
        result = box.create()
        if result.rc:
            result.fails("mounts[5]")
        else:
            mounts = {m.point: m for m in map(Mount, box.proc("mountinfo").splitlines())}
            assert locked not in mounts["/data"].options and locked in mounts["/home"].options
        box.delete("--force").silent()
    finally:
        kernel.umount(str(tmp))


@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
@pytest.mark.parametrize("word, locked, flag", LOCKED, ids=[x[0] for x in LOCKED])
def test_a_remount_takes_an_option_away_or_is_refused(box, tmp, word, locked, flag, userns):
    if userns:
        box.cfg.user_namespace()
    kernel.mount("x", str(tmp), "tmpfs", flag)
    try:
        box.cfg.bind(tmp, "/data").mount("/data", None, None, ["remount", "bind", word]).shell(FOREVER)
        result = box.create()
        if result.rc:
            result.fails("mounts[6]")
        else:
            mounts = {m.point: m for m in map(Mount, box.proc("mountinfo").splitlines())}
            assert locked not in mounts["/data"].options
        box.delete("--force").silent()
    finally:
        kernel.umount(str(tmp))
