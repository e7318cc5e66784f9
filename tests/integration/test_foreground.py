# SPDX-License-Identifier: Apache-2.0
"""run in the foreground with a terminal: rundlet between its own terminal and the program's."""
import contextlib
import os
import signal
import subprocess
import termios

import pytest

from lib.box import eventually
from lib.terminal import modes, on_terminal, resize, size
from lib.timing import scaled


@pytest.fixture
def tbox(box):
    box.cfg.process["terminal"] = True
    return box


@contextlib.contextmanager
def running(box, script, *options, **kw):
    """`run` of a script, on a terminal of its own."""
    box.cfg.shell(script)
    box.save()
    with on_terminal(box.rt, "run", "--bundle", box.dir, *options, box.id, **kw) as (child, side):
        yield child, side


def ended(child):
    return child.wait(scaled(20))


def is_raw(fd):
    flags = termios.tcgetattr(fd)
    return not flags[3] & (termios.ICANON | termios.ECHO | termios.ISIG) and not flags[1] & termios.OPOST


# passing on

def test_what_is_typed_and_shown(tbox):
    """The program's terminal echoes, and makes line ends of its own; ours adds nothing."""
    with running(tbox, "tty; read line; echo got $line; exit 7") as (child, side):
        assert side.until("\n") == "/dev/pts/0\r\n"
        side.type("hello\r")
        assert side.until("got hello\r\n") == "hello\r\ngot hello\r\n"
        assert ended(child) == 7


def test_all_output_comes_also_when_the_program_ends_at_once(tbox):
    with running(tbox, "seq 1 20000; echo the end") as (child, side):
        shown = side.until("the end\r\n")
        assert ended(child) == 0
    assert shown == "".join(f"{n}\r\n" for n in range(1, 20001)) + "the end\r\n"


