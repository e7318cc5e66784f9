# SPDX-License-Identifier: Apache-2.0
"""
Containers of a user without privilege: who maps the ids, what is opened how, what is left out.
"""
import json
import os
import signal
import sys

import pytest

from lib import kernel
from lib.box import FOREVER, eventually, ns_inode
from lib.mountinfo import Mount
from lib.paths import RUNDLET
from lib.rootless import COUNT, FIRST, GID, IN_RANGE, NAME, UID, need_tools, own, user_boxes
from lib.runtime import Runtime

attack = pytest.mark.attack

ADDED = "a user namespace is added"
MAP = "cat /proc/self/uid_map /proc/self/gid_map"


@pytest.fixture
def user_box_maker(host, nothing_left):
    with user_boxes(host, RUNDLET) as make:
        yield make


@pytest.fixture
def box(user_box_maker):
    return user_box_maker()


def numbers(text):
    """The lines of a map."""
    return [tuple(map(int, line.split())) for line in text.splitlines()]


# the user namespace

def test_with_one_id_it_is_mapped_without_a_program(box):
    assert numbers(box.map_one().sh(MAP)) == [(0, UID, 1), (0, GID, 1)]


def test_with_one_id_groups_cannot_be_set(box):
    assert box.map_one().sh("cat /proc/self/setgroups") == "deny\n"


def test_root_may_be_another_id_than_0(box):
    box.map((5, UID, 1))
    box.cfg.linux["gidMappings"] = [{"containerID": 6, "hostID": GID, "size": 1}]
    box.cfg.process["user"] = {"uid": 5, "gid": 6}
    assert box.sh("id -u; id -g") == "5\n6\n"


def test_several_ids_are_mapped_by_newuidmap(box):
    need_tools()
    box.map((0, FIRST, 1000), (1000, UID, 1))
    box.cfg.linux["gidMappings"] = [{"containerID": 0, "hostID": FIRST + 5, "size": 2000}]
    box.cfg.process["user"] = {"uid": 7, "gid": 8, "additionalGids": [9]}
    assert box.sh("id -u; id -G; cat /proc/self/setgroups; " + MAP).split("\n", 3)[:3] == ["7", "8 9", "allow"]
    assert numbers(box.sh(MAP)) == [(0, FIRST, 1000), (1000, UID, 1), (0, FIRST + 5, 2000)]


def test_what_newuidmap_says_is_in_the_error(box):
    need_tools()
    box.map((0, 5, 10)).create_fails("linux.gidMappings", "newgidmap", "not allowed")


@attack("S23", "userns")
def test_newuidmap_is_not_searched_in_the_path_of_the_caller_or_the_image(box, tmp):
    """S23"""
    need_tools()
    os.chmod(tmp, 0o777)
    for name in ("newuidmap", "newgidmap"):
        for path in (box.write(f"bin/{name}", f"#!/bin/sh\necho > {tmp}/ran\n", 0o755), f"{tmp}/{name}"):
            with open(path, "w") as f:
                f.write(f"#!/bin/sh\necho > {tmp}/ran\n")
            os.chmod(path, 0o755)
    box.rt = box.rt.with_env(PATH=f"{tmp}:{os.environ['PATH']}")
    box.map((0, FIRST, 1000))
    box.cfg.process["env"] = ["PATH=/bin"]
    assert box.sh("id -u") == "0\n"
    assert not (tmp / "ran").exists()


def test_without_a_user_namespace_one_is_added_with_the_ids_of_subuid(box):
    need_tools()
    box.user.etc("subuid", f"bad\n{NAME}:x:5\nother:1:1000\n{NAME}:{FIRST}:100\n#{NAME}:1:1\n{UID}:300000:20\n")
    box.cfg.process["user"] = {"uid": 3, "gid": 4}
    box.cfg.no_namespace("network").no_mount("/sys")
    box.cfg.shell(MAP)
    result = box.run()
    assert result.rc == 0 and ADDED in result.err, str(result)
    assert numbers(result.out) == [(0, UID, 1), (1, FIRST, 100), (101, 300000, 20), (0, GID, 1), (1, FIRST, COUNT)]


def test_without_ids_in_subuid_it_has_a_single_one(box):
    box.user.etc("subuid", "other:1:1000\n")
    box.cfg.shell(MAP)
    result = box.run()
    assert result.rc == 0 and "single id" in result.err, str(result)
    assert numbers(result.out) == [(0, UID, 1), (0, GID, 1)]


