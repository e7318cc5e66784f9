# SPDX-License-Identifier: Apache-2.0
"""pause and resume, and what kill, delete and start do with a container that is paused."""
import os
import signal
import time

import pytest

from lib.box import FOREVER, eventually
from lib.freezer import Freezer, up_stuck

COUNT = "while :; do (echo x >> /tmp/count); done"      # a process for each line


@pytest.fixture
def box(both):
    return both


def freezer_of(box, path=None):
    return Freezer(path or box.cfg.linux["cgroupsPath"], v2=bool(box.rt.prefix))


@pytest.fixture
def freezer(box):
    return freezer_of(box)


def count(box):
    path = f"{box.rootfs}/tmp/count"
    return os.path.getsize(path) if os.path.exists(path) else 0


def goes_on(box):
    before = count(box)
    return eventually(lambda: count(box) > before, "the processes go on")


def pause(box):
    box.rt("pause", box.id).silent()
    assert box.status == "paused"


def resume(box):
    return box.rt("resume", box.id)


def test_what_forks_all_the_time_is_frozen_and_goes_on(box, freezer):
    box.up("(while :; do (:); done) & " + COUNT)
    goes_on(box)
    for _ in range(3):
        pause(box)
        assert freezer.state == "FROZEN"
        before = count(box)
        time.sleep(0.05)
        assert count(box) == before
        resume(box).silent()
        assert (box.status, freezer.state) == ("running", "THAWED")
        goes_on(box)


def test_a_created_container_is_paused_and_still_waits_for_start_afterwards(box):
    box.cfg.shell("touch /tmp/ran")
    box.create().silent()
    pause(box)
    box.start().fails("paused")
    resume(box).silent()
    assert box.status == "created" and not os.path.exists(f"{box.rootfs}/tmp/ran")
    box.start().silent()
    assert box.wait() == 0
    assert os.path.exists(f"{box.rootfs}/tmp/ran")


# what is refused

def test_only_what_runs_is_paused_and_only_what_is_paused_is_resumed(box):
    box.rt("pause", box.id).fails("does not exist")
    resume(box).fails("does not exist")
    box.create().silent()
    resume(box).fails("not paused", "created")
    box.cfg.shell(FOREVER)
    box.delete("-f").silent()
    box.up()
    resume(box).fails("not paused", "running")
    pause(box)
    box.rt("pause", box.id).fails("cannot pause", "paused already")
    resume(box).silent()
    box.kill("KILL").silent()
    box.wait()
    box.rt("pause", box.id).fails("container not running")
    resume(box).fails("not paused", "stopped")


def test_without_a_cgroup_nothing_can_be_paused(boxes):
    box = boxes()
    box.save()
    box.rt("create", "--bundle", box.dir, box.id, before=["--cgroup-manager", "disabled"]).silent()
    box.rt("pause", box.id).fails("has no cgroup")
    assert box.status == "created"


@pytest.mark.parametrize("call", [["pause"], ["resume"], ["update", "--pids-limit", "5"]], ids=lambda c: c[0])
def test_another_command_on_the_container_is_not_waited_for_without_end(boxes, call):
    box = boxes()
    box.cfg.hook("startContainer", "touch /tmp/hook; sleep 1000")
    box.create().silent()
    with box.rt.begin("start", box.id):
        eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/hook"), "start waits for its hook")
        box.rt(*call, box.id, timeout=20).fails("in use by another command")
        box.delete("--force").silent()


# what does not freeze

def test_what_does_not_freeze_in_time_is_thawed(boxes):
    """Ten seconds; the unit tests of src/cgroup do it on every kind of host."""
    box = boxes()
    freezer = freezer_of(box)
    up_stuck(box)
    box.rt("pause", box.id, timeout=25).fails("do not all freeze")
    assert (box.status, freezer.state) == ("running", "THAWED")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT],
                         ids=lambda number: number.name)
def test_a_pause_that_is_ended_by_a_signal_leaves_nothing_frozen(box, freezer, number):
    up_stuck(box)
    with box.rt.begin("pause", box.id) as child:
        eventually(lambda: freezer.state == "FREEZING", "it freezes")
        child.send_signal(number)
        assert child.wait(10) == -number
    assert (box.status, freezer.state) == ("running", "THAWED")


