# SPDX-License-Identifier: Apache-2.0
"""Where mounts are put: what is made, what is followed, what a source may be, and what is said."""
import json
import os
import socket
import stat

import pytest

from lib import kernel, lsm
from lib.runtime import Runtime

S11 = "/sys/fs/cgroup"


def hint(box, tmp):
    """The hint of the one record in the log of a create that fails."""
    box.save().rt("--log", f"{tmp}/log", "--log-format", "json", "create", "--bundle", box.dir, box.id).fails("")
    return json.loads((tmp / "log").read_text())["hint"]


# What is made


@pytest.mark.parametrize("userns", [False, True])
def test_a_directory_that_is_made_has_mode_0755_and_belongs_to_root(box, tmp, userns):
    if userns:
        box.cfg.user_namespace()
        os.chown(box.rootfs, 100000, 100000)
    old = os.umask(0o077)
    try:
        box.cfg.bind(tmp, "/new/dir")
        box.sh("true")
    finally:
        os.umask(old)
    for name in ("new", "new/dir"):
        st = os.stat(f"{box.rootfs}/{name}")
        assert (stat.S_IMODE(st.st_mode), st.st_uid) == (0o755, 100000 if userns else 0)


def test_a_file_that_is_made_has_mode_0644(box, tmp):
    (tmp / "file").touch(mode=0o600)
    box.cfg.bind(tmp / "file", "/new/file")
    box.sh("true")
    assert stat.S_IMODE(os.stat(f"{box.rootfs}/new/file").st_mode) == 0o644


@pytest.mark.parametrize("point, fstype", [("/proc", "proc"), ("/sys", "sysfs"), ("/dev/mqueue", "mqueue")])
def test_the_mode_of_a_mount_s_own_root_stays(box, point, fstype):
    """Not that of the directory which it covers."""
    box.cfg.no_mount(point).mount(point, fstype, fstype)
    os.makedirs(f"{box.rootfs}/{point}", exist_ok=True)
    os.chmod(f"{box.rootfs}/{point}", 0o700)
    mode = "1777" if fstype == "mqueue" else "555"
    assert box.sh(f"stat -c %a {point}").strip() == mode


@pytest.mark.parametrize("link, lands", [("/else/where", "else/where"), ("../../else", "else"),
                                         ("two", "two")])
def test_a_dangling_symlink_is_followed_inside_the_root(box, tmp, link, lands):
    (tmp / "file").write_text("text")
    os.symlink(link, f"{box.rootfs}/data/link")
    box.cfg.bind(tmp, "/data/link")
    assert box.sh("cat /data/link/file") == "text"
    assert os.path.isdir(f"{box.rootfs}/{lands}") or os.path.isdir(f"{box.rootfs}/data/{lands}")


# What a source may be


@pytest.fixture
def sources(tmp):
    (tmp / "dir").mkdir()
    (tmp / "file").touch()
    os.mkfifo(tmp / "fifo")
    os.mknod(tmp / "device", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(tmp / "socket"))
    return tmp


@pytest.mark.parametrize("userns", [False, True])
@pytest.mark.parametrize("name, kind", [("dir", "directory"), ("file", "regular empty file"), ("fifo", "fifo"),
                                        ("socket", "socket"), ("device", "character special file")])
def test_a_bind_mount_of_anything(box, sources, name, kind, userns):
    if userns:
        box.cfg.user_namespace()
        os.chown(f"{box.rootfs}/data", 100000, 100000)
    box.cfg.bind(sources / name, "/data/it")
    assert box.sh("stat -c %F /data/it").strip() == kind


def test_a_source_below_a_directory_that_the_container_may_not_pass(box, tmp):
    box.cfg.user_namespace()
    (tmp / "closed/dir").mkdir(parents=True)
    (tmp / "closed/dir/file").write_text("text")
    os.chmod(tmp / "closed", 0o700)
    box.cfg.bind(tmp / "closed/dir", "/data")
    assert box.sh("cat /data/file") == "text"


# Symlinks


@pytest.fixture
def link(tmp):
    (tmp / "target").write_text("text")
    os.symlink("target", tmp / "link")
    return tmp / "link"


def test_copy_symlink_makes_the_symlink_anew(box, link):
    box.cfg.bind(link, "/new/place", "copy-symlink")
    assert box.sh("readlink /new/place").strip() == "target"


def test_copy_symlink_in_a_user_namespace(box, link):
    box.cfg.user_namespace()
    os.chown(f"{box.rootfs}/data", 100000, 100000)
    box.cfg.bind(link, "/data/place", "copy-symlink")
    assert box.sh("readlink /data/place; stat -c %u /data/place").split() == ["target", "0"]


def test_copy_symlink_copies_one_that_dangles(box, tmp):
    os.symlink("/nowhere", tmp / "link")
    box.cfg.bind(tmp / "link", "/data/place", "copy-symlink")
    assert box.sh("readlink /data/place").strip() == "/nowhere"


def test_copy_symlink_takes_one_that_is_there_already(box, link):
    os.symlink("target", f"{box.rootfs}/data/place")
    box.cfg.bind(link, "/data/place", "copy-symlink")
    assert box.sh("readlink /data/place").strip() == "target"