def test_an_id_that_is_not_mapped_is_refused(box):
    box.map_one().cfg.process["user"] = {"uid": 3, "gid": 0}
    box.create_fails("process.user.uid", "3 is not in linux.uidMappings")


def test_additional_groups_with_a_single_group_are_refused(box):
    box.map_one().cfg.process["user"] = {"uid": 0, "gid": 0, "additionalGids": [0]}
    box.create_fails("process.user.additionalGids", "groups cannot be set")


def test_rootless_false_adds_nothing(box):
    before = ["--rootless=false", "--cgroup-manager=disabled"]
    box.save().rt("run", "--bundle", box.dir, box.id, before=before).fails("new namespaces", "not permitted")
    box.rt("run", "--bundle", box.dir, box.id, before=before[:1]).fails("make the cgroup", "Permission denied")


def test_the_plan_shows_who_maps_and_where_sources_are_opened(box):
    need_tools()
    box.map((0, FIRST, 1000)).save()
    plan = box.rt("plan", "--bundle", box.dir, box.id).ok().out
    assert "uidMapBy: /usr/bin/newuidmap" in plan and "opened: in a new user namespace" in plan


# the file tree

def closed(box, name):
    """A directory of the user that is closed to others, beside the bundle; its path."""
    path = f"{box.user.place}/{box.id}-{name}"
    os.mkdir(path)
    with open(f"{path}/file", "w") as f:
        f.write("inside\n")
    own(path)
    os.chmod(path, 0o700)
    return path


@pytest.mark.parametrize("word, flag", [("rw", kernel.MS_RDONLY), ("dev", kernel.MS_NODEV), ("exec", kernel.MS_NOEXEC),
                                        ("relatime", kernel.MS_NOATIME)], ids=["rw", "dev", "exec", "relatime"])
def test_options_of_the_host_s_mounts_are_kept_or_the_wish_to_lose_them_is_refused(box, tmp, word, flag):
    """By the bind mount, by a remount in the configuration, and by root of the container."""
    kernel.mount("x", str(tmp), "tmpfs", flag)
    try:
        for caps in box.map_one().cfg.process["capabilities"].values():
            caps.append("CAP_SYS_ADMIN")
        box.cfg.bind(tmp, "/data")
        assert box.sh(f"mount -o remount,bind,{word} /data /data 2>/dev/null && echo lost || echo kept") == "kept\n"
        box.cfg.mount("/data", None, None, ["remount", "bind", word])
        box.create().fails("mounts[6]", "not possible", "locked")
        box.cfg["mounts"].pop()
        box.cfg["mounts"][-1]["options"].append(word)
        box.create().fails("mounts[5].options", f'"{word}" is not possible')
    finally:
        kernel.umount(str(tmp))


@pytest.mark.parametrize("ids", ["own", "other"])
def test_a_closed_directory_of_the_user_can_be_bound(box, ids):
    """Also where root of the container is another user of the host."""
    path = closed(box, "closed")
    os.mkdir(f"{path}/open")
    os.chmod(f"{path}/open", 0o755)
    own(path)
    with open(f"{path}/open/file", "w") as f:
        f.write("inside\n")
    if ids == "own":
        box.map_one()
    else:
        need_tools()
        box.map((0, FIRST, 1000))
    box.cfg.bind(f"{path}/open", "/data")
    box.save()
    os.chmod(box.dir, 0o700)
    box.cfg.shell("cat /data/file")
    result = box.rt("run", "--bundle", box.save().dir, box.id)
    assert (result.rc, result.out) == (0, "inside\n"), str(result)


def test_a_directory_that_is_closed_to_the_user_is_named(box, tmp):
    os.makedirs(f"{tmp}/closed/below")
    os.chmod(f"{tmp}/closed", 0o700)
    box.map_one().cfg.bind(f"{tmp}/closed/below", "/data")
    box.create_fails("mounts[5].source", "Permission denied")


def test_options_and_propagation_of_bind_mounts_are_set(box):
    path = closed(box, "ro")
    box.map_one().cfg.bind(path, "/data", "ro", "nosuid", "nodev", "rprivate")
    line = box.sh("grep ' /data ' /proc/self/mountinfo").split()
    assert {"ro", "nosuid", "nodev"} <= set(line[5].split(",")) and line[6] == "-"


