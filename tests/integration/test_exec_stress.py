# SPDX-License-Identifier: Apache-2.0
"""
Many processes at a time in one container, which is killed or deleted meanwhile: none hangs, none is left.

    RUNDLET_EXECS  how many at a time (default 60; the measure of the project: 300)
"""
import concurrent.futures
import os
import subprocess

import pytest

from lib.box import eventually
from lib.host import own_children
from lib.timing import scaled

attack = pytest.mark.attack

EXECS = int(os.environ.get("RUNDLET_EXECS", 60))
ENDS = {"container not running", "cannot exec in a stopped container", "does not exist",
        # by delete, which kills each process of the cgroup: before the last word from HOST, or after it
        "killed by signal 9", "ended before it executed the program"}


@pytest.fixture
def box(both):
    return both


def start(box, *options):
    argv = [*box.rt.prefix, box.rt.path, "--root", box.rt.root, "exec", *options, box.id, "/bin/sleep", "1000"]
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def end_of(child):
    """How one ended: with the program, which was killed, or before it, which is said."""
    with child:
        err = child.communicate(timeout=scaled(60))[1].decode()
    code = child.returncode
    assert code == 137 or (code == 255 and any(end in err for end in ENDS)), (code, err)
    return child.returncode


def reap_all(before):
    """Detached ones are our children; the pid namespace ends when the last of them is reaped."""
    for pid in own_children() - before:
        os.waitpid(pid, os.WNOHANG)
    return own_children() <= before


@attack("S30", "exec")
@pytest.mark.parametrize("how", ["killed", "deleted"])
def test_execs_while_the_container_ends(box, how):
    box.up()
    with concurrent.futures.ThreadPoolExecutor(EXECS) as pool:
        children = [start(box) for _ in range(EXECS)]
        if how == "killed":
            box.kill("KILL").silent()
        else:
            box.delete("--force").silent()
        codes = list(pool.map(end_of, children))
    assert len(codes) == EXECS
    if how == "killed":
        box.wait()
        assert box.status == "stopped"
        assert box.rt("ps", "--format", "json", box.id).json() == []


@attack("S30", "exec")
def test_detached_execs_while_the_container_is_killed(box):
    box.up()
    before = own_children()
    children = [start(box, "--detach") for _ in range(EXECS // 2)]
    box.kill("KILL").silent()
    for child in children:
        with child:
            err = child.communicate(timeout=scaled(60))[1].decode()
        assert child.returncode == 0 or (child.returncode == 255 and any(end in err for end in ENDS)), err
    eventually(lambda: reap_all(before - {box.init}), "all have ended", 30)
    assert box.status == "stopped"


@attack("S30", "exec")
def test_execs_one_after_another_are_all_reaped(box):
    box.up()
    before = own_children()
    for _ in range(20):
        box.rt("exec", box.id, "/bin/true").silent()
    assert own_children() == before