@pytest.mark.parametrize("there", ["file", "other"])
def test_copy_symlink_replaces_nothing(box, link, there):
    if there == "file":
        box.write("data/place")
    else:
        os.symlink("other", f"{box.rootfs}/data/place")
    box.cfg.bind(link, "/data/place", "copy-symlink")
    box.create_fails("mounts[5]", "File exists")


def test_copy_symlink_binds_what_is_no_symlink(box, link):
    box.cfg.bind(link.parent / "target", "/data/place", "copy-symlink")
    assert box.sh("cat /data/place") == "text"


def test_copy_symlink_stays_in_the_root(box, link, tmp):
    """The directory of the destination is a symlink out of the root, on the host."""
    os.symlink(str(tmp), f"{box.rootfs}/data/out")
    box.cfg.bind(link, "/data/out/new", "copy-symlink")
    box.sh("true")
    assert not os.path.lexists(tmp / "new")
    assert os.path.islink(f"{box.rootfs}{tmp}/new")


def test_src_nofollow_binds_the_symlink_itself(box, link):
    box.cfg.bind(link, "/data/place", "src-nofollow")
    assert box.sh("readlink /data/place").strip() == "target"


def test_without_src_nofollow_the_source_is_followed(box, link):
    box.cfg.bind(link, "/data/place")
    assert box.sh("cat /data/place") == "text"


def test_dest_nofollow_covers_the_symlink_itself(box, link):
    os.symlink("elsewhere", f"{box.rootfs}/data/place")
    box.cfg.bind(link.parent / "target", "/data/place", "dest-nofollow")
    assert box.sh("cat /data/place; test -L /data/place || echo covered") == "textcovered\n"
    assert not os.path.lexists(f"{box.rootfs}/data/elsewhere")


def test_dest_nofollow_and_src_nofollow_put_a_symlink_on_a_symlink(box, link):
    os.symlink("elsewhere", f"{box.rootfs}/data/place")
    box.cfg.bind(link, "/data/place", "dest-nofollow", "src-nofollow")
    assert box.sh("readlink /data/place").strip() == "target"


def test_dest_nofollow_puts_no_directory_on_a_symlink(box, tmp):
    os.symlink("/home", f"{box.rootfs}/data/place")
    box.cfg.bind(tmp, "/data/place", "dest-nofollow")
    box.create_fails("mounts[5]", "Not a directory")


# Where the reason is


def test_a_missing_source_says_what_is_missing(box, tmp):
    box.cfg.bind(tmp / "no/such/dir", "/data")
    assert hint(box, tmp) == f'"{tmp}/no" does not exist'


def test_a_source_behind_a_dangling_symlink_says_so(box, tmp):
    os.symlink("/nowhere", tmp / "link")
    box.cfg.bind(tmp / "link/dir", "/data")
    assert hint(box, tmp) == f'"{tmp}/link" is a symlink to "/nowhere", which does not exist'


def test_a_source_behind_a_file_says_so(box, tmp):
    (tmp / "file").touch()
    box.cfg.bind(tmp / "file/dir", "/data")
    assert hint(box, tmp) == f'"{tmp}/file" is not a directory'


def test_a_missing_root_says_what_is_missing(box, tmp):
    box.cfg["root"]["path"] = str(tmp / "a/b")
    assert hint(box, tmp) == f'"{tmp}/a" does not exist'


def test_a_container_without_a_mount_namespace_is_refused(box):
    """Its mounts would be made on the host."""
    box.cfg.no_namespace("mount")
    box.create_fails("linux.namespaces", "mount")


# File systems of namespaces that the container does not own


def sysfs_of_the_host(box, *options):
    box.cfg.user_namespace().no_namespace("network")
    box.cfg.no_mount("/sys").mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", *options])
    return box


@pytest.mark.parametrize("word", ["ro", "rw"])
def test_sysfs_of_a_network_namespace_of_the_host_is_the_host_s_read_only(box, word):
    out = sysfs_of_the_host(box, word).sh("grep ' /sys ' /proc/self/mountinfo; ls -d /sys/kernel")
    assert " - sysfs " in out and "/sys/kernel" in out
    assert {"ro", "nosuid", "nodev", "noexec"} <= set(out.split()[5].split(","))


def test_sysfs_of_the_host_brings_no_cgroups_that_can_be_written(box):
    out = sysfs_of_the_host(box).sh(f"ls {S11}; mkdir {S11}/x 2>/dev/null && echo made; "
                                    f"grep ' {S11}' /proc/self/mountinfo; true")
    assert out == ""


def test_sysfs_of_the_host_with_cgroups_in_it(box):
    sysfs_of_the_host(box).cfg.mount(S11, "cgroup", "cgroup", ["ro"])
    assert f" {S11} " in box.sh("cat /proc/self/mountinfo")


def test_sysfs_of_an_own_network_namespace_is_new(box):
    box.cfg.user_namespace()
    assert "lo" in box.sh("ls /sys/class/net").split()