def test_the_default_devices_are_those_of_the_host(box):
    box.map_one()
    assert box.sh("echo x > /dev/null && head -c 3 /dev/zero | wc -c; stat -c %t:%T /dev/full") == "3\n1:7\n"


def test_masked_and_readonly_paths_hold(box):
    box.map_one().cfg.linux.update(maskedPaths=["/proc/timer_list", "/proc/acpi"], readonlyPaths=["/proc/sys"])
    assert box.sh("wc -c < /proc/timer_list; echo x > /proc/sys/kernel/hostname 2>&1 || echo no").endswith("no\n")


def test_a_read_only_root(box):
    box.map_one().cfg["root"]["readonly"] = True
    assert box.sh("touch /x 2>&1 || echo no").endswith("no\n")


def test_a_mount_namespace_of_the_host_is_not_joined(box, host):
    box.map_one().cfg.join_mounts(1)
    box.create().fails("namespaces")
    host.assert_clean()


# the process

def test_time_offsets(box):
    box.map_one().cfg.namespace("time").linux["timeOffsets"] = {"boottime": {"secs": 1000000}}
    assert float(box.sh("cut -d' ' -f1 /proc/uptime")) > 1000000
    assert "bridge: yes" in box.rt("plan", "--bundle", box.dir, box.id).ok().out


def test_time_offsets_with_maps_by_newuidmap(box):
    need_tools()
    box.map((0, FIRST, 1000)).cfg.namespace("time").linux["timeOffsets"] = {"boottime": {"secs": 1000000}}
    assert float(box.sh("cut -d' ' -f1 /proc/uptime")) > 1000000


@pytest.mark.parametrize("ids", ["own", "other"])
def test_the_oom_score_is_raised_and_not_lowered(box, ids):
    if ids == "own":
        box.map_one()
    else:
        need_tools()
        box.map((0, FIRST, 1000))
    box.cfg.process["oomScoreAdj"] = 500
    assert box.sh("cat /proc/self/oom_score_adj") == "500\n"
    box.cfg.process["oomScoreAdj"] = -900
    box.create_fails("process.oomScoreAdj", "Permission denied")


def test_a_limit_that_may_not_be_raised_is_named(box):
    box.map_one().cfg.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 64, "hard": 64}]
    assert box.sh("ulimit -n") == "64\n"
    box.cfg.process["rlimits"][0].update(soft=1 << 19, hard=1 << 30)
    box.create_fails("process.rlimits[0]")


@pytest.mark.parametrize("ids", ["own", "other"])
def test_the_life_of_a_container(box, ids):
    if ids == "other":
        need_tools()
        box.map((0, FIRST, 1000))
    else:
        box.map_one()
    box.up()
    assert (box.status, box.state()["owner"]) == ("running", "")
    assert box.id in box.rt("list", "-q").ok().out
    for words in (["update", "--pids-limit", "5", box.id], ["pause", box.id]):
        box.rt(*words).fails("cgroup")
    box.rt("ps", box.id).ok()
    box.kill("TERM").silent()
    assert box.wait() == 0
    assert box.status == "stopped"
    box.delete().silent()


def test_delete_force_ends_it(box):
    box.map_one().up()
    box.delete("--force").silent()
    assert box.wait() == -signal.SIGKILL


def test_hooks_run_as_the_user_outside_and_as_root_inside(box, tmp):
    os.chmod(tmp, 0o777)
    box.map_one()
    for kind in ("createRuntime", "createContainer", "startContainer", "poststart", "poststop"):
        where = "/data" if kind == "startContainer" else tmp
        box.cfg.hook(kind, f"id -u > {where}/{kind}")
    box.cfg.bind(tmp, "/data").shell("true")
    box.run().ok()
    seen = {kind: (tmp / kind).read_text().strip() for kind in os.listdir(tmp)}
    assert seen == {"createRuntime": str(UID), "createContainer": "0", "startContainer": "0",
                    "poststart": str(UID), "poststop": str(UID)}


MAPS = [{"containerID": 0, "hostID": FIRST, "size": 10}]
IDS = ["one", "by newuidmap", "added"]


