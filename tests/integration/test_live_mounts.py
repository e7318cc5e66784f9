# SPDX-License-Identifier: Apache-2.0
"""Mounts that are added to a container that exists, or removed. What is judged is mountinfo inside."""
import json
import os

import pytest

from lib.box import FOREVER, eventually
from lib.mountinfo import Mount
from lib.namespaces import namespaces_of_another


def inside(box):
    """The mounts of the container in their order, from the oldest to the newest."""
    return [Mount(line) for line in box.proc("mountinfo").splitlines()]


def point(box, path):
    """The newest mount at the path."""
    return [m for m in inside(box) if m.point == path][-1]


def points(box):
    return [m.point for m in inside(box)]


def bind(source, destination, *options):
    return {"destination": destination, "type": "bind", "source": str(source), "options": ["bind", *options]}


def tmpfs(destination, *options):
    return {"destination": destination, "type": "tmpfs", "source": "tmpfs", "options": list(options)}


@pytest.fixture
def live(box, tmp):
    """Call `mounts add|remove` with a list, or the text of a file."""
    def call(verb, mounts, before=()):
        path = tmp / "mounts.json"
        path.write_text(mounts if isinstance(mounts, str) else json.dumps(mounts))
        return box.rt("mounts", verb, box.id, path, before=before)
    return call


@pytest.fixture
def source(tmp):
    """A directory with a file, and another file beside it."""
    (tmp / "source").mkdir()
    (tmp / "source/inside").write_text("of the directory\n")
    (tmp / "file").write_text("of the file\n")
    return tmp


def cat(box, path):
    with open(f"/proc/{box.pid}/root{path}") as f:
        return f.read()


# add

def test_a_directory_a_file_and_a_file_system_are_added(box, live, source):
    box.up()
    live("add", [bind(source / "source", "/data/dir", "ro", "nosuid"), bind(source / "file", "/data/file"),
                 tmpfs("/tmp", "size=64k", "noexec")]).silent()
    assert cat(box, "/data/dir/inside") == "of the directory\n"
    assert cat(box, "/data/file") == "of the file\n"
    assert {"ro", "nosuid"} <= point(box, "/data/dir").options
    assert "rw" in point(box, "/data/file").options
    added = point(box, "/tmp")
    assert added.type == "tmpfs" and "noexec" in added.options and "size=64k" in added.super
    assert os.stat(f"/proc/{box.pid}/root/tmp").st_mode & 0o7777 == 0o1777


def test_a_mount_with_mapped_ids(box, live, source):
    os.chown(source / "source/inside", 1, 2)
    maps = [{"containerID": 0, "hostID": 100000, "size": 10}]
    box.up()
    live("add", [{**bind(source / "source", "/data", "idmap"), "uidMappings": maps, "gidMappings": maps},
                 {**tmpfs("/tmp", "idmap"), "uidMappings": maps, "gidMappings": maps}]).silent()
    seen = os.stat(f"/proc/{box.pid}/root/data/inside")
    assert (seen.st_uid, seen.st_gid) == (100001, 100002)
    assert os.stat(f"/proc/{box.pid}/root/tmp").st_uid == 100000


def test_the_program_sees_what_is_added(box, live, source):
    box.up("until [ -e /data/inside ]; do usleep 1000; done; cp /data/inside /tmp/seen; " + FOREVER)
    live("add", [bind(source / "source", "/data")]).silent()
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/seen"), "the file in the container")


def test_the_list_may_come_by_standard_input(box, source):
    box.up()
    path = source / "list"
    path.write_text(json.dumps([bind(source / "file", "/data/file")]))
    with open(path) as stdin:
        box.rt("mounts", "add", box.id, "-", stdin=stdin).silent()
    assert cat(box, "/data/file") == "of the file\n"


