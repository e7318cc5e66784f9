# SPDX-License-Identifier: Apache-2.0
"""The options of exec: who the process is, --process, --cgroup."""
import json
import os
import subprocess

import pytest

from lib.config import CAPS, mask
from lib.execs import caps_of, ex, sh, status_of
from lib.runtime import Runtime

attack = pytest.mark.attack

BASE, NICE = mask(CAPS), mask(["CAP_SYS_NICE"])


def document(box, tmp, **members):
    """A file for --process: the container's own process, changed."""
    process = dict(box.cfg.process, **members)
    path = tmp / "process.json"
    path.write_text(json.dumps({k: v for k, v in process.items() if v is not None}))
    return path


# who it is

@attack("S1", "S19", "exec")
@pytest.mark.parametrize("user, seen", [("1", "1 0"), ("1:2", "1 2"), ("0:5", "0 5"), ("0", "0 0"),
                                        ("4294967294", "4294967294 0"), ("1000:4294967294", "1000 4294967294")])
def test_user_by_numbers(box, user, seen):
    box.write("etc/passwd", "1:x:0:0::/:/bin/sh\n1000:x:0:0::/:/bin/sh\n")      # names are never looked up
    box.up()
    assert sh(box, "echo $(id -u) $(id -g)", "-u", user).ok().out.strip() == seen


@attack("S1", "S19", "exec")
@pytest.mark.parametrize("user", ["-1", "1x", "4294967295", "", " 1", "1 ", "01000", "+1", "1:", ":1", "1:-1", "1:1:1",
                                  "root", "0x1", "18446744073709551616", "1:4294967295"])
def test_what_is_no_user_is_refused(box, user):
    box.up()
    sh(box, "id -u", f"--user={user}").fails("user", rc=255)
    sh(box, "id -u", "-u", user).fails("user", rc=255)


def test_the_group_stays_when_only_the_user_is_given(box):
    box.cfg.process["user"] = {"uid": 3, "gid": 4, "additionalGids": [7]}
    box.up()
    assert sh(box, "echo $(id -u) $(id -g) $(id -G)", "-u", "5").ok().out.split()[:2] == ["5", "4"]
    status = status_of(box, "-g", "9", "--additional-gids=10")
    assert status["Groups"].split() == ["7", "9", "10"]
    sh(box, "true", "-g", "-1").fails("--additional-gids", rc=255)


def test_the_environment_is_added_to(box):
    box.cfg.process["env"] += ["A=1", "B=2"]
    box.up()
    assert sh(box, "echo $A $B $C", "-e", "B=3", "--env", "C=4=5").ok().out == "1 3 4=5\n"
    for wrong in ("C", "=x"):
        sh(box, "true", "-e", wrong).fails("NAME=value", rc=255)


def test_path_is_that_of_the_environment(box):
    box.write("tools/mine", "#!/bin/sh\necho mine\n", 0o755)
    box.up()
    assert ex(box, "-e", "PATH=/tools", "--", "mine").ok().out == "mine\n"


def test_the_working_directory(box):
    box.cfg.process["cwd"] = "/tmp"
    box.up()
    assert sh(box, "pwd").ok().out == "/tmp\n"
    assert sh(box, "pwd", "--cwd", "/proc/sys").ok().out == "/proc/sys\n"
    sh(box, "pwd", "--cwd", "etc").fails("process.cwd", "is not an absolute path", rc=255)


def test_capabilities_are_the_container_s(box):
    box.up()
    assert caps_of(status_of(box)) == {"Inh": 0, "Prm": BASE, "Eff": BASE, "Bnd": BASE, "Amb": 0}


@attack("S10", "exec")
@pytest.mark.parametrize("inheritable", [[], ["CAP_CHOWN"]], ids=str)
def test_a_capability_is_added_but_not_to_what_is_inherited(box, inheritable):
    box.cfg.process["capabilities"]["inheritable"] = inheritable
    box.up()
    seen = caps_of(status_of(box, "--cap", "CAP_SYS_NICE"))
    assert seen == {"Inh": len(inheritable), "Prm": BASE | NICE, "Eff": BASE | NICE, "Bnd": BASE | NICE, "Amb": 0}
    seen = caps_of(status_of(box, "-c", "CAP_SYS_NICE", uid="1000"))
    assert seen == {"Inh": len(inheritable), "Prm": 0, "Eff": 0, "Bnd": BASE | NICE, "Amb": 0}
    sh(box, "true", "--cap", "CAP_NOTHING").fails("is not a capability", rc=255)


def test_no_new_privileges(box):
    box.up()
    assert status_of(box)["NoNewPrivs"] == "0"
    assert status_of(box, "--no-new-privs")["NoNewPrivs"] == "1"


# --process

def test_a_document_says_all(box, tmp):
    box.cfg.process["env"] += ["A=1"]
    box.up()
    path = document(box, tmp, args=["/bin/sh", "-c", "id -u; id -g; pwd; echo $A$B; exit 9"], env=["B=2"], cwd="/tmp",
                    user={"uid": 7, "gid": 8})
    result = ex(box, "--process", path, "--")
    assert (result.rc, result.out) == (9, "7\n8\n/tmp\n2\n")
    with open(path) as f:
        assert ex(box, "-p", "-", "--", stdin=f).out == result.out
    assert ex(box, "-p", path, "-u", "9", "-e", "A=3", "--").out == "9\n8\n/tmp\n32\n"


