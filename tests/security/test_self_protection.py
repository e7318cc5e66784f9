# SPDX-License-Identifier: Apache-2.0
"""
What of rundlet a container can reach that shares a pid namespace with another one and has CAP_SYS_PTRACE
(CVE-2016-9962, CVE-2019-5736), at each moment in which a process of rundlet is in there: while a container
waits for start, in hooks, in exec, and where a BRIDGE joined the user namespace of the spy.
"""
import contextlib
import fcntl
import os
import re
import subprocess

import pytest

from lib.box import FOREVER, eventually
from lib.execs import detached, reap, sh
from lib.timing import scaled
from lib.watcher import HARMLESS, watch_processes

attack = pytest.mark.attack
F_GET_SEALS = 1034
ALL_SEALS = 0x1 | 0x2 | 0x4 | 0x8       # SEAL, SHRINK, GROW, WRITE

# Says what each way to the inside of a process gives.
LOOK = """
p=/proc/$1
for f in $p/exe $p/root $p/cwd $p/fd/*; do
        i=$(stat -L -c %d:%i $f 2>/dev/null) && echo $f $i
        l=$(readlink $f 2>/dev/null) && echo $f $l
done
head -c 1 $p/mem >/dev/null 2>&1; cat $p/maps 2>/dev/null | grep -q . && echo $p/maps seen
{ echo x >> $p/exe; } 2>/dev/null && echo $p/exe written
ls $p/root 2>/dev/null | grep -x of-the-host && echo $p/root left
true
"""


def may_trace(box):
    for names in box.cfg.process["capabilities"].values():
        names.append("CAP_SYS_PTRACE")


@pytest.fixture(params=["ids of the host", "user namespace"])
def spy(request, box):
    """A container that may trace processes."""
    may_trace(box)
    if request.param == "user namespace":
        box.cfg.user_namespace()
    box.write("look", LOOK)
    box.up(FOREVER)
    box.in_userns = request.param == "user namespace"
    return box


@pytest.fixture
def beside(spy, boxes):
    """A container in the namespaces of the spy: by a BRIDGE, if the user namespace is one of them."""
    box = boxes()
    box.cfg.namespace("pid", f"/proc/{spy.init}/ns/pid")
    if spy.in_userns:
        box.cfg.namespace("user", f"/proc/{spy.init}/ns/user")
    yield box
    end(box)


def end(box):
    """Before the container whose pid namespace it is in: that one waits for all who are in there."""
    box.delete("--force").silent()
    with contextlib.suppress(ChildProcessError):
        os.waitpid(box.init, 0)


def number_inside(pid):
    """The pid that a process has in its own pid namespace."""
    with open(f"/proc/{pid}/status") as f:
        return re.search(r"^NSpid:.*\s(\d+)$", f.read(), re.M)[1]


def of_the_host(box):
    paths = "/", "/proc", box.rt.root, box.dir, box.rt.path, f"{box.rt.root}/{box.id}", os.getcwd()
    return {f"{s.st_dev}:{s.st_ino}" for s in map(os.stat, paths)}


def look(spy, box, pid):
    """What the spy sees of a process; nothing of it may be the host's."""
    seen = dict(line.split(" ", 1) for line in sh(spy, f"sh /look {number_inside(pid)}").ok().out.splitlines())
    assert not of_the_host(box) & set(seen.values()), seen
    assert not [what for what in seen.values() if what in ("written", "left")], seen
    return seen


@attack("S2", "S3", "userns", "exec")
def test_cve_2016_9962_nothing_is_seen_of_a_container_that_waits(spy, beside):
    """In the spy's user namespace it is not seen at all: it is not dumpable, and was executed outside."""
    beside.create().silent()
    seen = look(spy, beside, beside.init)
    assert not seen if spy.in_userns else seen


@attack("S3", "userns")
def test_cve_2019_5736_the_stub_is_sealed_memory(beside):
    """Who keeps a descriptor of it can write to it never."""
    beside.create().silent()
    exe = f"/proc/{beside.init}/exe"
    assert os.readlink(exe).startswith("/memfd:rundlet-init")
    with open(exe, "rb") as f:
        assert fcntl.fcntl(f, F_GET_SEALS) & ALL_SEALS == ALL_SEALS


@attack("S3", "exec")
def test_cve_2019_5736_a_descriptor_that_is_kept_cannot_be_written(spy, beside, tmp):
    beside.create().silent()
    pid = number_inside(beside.init)
    script = (f"exec 9</proc/{pid}/exe; echo > /tmp/opened; while test ! -e /tmp/go; do usleep 10000; done; "
              "{ echo x > /proc/self/fd/9; } 2>/dev/null && echo written > /tmp/result; echo end >> /tmp/result")
    writer = detached(spy, f"({script}) 2>/dev/null || echo end > /tmp/result", tmp)
    result = f"{spy.rootfs}/tmp/result"
    eventually(lambda: os.path.exists(f"{spy.rootfs}/tmp/opened") or os.path.exists(result), "it has a descriptor")
    beside.start().silent()
    beside.wait()
    spy.write("tmp/go", "")
    eventually(lambda: os.path.exists(result) and "end" in open(result).read(), "it tried")
    assert open(result).read() == "end\n"
    reap(writer)