def test_a_mount_may_lie_in_another_of_the_list(box, live, source):
    box.up()
    live("add", [tmpfs("/data", "ro"), tmpfs("/data/a"), bind(source / "file", "/data/b")]).silent()
    assert "ro" in point(box, "/data").options and "rw" in point(box, "/data/a").options
    assert cat(box, "/data/b") == "of the file\n"


def test_a_relative_source_is_in_the_bundle(box, live):
    box.up()
    with open(f"{box.dir}/near", "w") as f:
        f.write("in the bundle\n")
    live("add", [bind("near", "/data/near")]).silent()
    assert cat(box, "/data/near") == "in the bundle\n"


def test_a_container_that_waits_for_start(box, live, source):
    box.cfg.shell("cat /data/inside > /tmp/seen")
    box.create().silent()
    live("add", [bind(source / "source", "/data")]).silent()
    box.start().silent()
    assert box.wait() == 0
    assert box.read("tmp/seen") == "of the directory\n"


def test_a_paused_container(box, live, source):
    box.up()
    box.rt("pause", box.id).silent()
    live("add", [bind(source / "source", "/data")]).silent()
    assert box.status == "paused"
    live("remove", [bind(source / "source", "/data")]).silent()
    box.rt("resume", box.id).silent()
    assert "/data" not in points(box)


def test_a_read_only_root(box, live, source):
    box.cfg["root"]["readonly"] = True
    box.up()
    live("add", [bind(source / "source", "/data")]).silent()
    assert cat(box, "/data/inside") == "of the directory\n"
    live("add", [bind(source / "source", "/missing")]).fails(
        'mounts[0]: mount ', 'on "/missing"', "Read-only file system")


def test_no_pivot(box, live, source):
    box.up(FOREVER, "--no-pivot")
    live("add", [bind(source / "source", "/data/dir"), tmpfs("/tmp")]).silent()
    assert cat(box, "/data/dir/inside") == "of the directory\n"
    live("remove", [tmpfs("/data/dir"), tmpfs("/tmp")]).silent()
    assert not os.path.exists(f"/proc/{box.pid}/root/data/dir/inside")


def test_a_user_namespace(box, live, source):
    box.cfg.user_namespace()
    os.chown(box.rootfs, 100000, 100000)
    os.chown(f"{box.rootfs}/data", 100000, 100000)
    box.up()
    os.chmod(source / "source", 0o700)      # only the host's root may open it
    live("add", [bind(source / "source", "/data/dir", "ro"), tmpfs("/data/own"),
                 {"destination": "/data/proc", "type": "proc"}]).silent()
    assert "ro" in point(box, "/data/dir").options
    assert os.stat(f"{box.rootfs}/data/dir").st_uid == 100000
    assert os.stat(f"/proc/{box.pid}/root/data/own").st_uid == 100000
    live("remove", [tmpfs("/data/dir"), tmpfs("/data/own"), tmpfs("/data/proc")]).silent()
    assert not [p for p in points(box) if p.startswith("/data")]


def test_a_user_namespace_without_root(box, live, source):
    box.cfg.user_namespace()
    for key in ("uidMappings", "gidMappings"):
        box.cfg.linux[key] = [{"containerID": 5, "hostID": 100005, "size": 10}]
    box.cfg.process["user"] = {"uid": 5, "gid": 5}
    box.cfg.no_mount("/dev/pts")
    for path in (box.rootfs, f"{box.rootfs}/data"):
        os.chown(path, 100005, 100005)
    box.up()
    live("add", [bind(source / "file", "/data/file"), tmpfs("/data/own")]).silent()
    assert cat(box, "/data/file") == "of the file\n"
    assert os.stat(f"/proc/{box.pid}/root/data/own").st_uid == 100005


