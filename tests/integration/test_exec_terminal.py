# SPDX-License-Identifier: Apache-2.0
"""exec with a terminal, on a real pseudo-terminal: given to a socket as engines ask for it, or relayed."""
import contextlib
import json
import os
import signal

import pytest

from lib.execs import reap
from lib.terminal import on_terminal


@pytest.fixture
def detached(box, console, tmp):
    """Calls exec --detach; the terminal's other side and the pid. Who starts such processes has to reap them."""
    pids = []

    def start(*words):
        box.rt("exec", *words[:-1], "--console-socket", console.path, "--detach", "--pid-file", tmp / "pid",
               box.id, *words[-1]).silent()
        pids.append(int((tmp / "pid").read_text()))
        return console.take(), pids[-1]
    yield start
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        reap(pid)


@pytest.fixture(params=[False, True], ids=["", "userns"])
def box(box, request):
    if request.param:
        box.cfg.user_namespace()
    box.up()
    return box


def test_the_program_is_on_a_terminal_of_the_container(box):
    script = "tty; stty size; test -t 0 && test -t 1 && test -t 2 && echo all; echo through >/dev/tty; exit 7"
    with on_terminal(box.rt, "exec", "--tty", box.id, "sh", "-c", script, rows=31, columns=99) as (child, side):
        assert side.until("through\r\n").splitlines() == ["/dev/pts/0", "31 99", "all", "through"]
        assert child.wait(20) == 7


def test_what_is_typed_and_control_c(box):
    script = "trap 'echo INT; exit 3' INT; read line; echo got $line; while :; do sleep 1000 & wait $!; done"
    with on_terminal(box.rt, "exec", "-t", box.id, "sh", "-c", script) as (child, side):
        side.type("hello\n")
        side.until("got hello\r\n")
        side.type("\x03")
        side.until("INT\r\n")
        assert child.wait(20) == 3
    assert box.status == "running"


def test_the_console_socket_of_a_detached_exec(box, detached, tmp):
    """As conmon and containerd's shim call it."""
    (tmp / "process.json").write_text(json.dumps({
        **box.cfg.process, "terminal": True, "consoleSize": {"height": 20, "width": 70},
        "args": ["sh", "-c", "stty size; echo here; sleep 1000"]}))
    side, pid = detached("--process", tmp / "process.json", [])
    assert side.until("here\r\n") == "20 70\r\nhere\r\n"
    assert pid in box.rt("ps", "--format", "json", box.id).json()
    side.close()


def test_two_at_a_time_have_two(detached):
    sides = [detached("--tty", ["sh", "-c", "tty; sleep 1000"])[0] for _ in range(2)]
    assert [side.until("\r\n") for side in sides] == ["/dev/pts/0\r\n", "/dev/pts/1\r\n"]
    for side in sides:
        side.close()


def test_it_belongs_to_the_user(detached):
    script = "stat -L -c %u /proc/self/fd/0; echo x >/dev/tty; echo done"
    side, _ = detached("--tty", "--user", "7:7", ["sh", "-c", script])
    assert side.rest() == "7\r\nx\r\ndone\r\n"
    side.close()


def test_detached_without_a_socket_is_refused(box, tmp):
    box.rt("exec", "--tty", "--detach", "--pid-file", tmp / "pid", box.id, "true").fails("--console-socket is missing", rc=255)
    assert not (tmp / "pid").exists()


def test_a_socket_without_detach_is_refused(box, console):
    box.rt("exec", "--tty", "--console-socket", console.path, box.id, "true").fails("--detach", rc=255)
    assert console.is_unused()
