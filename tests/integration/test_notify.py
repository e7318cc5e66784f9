# SPDX-License-Identifier: Apache-2.0
"""NOTIFY_SOCKET: what a container says about itself reaches the service manager of the caller."""
import os
import pathlib
import shutil
import stat
import subprocess

import pytest

from lib.box import children, eventually
from lib.notify import Manager, give, lingering
from lib.paths import RUNDLET
from lib.rootless import user_boxes
from lib.timing import scaled

BARRIER = ["BARRIER=1"]


@pytest.fixture(params=["path", "abstract"])
def address(request, tmp, host):
    return f"{tmp}/notify" if request.param == "path" else f"@{host.tag}/notify"


@pytest.fixture
def manager(address):
    place = Manager(address)
    yield place
    place.close()


@pytest.fixture
def at(tmp):
    """A manager whose socket has a path, where that makes no difference."""
    place = Manager(f"{tmp}/notify")
    yield place
    place.close()


@pytest.fixture
def told(boxes, rt, say, request):
    """A container-to-be whose caller has NOTIFY_SOCKET and whose program says what is asked for."""
    place = request.getfixturevalue("manager" if "manager" in request.fixturenames else "at")
    box = boxes(rt.with_env(NOTIFY_SOCKET=place.address))

    def speaks(*words):
        box.cfg.args("/bin/say", *words)
        shutil.copy(say, f"{box.rootfs}/bin/say")
        return box
    box.speaks = speaks
    return box


