# SPDX-License-Identifier: Apache-2.0
"""state.json may say anything: what it cannot make a command do."""
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import pytest

from lib.box import FOREVER, eventually
from lib.kernel import start_with_pid
from lib.timing import scaled


def change(box, **members):
    """Give the record other members; None takes one away."""
    path = pathlib.Path(f"{box.rt.root}/{box.id}/state.json")
    record = {**json.loads(path.read_text()), **members}
    path.write_text(json.dumps({name: value for name, value in record.items() if value is not None}))


@pytest.mark.usefixtures("needs_systemd")
@pytest.mark.parametrize("unit", ["ssh.service", "system.slice", ".scope"])
def test_a_unit_is_a_scope(box, unit):
    box.create().silent()
    change(box, unit=unit, bus="unix:path=/nowhere")
    box.rt("update", "--pids-limit", "5", box.id).fails(f"{unit} as its unit: that is no scope")
    result = box.delete("--force")
    assert result.rc == 0 and "that is no scope" in result.err, str(result)


@pytest.mark.usefixtures("needs_systemd")
@pytest.mark.parametrize("before", ["", "unix:path=/nowhere;"])
def test_an_address_of_systemd_is_that_of_a_socket(box, tmp, before):
    """D-Bus knows addresses, too, that are programs to run."""
    box.create().silent()
    change(box, unit="x.scope", bus=f"{before}unixexec:path=/usr/bin/touch,argv1={tmp}/ran")
    result = box.delete("--force")
    assert not os.path.exists(f"{tmp}/ran")
    assert result.rc == 0 and "is not the address of a socket" in result.err, str(result)


@pytest.mark.parametrize("rest", ["", "/gone", "/gone/deep"])
def test_delete_removes_no_directories_outside_the_cgroups(box, tmp, rest):
    box.create().silent()
    place = tmp / "a/b"
    place.mkdir(parents=True)
    path = pathlib.Path(f"{box.rt.root}/{box.id}/state.json")
    good = path.read_text()
    change(box, cgroups=[*json.loads(good)["cgroups"], {"path": f"{place}{rest}", "stop": str(tmp)}])
    result = box.delete("--force")
    assert place.is_dir()
    if not rest:
        assert result.rc and "no cgroup" in result.err, str(result)
        path.write_text(good)


def test_a_number_that_a_thread_has_by_now_is_of_no_process(box):
    """Numbers are used again, and for threads too; pidfd_open(2) says that in its own way."""
    box.up()
    pid, release = box.pid, threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        change(box, pid=thread.native_id)
        assert box.status == "stopped"
        assert box.rt("list", "-q").ok().out == f"{box.id}\n"
        box.kill("KILL").fails("container not running")
        change(box, pid=pid)
        assert box.status == "running"
    finally:
        release.set()
        thread.join()


def inode_of(pid):
    fd = os.pidfd_open(pid)
    try:
        return os.fstat(fd).st_ino
    finally:
        os.close(fd)


