# SPDX-License-Identifier: Apache-2.0
"""While hooks run: what others see of the container and may do with it, and the hooks themselves."""
import fcntl
import os
import shlex

import pytest

from lib.box import FOREVER, eventually


@pytest.fixture
def hold(box, log):
    """Add a hook that says that it has begun, and waits for release() before the rest of it."""
    def call(kind, rest="exit 0"):
        with open(f"{log}.wait", "w"):
            box.cfg.hook(kind, f"echo begun >> {log}; while [ -e {log}.wait ]; do sleep 0.01; done; {rest}")
        return box
    yield call
    if os.path.exists(f"{log}.wait"):
        release(log)


def begun(log):
    eventually(lambda: "begun" in log.read_text(), "the hook runs")


def release(log):
    os.unlink(f"{log}.wait")


def test_a_container_is_created_until_its_startcontainer_hooks_have_run(box, hold, log):
    """runtime.md#state: it is running when it has executed the program."""
    hold("startContainer").cfg.shell(FOREVER)
    box.create().silent()
    with box.rt.begin("start", box.id) as start:
        begun(log)
        assert box.status == "created"
        release(log)
        assert start.wait() == 0
    assert box.status == "running"


def rundlet_of(box, *args):
    """A shell command: rundlet with this box's state root."""
    return shlex.join(map(str, box.rt.argv(*args)))


@pytest.mark.parametrize("run", [False, True], ids=["start", "run"])
def test_a_poststart_hook_uses_the_container(box, log, run):
    commands = [("state", box.id), ("update", "--pids-limit", 77, box.id), ("pause", box.id), ("resume", box.id),
                ("exec", box.id, "true")]
    for command in commands:
        box.cfg.hook("poststart", f"{rundlet_of(box, *command)} >> {log} 2>&1 || {{ cat {log} >&2; exit 1; }}")
    box.cfg.shell(FOREVER)
    if run:
        box.run("--detach").silent()
    else:
        box.create().silent()
        box.start().silent()
    assert '"running"' in log.read_text() and box.status == "running"
    with open(f"{box.cgroup_dir('pids')}/pids.max") as f:
        assert f.read() == "77\n"


@pytest.mark.parametrize("hook", ["exit 0", "exit 3"])
def test_who_deletes_does_not_wait_for_a_poststart_hook(box, hold, log, hook):
    hold("poststart", hook)
    box.cfg.hook("poststart", f"echo late >> {log}")
    box.cfg.hook("poststop", f"echo poststop >> {log}").shell(FOREVER)
    box.create().silent()
    with box.rt.begin("start", box.id) as start:
        begun(log)
        box.delete("--force").silent()
        release(log)
        assert start.wait() == 1
    box.host.assert_clean()
    assert log.read_text() == "begun\npoststop\n"


def test_a_run_that_fails_leaves_the_pid_file_of_the_next_one(box, hold, log, tmp):
    pids = tmp / "pid"
    hold("poststart", "exit 3")
    box.cfg.shell(FOREVER)
    box.save()
    with box.rt.begin("run", "--detach", "--pid-file", pids, "--bundle", box.dir, box.id) as first:
        begun(log)
        box.delete("--force").silent()
        del box.cfg["hooks"]
        box.run("--detach", "--pid-file", pids).silent()
        release(log)
        assert first.wait() == 1
    assert int(pids.read_text()) == box.pid


@pytest.mark.parametrize("other", [False, True])
def test_a_run_that_fails_removes_its_own_pid_file(box, log, tmp, other):
    """Not what another container has written there meanwhile."""
    pids = tmp / "pid"
    then = f"echo 12345 > {pids}; " if other else ""
    box.cfg.hook("poststart", f"cat {pids} >> {log}; {then}exit 3").shell(FOREVER)
    assert box.run("--detach", "--pid-file", pids).rc == 1
    assert log.read_text().isdigit()
    assert (pids.read_text() if pids.exists() else None) == ("12345\n" if other else None)


def test_a_start_that_fails_while_another_has_the_lock_ends_the_container(box, hold, log):
    hold("poststart", "exit 3")
    box.cfg.hook("poststop", f"echo poststop >> {log}").shell(FOREVER)
    box.create().silent()
    lock = os.open(f"{box.rt.root}/{box.id}", os.O_RDONLY)
    with box.rt.begin("start", box.id) as start:
        begun(log)
        fcntl.flock(lock, fcntl.LOCK_EX)
        release(log)
        eventually(lambda: box.status == "stopped", "the container has ended")
        os.close(lock)
        assert start.wait() == 1
    box.host.assert_clean()
    assert log.read_text() == "begun\npoststop\n"


def test_a_create_that_is_ended_in_a_hook_of_the_container_goes_on_with_those_of_poststop(box, log):
    """The stub dies, and says nothing."""
    box.cfg.hook("createContainer", f"echo begun >> {log}; sleep 1000").hook("poststop", f"echo poststop >> {log}")
    box.save()
    with box.rt.begin("create", "--bundle", box.dir, box.id) as create:
        begun(log)
        box.delete("--force").silent()
        assert create.wait() == 1
    assert log.read_text().startswith("begun\npoststop\n")


@pytest.mark.parametrize("command", [["start"], ["delete"], ["pause"], ["resume"], ["update", "--pids-limit", "7"]],
                         ids=lambda words: words[0])
def test_a_hook_of_create_is_told_that_its_container_is_still_being_created(box, log, command):
    box.cfg.hook("createRuntime", f"{rundlet_of(box, *command, box.id)} 2>> {log} && exit 1; exit 0")
    box.create().silent()
    assert "is still being created" in log.read_text()
    assert box.status == "created"


def test_a_run_has_its_status_although_another_command_deletes_the_container(box, hold, log):
    hold("poststop").cfg.shell(FOREVER)
    box.save()
    with box.rt.begin("run", "--bundle", box.dir, box.id) as run:
        eventually(lambda: box.rt("state", box.id).rc == 0 and box.status == "running", "the program runs")
        with box.rt.begin("delete", "--force", box.id) as delete:
            begun(log)
            assert run.wait() == 128 + 9
            release(log)
            assert delete.wait() == 0
    box.host.assert_clean()


@pytest.mark.parametrize("command", ["start", "delete"])
def test_a_poststop_hook_does_not_wait_for_itself(box, log, command):
    box.cfg.hook("poststop", f"{rundlet_of(box, command, box.id)} 2>> {log} && exit 1; exit 0").shell("exit 0")
    box.create().silent()
    box.start().silent()
    box.wait()
    box.delete().silent()
    assert "is in use by another command" in log.read_text()
    box.host.assert_clean()


def test_a_delete_does_not_wait_without_end_for_a_hook_of_start(box, hold, log):
    hold("startContainer").cfg.shell(FOREVER)
    box.create().silent()
    with box.rt.begin("start", box.id) as start:
        begun(log)
        box.delete().fails("is in use by another command")
        release(log)
        assert start.wait() == 0
    assert box.status == "running"
