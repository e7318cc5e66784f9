# SPDX-License-Identifier: Apache-2.0
"""process.terminal with a console socket, as engines use it."""
import os
import stat
import termios

import pytest

from lib.box import FOREVER
from lib.terminal import ConsoleSocket, size

DEVPTS = {"destination": "/dev/pts", "type": "devpts", "source": "devpts"}


@pytest.fixture
def tbox(box):
    box.cfg.process["terminal"] = True
    return box


def up(box, console, script, *options):
    """Create and start; the terminal's other side."""
    box.cfg.shell(script)
    box.create("--console-socket", console.path, *options).silent()
    side = console.take()
    box.start().silent()
    return side


@pytest.mark.parametrize("fd", [0, 1, 2])
def test_the_standard_streams_are_the_terminal(tbox, console, fd):
    side = up(tbox, console, f"test -t {fd} && echo yes; readlink /proc/self/fd/{fd}; stat -L -c %t:%T /proc/self/fd/{fd}")
    assert side.rest() == "yes\r\n/dev/pts/0\r\n88:0\r\n"
    assert tbox.wait() == 0


def test_what_is_typed_is_read_and_echoed(tbox, console):
    side = up(tbox, console, "read line; echo got $line")
    side.type("hello\n")
    assert side.rest() == "hello\r\ngot hello\r\n"


def test_it_is_the_controlling_terminal_of_the_process(tbox, console):
    """/dev/tty leads to it, the process leads the session, and is in its foreground."""
    side = up(tbox, console, "echo through > /dev/tty; set -- $(cat /proc/$$/stat); echo $6 $7 $8; tty; trap 'echo INT; exit 3' INT; "
                             "echo ready; while :; do sleep 1000 & wait $!; done")
    assert side.until("ready\r\n").splitlines()[:3] == ["through", f"1 {136 << 8} 1", "/dev/pts/0"]
    side.type("\x03")
    assert "INT" in side.rest()
    assert tbox.wait() == 3


def test_before_start_it_is_nobody_s_controlling_terminal(tbox, console):
    """What is typed while the process waits for start ends nothing."""
    tbox.cfg.shell("echo ran")
    tbox.create("--console-socket", console.path).silent()
    side = console.take()
    side.type("\x03\x1c")
    tbox.start().silent()
    assert "ran" in side.rest()


@pytest.mark.parametrize("userns", [False, True])
def test_it_belongs_to_the_user(tbox, console, userns):
    if userns:
        tbox.cfg.user_namespace()
    tbox.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    side = up(tbox, console, "stat -c %u:%a /dev/pts/0 /dev/console; echo again > $(tty)")
    assert side.rest().splitlines() == ["1000:620", "1000:620", "again"]


def test_dev_console_is_the_terminal(tbox, console):
    side = up(tbox, console, "stat -c %t:%T /dev/console; echo to console > /dev/console; grep -c ' /dev/console ' /proc/self/mountinfo")
    assert side.rest() == "88:0\r\nto console\r\n1\r\n"


@pytest.mark.parametrize("readonly", [False, True])
def test_dev_console_without_a_mount_on_dev(tbox, console, readonly):
    tbox.cfg.no_mount("/dev", "/dev/pts", "/dev/shm")
    tbox.cfg["mounts"].append({**DEVPTS, "options": ["newinstance", "ptmxmode=0666", "mode=0620"]})
    tbox.cfg["root"]["readonly"] = readonly
    side = up(tbox, console, "stat -c %t:%T /dev/console")
    assert side.rest() == "88:0\r\n"