def start_time_of(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


IDENTITIES = {"pidInode": inode_of, "startTime": start_time_of}


def identify(box, member):
    """Let the record tell the process from others by this: which one it does depends on the state root and the kernel."""
    if inode_of(box.init) == inode_of(os.getpid()):
        pytest.skip("no pidfs")
    change(box, **{**dict.fromkeys(IDENTITIES), member: IDENTITIES[member](box.init)})


def test_the_record_names_one_process(box):
    """By its inode where neither record nor number outlives the boot, else by its start time."""
    box.up()
    record = json.loads(pathlib.Path(f"{box.rt.root}/{box.id}/state.json").read_text())
    [member] = IDENTITIES.keys() & record
    assert record[member] == IDENTITIES[member](box.init)
    kind = subprocess.run(["stat", "-f", "-c", "%T", box.rt.root], check=True, capture_output=True, text=True).stdout
    # tests/fallbacks takes it away, by a script.
    denied = b"deny:pidfs" in pathlib.Path(box.rt.path).read_bytes()
    known = inode_of(box.init) != inode_of(os.getpid()) and not denied
    assert (member == "pidInode") == (kind == "tmpfs\n" and known)


@pytest.mark.parametrize("member", IDENTITIES)
def test_another_process_is_not_the_container(box, member):
    box.up()
    identify(box, member)
    assert box.status == "running"
    number = IDENTITIES[member](box.init)
    change(box, **{member: number + 1})
    assert box.status == "stopped"
    change(box, **{member: number})
    assert box.status == "running"


@pytest.fixture(params=IDENTITIES)
def reused(box, request):
    """A container that has stopped, and the pid of a process of ours that has its number now."""
    box.up()
    identify(box, request.param)
    ticks = os.sysconf("SC_CLK_TCK") * time.clock_gettime(time.CLOCK_BOOTTIME)
    box.kill("KILL").silent()
    box.wait()
    # Who starts in the same tick cannot be told from it by its start time.
    eventually(lambda: os.sysconf("SC_CLK_TCK") * time.clock_gettime(time.CLOCK_BOOTTIME) > ticks + 1, "the next tick")
    try:
        pid = start_with_pid(box.init, "/bin/sleep", "1000")
    except FileExistsError:
        pytest.skip("somebody else has the number already")
    except PermissionError:
        pytest.skip("no right to choose the number of a process (clone3, set_tid)")
    yield pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def is_running(pid):
    return os.waitpid(pid, os.WNOHANG) == (0, 0)


@pytest.mark.parametrize("options", [(), ("--all",)])
@pytest.mark.parametrize("number", ["KILL", "TERM"])
def test_kill_signals_nobody_who_has_the_number_by_now(box, reused, options, number):
    result = box.kill(*options, number)
    assert is_running(reused)
    result.silent() if options else result.fails("container not running")


@pytest.mark.parametrize("options", [(), ("--force",)])
def test_delete_kills_nobody_who_has_the_number_by_now(box, reused, options):
    assert (box.status, box.state().get("pid", 0)) == ("stopped", 0)
    box.delete(*options).silent()
    assert is_running(reused)


def test_no_other_command_takes_him_for_the_container(box, reused):
    for command in ("start", "pause", "resume"):
        assert box.rt(command, box.id).rc == 1
    assert box.rt("exec", box.id, "true").rc == 255
    assert box.rt("ps", "-f", "json", box.id).json() == []
    assert is_running(reused)


@pytest.mark.parametrize("who", ["pid", "creator"])
def test_delete_force_of_what_is_locked_kills_nobody_by_a_number_alone(box, reused, who):
    """It ends who holds the lock: the process that the record names, and its creator."""
    if who == "creator":
        change(box, creator=reused, creatorStart=1, pid=0)
    fd = os.open(f"{box.rt.root}/{box.id}", os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        box.delete("--force").fails("in use by another command")
    finally:
        os.close(fd)
    assert is_running(reused)


OF_ONE = ["state", "kill", "delete", "delete --force"]


@pytest.mark.parametrize("what, command", [("root", c) for c in [*OF_ONE, "list", "create"]] + [("container", c) for c in OF_ONE])
def test_the_state_of_another_user_is_not_used(box, host, what, command):
    """He could have written any process and any cgroup into it."""
    box.up()
    path = host.root if what == "root" else f"{host.root}/{box.id}"
    os.chown(path, 4321, 4321)
    try:
        words = [*command.split(), *([] if command == "list" else [box.id])]
        result = box.rt(*words, *(["--bundle", box.dir] if command == "create" else []))
        result.fails("belongs to another user, uid 4321")
    finally:
        os.chown(path, 0, 0)
    assert box.status == "running"


def test_a_state_directory_that_is_a_symlink_is_not_followed(box, host, tmp):
    box.up()
    os.rename(f"{host.root}/{box.id}", tmp / "moved")
    os.symlink(tmp / "moved", f"{host.root}/{box.id}")
    try:
        for command in ("state", "kill", "delete"):
            box.rt(command, box.id).fails(box.id)
    finally:
        os.unlink(f"{host.root}/{box.id}")
        os.rename(tmp / "moved", f"{host.root}/{box.id}")
    assert box.status == "running"


def test_delete_force_spares_who_made_the_container_long_ago(box):
    """The lock is somebody else's."""
    box.cfg.shell(FOREVER)
    box.save()
    with subprocess.Popen([box.rt.path, "--root", box.rt.root, "run", "-b", box.dir, box.id],
                          stdin=subprocess.DEVNULL) as run:
        eventually(lambda: box.rt("state", box.id).rc == 0 and box.status == "running", "it runs")
        lock = os.open(f"{box.rt.root}/{box.id}", os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        box.delete("--force").fails("is in use by another command")
        os.close(lock)
        assert run.wait(scaled(20)) != -signal.SIGKILL
    box.delete("--force").silent()