def test_a_user_namespace_that_is_joined(box, boxes, live, source):
    first = boxes()
    first.cfg.user_namespace()
    os.chown(first.rootfs, 100000, 100000)
    first.up()
    box.cfg.namespace("user", f"/proc/{first.pid}/ns/user")
    for path in (box.rootfs, f"{box.rootfs}/data"):
        os.chown(path, 100000, 100000)
    box.up()
    live("add", [bind(source / "file", "/data/file"), {"destination": "/data/proc", "type": "proc"}]).silent()
    assert cat(box, "/data/file") == "of the file\n"


def test_a_mount_namespace_that_is_joined(box, host, live, source):
    with namespaces_of_another(host, "mount") as pid:
        box.cfg.join_mounts(pid)
        box.up()
        live("add", [bind(source / "file", "/data/file")]).silent()
        assert cat(box, "/data/file") == "of the file\n"


def test_the_pid_namespace_of_the_host(box, live):
    box.cfg.no_namespace("pid")
    box.up()
    live("add", [{"destination": "/data", "type": "proc"}]).silent()
    assert os.path.exists(f"/proc/{box.pid}/root/data/{os.getpid()}")


def test_new_file_systems_are_those_of_the_container(box, live):
    box.up()
    live("add", [{"destination": "/data/proc", "type": "proc"}, {"destination": "/data/sys", "type": "sysfs"},
                 {"destination": "/data/mqueue", "type": "mqueue"}]).silent()
    root = f"/proc/{box.pid}/root"
    with open(f"{root}/data/proc/1/cmdline") as f:
        assert f.read().startswith("/bin/sh")
    assert os.listdir(f"{root}/data/sys/class/net") == ["lo"]
    assert os.path.isdir(f"{root}/data/mqueue")


def test_what_is_mounted_later_does_not_come_from_the_host(box, live, tmp):
    """The source gets the propagation of the container's root, a slave: not the other way round."""
    os.mkdir(tmp / "source")
    box.up()
    live("add", [bind(tmp / "source", "/data")]).silent()
    live("add", [tmpfs("/data/below")]).silent()
    with open("/proc/self/mountinfo") as f:
        assert f"{tmp}/source" not in f.read()


def test_a_symlink_is_followed_in_the_root(box, live, source):
    out = f"/tmp/{box.id}"          # one that the host does not have
    os.symlink("/data", f"{box.rootfs}/link")
    os.symlink("../" * 20 + out[1:], f"{box.rootfs}/out")
    box.up()
    live("add", [bind(source / "file", "/link/file"), bind(source / "source", "/out")]).silent()
    assert cat(box, "/data/file") == "of the file\n"
    assert cat(box, f"{out}/inside") == "of the directory\n"
    assert not os.path.exists(out)


# all or nothing

def test_a_failure_takes_back_what_was_added(box, live, source):
    box.up()
    before = points(box)
    live("add", [bind(source / "source", "/data/one"), tmpfs("/data/two"), bind(source / "file", "/data/one"),
                 tmpfs("/data/four"), tmpfs("/data/five")]).fails("mounts[2]: mount ", '"/data/one"', "Is a directory")
    assert points(box) == before


def test_a_bad_source_leaves_all_as_it_is(box, live, source):
    box.up()
    before = points(box)
    live("add", [bind(source / "source", "/data/one"), bind(source / "missing", "/data/two")]).fails(
        "mounts[1].source: open ", "not found")
    assert points(box) == before
    assert not os.path.exists(f"{box.rootfs}/data/one")


def test_an_option_that_the_file_system_does_not_take(box, live):
    box.up()
    before = points(box)
    live("add", [tmpfs("/data"), tmpfs("/tmp", "size=many")]).fails("mounts[1]: mount ", "size")
    assert points(box) == before


# remove

def test_what_was_added_is_removed(box, live, source):
    box.up()
    before = points(box)
    mounts = [tmpfs("/data"), bind(source / "source", "/data/dir"), bind(source / "file", "/data/file"), tmpfs("/tmp")]
    live("add", mounts).silent()
    assert len(points(box)) == len(before) + 4
    live("remove", mounts).silent()
    assert points(box) == before