def test_nothing_is_made_in_a_dev_that_is_bound(tbox, console, tmp):
    (tmp / "dev/pts").mkdir(parents=True)
    os.mknod(tmp / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    tbox.cfg["mounts"] = [m for m in tbox.cfg["mounts"] if not m["destination"].startswith("/dev")]
    tbox.cfg.bind(tmp / "dev", "/dev")
    tbox.cfg["mounts"].append({**DEVPTS, "options": ["newinstance", "ptmxmode=0666"]})
    side = up(tbox, console, "tty; test -e /dev/console || echo none")
    assert side.rest() == "/dev/pts/0\r\nnone\r\n"
    assert not (tmp / "dev/console").exists()


def test_dev_ptmx_is_of_the_same_devpts(tbox, console):
    """Another terminal that the program makes has the next number."""
    side = up(tbox, console, "exec 5<>/dev/ptmx && ls /dev/pts")
    assert side.rest().split() == ["0", "1", "ptmx"]


def test_the_modes_are_those_of_a_new_terminal(tbox, console):
    """ONLCR among them: who takes the other side changes it if he wants."""
    side = up(tbox, console, "read x")
    flags = termios.tcgetattr(side.fd)
    assert flags[1] & (termios.OPOST | termios.ONLCR) == termios.OPOST | termios.ONLCR
    assert flags[3] & termios.ICANON and flags[3] & termios.ECHO
    side.type("\n")
    side.rest()


@pytest.mark.parametrize("given, want", [({"height": 33, "width": 101}, (33, 101)), (None, (0, 0))], ids=["given", "not given"])
def test_console_size(tbox, console, given, want):
    if given:
        tbox.cfg.process["consoleSize"] = given
    side = up(tbox, console, "read x")
    assert size(side.fd) == want
    side.type("\n")
    side.rest()


@pytest.mark.parametrize("member", ["height", "width"])
def test_a_size_that_no_terminal_can_have(tbox, member):
    tbox.cfg.process["consoleSize"] = {"height": 1, "width": 1, member: 65536}
    tbox.create_fails(f"process.consoleSize.{member}", "65536 is above 65535")


def test_nothing_else_is_open(tbox, console):
    side = up(tbox, console, "ls /proc/self/fd")
    assert side.rest().split() == ["0", "1", "2", "3"]      # 3: the directory that ls reads


@pytest.mark.parametrize("userns", [False, True])
def test_a_joined_pid_namespace(boxes, console, userns):
    other = boxes()
    if userns:
        other.cfg.user_namespace()
    other.up(FOREVER)
    box = boxes()
    box.cfg.process["terminal"] = True
    for kind in ["pid"] + ["user"] * userns:
        box.cfg.namespace(kind, f"/proc/{other.pid}/ns/{kind}")
    side = up(box, console, "tty; : < /dev/tty && echo controlling")
    assert side.rest() == "/dev/pts/0\r\ncontrolling\r\n"
    assert box.wait() == 0


def test_hooks_are_not_on_the_terminal(tbox, console):
    for kind in ("createContainer", "startContainer"):
        tbox.cfg.hook(kind, "echo from a hook; echo from a hook >&2")
    side = up(tbox, console, "echo from the program")
    assert side.rest() == "from the program\r\n"


def test_a_path_longer_than_an_address_can_hold(tbox, tmp):
    place = tmp / ("d" * 120)
    place.mkdir()
    console = ConsoleSocket(place)
    side = up(tbox, console, "echo far")
    assert side.rest() == "far\r\n"
    console.close()


# refused

def test_a_terminal_needs_a_console_socket(tbox):
    tbox.create_fails("process.terminal", "--console-socket")


def test_a_console_socket_without_a_terminal_is_refused(box, console):
    box.create("--console-socket", console.path).fails("--console-socket", "process.terminal is false")
    box.host.assert_clean()
    assert console.is_unused()


@pytest.mark.parametrize("what", ["missing", "file", "nobody listens"])
def test_a_console_socket_that_nobody_listens_at(tbox, tmp, what):
    if what == "file":
        (tmp / "socket").touch()
    elif what != "missing":
        ConsoleSocket(tmp, "socket").close()
    tbox.create("--console-socket", f"{tmp}/socket").fails("process.terminal", f"--console-socket \"{tmp}/socket\"")
    tbox.host.assert_clean()


@pytest.mark.parametrize("change", ["none", "tmpfs"])
def test_there_must_be_a_devpts(tbox, console, change):
    tbox.cfg.no_mount("/dev/pts")
    if change == "tmpfs":
        tbox.cfg.mount("/dev/pts", "tmpfs", "tmpfs")
    tbox.create("--console-socket", console.path).fails("process.terminal", "devpts")
    tbox.host.assert_clean()


def test_a_ptmx_on_which_something_is_mounted_is_not_opened(tbox, console):
    tbox.cfg.bind("/dev/null", "/dev/pts/ptmx")
    tbox.create("--console-socket", console.path).fails("process.terminal", "/dev/pts")
    tbox.host.assert_clean()


def test_a_terminal_that_is_gone_at_start(tbox, console):
    tbox.create("--console-socket", console.path).silent()
    console.take().close()
    tbox.start().fails("process.terminal")
    tbox.host.assert_clean()