@attack("S2", "userns")
def test_cve_2016_9962_a_hook_of_the_container_has_nothing_of_the_host(spy, beside):
    beside.cfg.hook("startContainer", "echo > /tmp/at; while test ! -e /tmp/go; do usleep 10000; done")
    beside.create().silent()
    with subprocess.Popen([beside.rt.path, "--root", beside.rt.root, "start", beside.id]) as start:
        eventually(lambda: os.path.exists(f"{beside.rootfs}/tmp/at"), "the hook runs")
        with open(f"/proc/{beside.init}/task/{beside.init}/children") as f:
            hook = f.read().split()
        look(spy, beside, beside.init)
        for pid in hook:
            look(spy, beside, pid)
        beside.write("tmp/go", "")
        assert start.wait(scaled(20)) == 0 and hook
    beside.wait()


# What SECURITY.md says of hooks in a pid namespace that is joined: whose ids the spy
# and the other have, and the processes whose root leads the spy to the host, with and without CAP_SYS_PTRACE.
MOMENTS = [("host", "host", {"sh"}, set()), ("own", "the spy's", {"sh"}, set()), ("own", "host", set(), set()),
           ("own", "own", set(), set()), ("host", "own", {"sh"}, {"sh"})]


def roots(spy, secret):
    """The names of the processes whose root is the host's, as the spy sees it."""
    script = f"for p in /proc/[0-9]*; do cat $p/root{secret} >/dev/null 2>&1 && cat $p/comm; done; true"
    return set(sh(spy, script).ok().out.split())


@attack("S2", "userns")
@pytest.mark.parametrize("ptrace", [True, False], ids=["CAP_SYS_PTRACE", "no CAP_SYS_PTRACE"])
@pytest.mark.parametrize("ids, other_ids, traced, owned", MOMENTS, ids=[f"{m[0]}-{m[1]}" for m in MOMENTS])
def test_what_is_reached_while_hooks_run_before_the_pivot(box, boxes, tmp, ids, other_ids, traced, owned, ptrace):
    """The hook is a program of the host in the spy's pid namespace, as the specification has it."""
    (tmp / "secret").write_text("of the host")
    os.mkfifo(tmp / "go")
    (tmp / "go").chmod(0o666)
    if ptrace:
        may_trace(box)
    if ids == "own":
        box.cfg.user_namespace()
    box.up(FOREVER)
    other = boxes()
    other.cfg.namespace("pid", f"/proc/{box.init}/ns/pid").hook("createContainer", f"read line < {tmp}/go")
    if other_ids == "the spy's":
        other.cfg.namespace("user", f"/proc/{box.init}/ns/user")
    elif other_ids == "own":
        other.cfg.user_namespace(300000).no_mount("/proc")      # nobody could mount that one from there
    other.save()
    argv = [other.rt.path, "--root", other.rt.root, "create", "--bundle", other.dir, other.id]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as create:
        go = eventually(lambda: writer_of(tmp / "go"), "the hook runs")
        reached = roots(box, tmp / "secret")
        os.write(go, b"\n")
        os.close(go)
        assert create.wait(scaled(20)) == 0
    other.init = other.pid
    afterwards = roots(box, tmp / "secret")
    end(other)
    assert (reached, afterwards) == (traced if ptrace else owned, set())


def writer_of(fifo):
    """A descriptor, as soon as somebody reads it."""
    with contextlib.suppress(OSError):
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    return None


@attack("S2", "userns", "exec")
@pytest.mark.parametrize("verb", ["run", "create", "exec", "exec in the other"])
@pytest.mark.parametrize("ids", ["ids of the host", "user namespace", "a new user namespace"])
def test_cve_2016_9962_nothing_of_the_host_is_seen_at_any_moment(box, boxes, tmp, verb, ids):
    """A spy that looks all the time."""
    if ids == "user namespace":
        box.cfg.user_namespace()
    seen = watch_processes(box, tmp)
    other = boxes()
    other.cfg.namespace("pid", f"/proc/{box.init}/ns/pid").shell("usleep 3000")
    if ids == "user namespace":
        other.cfg.namespace("user", f"/proc/{box.init}/ns/user")
    elif ids == "a new user namespace":
        other.cfg.user_namespace(300000).no_mount("/proc")      # nobody could mount that one from there
    if verb == "exec in the other":
        other.up(FOREVER)
    for _ in range(15):
        if verb.startswith("exec"):
            sh(other if verb.endswith("other") else box, "usleep 3000").silent()
            continue
        (other.run() if verb == "run" else other.create()).silent()
        if verb == "create":
            other.start().silent()
            other.wait()
            other.delete().silent()
    if verb == "exec in the other":
        end(other)
    said = seen()
    assert not [line for line in said if not re.match(HARMLESS, line)], said
