# SPDX-License-Identifier: Apache-2.0
"""A mount that cannot be made: the error names it, and says why; the hint, what stands in the way."""
import json
import os

import pytest

from lib import kernel

DENIED = "denies it to root of the container"


@pytest.fixture
def fails(box, tmp):
    """create fails with these words in its message and these in its hint, and leaves nothing."""
    def call(where, says, hint):
        result = box.create(before=["--log", f"{tmp}/log", "--log-format", "json"]).fails(f"config.json: {where}", says)
        record = json.loads((tmp / "log").read_text())
        assert record["config"] == where and hint in record.get("hint", ""), f"{result}\n{record}"
        box.host.assert_clean()
    return call


FILE_SYSTEMS = [
    ("nofs", "x", [], "No such device", "this kernel has no file system of that type"),
    ("tmpfs", "x", ["foo=bar"], 'set its option "foo"', "Unknown parameter 'foo'"),
    ("tmpfs", "x", ["size=zz"], 'set its option "size"', "Bad value for 'size'"),
    ("ext4", "/dev/no", [], "not found", "/dev/no: Can't lookup blockdev"),
    ("overlay", "x", ["lowerdir=/no/such"], 'set its option "lowerdir"', ""),
]


@pytest.mark.parametrize("fstype, source, options, says, hint", FILE_SYSTEMS, ids=[f"{f[0]} {f[1]} {f[2]}" for f in FILE_SYSTEMS])
def test_a_file_system_that_cannot_be_made(box, fails, fstype, source, options, says, hint):
    box.cfg.mount("/data", fstype, source, options)
    fails("mounts[5]", says, hint)


def test_a_file_system_of_a_device_in_a_user_namespace(box, fails):
    box.cfg.user_namespace().mount("/data", "ext4", "/dev/null")
    fails("mounts[5]", "mount ext4 on \"/data\": Operation not permitted", "none that is on a device")


@pytest.mark.parametrize("fstype", ["tmpfs", None])
@pytest.mark.parametrize("option", ["size=zz", "foo=bar"])
def test_a_remount_with_an_option_that_the_file_system_does_not_take(box, fails, fstype, option):
    box.cfg.mount("/dev/shm", fstype, None, ["remount", option])
    fails("mounts[5]", f'remount /dev/shm: set its option "{option.split("=")[0]}"', option.split("=")[0])


def test_a_remount_where_nothing_is_mounted(box, fails):
    box.cfg.mount("/data", None, None, ["remount", "bind", "ro"])
    fails("mounts[5]", 'remount "/data"', "there is no mount at this place")


@pytest.mark.parametrize("source, place, hint", [
    ("/etc", "/etc/passwd", "what is mounted is a directory, and the destination is none"),
    ("/etc/passwd", "/data", "what is mounted is no directory, and the destination is one")], ids=["directory", "file"])
def test_a_source_and_a_destination_of_two_kinds(box, fails, source, place, hint):
    box.cfg.bind(source, place)
    fails("mounts[5]", f'mount {source} on "{place}"', hint)


@pytest.mark.parametrize("place, says", [("/etc/passwd/x", "Not a directory"), ("/data/loop/x", "Too many levels of symbolic links"),
                                         ("/" + "a" * 256, "")], ids=["file", "loop", "long"])
def test_a_destination_that_no_path_leads_to(box, fails, place, says):
    os.symlink("loop", f"{box.rootfs}/data/loop")
    box.cfg.mount(place, "tmpfs")
    fails("mounts[5]", f'on "{place}"'[:100], "")


def test_a_destination_on_a_read_only_mount(box, fails, tmp):
    box.cfg.bind(tmp, "/data", "ro").mount("/data/new", "tmpfs")
    fails("mounts[6]", 'mount tmpfs on "/data/new": Read-only file system', "create it in the image")


@pytest.mark.parametrize("place, directory", [("/new", "/"), ("/data/a/b/c", "/data/a/b"), ("/data/closed/x/y", "/data/closed"),
                                              ("/link/c", "/link")])
def test_a_destination_in_a_directory_that_is_another_user_s_names_it(box, fails, place, directory):
    """Root of a user namespace is another user to the image, who may not make what is missing, nor pass what is closed."""
    os.makedirs(f"{box.rootfs}/data/a/b")
    os.makedirs(f"{box.rootfs}/data/closed/x/y")
    os.chmod(f"{box.rootfs}/data/closed", 0o700)
    os.symlink("/data/a/b", f"{box.rootfs}/link")
    box.cfg.user_namespace().mount(place, "tmpfs")
    fails("mounts[5]", f'mount tmpfs on "{place}": Permission denied', f'the directory "{directory}" {DENIED}')


def test_an_unbindable_source(box, fails, tmp):
    kernel.mount("x", str(tmp), "tmpfs")
    kernel.mount("none", str(tmp), None, kernel.MS_UNBINDABLE)
    try:
        box.cfg.bind(tmp, "/data")
        result = box.create().fails("mounts[5].source", f'clone the mount of "{tmp}"')
        assert "Invalid argument" in result.err
    finally:
        kernel.umount(str(tmp))