def test_the_newest_mount_of_a_place_is_removed(box, live):
    box.up()
    live("add", [tmpfs("/data", "size=64k"), tmpfs("/data", "size=128k")]).silent()
    live("remove", [{"destination": "/data"}]).silent()
    assert "size=64k" in point(box, "/data").super
    live("remove", [{"destination": "data/"}]).silent()
    assert "/data" not in points(box)


def test_only_what_is_mounted_can_be_removed(box, live):
    box.up()
    live("add", [tmpfs("/data")]).silent()
    before = points(box)
    live("remove", [tmpfs("/data"), tmpfs("/tmp")]).fails("mounts[1].destination: unmount \"/tmp\"")
    live("remove", [tmpfs("/data"), tmpfs("/missing/far")]).fails("mounts[1].destination: find the mount on")
    live("remove", [tmpfs("/")]).fails("mounts[0].destination: the root itself")
    assert points(box) == before


def test_no_symlink_chooses_what_is_removed(box, live):
    os.symlink("/data", f"{box.rootfs}/link")
    box.up()
    live("add", [tmpfs("/link")]).silent()
    assert live("remove", [tmpfs("/link")], before=["--log-format", "json"]).fails(
        "mounts[0].destination", "give the path that it leads to")
    live("remove", [tmpfs("/data")]).silent()


@pytest.mark.parametrize("verb", ["add", "remove"])
@pytest.mark.parametrize("path", ["/proc", "/sys", "/sys/firmware", "/proc/sys", "/etc/../etc", "/etc/secret"])
def test_masks_and_read_only_paths_stay(box, live, verb, path):
    box.write("etc/secret", "hidden")
    box.cfg.linux["maskedPaths"] = ["/proc/timer_list", "/sys/firmware", "/etc/secret"]
    box.cfg.linux["readonlyPaths"] = ["/proc/sys"]
    box.up()
    before = points(box)
    live(verb, [{"destination": path, "type": "proc"}]).fails("mounts[0].destination", "protects")
    assert points(box) == before


def test_masks_of_paths_behind_a_symlink_stay_too(box, live):
    """The configuration names them by the symlink; who unmounts, by where it leads to."""
    box.write("etc/secret", "hidden")
    os.makedirs(f"{box.rootfs}/etc/fixed")
    os.symlink("/etc", f"{box.rootfs}/data/link")
    box.cfg.linux["maskedPaths"] = ["/data/link/secret"]
    box.cfg.linux["readonlyPaths"] = ["/data/link/fixed"]
    box.up()
    before = points(box)
    assert {"/etc/secret", "/etc/fixed"} <= set(before)
    for path in ("/etc/secret", "/etc/fixed"):
        live("remove", [{"destination": path}]).fails("mounts[0].destination", f'unmount "{path}": Operation not permitted')
    live("add", [tmpfs("/home"), tmpfs("/etc/fixed")]).fails("mounts[1]: mount on", '"/etc/fixed": Operation not permitted')
    live("add", [tmpfs("/home"), tmpfs("/data/link/fixed")]).fails("mounts[1].destination", "protects")
    assert points(box) == before


# what cannot be