def test_control_characters_go_to_the_program(tbox):
    with running(tbox, "trap 'echo INT; exit 3' INT; echo ready; while :; do sleep 1000 & wait $!; done") as (child, side):
        side.until("ready\r\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        side.type("\x03")
        assert side.until("INT\r\n")
        assert ended(child) == 3


def test_every_byte_is_passed_on(tbox):
    with running(tbox, "busybox stty raw -echo; echo ready; head -c 256 > /tmp/bytes") as (child, side):
        side.until("ready\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        os.write(side.fd, bytes(range(256)))
        assert ended(child) == 0
    with open(f"{tbox.rootfs}/tmp/bytes", "rb") as f:
        assert f.read() == bytes(range(256))


@pytest.mark.parametrize("signal_of_end, status", [("", 5), ("kill -9 $$", None)])
def test_the_exit_status(tbox, signal_of_end, status):
    tbox.cfg.no_namespace("pid")
    with running(tbox, signal_of_end or "exit 5") as (child, _):
        assert ended(child) == (128 + 9 if status is None else status)


# size

def test_the_program_s_terminal_has_our_size(tbox):
    """Of the beginning, in the place of consoleSize, and of every change."""
    tbox.cfg.process["consoleSize"] = {"height": 1, "width": 1}
    tbox.cfg.shell("trap 'echo changed' WINCH; trap 'exit 0' TERM; echo ready; while :; do sleep 1000 & wait $!; done")
    tbox.save()
    with on_terminal(tbox.rt, "run", "--bundle", tbox.dir, tbox.id, rows=33, columns=99) as (child, side):
        side.until("ready\r\n")
        inside = f"/proc/{tbox.pid}/root/dev/pts/0"
        fd = os.open(inside, os.O_RDWR | os.O_NOCTTY)
        assert size(fd) == (33, 99)
        resize(side.fd, 44, 111)
        side.until("changed\r\n")
        assert size(fd) == (44, 111)
        os.close(fd)
        child.send_signal(signal.SIGTERM)
        assert ended(child) == 0


# our own terminal

def test_our_terminal_is_raw_and_then_as_before(tbox):
    with running(tbox, "echo ready; read x") as (child, side):
        side.until("ready\r\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        side.type("\r")
        assert ended(child) == 0
        assert modes(child.slave) == child.before


@pytest.mark.parametrize("name", ["HUP", "INT", "QUIT", "TERM", "USR1", "ALRM", "RTMAX"])
def test_it_is_as_before_after_a_signal(tbox, name):
    """The signal is the program's, which ends."""
    number = int(getattr(signal, f"SIG{name}"))
    with running(tbox, f"trap 'exit 4' {number}; echo ready; while :; do sleep 1000 & wait $!; done") as (child, side):
        side.until("ready\r\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        child.send_signal(number)
        assert ended(child) == 4
        assert modes(child.slave) == child.before


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGRTMIN, signal.SIGRTMAX], ids=int)
def test_a_signal_is_the_program_s_without_a_terminal_too(box, number):
    """On a terminal musl keeps SIGRTMIN for itself: see README."""
    box.cfg.shell(f"trap 'exit 4' {int(number)}; echo ready; while :; do sleep 1000 & wait $!; done")
    box.save()
    with subprocess.Popen([*box.rt.prefix, box.rt.path, "--root", box.rt.root, "run", "--bundle", box.dir, box.id],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        child.send_signal(number)
        assert ended(child) == 4


@pytest.mark.parametrize("program, code", [("/missing", 127), ("/etc/passwd", 126)])
def test_it_is_as_before_after_a_failure(tbox, program, code):
    tbox.cfg.args(program)
    tbox.save()
    with on_terminal(tbox.rt, "run", "--bundle", tbox.dir, tbox.id) as (child, side):
        side.until("rundlet:")
        assert ended(child) == code
        assert modes(child.slave) == child.before


def test_it_is_as_before_after_the_container_was_killed(tbox):
    with running(tbox, "echo ready; while :; do sleep 1000; done") as (child, side):
        side.until("ready\r\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        tbox.kill("KILL").silent()
        assert ended(child) == 128 + 9
        assert modes(child.slave) == child.before


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGSEGV, signal.SIGSYS])
def test_it_is_as_before_after_a_fault_of_ours(tbox, number):
    """What ends us at once; the container stays, as after a KILL."""
    with running(tbox, "echo ready; while :; do sleep 1000; done") as (child, side):
        side.until("ready\r\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        child.send_signal(number)
        assert ended(child) == -number
        assert modes(child.slave) == child.before
    tbox.delete("--force").silent()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_it_is_as_before_after_a_signal_that_ends_the_program(tbox, number):
    with running(tbox, f"trap 'exit 9' {number.name[3:]}; echo ready; while :; do sleep 0.1; done") as (child, side):
        side.until("ready\r\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        child.send_signal(number)
        assert ended(child) == 9
        assert modes(child.slave) == child.before


def test_sigtstp_is_about_us_not_about_the_program(tbox):
    """In a session without a shell nobody could continue us: then it does nothing."""
    with running(tbox, "trap 'echo WRONG' TSTP; echo ready; read x; echo got $x") as (child, side):
        side.until("ready\r\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        child.send_signal(signal.SIGTSTP)
        child.send_signal(signal.SIGCONT)
        side.type("x\r")
        assert side.until("got x\r\n") == "x\r\ngot x\r\n"
        assert ended(child) == 0


def test_a_shell_stops_us_and_continues_us(tbox):
    """The shell's terminal is as before while we are stopped, and raw again afterwards."""
    tbox.cfg.shell("echo ready; read x; echo got $x")
    tbox.save()
    words = " ".join(tbox.rt.argv("run", "--bundle", tbox.dir, tbox.id))
    shell = ["bash", "--norc", "--noprofile", "-c", f"set -m; {words}; echo stopped $?; fg >/dev/null; echo done $?"]

    class Shell:
        env = None

        @staticmethod
        def argv():
            return shell

    with on_terminal(Shell) as (child, side):
        side.until("ready\r\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        with open(f"/proc/{child.pid}/task/{child.pid}/children") as f:
            run = int(f.read().split()[0])
        os.kill(run, signal.SIGTSTP)
        side.until(f"stopped {128 + signal.SIGTSTP}\r\n")      # by the return: not raw
        eventually(lambda: is_raw(child.slave), "the terminal is raw again")
        side.type("x\r")
        side.until("got x\r\n")
        side.until("done 0\r\n")
        assert ended(child) == 0
        assert modes(child.slave) == child.before


# streams that are no terminal

@pytest.mark.parametrize("typed, want", [("a\nb\n", "a b "), ("a\nb", "a b"), ("", "")], ids=["lines", "open line", "nothing"])
def test_the_end_of_a_pipe_is_the_end_of_input(tbox, tmp, typed, want):
    (tmp / "in").write_text(typed)
    tbox.cfg.shell("x=$(cat | tr '\\n' ' '); echo \"<$x>\"")
    for opener in (lambda: open(tmp / "in", "rb"), lambda: subprocess.Popen(["cat", tmp / "in"], stdout=subprocess.PIPE).stdout):
        with opener() as stdin:
            result = tbox.run(stdin=stdin).ok()
        assert result.out.endswith(f"<{want}>\r\n"), result


def test_without_any_terminal(tbox):
    assert tbox.sh("tty; echo hello") == "/dev/pts/0\r\nhello\r\n"


def test_output_to_a_file_is_appended_where_it_stands(tbox, tmp):
    tbox.cfg.shell("echo hello")
    tbox.save()
    with open(tmp / "out", "wb") as out:
        out.write(b"before\n")
        out.flush()
        subprocess.run(tbox.rt.argv("run", "--bundle", tbox.dir, tbox.id), stdin=subprocess.DEVNULL, stdout=out, check=True)
    assert (tmp / "out").read_bytes() == b"before\nhello\r\n"


# who goes away, who does not read

def cpu_of(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(") ", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_a_terminal_that_goes_away_hangs_the_program_s_up(tbox):
    with running(tbox, "trap 'exit 6' HUP; echo ready; while read x; do :; done; exit 8") as (child, side):
        side.until("ready\r\n")
        os.close(child.slave)
        child.slave = os.open("/dev/null", os.O_RDONLY)
        side.close()
        assert ended(child) in (6, 8)


def test_a_reader_that_goes_away_does_not_stop_the_program(tbox, tmp):
    tbox.cfg.shell("seq 1 100000; exit 9")
    tbox.save()
    read, write = os.pipe()
    stdin, keep = os.pipe()
    with subprocess.Popen(tbox.rt.argv("run", "--bundle", tbox.dir, tbox.id), stdin=stdin, stdout=write) as child:
        os.close(write)
        os.close(read)
        assert ended(child) == 9
    os.close(stdin)
    os.close(keep)


def test_both_gone_is_a_hang_up(tbox):
    tbox.cfg.shell("trap 'exit 6' HUP; while :; do echo x; sleep 1000 & wait $!; done")
    tbox.save()
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(tbox.rt.argv("run", "--bundle", tbox.dir, tbox.id), stdin=subprocess.DEVNULL, stdout=write) as child:
        os.close(write)
        assert ended(child) == 6


def stuck(child, side):
    """Nobody reads: all there is between the program and us is full, and we take no time."""
    used = []

    def is_still():
        used.append(cpu_of(child.pid))
        return len(used) > 100 and used[-1] - used[-100] <= 20      # who spins takes a tick for each

    side.until("1\r\n")
    eventually(is_still, "it takes no time", 30)


def test_a_reader_that_does_not_read_costs_no_time_and_hinders_no_end(tbox):
    """The program waits as on any terminal; a kill ends it and us."""
    with running(tbox, "seq 1 10000000") as (child, side):
        stuck(child, side)
        assert child.poll() is None and tbox.status == "running"
        tbox.kill("KILL").silent()
        assert ended(child) == 128 + 9


def test_a_signal_ends_the_wait_for_who_does_not_read(tbox):
    with running(tbox, "seq 1 10000000") as (child, side):
        stuck(child, side)
        tbox.kill("KILL").silent()
        child.send_signal(signal.SIGTERM)
        assert ended(child) == 128 + 9


@pytest.mark.parametrize("number", ["TERM", "INT", "HUP"])
def test_a_signal_while_all_is_removed_ends_nothing_in_the_middle(box, host, number):
    """The program that it was for is gone, and it is no reason to leave the container behind."""
    box.cfg.hook("poststop", f"kill -{number} $PPID").shell("exit 5")
    assert box.run().rc == 5
    host.assert_clean()


def test_a_program_that_does_not_read_hinders_no_output(tbox):
    """More is typed than its terminal takes."""
    with running(tbox, "echo ready; until test -e /tmp/go; do sleep 0.1; done; echo still here") as (child, side):
        side.until("ready\r\n")
        eventually(lambda: is_raw(child.slave), "the terminal is raw")
        os.set_blocking(side.fd, False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(10000):
                os.write(side.fd, b"x" * 1000)
        os.set_blocking(side.fd, True)
        with open(f"/proc/{tbox.pid}/root/tmp/go", "w"):
            pass
        side.until("still here\r\n")
        assert ended(child) == 0


def test_a_program_that_closes_its_terminal_can_open_it_again(tbox):
    with running(tbox, "exec 0<&- 1>&- 2>&-; sleep 1; exec >/dev/console; echo again; exit 2") as (child, side):
        side.until("again\r\n")
        assert ended(child) == 2


# refused

def test_a_console_socket_is_of_no_use_in_the_foreground(tbox, tmp):
    tbox.run("--console-socket", f"{tmp}/socket").fails("--console-socket", "--detach")
    tbox.host.assert_clean()


def test_detach_needs_a_console_socket(tbox):
    tbox.run("--detach").fails("process.terminal", "--console-socket")
    tbox.host.assert_clean()
