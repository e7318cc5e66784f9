# SPDX-License-Identifier: Apache-2.0
"""NOTIFY_SOCKET: who listens, as a service manager does; and a program that speaks in a container."""
import array
import contextlib
import os
import select
import socket
import struct
import threading

from lib.payload import compile_static
from lib.timing import scaled

SOURCE = r"""
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* say TEXT...: each one a datagram, \ for a line's end. "@N" before a text: N descriptors come
 * along. "wait": sleeps for ever. "sync": BARRIER=1, and waits for its end. "big": too long.
 * "go": waits for the file /tmp/go. */
static int fd;

static void give(const char *text, size_t n, int fds, int pass)
{
	char control[CMSG_SPACE(sizeof(int) * 16)] = { 0 };
	struct iovec iov = { (void *)text, n };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fds) {
		struct cmsghdr *c = (void *)control;

		h.msg_control = control;
		h.msg_controllen = CMSG_SPACE(sizeof(int) * fds);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * fds);
		for (int i = 0; i < fds; i++)
			((int *)CMSG_DATA(c))[i] = pass;
	}
	if (sendmsg(fd, &h, 0) < 0)
		printf("%s\n", strerror(errno));
	fflush(stdout);
}

static void sync_all(void)
{
	struct pollfd p;
	int ends[2];

	pipe(ends);
	give("BARRIER=1", 9, 1, ends[1]);
	close(ends[1]);
	p = (struct pollfd){ .fd = ends[0] };
	poll(&p, 1, 20000);
	printf(p.revents & POLLHUP ? "synced\n" : "not synced\n");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	static char big[5000];

	strcpy(a.sun_path, getenv("NOTIFY_SOCKET"));
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (connect(fd, (void *)&a, sizeof(a)) < 0)
		printf("connect: %s\n", strerror(errno));
	for (int i = 1; i < argc; i++) {
		int fds = argv[i][0] == '@' ? atoi(argv[i] + 1) : 0;
		char *text = fds ? strchr(argv[i], ' ') + 1 : argv[i];

		if (!strcmp(text, "wait"))
			for (;;)
				pause();
		if (!strcmp(text, "go")) {
			while (access("/tmp/go", F_OK))
				usleep(10000);
			continue;
		}
		if (!strcmp(text, "sync")) {
			sync_all();
			continue;
		}
		if (!strcmp(text, "big")) {
			memset(big, 'x', sizeof(big));
			give(big, sizeof(big), 0, -1);
			continue;
		}
		for (char *p = text; *p; p++)
			if (*p == '\\')
				*p = '\n';
		give(text, strlen(text), fds, 0);
	}
	return 0;
}
"""


def build_say(directory):
    """A static program that sends what its arguments say."""
    return compile_static(SOURCE, f"{directory}/say")


@contextlib.contextmanager
def lingering():
    """
    A TCP socket whose last close waits ten minutes, unless the process ends: its peer does not read.
    (Who closes one that is a copy still does not wait.)
    """
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as ours:
        with server.accept()[0]:
            ours.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    ours.send(bytes(1 << 16))
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 600))
            yield ours


def give(path, text, sock):
    """Send a message with a socket, which is then only there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(path)
        socket.send_fds(sender, [text], [sock.fileno()])
    sock.close()


class Manager:
    """The socket that a service manager has; it keeps the descriptors of barriers until asked."""

    def __init__(self, address):
        self.address = address
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind("\0" + address[1:] if address[0] == "@" else address)
        self.fds, self.keeps = [], False

    def next(self, timeout=20):
        """The lines of the next message; of a barrier the end is let go of, unless it keeps them."""
        assert select.select([self.sock], [], [], scaled(timeout))[0], "no message"
        text, control, _, _ = self.sock.recvmsg(8192, socket.CMSG_SPACE(64))
        fds = array.array("i")
        for _, _, data in control:
            fds.frombytes(data)
        self.fds += fds
        if not self.keeps:
            self.let_go()
        return text.decode().splitlines()

    def let_go(self):
        while self.fds:
            os.close(self.fds.pop())

    def is_quiet(self):
        return not select.select([self.sock], [], [], 0)[0]

    @contextlib.contextmanager
    def reads(self):
        """It takes all messages meanwhile, and gives the list of them."""
        got, (end, begin) = [], os.pipe()

        def take():
            while end not in select.select([self.sock, end], [], [])[0]:
                got.append(self.next())
            while not self.is_quiet():
                got.append(self.next())
        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield got
        finally:
            os.close(begin)
            thread.join()
            os.close(end)

    def close(self):
        self.let_go()
        self.sock.close()
