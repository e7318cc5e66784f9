# SPDX-License-Identifier: Apache-2.0
"""Terminals of containers: a console socket as engines have it, and a terminal that the runtime is on."""
import contextlib
import fcntl
import os
import pty
import select
import socket
import struct
import subprocess
import termios

from lib.timing import scaled


def size(fd):
    """Rows and columns."""
    return struct.unpack("HHHH", fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8)))[:2]


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def modes(fd):
    """Without PENDIN, which the kernel sets and clears itself."""
    flags = termios.tcgetattr(fd)
    flags[3] &= ~termios.PENDIN
    return flags


class Side:
    """The master of a pseudo-terminal: what the program shows, and where is typed."""

    def __init__(self, fd):
        self.fd, self.seen = fd, b""

    def type(self, text):
        os.write(self.fd, text.encode())

    def _more(self, timeout):
        """Read what comes; False at the end."""
        assert select.select([self.fd], [], [], scaled(timeout))[0], f"nothing comes after {self.seen!r}"
        try:
            data = os.read(self.fd, 4096)
        except OSError:         # EIO: nobody has the other side any more
            return False
        self.seen += data
        return bool(data)

    def until(self, text, timeout=20):
        """Read until the text comes; what came up to its end, which is dropped."""
        text = text.encode()
        while text not in self.seen:
            assert self._more(timeout), f"it ended without {text!r}: {self.seen!r}"
        head, _, self.seen = self.seen.partition(text)
        return (head + text).decode(errors="replace")

    def rest(self, timeout=20):
        """All that comes up to the end."""
        while self._more(timeout):
            pass
        rest, self.seen = self.seen, b""
        return rest.decode(errors="replace")

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1


class ConsoleSocket:
    """Listens for the terminal, as conmon and containerd do."""

    def __init__(self, directory, name="console"):
        self.path = str(directory / name)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # By way of the directory: the path may be longer than an address can hold.
        here = os.open(directory, os.O_PATH)
        self.listener.bind(f"/proc/self/fd/{here}/{name}")
        os.close(here)
        self.listener.listen()

    def take(self):
        """The one message of the one connection: its descriptor."""
        self.listener.settimeout(scaled(20))
        peer, _ = self.listener.accept()
        with peer:
            peer.settimeout(scaled(20))
            data, fds, flags, _ = socket.recv_fds(peer, 4096, 16)
            assert data and len(fds) == 1 and not flags & socket.MSG_CTRUNC
            assert peer.recv(1) == b"", "nothing comes after it"
        return Side(fds[0])

    def forget(self):
        """Let go of those that have connected."""
        while not self.is_unused():
            self.listener.accept()[0].close()

    def is_unused(self):
        """Nobody has connected."""
        return not select.select([self.listener], [], [], 0)[0]

    def close(self):
        self.listener.close()


@contextlib.contextmanager
def on_terminal(rt, *args, rows=24, columns=80, **streams):
    """The call on a terminal of its own, of which it is the foreground process: the process and the
    terminal's master; child.before is how it was. streams: other descriptors in the place of stdin, stdout, stderr."""
    master, slave = pty.openpty()
    resize(master, rows, columns)
    given = {name: streams.get(name, slave) for name in ("stdin", "stdout", "stderr")}

    def lead():
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    argv = list(map(str, rt.argv(*args)))
    side, before = Side(master), modes(slave)
    # The slave stays open here: its modes can be looked at, and the master does not end early.
    with subprocess.Popen(argv, **given, env=rt.env, preexec_fn=lead, pass_fds=[slave]) as child:
        child.slave, child.before = slave, before
        try:
            yield child, side
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
            os.close(slave)
            side.close()
