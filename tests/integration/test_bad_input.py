# SPDX-License-Identifier: Apache-2.0
"""Bad input: exit status 1, one clear line, and nothing made."""
import json
import os
import socket
import time

import pytest

from lib import kernel
from lib.timing import scaled

attack = pytest.mark.attack

must = pytest.mark.must


def refused(box, text, *words):
    """create of a bundle with this text as its config.json fails and has left nothing."""
    with open(f"{box.dir}/config.json", "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    for command in (["create"], ["run"], ["run", "-d"]):
        box.rt(*command, "--bundle", box.dir, box.id).fails(*words)
        box.host.assert_clean()
    assert sorted(os.listdir(box.dir)) == ["config.json", "rootfs"]


def with_member(box, dotted, value):
    return json.dumps(box.cfg.put(dotted, value))


# the bundle and its file

def test_no_bundle(rt, host, tmp):
    rt("create", "--bundle", f"{tmp}/none", f"{host.tag}-x").fails(f"{tmp}/none")
    host.assert_clean()


def test_a_bundle_that_is_a_file(rt, host, tmp):
    (tmp / "file").write_text("")
    rt("create", "--bundle", f"{tmp}/file", f"{host.tag}-x").fails(f"{tmp}/file")
    host.assert_clean()


@must(39)
def test_no_config(box):
    box.rt("create", "--bundle", box.dir, box.id).fails("config.json")
    box.host.assert_clean()


@pytest.mark.parametrize("kind", ["directory", "fifo", "socket", "empty"])
def test_a_config_that_is_no_file(box, kind):
    path = f"{box.dir}/config.json"
    if kind == "directory":
        os.mkdir(path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
    else:
        open(path, "w").close()
    box.rt("create", "--bundle", box.dir, box.id, timeout=10).fails("config.json")
    box.host.assert_clean()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_config(box, part):
    text = json.dumps(box.cfg)
    refused(box, text[:int(len(text) * part)], "config.json", "line 1")


@pytest.mark.parametrize("text", [
    "null", "[]", "1", '""', "{}", "{", "}", "{}{}", '{"ociVersion": }', "{'ociVersion': '1.0.2'}", "\x00", "// x\n{}",
    '{"ociVersion": "1.0.2",}', b"\xff\xfe{\x00}\x00", b'{"ociVersion": "\xff"}'], ids=repr)
def test_a_config_that_is_not_the_json_of_one(box, text):
    refused(box, text)


def test_the_place_of_an_error_is_named(box, tmp):
    text = json.dumps(box.cfg.put("process.cwd", 5), indent=1)
    line = 1 + text[:text.index('"cwd"')].count("\n")
    with open(f"{box.dir}/config.json", "w") as f:
        f.write(text)
    box.rt("create", "--bundle", box.dir, box.id, before=["--log-format=json", "--log", f"{tmp}/log"]).fails("process.cwd")
    record = json.loads((tmp / "log").read_text())
    assert record["line"] == line and record["config"] == "process.cwd"


# members

WRONG = [
    ("ociVersion", 1), ("ociVersion", "2.0.0"), ("ociVersion", "one"), ("ociVersion", ""), ("ociVersion", "0.1.0"),
    ("process", []), ("process", "x"), ("process.args", "sh"), ("process.args", []), ("process.args", [1]),
    ("process.args", [None]), ("process.cwd", "relative"), ("process.cwd", ""), ("process.cwd", None),
    ("process.terminal", "false"), ("process.terminal", 0), ("process.user", []), ("process.user.uid", -1),
    ("process.user.uid", 4294967296), ("process.user.uid", 1.5), ("process.user.uid", "0"), ("process.user.uid", 1e3),
    ("process.user.gid", 10 ** 30), ("process.user.umask", -1), ("process.user.additionalGids", 5),
    ("process.user.additionalGids", [-1]), ("process.user.additionalGids", ["0"]), ("process.env", {"A": "1"}),
    ("process.env", ["A\0B=1"]), ("process.args", ["a\0b"]), ("process.capabilities", ["CAP_CHOWN"]),
    ("process.capabilities.bounding", "CAP_CHOWN"), ("process.rlimits", {}), ("process.noNewPrivileges", 1),
    ("process.oomScoreAdj", "0"), ("process.oomScoreAdj", 10 ** 12), ("root", "rootfs"), ("root.path", 5), ("root.path", ""),
    ("root.readonly", "yes"), ("mounts", {}), ("mounts", ["x"]), ("mounts", [{}]), ("mounts", [{"destination": 5}]),
    ("mounts", [{"destination": "/x", "options": "ro"}]), ("hostname", 5), ("hooks", []), ("hooks.prestart", {}),
    ("annotations", []), ("annotations", {"a": 1}), ("annotations", {"": "x"}), ("linux", []),
    ("linux.namespaces", {}), ("linux.namespaces", [{}]), ("linux.namespaces", [{"type": "planet"}]),
    ("linux.namespaces", [{"type": 5}]), ("linux.namespaces", [{"type": "pid", "path": 5}]),
    ("linux.namespaces", [{"type": "pid"}, {"type": "pid"}]), ("linux.namespaces", [{"type": ""}]),
    ("linux.uidMappings", [{"containerID": -1, "hostID": 0, "size": 1}]), ("linux.uidMappings", [{"containerID": 0}]),
    ("linux.resources", []), ("linux.resources.pids", {"limit": "5"}), ("linux.resources.memory", {"limit": 2 ** 63}),
    ("linux.resources.memory", {"limit": 1.5}), ("linux.resources.cpu", {"shares": 2 ** 64}),
    ("linux.seccomp", {}), ("linux.seccomp", []), ("linux.sysctl", {"net.ipv4.ip_forward": 1}), ("linux.sysctl", []),
    ("linux.maskedPaths", "/x"), ("linux.cgroupsPath", 5), ("linux.rootfsPropagation", 5), ("linux.devices", {}),
]


@must(40, 44, 45, 52, 54, 55, 94)
@pytest.mark.parametrize("member, value", WRONG, ids=[f"{m}={v!r}"[:60] for m, v in WRONG])
def test_a_wrong_member(box, member, value):
    refused(box, with_member(box, member, value), "config.json", member.split(".")[-1])


@pytest.mark.parametrize("member", ["ociVersion", "process.cwd", "process.args", "root.path"])
def test_a_missing_required_member(box, member):
    *parents, last = member.split(".")
    where = box.cfg
    for key in parents:
        where = where[key]
    del where[last]
    refused(box, json.dumps(box.cfg), last)


def test_a_config_without_a_root(box):
    del box.cfg["root"]
    refused(box, json.dumps(box.cfg), "root")


@pytest.mark.parametrize("text", ['{"ociVersion": "1.0.2", "ociVersion": "1.0.2"', '{"root": {"path": "a", "path": "b"}'])
def test_a_member_that_is_there_twice(box, text):
    rest = json.dumps({k: v for k, v in box.cfg.items() if k not in text})[1:]
    refused(box, f"{text}, {rest}", "path" if "path" in text else "ociVersion")


@must(43)
def test_unknown_members_are_ignored(box):
    box.cfg.put("unknown", {"a": [1, 2, {"b": None}]}).put("process.unknown", 1).put("linux.unknown", "x")
    box.cfg["mounts"][0]["unknown"] = True
    box.cfg.put("annotations", {"org.example.unknown": "x"})
    box.run().silent()


@pytest.mark.parametrize("member, value", [
    ("hooks", None), ("hooks", {}), ("hooks", {"prestart": []}), ("annotations", None), ("annotations", {}),
    ("linux.resources", {}), ("linux.resources", None), ("linux.seccomp", None), ("linux.devices", []), ("linux.sysctl", {}),
    ("linux.intelRdt", None), ("process.rlimits", []), ("linux.uidMappings", []), ("linux.netDevices", {}),
    ("process.apparmorProfile", ""), ("process.selinuxLabel", ""), ("linux.mountLabel", ""), ("hostname", ""),
    ("linux.cgroupsPath", ""), ("linux.resources.blockIO", {}), ("linux.resources.hugepageLimits", []),
    ("linux.resources.network", {}), ("linux.resources.rdma", {}), ("linux.resources.unified", {}),
    ("process.consoleSize", {"height": 1, "width": 1}), ("linux.rootfsPropagation", ""), ("process.scheduler", None),
    ("linux.maskedPaths", None), ("process.terminal", False), ("windows", {}), ("domainname", ""), ("solaris", None)], ids=str)
def test_what_is_empty_is_absent(box, member, value):
    """Go clients write out empty members."""
    if member == "linux.cgroupsPath":
        box.cfg.linux.pop("cgroupsPath")
    box.cfg.put(member, value)
    box.run().silent()


# limits of the parser

def test_a_large_config(box):
    """64 MB: refused, quickly, and without reading it all into memory."""
    with open(f"{box.dir}/config.json", "w") as f:
        f.write('{"ociVersion": "1.0.2", "annotations": {"x": "')
        for _ in range(64):
            f.write("x" * (1 << 20))
        f.write('"}}')
    started = time.monotonic()
    box.rt("create", "--bundle", box.dir, box.id).fails("config.json")
    assert time.monotonic() - started < scaled(10)
    box.host.assert_clean()
    os.unlink(f"{box.dir}/config.json")


@pytest.mark.parametrize("text", ["[" * 1000000, '{"a":' * 500000, '{"a":' + "[" * 1000000 + "]" * 1000000 + "}",
                                  '{"ociVersion":"1.0.2","x":' + '{"y":' * 100 + "1" + "}" * 100 + "}"],
                         ids=["arrays", "objects", "closed", "100 deep"])
def test_deep_nesting(box, text):
    refused(box, text, "config.json")


# the id

BAD_IDS = ["a/b", "../x", "..", ".", "", "/", "a" * 1025, "x y", "a\nb", "a\tb", "\u00fc", "a*b", "a:b", "a\\b"]


@attack("S28")
@must(2, 23)
@pytest.mark.parametrize("box_id", BAD_IDS, ids=[repr(i)[:20] for i in BAD_IDS])
@pytest.mark.parametrize("command", ["create", "run", "start", "state", "kill", "delete", "delete --force"])
def test_an_invalid_id(box, tmp, command, box_id):
    """S28: for every command, and nothing is made in the root or beside it."""
    box.save()
    options = ["--bundle", box.dir] if command in ("create", "run") else []
    box.rt.root = f"{tmp}/a/root"
    os.makedirs(f"{tmp}/a/root/x")
    os.makedirs(f"{tmp}/a/x")
    box.rt(*command.split(), *options, "--", box_id).fails()
    assert [sorted(os.listdir(f"{tmp}/{d}")) for d in ("", "a", "a/root", "a/x", "a/root/x")] == [["a"], ["root", "x"], ["x"], [], []]
    box.host.assert_clean()


@attack("S28")
def test_an_id_that_looks_like_an_option_is_taken_for_one(box):
    box.save()
    for args in (["create", "--bundle", box.dir, "-rf"], ["delete", "-rf"], ["state", "-rf"]):
        assert box.rt(*args).rc != 0
    box.host.assert_clean()


@pytest.mark.parametrize("box_id", ["{}", "A{}", "{}_x", "{}.x", "{}+x", "0{}"])
def test_a_valid_id(box, box_id):
    box.id = box_id.format(box.id)
    box.run().silent()


def test_a_long_id_works_or_is_refused(box):
    box.id = box.id + "x" * (255 - len(box.id))
    del box.cfg.linux["cgroupsPath"]
    result = box.run()
    if result.rc:
        result.fails()


# the root and the program

@must(41)
@pytest.mark.parametrize("kind", ["missing", "file", "dangling link"])
def test_a_wrong_root(box, kind):
    box.cfg["root"]["path"] = "other"
    if kind == "file":
        open(f"{box.dir}/other", "w").close()
    elif kind == "dangling link":
        os.symlink("nowhere", f"{box.dir}/other")
    result = box.create_fails("root.path", "other")
    assert "no such file or directory" not in result.err


@pytest.mark.parametrize("cwd", ["/etc/passwd", "/etc/passwd/x"])
def test_a_cwd_that_is_a_file(box, cwd):
    box.cfg.process["cwd"] = cwd
    box.create_fails("process.cwd")


def test_a_root_on_which_nothing_can_be_made(box):
    """A mount point is missing and the root file system is read-only."""
    kernel.mount(box.rootfs, box.rootfs, None, kernel.MS_BIND)
    kernel.mount("none", box.rootfs, None, kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY)
    try:
        box.cfg.mount("/not/there", "tmpfs", "tmpfs")
        box.create().fails("mounts[5]", "/not/there")
    finally:
        kernel.umount(box.rootfs)