@pytest.mark.parametrize("mount, words", [
    ({"destination": "/", "type": "tmpfs"}, ["mounts[0].destination", "the root itself"]),
    ({"destination": "/proc/self", "type": "tmpfs"}, ["mounts[0].destination", "is in /proc"]),
    ({"destination": "/proc", "type": "tmpfs"}, ["mounts[0].type", "only procfs"]),
    ({"destination": "/data", "options": ["remount", "ro"]}, ["mounts[0].options", "remount"]),
    ({"destination": "/data", "type": "tmpfs", "options": ["tmpcopyup"]}, ["mounts[0].options", "tmpcopyup"]),
    ({"destination": "/data", "type": "tmpfs", "options": ["silent"]}, ["mounts[0].options", "silent"]),
    ({"destination": "/data", "type": "cgroup"}, ["mounts[0].type", "cgroup"]),
    ({"destination": "/data"}, ["mounts[0].type", "is missing"]),
    ({"type": "tmpfs"}, ["mounts[0].destination", "is required"]),
    ({"destination": ""}, ["mounts[0].destination", "is empty"]),
    ({"destination": "/data", "type": "tmpfs", "options": "ro"}, ["mounts[0].options", "must be an array"]),
])
def test_a_mount_that_is_refused(box, live, mount, words):
    box.cfg.linux["maskedPaths"] = []
    box.up()
    before = points(box)
    live("add", [mount]).fails(*words)
    assert points(box) == before


@pytest.mark.parametrize("text, words", [
    ("", ["mounts.json: line 1"]), ("{}", ["mounts: must be an array"]), ("[]", ["mounts: is an empty list"]),
    ("null", ["mounts: is an empty list"]), ("[", ["mounts.json"]), ("[1]", ["mounts[0]: must be an object"]),
    ('[], "process": {}', ["mounts.json: line 1, column 3"]), ("[] []", ["mounts.json: line 1, column 4"]),
    (json.dumps([tmpfs(f"/data/{i}") for i in range(257)]), ["mounts: has more than 256"]),
])
@pytest.mark.parametrize("verb", ["add", "remove"])
def test_a_file_that_is_no_list_of_mounts(box, live, verb, text, words):
    box.up()
    live(verb, text).fails(*words)


def test_an_error_has_the_line_of_the_file(box, live, tmp):
    box.up()
    live("add", '[\n  {"destination": "/data", "type": "tmpfs"},\n  {"destination": "/"}\n]',
         before=["--log", f"{tmp}/log", "--log-format", "json"]).fails()
    record = json.loads((tmp / "log").read_text())
    assert (record["config"], record["line"], record["column"]) == ("mounts[1].destination", 3, 19)
    assert "step" not in record


def test_an_unknown_container(box, tmp):
    (tmp / "mounts.json").write_text("[]")
    box.rt("mounts", "add", "nobody", tmp / "mounts.json").fails("nobody", "does not exist")


def test_a_container_that_has_stopped(box, live):
    box.cfg.args("/bin/true")
    box.create().silent()
    box.start().silent()
    box.wait()
    live("add", [tmpfs("/data")]).fails("container not running")
    live("remove", [tmpfs("/data")]).fails("container not running")


def test_another_process_with_the_pid_is_not_touched(box, live, host):
    """The record tells a process from others by its inode or its start time."""
    box.up()
    path = f"{host.root}/{box.id}/state.json"
    with open(path) as f:
        record = json.load(f)
    with open(path, "w") as f:
        json.dump({**record, "pid": os.getpid()}, f)
    live("add", [tmpfs("/data")]).fails("container not running")
    with open(path, "w") as f:
        json.dump(record, f)


@pytest.mark.parametrize("words", [[], ["add"], ["add", "x"], ["move", "x", "-"]])
def test_a_command_line_that_is_wrong(rt, words):
    rt("mounts", *words).fails()


def test_nothing_of_it_is_left_when_the_container_is_gone(box, live, source):
    box.up()
    live("add", [bind(source / "source", "/data"), tmpfs("/tmp")]).silent()
    with open("/proc/self/mountinfo") as f:
        assert box.rootfs not in f.read()
    box.delete("--force").silent()
    assert os.listdir(f"{box.rootfs}/data") == []
    assert (source / "source/inside").exists()


def test_update_and_the_configuration_know_nothing_of_it(box, live, host):
    box.up()
    with open(f"{host.root}/{box.id}/config.json") as f:
        before = f.read()
    live("add", [tmpfs("/data")]).silent()
    with open(f"{host.root}/{box.id}/config.json") as f:
        assert f.read() == before
