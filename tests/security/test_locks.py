# SPDX-License-Identifier: Apache-2.0
"""
No process of a container, and no call that waits for one, keeps `kill`, `delete --force`, `state` or
`list` from doing their work.
"""
import contextlib
import os
import signal

import pytest

from lib.box import FOREVER, children, eventually, letter
from lib.timing import scaled

LIMIT = 10                              # seconds; each of these calls takes milliseconds
HANG = "touch {}; while :; do sleep 1000; done"
ENDS = {"kill": ["kill", "KILL"], "delete": ["delete", "--force"]}


def end(box, how):
    command, option = ENDS[how]
    args = [box.id, option] if command == "kill" else [option, box.id]
    box.rt(command, *args, timeout=LIMIT).silent()


def descendants(pid):
    found = children(pid)
    return found + [d for child in found for d in descendants(child)]


@pytest.mark.parametrize("how", sorted(ENDS))
def test_a_run_in_the_foreground_can_be_ended(box, how):
    box.cfg.shell(HANG.format("/tmp/ready"))
    box.save()
    with box.rt.begin("run", "--bundle", box.dir, box.id) as run:
        eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "the program runs")
        end(box, how)
        assert run.wait(scaled(LIMIT)) == 137
    box.host.assert_clean()


@pytest.mark.parametrize("how", sorted(ENDS))
def test_a_startcontainer_hook_that_never_ends_can_be_ended(box, how):
    box.cfg.hook("startContainer", HANG.format("/tmp/ready"))
    box.create().silent()
    with box.rt.begin("start", box.id) as start:
        eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "the hook runs")
        end(box, how)
        assert start.wait(scaled(LIMIT)) == 1
    box.delete("--force", timeout=LIMIT).silent()
    box.host.assert_clean()


@pytest.mark.parametrize("command", ["create", "run"])
def test_a_signal_ends_the_call_whose_hook_never_ends(box, tmp, command):
    box.cfg.hook("createRuntime", f"echo $$ > {tmp}/new; mv {tmp}/new {tmp}/hook; exec sleep 1000",
                 env=["PATH=/bin:/usr/bin"])
    box.save()
    with box.rt.begin(command, "--bundle", box.dir, box.id) as call:
        hook = int(eventually((tmp / "hook").read_text, "the hook runs"))
        box.host.keep.add(hook)         # a process of the host's, not of the container's
        call.terminate()
        try:
            assert call.wait(scaled(LIMIT)) == -signal.SIGTERM
        finally:
            call.kill()
            call.wait()
            with contextlib.suppress(ProcessLookupError):
                os.kill(hook, signal.SIGKILL)
            box.host.keep.remove(hook)
    box.delete("--force", timeout=LIMIT).silent()
    eventually(lambda: not box.host.leftovers(), "nothing is left")


def test_a_container_that_stops_the_processes_of_another_does_not_stop_the_runtime(box, boxes):
    """The other joins its pid namespace, where CAP_KILL and root reach the other's first process."""
    box.up("touch /tmp/ready; while :; do kill -STOP -1; done")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "the program runs")
    other = boxes()
    other.cfg.namespace("pid", f"/proc/{box.init}/ns/pid").shell(FOREVER)
    other.save()
    for _ in range(10):
        with box.rt.begin("create", "--bundle", other.dir, other.id) as create:
            eventually(lambda: create.poll() is not None or "T" in map(letter, descendants(create.pid)),
                       "create ends, or a process of it was stopped")
            other.delete("--force", timeout=LIMIT).silent()
            create.wait(scaled(LIMIT))
        other.delete("--force", timeout=LIMIT).silent()
        # A pid namespace ends when all of its processes are waited for.
        eventually(lambda: box.host.children() == {box.init}, "the process of the other is gone")


def test_a_stopped_init_does_not_stop_those_who_ask_for_its_state(box):
    """More questions than the queue of a socket would hold."""
    box.create().silent()
    box.kill("STOP").silent()
    eventually(lambda: letter(box.init) == "T", "the process is stopped")
    for _ in range(30):
        assert box.rt("state", box.id, timeout=LIMIT).json()["status"] == "created"
    assert box.id in box.rt("list", timeout=LIMIT).ok().out
    box.delete("--force", timeout=LIMIT).silent()
    box.host.assert_clean()