def test_a_container_whose_pause_was_killed_is_resumed(box, freezer):
    up_stuck(box)
    with box.rt.begin("pause", box.id) as child:
        eventually(lambda: freezer.state == "FREEZING", "it freezes")
        child.kill()
        child.wait()
    assert (box.status, freezer.state) == ("paused", "FREEZING")
    resume(box).silent()
    assert (box.status, freezer.state) == ("running", "THAWED")


@pytest.mark.parametrize("words", [["delete", "--force"], ["kill", "--all"]], ids=" ".join)
def test_what_does_not_freeze_is_killed_while_a_pause_waits(box, freezer, words):
    up_stuck(box)
    with box.rt.begin("pause", box.id) as child:
        eventually(lambda: freezer.state == "FREEZING", "it freezes")
        box.rt(words[0], *words[1:], box.id, *(["KILL"] if words[0] == "kill" else []), timeout=20).silent()
        child.wait(20)
    assert box.wait() == -9


# who else freezes

def test_a_cgroup_above_that_is_frozen_is_named(box, host):
    box.cfg.linux["cgroupsPath"] += "-above/leaf"
    box.up(COUNT)
    above = freezer_of(box, os.path.dirname(box.cfg.linux["cgroupsPath"]))
    above.write(True)
    try:
        eventually(lambda: box.status == "paused", "the kernel says that it is frozen")
        resume(box).fails("above it is frozen", above.name)
        assert box.status == "paused"
    finally:
        above.write(False)
    eventually(lambda: box.status == "running", "it goes on with the one above")
    goes_on(box)


def test_what_somebody_else_froze_is_paused_and_is_resumed(box, freezer):
    box.up(COUNT)
    freezer.write(True)
    eventually(lambda: box.status == "paused", "the kernel says that it is frozen")
    resume(box).silent()
    goes_on(box)


def test_a_cgroup_that_the_payload_froze_stays_so(box, freezer):
    """One that was paused as a whole goes on as it was before."""
    box.up(FOREVER)
    os.mkdir(f"{freezer.dir}/below")
    below = freezer_of(box, box.cfg.linux["cgroupsPath"] + "/below")
    below.write(True)
    assert box.status == "running"
    pause(box)
    resume(box).silent()
    assert below.state == "FROZEN"


def test_on_a_hybrid_host_both_freezers_are_thawed(box, freezer):
    if not freezer.is_v1 or not os.path.isdir(os.path.dirname(freezer.v2)):
        pytest.skip("this host is not a hybrid")
    box.up(COUNT)
    pause(box)
    with open(f"{freezer.v2}/cgroup.freeze") as f:
        assert f.read() == "0\n", "pause takes that of cgroup v1"
    with open(f"{freezer.v2}/cgroup.freeze", "w") as f:
        f.write("1")
    resume(box).silent()
    assert box.status == "running"
    goes_on(box)


# kill and delete

def test_a_signal_waits_for_resume(box):
    box.up(f"trap 'touch /tmp/term; exit 7' TERM; {COUNT}")
    goes_on(box)
    pause(box)
    box.kill("TERM").silent()
    time.sleep(0.05)
    assert box.status == "paused" and not os.path.exists(f"{box.rootfs}/tmp/term")
    resume(box).silent()
    assert box.wait() == 7


@pytest.mark.parametrize("words", [["KILL"], ["--all", "KILL"]], ids=" ".join)
@pytest.mark.parametrize("pid_namespace", [True, False], ids=["own pids", "pids of the host"])
def test_kill_ends_a_paused_container(box, words, pid_namespace):
    if not pid_namespace:
        box.cfg.no_namespace("pid")
    box.up("sleep 1000 & " + FOREVER)
    pause(box)
    box.kill(*words).silent()
    assert box.wait(5) == -9
    assert box.status == "stopped"
    box.delete("--force").silent()
    box.host.assert_clean()


@pytest.mark.parametrize("state", ["created", "running"])
def test_a_paused_container_is_deleted_by_force_only(box, state):
    box.cfg.shell("sleep 1000 & " + FOREVER)
    box.create().silent()
    if state == "running":
        box.start().silent()
    pause(box)
    box.delete().fails("not stopped: paused")
    assert box.status == "paused"
    box.delete("--force").silent()
    box.host.assert_clean()
