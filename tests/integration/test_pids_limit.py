# SPDX-License-Identifier: Apache-2.0
"""A limit of processes that leaves room for one or for none: the container's own process gets in."""
import json
import os

import pytest


@pytest.fixture(autouse=True)
def needs_pids(host):
    if not any(os.path.exists(f"{top}{host.cgroup}/pids.max") for top in host.hierarchies()):
        pytest.skip("no pids controller here")


def limited(box, limit):
    box.cfg.resources(pids={"limit": limit})
    return box


def fails_for_want_of_processes(box, tmp, *words):
    """The line names what could not be started, the log what the user can do."""
    log = tmp / "log"
    result = box.save().rt("create", "--bundle", box.dir, box.id, before=["--log", log, "--log-format", "json"])
    assert result.rc == 1, str(result)
    record = json.loads(log.read_text())
    for word in [*words, "Resource temporarily unavailable"]:
        assert word in record["msg"], record
    assert "pids.max" in record["hint"], record


@pytest.mark.parametrize("limit", [0, 1])
def test_a_program_that_starts_no_other_runs(box, limit):
    limited(box, limit).cfg.args("/bin/echo", "in")
    result = box.run()
    assert (result.rc, result.out) == (0, "in\n"), str(result)


@pytest.mark.parametrize("limit", [0, 1])
def test_the_limit_holds(box, limit):
    limited(box, limit).cfg.shell("(true) 2>&1; true")
    result = box.run()
    assert "fork" in result.out + result.err, str(result)


@pytest.mark.parametrize("limit", [0, 1])
def test_a_bridge_needs_no_room(box, limit):
    """Time offsets need a process more, which is outside."""
    limited(box, limit).cfg.namespace("time").args("/bin/cat", "/proc/self/timens_offsets")
    box.cfg.linux["timeOffsets"] = {"boottime": {"secs": 77}}
    assert "77" in box.run().ok().out


@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
def test_the_limit_does_not_keep_a_user_namespace_out(box, userns):
    limited(box, 0).cfg.args("/bin/echo", "in")
    if userns:
        box.cfg.user_namespace()
    assert box.run().ok().out == "in\n"


@pytest.mark.parametrize("limit", [0, 1])
def test_a_hook_in_the_container_that_finds_no_room_is_named(box, tmp, limit):
    limited(box, limit).cfg.hook("createContainer", "true")
    fails_for_want_of_processes(box, tmp, "hooks.createContainer[0]")
    box.host.assert_clean()


def test_a_joined_pid_namespace_needs_room_for_a_helper(box, boxes, tmp):
    first = boxes()
    first.up()
    limited(box, 1).cfg.namespace("pid", f"/proc/{first.pid}/ns/pid")
    fails_for_want_of_processes(box, tmp)


@pytest.mark.parametrize("kind", ["prestart", "createRuntime", "poststart"])
def test_hooks_of_the_host_need_no_room(box, kind):
    limited(box, 0).cfg.hook(kind, "true; true").args("/bin/echo", "in")
    assert box.run().ok().out == "in\n"


def test_a_cgroup_above_without_room(box, boxes, host, tmp):
    """In v2 a process is born in its cgroup, and counts against all limits above; in v1 it enters."""
    first = boxes()
    for one in (first, box):
        one.cfg.linux["cgroupsPath"] = f"{host.cgroup}/full/{one.id}"
    first.up()
    above = os.path.dirname(box.cgroup_dir("pids"))
    with open(f"{above}/pids.max", "w") as f:
        f.write("0")
    if host.is_v2:
        fails_for_want_of_processes(box, tmp, "start the container's process")
        with open(tmp / "log") as f:
            assert box.cgroup_dir("pids") in json.load(f)["hint"]
    else:
        box.cfg.args("/bin/echo", "in")
        assert box.run().ok().out == "in\n"


@pytest.mark.parametrize("limit", ["0", "1"])
def test_the_limit_by_unified(box, host, limit):
    if not host.is_v2:
        pytest.skip("linux.resources.unified is for cgroup v2")
    box.cfg.resources(unified={"pids.max": limit})
    box.cfg.args("/bin/echo", "in")
    assert box.run().ok().out == "in\n"
