# SPDX-License-Identifier: Apache-2.0
"""Mounts and the root with mapped ids: idmap, ridmap, uidMappings and gidMappings."""
import json
import os

import pytest

from lib import kernel

must = pytest.mark.must


def ids(container, host, size):
    return [{"containerID": container, "hostID": host, "size": size}]


# On the files: 0 to 9. On the host: 100000 to 100009.
OWN = {"uidMappings": ids(0, 100000, 10), "gidMappings": ids(0, 100000, 10)}


@pytest.fixture
def files(host, tmp):
    """A file system with a file of 1:2, and another one below it with one of 3:4."""
    kernel.mount("files", str(tmp), "tmpfs")
    os.chmod(tmp, 0o777)
    (tmp / "file").touch()
    os.chown(tmp / "file", 1, 2)
    (tmp / "sub").mkdir()
    kernel.mount("sub", str(tmp / "sub"), "tmpfs")
    (tmp / "sub/file").touch()
    os.chown(tmp / "sub/file", 3, 4)
    yield tmp
    kernel.umount(str(tmp / "sub"))
    kernel.umount(str(tmp))


def bind(box, source, *options, **members):
    box.cfg["mounts"].append({"destination": "/data", "type": "none", "source": str(source),
                              "options": ["rbind", *options], **members})
    return box


def owners(box, *paths):
    return box.sh("stat -c %u:%g " + " ".join(paths)).split()


@must(49, 50)
@pytest.mark.parametrize("options", [["idmap"], []], ids=["idmap", "no-word"])
def test_the_mappings_of_the_mount_are_used(box, files, options):
    bind(box, files, *options, **OWN)
    assert owners(box, "/data/file") == ["100001:100002"]


@must(49)
def test_ridmap_reaches_the_mounts_below_and_idmap_does_not(boxes, files):
    one, two = boxes(), boxes()
    bind(one, files, "idmap", **OWN)
    assert owners(one, "/data/file", "/data/sub/file") == ["100001:100002", "3:4"]
    bind(two, files, "ridmap", **OWN)
    assert owners(two, "/data/file", "/data/sub/file") == ["100001:100002", "100003:100004"]


@must(50)
@pytest.mark.parametrize("word", ["idmap", "ridmap"])
def test_without_mappings_the_container_s_own_are_used(box, files, word):
    box.cfg.user_namespace()
    bind(box, files, word)
    assert owners(box, "/data/file") == ["1:2"]


def test_a_user_namespace_alone_maps_no_mount(box, files):
    box.cfg.user_namespace()
    bind(box, files)
    assert owners(box, "/data/file") == ["65534:65534"]


def test_own_mappings_in_a_user_namespace(box, files):
    """The file's 1 is the host's 100005, which is the container's 5."""
    box.cfg.user_namespace()
    bind(box, files, "idmap", uidMappings=ids(1, 100005, 1), gidMappings=ids(2, 100006, 1))
    assert owners(box, "/data/file") == ["5:6"]


def test_what_the_container_writes_has_the_mapped_owner_on_the_host(box, files):
    box.cfg.user_namespace()
    bind(box, files, "idmap")
    box.sh("touch /data/new; chown 7:8 /data/new")
    st = os.stat(files / "new")
    assert (st.st_uid, st.st_gid) == (7, 8)


def test_the_mappings_of_a_joined_user_namespace(boxes, files):
    first, second = boxes(), boxes()
    first.cfg.user_namespace()
    first.up()
    second.cfg.namespace("user", f"/proc/{first.pid}/ns/user")
    bind(second, files, "idmap")
    assert owners(second, "/data/file") == ["1:2"]


@must(51)
@pytest.mark.parametrize("word", ["idmap", "ridmap"])
def test_no_mappings_and_no_user_namespace_are_an_error(box, files, word):
    bind(box, files, word).create().fails("mounts[5].options", "user namespace")


@must(52)
@pytest.mark.parametrize("there, missing", [("uidMappings", "gidMappings"), ("gidMappings", "uidMappings")])
def test_one_kind_of_mappings_without_the_other_is_an_error(box, files, there, missing):
    bind(box, files, "idmap", **{there: ids(0, 100000, 10)})
    box.create().fails(f"mounts[5].{missing}", "go together")


@pytest.mark.parametrize("word, expected", [
    ("idmap=uids=0-100000-10;gids=0-200000-10", "100001:200002"),
    ("idmap=gids=0-200000-10;uids=0-5-1#1-100000-1", "100000:200002"),
    ("ridmap=uids=0-100000-10;gids=0-200000-10", "100001:200002")])
def test_a_mapping_in_the_option(box, files, word, expected):
    bind(box, files, word)
    assert owners(box, "/data/file") == [expected]


def test_a_relative_mapping_in_the_option(box, files):
    """Behind "@" the second number is an id of the container; this range lies in two of its ranges."""
    box.cfg.user_namespace()
    for key in ("uidMappings", "gidMappings"):
        box.cfg.linux[key] = ids(0, 100000, 6) + ids(6, 300000, 10)
    bind(box, files, "idmap=uids=@1-5-3;gids=@1-5-3")
    assert owners(box, "/data/file") == ["5:6"]


