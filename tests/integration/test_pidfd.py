# SPDX-License-Identifier: Apache-2.0
"""A pidfd of the container's process for the socket that waits for it."""
import os
import select
import socket

import pytest

from lib.box import FOREVER


@pytest.fixture
def receiver(tmp):
    """A socket that listens, and what came: the text and one descriptor."""
    path = f"{tmp}/pidfd"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(path)
        listening.listen()
        listening.settimeout(20)

        def receive():
            with listening.accept()[0] as peer:
                text, fds, _, _ = socket.recv_fds(peer, 4096, 4)
                assert len(fds) == 1
                return text.decode(), fds[0]
        yield path, receive


def pid_of(fd):
    with open(f"/proc/self/fdinfo/{fd}") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Pid:"))


@pytest.mark.parametrize("how", ["option", "annotation"])
def test_the_socket_gets_a_pidfd_of_the_process(box, receiver, how):
    path, receive = receiver
    if how == "annotation":
        box.cfg["annotations"] = {"run.oci.pidfd_receiver": path}
    box.cfg.shell(FOREVER)
    box.create(*(["--pidfd-socket", path] if how == "option" else [])).silent()
    text, fd = receive()
    try:
        assert text == box.id and pid_of(fd) == box.pid
        assert not select.select([fd], [], [], 0)[0]
        box.delete("--force").silent()
        assert select.select([fd], [], [], 20)[0], "it tells that the process has ended"
    finally:
        os.close(fd)


def test_it_is_the_process_that_goes_on_after_a_hand_over(box, receiver):
    """In a joined pid namespace another process takes over while the container is made."""
    path, receive = receiver
    box.cfg.shell(FOREVER)
    box.create().silent()
    first, box.id = box.id, f"{box.id}-other"
    box.cfg.linux["cgroupsPath"] += "-other"
    box.cfg.namespace("pid", f"/proc/{box.init}/ns/pid")
    box.create("--pidfd-socket", path).silent()
    _, fd = receive()
    assert pid_of(fd) == box.pid
    os.close(fd)
    box.delete("--force").silent()
    box.wait()      # a process that nobody has waited for keeps its pid namespace
    box.id = first
    box.delete("--force").silent()


@pytest.mark.parametrize("how", ["option", "annotation"])
def test_a_socket_where_nobody_listens_fails_create(box, tmp, how):
    if how == "annotation":
        box.cfg["annotations"] = {"run.oci.pidfd_receiver": f"{tmp}/none"}
    result = box.create(*(["--pidfd-socket", f"{tmp}/none"] if how == "option" else []))
    result.fails(f"{tmp}/none", *(["run.oci.pidfd_receiver"] if how == "annotation" else []))
    box.host.assert_clean()


def test_a_relative_path_in_the_annotation_is_refused(box):
    box.cfg["annotations"] = {"run.oci.pidfd_receiver": "pidfd"}
    box.create_fails("config.json", "run.oci.pidfd_receiver", "absolute")