@pytest.fixture(params=IDS)
def up(request, box):
    """A running container with one id, with those that newuidmap maps, or with a user namespace that was added."""
    if request.param != "one":
        need_tools()
    if request.param == "one":
        box.map_one()
    elif request.param == "by newuidmap":
        box.map((0, FIRST, 1000))
        os.chmod(f"{box.rootfs}/data", 0o777)
    else:
        box.cfg.no_namespace("network").no_mount("/sys")
    box.cfg.shell(FOREVER)
    result = box.create()
    assert result.rc == 0, str(result)
    box.start().silent()
    return box


@pytest.fixture
def live(up, tmp):
    os.chmod(tmp, 0o755)

    def call(verb, *mounts):
        (tmp / "list").write_text(json.dumps(mounts))
        return up.rt("mounts", verb, up.id, f"{tmp}/list")
    return call


def bind(source, destination, *options):
    return {"destination": destination, "type": "bind", "source": str(source), "options": ["rbind", *options]}


def inside(box):
    return {m.point: m for m in map(Mount, box.proc("mountinfo").splitlines())}


def test_mounts_are_added_and_removed(up, live):
    """From directories that are closed to all but the user, too; new file systems are the container's."""
    path = closed(up, "live")
    mounts = [bind(path, "/data", "ro", "nosuid"), {"destination": "/home", "type": "tmpfs", "options": ["size=64k"]},
              {"destination": "/root", "type": "proc"}]
    live("add", *mounts).silent()
    seen = inside(up)
    assert {"ro", "nosuid"} <= seen["/data"].options
    assert (seen["/home"].type, seen["/root"].type) == ("tmpfs", "proc")
    assert os.listdir(f"/proc/{up.init}/root/data") == ["file"]
    live("remove", *mounts).silent()
    assert not {"/data", "/home", "/root"} & set(inside(up))


def test_a_mount_that_the_user_may_not_make_says_why_and_leaves_all_as_it_was(up, live, tmp):
    before = inside(up).keys()
    (tmp / "closed/below").mkdir(parents=True)
    os.chmod(tmp / "closed", 0o700)
    kernel.mount("x", str(tmp / "closed/below"), "tmpfs", kernel.MS_RDONLY)
    try:
        good = {"destination": "/home", "type": "tmpfs"}
        live("add", good, bind(tmp / "closed/below", "/data")).fails("mounts[1].source", "Permission denied")
        os.chmod(tmp / "closed", 0o755)
        live("add", good, bind(tmp / "closed/below", "/data", "rw")).fails('mounts[1].options', '"rw" is not possible')
        live("add", good, {**bind(tmp, "/data", "idmap"), "uidMappings": MAPS, "gidMappings": MAPS}).fails("mounts[1]")
        live("add", good, {"destination": "/data", "type": "ext4", "source": "/dev/null"}).fails("mounts[1]", "ext4")
        live("remove", {"destination": "/tmp"}).fails("mounts[0].destination", "unmount")
    finally:
        kernel.umount(str(tmp / "closed/below"))
    assert inside(up).keys() == before


def test_mounts_for_a_container_of_another_user_are_refused(up, tmp):
    """Its state is closed to others, and so are its namespaces."""
    (tmp / "list").write_text('[{"destination": "/data", "type": "tmpfs"}]')
    os.chmod(tmp, 0o755)
    prefix = [word.replace(str(UID), str(UID + 1)) for word in up.rt.prefix]
    Runtime(up.rt.path, up.rt.root, prefix)("mounts", "add", up.id, f"{tmp}/list").fails("Permission denied")
    assert "/data" not in inside(up)


# a user namespace that is joined

def test_a_user_namespace_of_the_user_is_joined(user_box_maker):
    one, two = user_box_maker(), user_box_maker()
    one.map_one().up()
    two.cfg.namespace("user", f"/proc/{one.init}/ns/user").shell(FOREVER)
    two.create().silent()
    assert ns_inode("user", two.pid) == ns_inode("user", one.pid)
    two.start().silent()
    assert eventually(lambda: two.proc("status").split("Uid:")[1].split()[0] == str(UID), "its user")


def test_another_s_user_namespace_is_not_joined(box):
    box.cfg.namespace("user", f"/proc/{os.getpid()}/ns/user")
    box.create().fails("linux.namespaces")


# groups