@pytest.mark.parametrize("word, says", [
    ("idmap=uids=0-1-1", "both"), ("idmap=uids=0-1;gids=0-1-1", "three numbers"),
    ("idmap=uids=0-1-1;gids=0-1-1;uids=0-1-1", "each once"), ("idmap=x", "uids="), ("idmap=", "both"),
    ("idmap=uids=0-1-1#1-1-1;gids=0-1-1", "overlaps"), ("idmap=uids=@0-0-1;gids=@0-0-1", "not mapped"),
    ("idmap=uids=1-1-1#@0-0-1;gids=0-1-1", "relative"), ("idmap=uids=0-1-99999999999;gids=0-1-1", "three numbers")])
def test_a_mapping_that_is_none_is_refused(box, files, word, says):
    bind(box, files, word).create().fails("mounts[5].options", says)


def test_a_mapping_in_two_places_is_refused(box, files):
    bind(box, files, "idmap=uids=0-1-1;gids=0-1-1", **OWN).create().fails("mounts[5].options", "both here and")


@pytest.mark.parametrize("userns", [False, True])
def test_a_new_file_system(box, userns):
    """Its root, of 0 on the file system, is what the mapping says."""
    if userns:
        box.cfg.user_namespace()
    box.cfg["mounts"].append({"destination": "/data", "type": "tmpfs", "source": "tmpfs",
                              "options": ["mode=750", "idmap"],
                              **({} if userns else OWN)})
    assert box.sh("stat -c %u:%g:%a /data").strip() == ("0:0:750" if userns else "100000:100000:750")


def test_a_new_file_system_has_the_mode_of_its_directory_and_is_read_only(box):
    box.cfg.user_namespace()
    os.chmod(f"{box.rootfs}/data", 0o2751)
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["ro", "idmap"])
    result = box.sh("stat -c %u:%a /data; touch /data/x 2>/dev/null || echo refused")
    assert result.split() == ["0:2751", "refused"]


def test_a_new_file_system_with_tmpcopyup(box):
    box.cfg.user_namespace()
    box.write("data/file", "text")
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["tmpcopyup", "idmap"])
    assert box.sh("cat /data/file") == "text"


def test_the_parameters_of_a_new_file_system_are_said_on_the_host(box):
    box.cfg.user_namespace().mount("/data", "tmpfs", "tmpfs", ["idmap", "size=many"])
    box.create_fails("mounts[5]", "size")


@pytest.mark.parametrize("fstype", ["proc", "mqueue"])
def test_a_file_system_that_cannot_map_ids_is_named(box, fstype):
    box.cfg.no_mount("/proc").user_namespace()
    point = "/proc" if fstype == "proc" else "/data"
    box.cfg.mount(point, fstype, fstype, ["idmap"])
    box.create_fails("mounts[4].options", fstype, "cannot map ids")


def test_a_mount_below_that_cannot_map_ids_is_named(box, files):
    (files / "q").mkdir()
    kernel.mount("q", str(files / "q"), "mqueue")
    try:
        box.cfg.user_namespace()
        bind(box, files, "ridmap").create().fails("mounts[5].options", f'"{files}/q"', "mqueue")
    finally:
        kernel.umount(str(files / "q"))


def test_remount_maps_nothing(box):
    box.cfg.user_namespace().mount("/data", "tmpfs", "tmpfs")
    box.cfg.mount("/data", "none", "none", ["remount", "idmap"])
    box.create_fails("mounts[6].options", "remount")


# The root


@pytest.mark.parametrize("value", ["idmap", "ridmap", "idmap=uids=@0-0-65536;gids=@0-0-65536"])
def test_a_root_whose_files_have_the_ids_of_the_host(box, value):
    box.cfg.user_namespace()
    box.cfg["annotations"] = {"org.rundlet.rootfs.idmap": value}
    assert box.sh("stat -c %u:%g /bin/busybox /; touch /new").split() == ["0:0", "0:0"]
    st = os.stat(f"{box.rootfs}/new")
    assert (st.st_uid, st.st_gid) == (0, 0)


@pytest.mark.parametrize("value, says", [("yes", "idmap"), ("idmap", "user namespace"), ("ridmapped", "idmap")])
def test_a_root_that_cannot_be_mapped_says_so(box, value, says):
    box.cfg["annotations"] = {"org.rundlet.rootfs.idmap": value}
    box.create_fails('annotations["org.rundlet.rootfs.idmap"]', says)


@must(172)
def test_features_say_that_ids_of_mounts_can_be_mapped(rt):
    features = json.loads(rt("features").out)
    assert features["linux"]["mountExtensions"]["idmap"]["enabled"] is True
    assert {"idmap", "ridmap", "copy-symlink"} <= set(features["mountOptions"])