@attack("S10", "exec")
def test_without_capabilities_there_are_none(box, tmp):
    box.up()
    path = document(box, tmp, args=["/bin/cat", "/proc/self/status"], capabilities=None)
    status = dict(line.split(":\t") for line in ex(box, "-p", path, "--").ok().out.splitlines() if line.startswith("Cap"))
    assert {int(v, 16) for v in status.values()} == {0}


@pytest.mark.parametrize("members, words", [
    ({"args": []}, ["process.args", "nothing to run"]),
    ({"cwd": "x"}, ["process.cwd"]),
    ({"user": {"uid": 4294967295}}, ["process.user.uid"]),
    ({"rlimits": [{"type": "RLIMIT_X", "soft": 1, "hard": 1}]}, ["process.rlimits[0].type"]),
    ({"terminal": "x"}, ["process.terminal", "true or false"]),
])
def test_a_document_with_a_mistake(box, tmp, members, words):
    box.up()
    ex(box, "-p", document(box, tmp, **members), "--").fails(*words, rc=255)


def test_a_document_and_a_program(box, tmp):
    box.up()
    ex(box, "-p", document(box, tmp), "--", "true").fails("one too many", rc=255)


def test_a_document_that_is_none(box, tmp):
    box.up()
    (tmp / "x").write_text("{")
    ex(box, "-p", tmp / "x", "--").fails(str(tmp / "x"), rc=255)
    ex(box, "-p", tmp / "none", "--").fails(str(tmp / "none"), rc=255)


# cgroups below

def below(box, name, controllers=("pids", "cpu")):
    """Make a cgroup below the container's, as the payload could."""
    if box.rt.prefix:
        paths = [f"/sys/fs/cgroup{box.cfg.linux['cgroupsPath']}/{name}"]
        subprocess.run([*box.rt.prefix, "mkdir", "-p", *paths], check=True)
    else:
        paths = [f"{box.cgroup_dir(c)}/{name}" for c in controllers]
        subprocess.run(["mkdir", "-p", *paths], check=True)
    for path in (p for p in paths if "/cpuset/" in p):
        for file in ("cpuset.cpus", "cpuset.mems"):         # without these, v1 lets nobody in
            for part in (os.path.dirname(path), path):
                with open(f"{box.cgroup_dir('cpuset')}/{file}") as f, open(f"{part}/{file}", "w") as to:
                    to.write(f.read())


def test_a_cgroup_below_the_container_s(both):
    both.cfg.no_namespace("cgroup")
    both.up()
    names = sorted(n for n in os.listdir("/sys/fs/cgroup") if os.path.isdir(f"/sys/fs/cgroup/{n}"))
    below(both, "sub/x", names)
    seen = sh(both, "cat /proc/self/cgroup", "--cgroup", "/sub/x").ok().out
    assert seen.count("/sub/x\n") >= 1
    if both.rt.prefix:
        assert f"0::{both.cfg.linux['cgroupsPath']}/sub/x\n" in seen


def test_the_cgroup_of_one_controller(box):
    if os.path.exists("/sys/fs/cgroup/cgroup.procs"):
        pytest.skip("the host has cgroup v2 alone: one cgroup for all controllers")
    box.cfg.no_namespace("cgroup")
    box.up()
    below(box, "one", ["pids", "cpu"])
    below(box, "two", ["pids"])
    seen = sh(box, "cat /proc/self/cgroup", "--cgroup", "pids,cpu:one", "--cgroup", "pids:two").ok().out
    lines = {line.split(":")[1]: line.split(":")[2].rsplit("/", 1)[-1] for line in seen.splitlines()}
    assert lines["pids"] == "two" and lines["cpu"] == "one" and lines["memory"] == box.id


@attack("S27", "exec")
@pytest.mark.parametrize("path", ["none", "..", "../..", "a/../../x", "/..", "nocontroller:x", ":x"])
def test_a_cgroup_that_is_not_below(both, path):
    both.up()
    sh(both, "true", "--cgroup", path).fails("cgroup", rc=255)


@attack("S27", "exec")
def test_not_in_a_sibling_whose_name_begins_alike(both):
    both.up()
    sibling = f"{os.path.basename(both.cfg.linux['cgroupsPath'])}x"
    sh(both, "true", "--cgroup", f"../{sibling}").fails("no path below", rc=255)


def test_where_the_cgroup_passes_controllers_on(boxes, rt, views):
    """cgroup v2 lets no process in there: it goes where the container's process is."""
    if os.path.exists("/sys/fs/cgroup/cgroup.procs"):
        pytest.skip("the host has cgroup v2 alone")
    view = views("v2")
    box = boxes(Runtime(rt.path, rt.root, view.prefix))
    box.cfg.no_namespace("cgroup")
    box.up()
    path = f"/sys/fs/cgroup{box.cfg.linux['cgroupsPath']}"
    script = (f"cd {path} && mkdir inner && for p in $(cat cgroup.procs); do echo $p > inner/cgroup.procs; done; "
              "c=$(cut -d' ' -f1 cgroup.controllers); test -n \"$c\" || exit 7; echo +$c > cgroup.subtree_control")
    done = subprocess.run([*view.prefix, "sh", "-c", script], check=False)
    if done.returncode == 7:
        pytest.skip("no controller of version 2 here")
    assert done.returncode == 0
    assert f"{box.cfg.linux['cgroupsPath']}/inner\n" in sh(box, "cat /proc/self/cgroup").ok().out
