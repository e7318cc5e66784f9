# SPDX-License-Identifier: Apache-2.0
"""An agent that answers the system calls of which a seccomp filter notifies (seccomp_unotify(2))."""
import array
import errno
import fcntl
import json
import os
import select
import socket
import struct
import threading

NOTIF_RECV, NOTIF_SEND, NOTIF_ADDFD = 0xC0502100, 0xC0182101, 0x40182103
CONTINUE = 1                                # SECCOMP_USER_NOTIF_FLAG_CONTINUE
ADDFD_SEND = 2                              # SECCOMP_ADDFD_FLAG_SEND
AGENT_ENDS = "the agent ends when a call comes"
NOTIF, ANSWER, ADDFD = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI"), struct.Struct("=QIIII")


class Call:
    """One system call that waits for its answer."""

    def __init__(self, listener):
        raw = bytearray(NOTIF.size)
        fcntl.ioctl(listener, NOTIF_RECV, raw)
        self.listener = listener
        self.id, self.pid, _, self.nr, _, _, *self.args = NOTIF.unpack(raw)

    def go_on(self):
        fcntl.ioctl(self.listener, NOTIF_SEND, ANSWER.pack(self.id, 0, 0, CONTINUE))

    def fail(self, error):
        fcntl.ioctl(self.listener, NOTIF_SEND, ANSWER.pack(self.id, 0, -error, 0))

    def give(self, fd):
        """The call returns a descriptor: this one."""
        fcntl.ioctl(self.listener, NOTIF_ADDFD, ADDFD.pack(self.id, ADDFD_SEND, fd, 0, 0))


class Agent:
    """Listens at a path. answer(call) answers one call, or is AGENT_ENDS; without, all go on. states: the
    texts that came."""

    def __init__(self, path, answer=Call.go_on):
        self.path, self.answer = str(path), answer
        self.states, self.calls, self.after = [], [], []
        self.threads = []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()

    def __enter__(self):
        self.end, self.ended = os.pipe()
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        os.close(self.ended)
        for thread in self.threads:
            thread.join()
        os.close(self.end)
        self.socket.close()

    def _start(self, target, *args):
        self.threads.append(threading.Thread(target=target, args=args))
        self.threads[-1].start()

    def _ready(self, fd):
        """Whether there is something to read before we, or the others, end."""
        poll = select.poll()
        poll.register(self.end, select.POLLIN)
        poll.register(fd, select.POLLIN)
        events = dict(poll.poll())
        return self.end not in events and events.get(fd.fileno() if hasattr(fd, "fileno") else fd) == select.POLLIN

    def _accept(self):
        while self._ready(self.socket):
            self._start(self._serve, self.socket.accept()[0])

    def _serve(self, sock):
        with sock:
            if not select.select([sock, self.end], [], [])[0][0] is sock:
                return
            text, control, _, _ = sock.recvmsg(1 << 20, socket.CMSG_SPACE(4 * 8))
            fds = array.array("i")
            for _, _, data in control:
                fds.frombytes(data)
            if not text:
                return
            self.states.append(dict(json.loads(text), _fds=len(fds)))
            for fd in fds[1:]:
                os.close(fd)
            try:
                # Nothing comes after the state; the other side closes before anybody answers.
                if select.select([sock, self.end], [], [])[0][0] is sock:
                    self.after.append(sock.recv(4096))
                    self._answer_all(fds[0])
            finally:
                os.close(fds[0])

    def _answer_all(self, listener):
        while self._ready(listener):
            try:
                call = Call(listener)
                self.calls.append(call)
                if self.answer is AGENT_ENDS:
                    return
                self.answer(call)
            except OSError as e:            # its process was killed meanwhile
                if e.errno not in (errno.ENOENT, errno.EINPROGRESS):
                    raise