@pytest.mark.parametrize("kind, point, fstype", [("pid", "/proc", "proc"), ("ipc", "/data", "mqueue")])
def test_a_file_system_of_a_namespace_of_the_host_says_who_may_mount_it(box, tmp, kind, point, fstype):
    box.cfg.user_namespace().no_namespace(kind).no_mount(point).mount(point, fstype, fstype)
    assert "owner of the" in hint(box, tmp)


# Locked options


@pytest.fixture
def nested(rt, tmp):
    """rundlet in a user namespace: the mounts that it was given there keep their options."""
    def run(box):
        box.save()
        return Runtime(rt.path, f"{tmp}/state", ["unshare", "-Urm"])(
            "run", "--bundle", box.dir, box.id, before=["--cgroup-manager", "disabled"])
    return run


@pytest.fixture(params=["ro", "nodev", "noexec", "noatime"])
def locked(request, tmp):
    """The word that takes the option away, and a mount that has it."""
    word, flag = {"ro": ("rw", kernel.MS_RDONLY), "nodev": ("dev", kernel.MS_NODEV),
                  "noexec": ("exec", kernel.MS_NOEXEC),
                  "noatime": ("relatime", kernel.MS_NOATIME)}[request.param]
    (tmp / "source").mkdir()
    kernel.mount("x", str(tmp / "source"), "tmpfs", flag)
    yield word, tmp / "source"
    kernel.umount(str(tmp / "source"))


def test_an_option_of_the_source_that_is_locked_is_named(box, nested, locked):
    word, source = locked
    box.cfg.bind(source, "/data", word)
    nested(box).fails("mounts[5].options", f'"{word}" is not possible', str(source))


def test_a_recursive_option_that_is_locked_is_named(box, nested, locked):
    word, source = locked
    box.cfg.bind(source, "/data", f"r{word}")
    nested(box).fails("mounts[5].options", f'"r{word}" is not possible')


LOCKED_WHY = {"rw": '"rw" is not possible: the mount is locked read-only',
              "dev": '"dev" is not possible: the mount is locked nodev',
              "exec": '"exec" is not possible: the mount is locked noexec',
              "relatime": "other access times are not possible: the mount's are locked"}


@pytest.mark.parametrize("recursive", ["", "r"], ids=["", "recursive"])
def test_a_remount_says_which_option_is_locked(box, nested, locked, recursive):
    word, source = locked
    box.cfg.bind(source, "/data").mount("/data", None, None, ["remount", "bind", recursive + word])
    nested(box).fails("config.json: mounts[6]: " + LOCKED_WHY[word])


def test_a_locked_option_that_nobody_takes_away_is_no_error(box, nested, locked):
    """rundlet may still fail there for other reasons, but not for this mount."""
    box.cfg.bind(locked[1], "/data", "nosuid")
    assert "mounts[" not in nested(box).err


# The root


def test_a_root_below_a_directory_that_the_container_may_not_pass(box, tmp):
    box.cfg.user_namespace()
    os.chmod(tmp, 0o700)
    os.rename(box.rootfs, tmp / "rootfs")
    box.cfg["root"]["path"] = str(tmp / "rootfs")
    assert box.sh("echo here") == "here\n"


@pytest.mark.parametrize("userns", [False, True])
def test_a_root_on_overlay(box, host, tmp, userns):
    if userns:
        box.cfg.user_namespace()
    for name in ("upper", "work", "merged"):
        (tmp / name).mkdir()
    os.chmod(tmp / "upper", 0o755)
    kernel.mount("overlay", str(tmp / "merged"), "overlay", 0,
                 f"lowerdir={box.rootfs},upperdir={tmp}/upper,workdir={tmp}/work")
    try:
        box.cfg["root"]["path"] = str(tmp / "merged")
        assert box.sh("echo here") == "here\n"
    finally:
        kernel.umount(str(tmp / "merged"))


def test_a_root_on_a_symlink_in_a_user_namespace(box):
    box.cfg.user_namespace()
    os.symlink("rootfs", f"{box.dir}/link")
    box.cfg["root"]["path"] = "link"
    assert box.sh("echo here") == "here\n"


def test_a_root_that_is_a_mount_point_in_a_user_namespace(box, host, tmp):
    box.cfg.user_namespace()
    kernel.mount(box.rootfs, str(tmp), None, kernel.MS_BIND)
    try:
        box.cfg["root"]["path"] = str(tmp)
        assert box.sh("echo here") == "here\n"
    finally:
        kernel.umount(str(tmp))


# SELinux


def test_a_mount_label_has_no_effect_without_selinux_and_the_plan_says_so(box):
    if lsm.SELINUX:
        pytest.skip("this host has SELinux")
    box.cfg.linux["mountLabel"] = "system_u:object_r:container_file_t:s0:c1,c2"
    plan = box.save().rt("plan", "--bundle", box.dir, box.id).out
    assert "without effect: this host has no SELinux" in plan
    assert box.sh("echo here") == "here\n"


def test_an_unknown_type_of_mount_context_is_refused(box):
    box.cfg["annotations"] = {"run.oci.mount_context_type": "text"}
    box.create_fails('annotations["run.oci.mount_context_type"]')
