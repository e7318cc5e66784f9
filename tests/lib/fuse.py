# SPDX-License-Identifier: Apache-2.0
"""A file system of FUSE with empty directories alone, whose server can stop to answer; see fuse(4)."""
import contextlib
import errno
import os
import select
import stat
import struct
import threading

from lib import kernel

LOOKUP, FORGET, GETATTR, STATFS, INIT, OPENDIR, ACCESS, INTERRUPT, BATCH_FORGET = 1, 2, 3, 17, 26, 27, 34, 36, 42
SILENT = (FORGET, INTERRUPT, BATCH_FORGET)
ROOT = 1


class Server(threading.Thread):
    """Answers until stop(): from then on no request is taken, so that who waits for one can be killed. Nothing is kept
    by the kernel."""

    def __init__(self, fd, names):
        super().__init__(daemon=True)
        self.fd, self.names, self.end = fd, names, os.eventfd(0, os.EFD_CLOEXEC)

    def stop(self):
        os.eventfd_write(self.end, 1)
        self.join()

    def run(self):
        while self.end not in select.select([self.fd, self.end], [], [])[0]:
            with contextlib.suppress(FileNotFoundError):    # interrupted
                self._reply(os.read(self.fd, 1 << 17))

    def _reply(self, request):
        _, opcode, unique, node = struct.unpack_from("=IIQQ", request)
        if opcode in SILENT:
            return
        error, body = self._answer(opcode, node, request[40:])
        os.write(self.fd, struct.pack("=IiQ", 16 + len(body), -error, unique) + body)

    def _answer(self, opcode, node, body):
        if opcode == INIT:
            return 0, struct.pack("=IIIIHHIIHH32x", 7, 31, 1 << 16, 0, 16, 12, 1 << 16, 1, 0, 0)
        if opcode == LOOKUP:
            name = body.rstrip(b"\0").decode()
            if node != ROOT or name not in self.names:
                return errno.ENOENT, b""
            found = ROOT + 1 + self.names.index(name)
            return 0, struct.pack("=QQQQII", found, 0, 0, 0, 0, 0) + self._attributes(found)
        if opcode == GETATTR:
            return 0, struct.pack("=QII", 0, 0, 0) + self._attributes(node)
        if opcode == STATFS:
            return 0, struct.pack("=QQQQQIIII24x", 1, 1, 1, 1, 1, 4096, 255, 4096, 0)
        if opcode == ACCESS:
            return 0, b""
        if opcode == OPENDIR:
            return 0, struct.pack("=QII", 0, 0, 0)
        return errno.ENOSYS, b""

    @staticmethod
    def _attributes(node):
        return struct.pack("=QQQQQQIIIIIIIIII", node, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0)


@contextlib.contextmanager
def mounted(path, names):
    """Such a file system, with directories of these names; the server, or OSError if the kernel has none."""
    node = f"{path}/fuse"               # /dev is the session's own
    os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(10, 229))
    fd = os.open(node, os.O_RDWR | os.O_CLOEXEC)
    os.unlink(node)
    try:
        kernel.mount("empty", str(path), "fuse", kernel.MS_NOSUID, f"fd={fd},rootmode=40000,user_id=0,group_id=0")
        server = Server(fd, names)
        server.start()
        try:
            yield server
        finally:
            server.stop()
            os.close(server.end)
            kernel.umount(str(path), kernel.MNT_DETACH)
    finally:
        os.close(fd)