def begin(box, *words):
    """run or start, in the background, with its outputs."""
    return subprocess.Popen(box.rt.argv(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env=box.rt.env, text=True)


def test_start_returns_when_the_container_is_ready(told, manager):
    told.speaks("STATUS=soon", "go", "READY=1\\STATUS=up\\MAINPID=1", "wait").create().silent()
    start = begin(told, "start", told.id)
    assert manager.next() == ["STATUS=soon"]
    assert start.poll() is None and told.status == "running"
    told.write("/tmp/go")
    assert manager.next() == ["READY=1", "STATUS=up", f"MAINPID={told.pid}"]
    assert manager.next() == BARRIER
    assert start.communicate(timeout=30) == ("", None) and start.returncode == 0


def test_start_ends_when_the_manager_has_taken_notice(told, at):
    at.keeps = True
    told.speaks("READY=1", "wait").create().silent()
    start = begin(told, "start", told.id)
    assert at.next()[0] == "READY=1" and at.next() == BARRIER and len(at.fds) == 1
    assert start.poll() is None
    at.let_go()
    assert start.wait(30) == 0


def test_a_detached_run_is_as_create_and_start(told, manager):
    told.speaks("go", "READY=1", "wait").save()
    run = begin(told, "run", "-d", "--bundle", told.dir, told.id)
    eventually(lambda: os.path.exists(f"{told.rt.root}/{told.id}/notify/socket"), "the socket is there")
    told.write("/tmp/go")
    assert manager.next() == ["READY=1", f"MAINPID={told.pid}"]
    assert manager.next() == BARRIER
    assert run.wait(30) == 0
    told.init = told.pid


def test_run_passes_on_to_the_end(told, manager):
    """It is the main process itself, and the manager takes messages of that one."""
    told.speaks("READY=1\\MAINPID=1", "WATCHDOG=1", "sync", "STOPPING=1", "STATUS=done").save()
    run = begin(told, "run", "--bundle", told.dir, told.id)
    assert [manager.next() for _ in range(3)] == [["READY=1"], ["WATCHDOG=1"], BARRIER]
    assert run.communicate(timeout=30)[0] == "synced\n" and run.returncode == 0
    assert [manager.next(), manager.next()] == [["STOPPING=1"], ["STATUS=done"]]
    assert manager.is_quiet()


def test_a_barrier_ends_when_that_of_the_manager_ends(told, at):
    at.keeps = True
    told.speaks("STATUS=a", "sync", "STATUS=b").save()
    run = begin(told, "run", "--bundle", told.dir, told.id)
    assert [at.next(), at.next()] == [["STATUS=a"], BARRIER]
    assert at.is_quiet() and run.poll() is None
    at.let_go()
    assert at.next() == ["STATUS=b"]
    assert run.communicate(timeout=30)[0] == "synced\n"


@pytest.mark.parametrize("words", [["MAINPID=1"], ["@1 FDSTORE=1\\FDNAME=x"], ["@16 X=1"], ["NOTIFYACCESS=all"],
                                   ["STATUS=\x1b[2J"], ["BARRIER=1"], [""]])
def test_what_is_not_for_the_manager_is_left_out(told, at, words):
    told.speaks(*words, "STATUS=end").save()
    result = told.run()
    assert (result.rc, result.out, result.err) == (0, "", "")
    assert at.next() == ["STATUS=end"] and not at.fds and at.is_quiet()


def test_what_is_too_long_is_left_out_and_told_once(told, at):
    told.speaks("big", "big", "STATUS=end").save()
    result = told.run()
    assert result.rc == 0 and result.err.count("\n") == 1 and "NOTIFY_SOCKET" in result.err, str(result)
    assert at.next() == ["STATUS=end"] and at.is_quiet()


def test_descriptors_are_closed(told, at):
    """Many come, and none stays: another run of the same has no more of them."""
    told.speaks(*["@16 STATUS=a"] * 40, "go").save()
    run = begin(told, "run", "--bundle", told.dir, told.id)
    eventually(lambda: os.path.exists(f"{told.rt.root}/{told.id}/notify/socket"), "the socket is there")
    for _ in range(40):
        assert at.next() == ["STATUS=a"]
    assert len(os.listdir(f"/proc/{run.pid}/fd")) < 40
    told.write("/tmp/go")
    assert run.wait(30) == 0


def test_a_program_that_ends_before_it_is_ready(told, at):
    told.speaks("STATUS=failed").create().silent()
    result = told.start()
    assert result.rc == 0 and "ended before it sent READY=1" in result.err, str(result)
    assert at.next() == ["STATUS=failed"]
    assert told.wait() == 0


def test_a_program_that_ended_before_start_waits(told, at, tmp):
    """The hook sees the end; start finds no process then, but its messages."""
    told.cfg.hook("poststart", f"until grep -q 'State:.Z' /proc/$(cat {tmp}/pid)/status; do sleep 0.01; done")
    told.speaks("STATUS=failed").create("--pid-file", f"{tmp}/pid").silent()
    assert "ended before it sent READY=1" in told.start().err
    assert at.next() == ["STATUS=failed"]


def test_others_can_use_the_container_while_start_waits(told, at):
    told.speaks("STATUS=here", "wait").create().silent()
    start = begin(told, "start", told.id)
    assert at.next() == ["STATUS=here"]
    assert told.rt("exec", told.id, "/bin/true").rc == 0
    told.kill("KILL").silent()
    assert "ended before" in start.communicate(timeout=30)[0] and start.returncode == 0
    told.delete().silent()


def test_without_the_variable_at_start_nobody_waits(told, at, rt):
    told.speaks("READY=1").create().silent()
    rt("start", told.id).silent()
    told.wait()
    assert at.is_quiet()


def test_without_the_variable_at_create_nothing_is_made(box, rt, at):
    box.cfg.shell("echo ${NOTIFY_SOCKET-none}; ls /run")
    created = box.create()
    rt.with_env(NOTIFY_SOCKET=at.address)("start", box.id).silent()
    assert box.wait() == 0 and created.out == "none\n"


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_variable_is_none(box, rt, value):
    box.rt = rt.with_env(NOTIFY_SOCKET=value) if value is not None else rt
    assert box.sh("echo ${NOTIFY_SOCKET-none}") == "none\n"


def test_a_configuration_that_has_one_keeps_it(told, at):
    told.cfg.process["env"].append("NOTIFY_SOCKET=/mine")
    assert told.sh("echo $NOTIFY_SOCKET; ls /run") == "/mine\n"


def test_exec_has_none(told, at):
    told.speaks("READY=1", "wait").create().silent()
    start = begin(told, "start", told.id)
    assert [at.next()[0], *at.next()] == ["READY=1", *BARRIER] and start.wait(30) == 0
    assert told.rt("exec", told.id, "/bin/sh", "-c", "echo ${NOTIFY_SOCKET-none}").out == "none\n"


def speak_as(told, at):
    result = told.run()
    assert (result.rc, result.out, result.err) == (0, "", "") and at.next() == ["READY=1"]


def test_on_a_read_only_root_without_run(told, at):
    os.rmdir(f"{told.rootfs}/run")
    told.cfg["root"]["readonly"] = True
    told.speaks("READY=1")
    speak_as(told, at)


def test_below_a_tmpfs_of_the_configuration(told, at):
    told.cfg.mount("/run", "tmpfs", "tmpfs", [])
    told.speaks("READY=1")
    speak_as(told, at)


def test_of_another_user(told, at):
    told.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    told.speaks("READY=1")
    speak_as(told, at)


def test_in_a_user_namespace(told, at):
    told.cfg.user_namespace()
    told.speaks("READY=1")
    result = told.run().fails('notify on "/run/notify": Permission denied')
    assert "mounts[" not in result.err
    os.chown(f"{told.rootfs}/run", 100000, 100000)
    speak_as(told, at)


def test_of_a_user_without_rights(host, nothing_left, say, tmp):
    place = Manager(f"{tmp}/notify")
    os.chmod(place.address, 0o777)
    os.chmod(tmp, 0o755)
    with user_boxes(host, RUNDLET) as make, place.reads() as got:
        box = make()
        shutil.copy(say, f"{box.rootfs}/bin/say")
        box.rt = box.rt.with_env(NOTIFY_SOCKET=place.address)
        box.map_one().cfg.args("/bin/say", "READY=1", "sync")
        result = box.run()
    place.close()
    assert (result.rc, result.out) == (0, "synced\n"), str(result)
    assert got == [["READY=1"], BARRIER]


@pytest.mark.parametrize("mask", [0o077, 0o777])
def test_with_any_umask_of_the_caller(told, at, mask):
    told.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    told.speaks("READY=1")
    told.save()
    result = told.rt("run", "--bundle", told.dir, told.id, preexec_fn=lambda: os.umask(mask))
    assert (result.rc, result.out, result.err) == (0, "", "") and at.next() == ["READY=1"]


@pytest.mark.parametrize("script, made", [
    ("mkdir -p a/b && touch a/f && ln -s / a/link", "a/link"),
    ("rm -f socket; mkdir socket && touch socket/f", "socket/f"),
    ("for n in 1 2 3 4 5 6 7 8 9; do mkdir -p 1/2/3/4/5/6/7/8/9/10 && mv 1 new && mkdir -p 1/2/3/4/5/6/7/8/9 && "
     "mv new 1/2/3/4/5/6/7/8/9/1 || exit; done; mv 1 deep", "deep"),
], ids=["files", "a directory for the socket", "deep directories"])
def test_what_a_privileged_container_puts_there_is_removed(told, rt, script, made):
    """It may mount, and so can make its view of the directory writable."""
    told.cfg.process["capabilities"] = {s: ["CAP_SYS_ADMIN"] for s in ("bounding", "permitted", "effective")}
    told.cfg.shell(f"mount -o remount,rw,bind /run/notify && cd /run/notify && {script} && exec sleep 1000")
    told.create().silent()
    rt("start", told.id).silent()
    eventually(lambda: os.path.lexists(f"{told.rt.root}/{told.id}/notify/{made}"), "they are there")
    told.delete("--force").silent()
    told.host.assert_clean()


def test_what_cannot_be_removed_there_keeps_the_record(told, rt):
    """So that delete can be tried again."""
    told.create().silent()
    there = pathlib.Path(told.rt.root, told.id, "notify/kept")
    there.touch()
    if subprocess.run(["chattr", "+i", there], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("no file on this tmpfs can be made immutable")
    told.delete("--force").fails("Operation not permitted")
    assert rt("state", told.id).json()["status"] == "stopped"
    subprocess.run(["chattr", "-i", there], check=True)
    told.delete().silent()
    told.host.assert_clean()


def test_the_directory_is_closed_to_the_container(told, at):
    out = told.sh("grep -o '/run/notify [^ ]*' /proc/self/mountinfo; touch /run/notify/x 2>&1; rm -f /run/notify/socket 2>&1;"
                  "ls /run/notify")
    lines = out.splitlines()
    assert set(lines[0].split()[1].split(",")) >= {"ro", "nosuid", "nodev", "noexec"}
    assert "Read-only" in lines[1] and "Read-only" in lines[2] and lines[3:] == ["socket"]


def test_the_socket_is_closed_to_the_host(told, at):
    told.create().silent()
    assert stat.S_IMODE(os.stat(f"{told.rt.root}/{told.id}").st_mode) == 0o700


def test_a_container_without_a_mount_namespace_is_told_of(told, at):
    told.cfg.no_namespace("mount")
    told.cfg["mounts"] = []
    result = told.save().rt("plan", "--bundle", told.dir, told.id)
    assert "NOTIFY_SOCKET is not passed on" in result.err


@pytest.mark.parametrize("address", ["relative", "vsock:2:1", "/", "@", "/" + "x" * 107])
def test_an_address_that_is_none_is_refused(box, rt, address):
    box.rt = rt.with_env(NOTIFY_SOCKET=address)
    box.create_fails("NOTIFY_SOCKET", "is not the address of a socket")


@pytest.mark.parametrize("command", ["start", "run", "run -d"])
def test_where_nobody_listens_the_program_does_not_run(box, rt, tmp, command):
    box.rt = rt.with_env(NOTIFY_SOCKET=f"{tmp}/nobody")
    box.cfg.shell("touch /tmp/ran")
    if command == "start":
        box.create().silent()
        box.start().fails("connect to NOTIFY_SOCKET")
        assert box.status == "created"
    else:
        box.run(*command.split()[1:]).fails("connect to NOTIFY_SOCKET")
    assert not os.path.exists(f"{box.rootfs}/tmp/ran")


def test_a_manager_that_goes_away_stops_nothing(told, at):
    told.speaks("go", "READY=1", "wait").create().silent()
    start = begin(told, "start", told.id)
    eventually(lambda: told.status == "running", "it runs")
    at.sock.close()
    told.write("/tmp/go")
    out = start.communicate(timeout=30)[0]
    assert start.returncode == 0 and out.count("\n") == 1 and "NOTIFY_SOCKET" in out, out


# descriptors whose close waits: only they themselves wait for it

@pytest.fixture
def stuck(told, at):
    """
    Begins a command, and sends what it is to pass on a message with such a descriptor. A barrier
    before that keeps the message in the socket until no other copy of the descriptor is open.
    """
    at.keeps = True

    def send(text, *words):
        command = begin(told, *words, told.id)
        assert at.next() == BARRIER
        give(f"{told.rt.root}/{told.id}/notify/socket", text, sock)
        at.let_go()
        return command
    with lingering() as sock:
        yield send


@pytest.mark.parametrize("text", [b"BARRIER=1", b"FDSTORE=1"])
def test_a_close_that_waits_does_not_keep_run(told, at, stuck, text):
    told.speaks("sync", "wait").save()
    run = stuck(text, "run", "--bundle", told.dir)
    at.keeps = False
    if text != b"FDSTORE=1":
        assert at.next() == [text.decode()]
    told.kill("KILL").silent()
    out = run.communicate(timeout=scaled(60))[0]
    assert run.returncode == 128 + 9 and "NOTIFY_SOCKET: take the container's last messages" in out, out


def test_a_close_that_waits_does_not_keep_start(told, at, stuck):
    told.speaks("sync", "wait").create().silent()
    start = stuck(b"READY=1", "start")
    at.keeps = False
    assert [at.next()[0], at.next()] == ["READY=1", BARRIER]
    assert start.communicate(timeout=scaled(60)) == ("", None) and start.returncode == 0


def test_a_close_that_waits_does_not_keep_start_when_the_container_ends(told, at, stuck):
    told.speaks("sync", "wait").create().silent()
    start = stuck(b"STATUS=x", "start")
    at.keeps = False
    assert at.next() == ["STATUS=x"]
    told.kill("KILL").silent()
    assert "ended before" in start.communicate(timeout=scaled(60))[0] and start.returncode == 0


def test_who_takes_the_messages_ends_with_start(told, at, stuck):
    """Also where a close waits; and it is no part of the container."""
    told.speaks("sync", "wait").create().silent()
    start = stuck(b"STATUS=x", "start")
    assert at.next() == ["STATUS=x"]
    taker, = children(start.pid)
    assert taker not in told.rt("ps", "--format", "json", told.id).json()
    assert os.readlink(f"/proc/{taker}/ns/pid") == os.readlink("/proc/self/ns/pid")
    start.kill()
    start.wait()
    eventually(lambda: os.waitpid(taker, os.WNOHANG)[0] == taker, "it ends")


def test_start_goes_on_without_who_takes_the_messages(told, at):
    told.speaks("STATUS=x", "wait").create().silent()
    start = begin(told, "start", told.id)
    assert at.next() == ["STATUS=x"]
    taker, = children(start.pid)
    os.kill(taker, 9)
    out = start.communicate(timeout=scaled(60))[0]
    assert start.returncode == 0 and "NOTIFY_SOCKET" in out and out.count("\n") == 1, out