def test_the_caller_s_groups_stay_by_annotation(user_box_maker):
    box = user_box_maker()
    box.rt.prefix = [w if w != "--clear-groups" else "--groups=4321" for w in box.rt.prefix]
    box.map_one().cfg["annotations"] = {"run.oci.keep_original_groups": "1"}
    box.up()
    assert "Groups:\t4321" in box.proc("status")


def test_without_the_annotation_they_are_dropped_where_that_is_possible(user_box_maker):
    need_tools()
    box = user_box_maker()
    box.rt.prefix = [w if w != "--clear-groups" else "--groups=4321" for w in box.rt.prefix]
    box.map((0, UID, 1), (1, FIRST, 100))
    box.cfg.linux["gidMappings"][0]["hostID"] = GID
    box.up()
    assert "4321" not in box.proc("status").split("Groups:")[1].splitlines()[0]


# cgroups and state

def test_a_limit_without_a_cgroup_is_refused_with_what_to_do(box):
    box.map_one().cfg.resources(pids={"limit": 10})
    box.create_fails("linux.resources.pids.limit", "needs a cgroup")


def test_a_cgroup_that_the_user_names_and_may_not_make_is_refused(box):
    box.map_one().cfg.linux["cgroupsPath"] = f"/{box.id}"
    box.create_fails("cgroup", "Permission denied")


def test_the_state_is_in_the_runtime_directory_of_the_user(box):
    run = f"{box.user.place}/run"
    os.mkdir(run)
    own(run)
    box.map_one().cfg.shell("true")
    box.save()
    env = {**os.environ, "XDG_RUNTIME_DIR": run}
    box.rt.root = None
    box.rt("create", "--bundle", box.dir, box.id, env=env).silent()
    assert os.listdir(f"{run}/rundlet") == [box.id]
    box.rt("delete", "--force", box.id, env=env).silent()
    env.pop("XDG_RUNTIME_DIR")
    box.rt("list", env=env).fails("XDG_RUNTIME_DIR")


def test_the_configuration_that_spec_rootless_writes_runs(user_box_maker):
    box = user_box_maker()
    box.save()
    os.remove(f"{box.dir}/config.json")
    box.rt("spec", "--rootless", "--bundle", box.dir).silent()
    result = box.rt("run", "--bundle", box.dir, box.id, stdin=os.open("/dev/null", os.O_RDONLY))
    assert (result.rc, result.err) == (0, ""), str(result)


# in somebody else's user namespace

NESTED = ["unshare", "-U", "-r"]


@pytest.mark.parametrize("more", [[], ["-m"]], ids=["", "with a mount namespace"])
@pytest.mark.parametrize("own_namespace", [False, True], ids=["its", "nested"])
def test_as_root_of_a_user_namespace(user_box_maker, more, own_namespace):
    box = user_box_maker(*NESTED, *more)
    if own_namespace:
        box.map((0, 0, 1))
    result = box.sh("id -u; cat /proc/self/uid_map; echo x > /dev/null")
    assert numbers(result)[0] == (0,) and numbers(result)[1][0] == 0


def test_a_range_in_a_range_is_relative(user_box_maker):
    """As rootless podman with --userns keep-id has it."""
    need_tools()
    box = user_box_maker(sys.executable, "-c", IN_RANGE)
    box.map((0, 1, 1000), (1000, 0, 1), (1001, 1001, 1000))
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [7]}
    result = box.sh("id -u; id -G")
    assert result == "1000\n1000 7\n"


# exec

@pytest.mark.parametrize("ids", ["one", "many", "added"])
def test_exec_is_in_the_user_namespace(box, ids):
    if ids == "one":
        box.map_one()
    elif ids == "many":
        need_tools()
        box.map((0, UID, 1), (1, FIRST, 100))
        box.cfg.linux["gidMappings"][0]["hostID"] = GID
    box.cfg.process["oomScoreAdj"] = 300
    box.cfg.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 70, "hard": 80}]
    box.cfg.shell(FOREVER)
    assert box.create().rc == 0
    box.start().silent()
    result = box.rt("exec", box.id, "sh", "-c", "id -u; readlink /proc/self/ns/user; cat /proc/self/oom_score_adj; ulimit -n")
    assert result.rc == 0 and result.out == f"0\nuser:[{ns_inode('user', box.init)}]\n300\n70\n", str(result)
    assert box.rt("exec", box.id, "nothing").rc == 127
