# SPDX-License-Identifier: Apache-2.0
"""
What a container sees of another while that one is made, and what is left when calls for one container
meet each other or are killed half-way.
"""
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess

import pytest

from lib.box import FOREVER, children, eventually
from lib.config import mask
from lib.execs import caps_of
from lib.runtime import Runtime
from lib.timing import scaled
from lib.watcher import HARMLESS, watch_processes

attack = pytest.mark.attack

WATCHED = int(os.environ.get("RUNDLET_SWAP_ROUNDS", 30))    # calls that are watched from within, of each test


@attack("S2")
def test_a_container_reads_nothing_of_the_host_from_one_that_joins_its_pid_namespace(box, boxes, tmp):
    """CVE-2016-9962 and its kin: the process is in the pid namespace when it is in its root, not before."""
    seen = watch_processes(box, tmp)
    other = boxes()
    other.cfg.namespace("pid", f"/proc/{box.init}/ns/pid").bind(tmp, "/data").shell("usleep 3000")
    for _ in range(WATCHED):
        other.run().silent()
    said = seen()
    assert len(said) > 1, "the watcher saw nothing of the others"
    assert not [line for line in said if not re.match(HARMLESS, line)]


@attack("S2")
@pytest.mark.parametrize("filtered, nnp, more", [(False, False, []), (True, True, []), (True, False, ["CAP_SYS_ADMIN"])])
def test_who_waits_in_a_pid_namespace_that_it_joins_may_no_more_than_its_program(box, boxes, filtered, nnp, more):
    """A neighbour with CAP_SYS_PTRACE could make it do all that it may; exec comes in the same way."""
    box.up()
    other = boxes()
    other.cfg.namespace("pid", f"/proc/{box.init}/ns/pid").shell(FOREVER)
    caps = ["CAP_KILL", "CAP_NET_BIND_SERVICE"]
    other.cfg.process.update(noNewPrivileges=nnp, capabilities={s: caps for s in ("bounding", "effective", "permitted")})
    if filtered:
        other.cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["sync"], "action": "SCMP_ACT_ERRNO"}]}
    other.create().silent()
    now = caps_of(dict(line.split(":\t") for line in other.proc("status").splitlines() if ":\t" in line))
    needed = mask([*caps, "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", *more])
    assert now == {"Inh": 0, "Prm": needed, "Eff": needed, "Bnd": mask(caps), "Amb": 0}
    other.start().silent()
    now = caps_of(dict(line.split(":\t") for line in other.proc("status").splitlines() if ":\t" in line))
    assert now == {"Inh": 0, "Prm": mask(caps), "Eff": mask(caps), "Bnd": mask(caps), "Amb": 0}
    other.end().silent()
    other.wait()        # its zombie would keep the namespace


@attack("S2")
def test_a_container_reads_nothing_of_the_host_from_who_mounts_in_it(box, tmp):
    """Only who opens a procfs comes into its pid namespace, and has nothing of the host by then."""
    seen = watch_processes(box, tmp)
    (tmp / "list").write_text(json.dumps([
        {"destination": "/home", "type": "bind", "source": str(tmp), "options": ["bind"]},
        {"destination": "/data", "type": "proc"}]))
    for _ in range(WATCHED):
        box.rt("mounts", "add", box.id, tmp / "list").silent()
        box.rt("mounts", "remove", box.id, tmp / "list").silent()
    assert not [line for line in seen() if not re.match(HARMLESS, line)]


# a cgroup that two containers were given

def own_root(box, tmp):
    """The box, on a state root of its own."""
    box.rt = Runtime(box.rt.path, f"{tmp}/state")
    return box


@pytest.mark.parametrize("same", ["cgroupsPath", "id"])
def test_delete_of_a_stopped_container_spares_the_one_that_has_its_cgroup_now(box, boxes, tmp, same):
    other = boxes()
    other.cfg.shell(FOREVER)
    if same == "id":
        other.id = box.id
        own_root(other, tmp)
        for b in (box, other):
            del b.cfg.linux["cgroupsPath"]
    else:
        other.cfg.linux["cgroupsPath"] = box.cfg.linux["cgroupsPath"]
    box.up("true")
    box.wait()
    other.create().silent()
    other.start().silent()
    box.delete(timeout=10)              # it may say that the cgroup is in use
    assert other.status == "running"
    other.delete("--force").silent()
    box.delete("--force").silent()
    box.host.assert_clean()


# killed half-way

@pytest.mark.parametrize("manager", ["cgroupfs", "disabled"])
def test_a_create_killed_before_it_mapped_the_ids_leaves_what_one_delete_removes(box, host, manager):
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    box.cfg.user_namespace()
    box.save()
    killer = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=recvmsg", "-e", "inject=recvmsg:signal=KILL:when=1"]
    result = Runtime(box.rt.path, box.rt.root, killer)("create", "--bundle", box.dir, box.id,
                                                        before=["--cgroup-manager", manager])
    assert result.rc not in (0, 1), f"create does not wait for its process by recvmsg any more: {result}"
    box.delete("--force", timeout=10).silent()
    host.assert_clean()


@contextlib.contextmanager
def stopped_behind(box, call, log):
    """A create that stops behind its first call of that name. Gives a function that lets it go on to its
    end, and says how that was."""
    log = pathlib.Path(log)
    tracer = Runtime(box.rt.path, box.rt.root, ["strace", "-qq", "-o", log, "-e", f"trace={call}",
                                                "-e", f"inject={call}:signal=STOP:when=1"])
    with tracer.begin("create", "--bundle", box.dir, box.id) as strace:
        eventually(lambda: "stopped by SIGSTOP" in log.read_text(), "create stops")
        stopped = children(strace.pid)[0]

        def go_on():
            os.kill(stopped, signal.SIGCONT)
            return strace.wait(20)
        try:
            yield go_on
        finally:
            if strace.poll() is None:
                os.kill(stopped, signal.SIGKILL)


def test_two_creates_do_not_take_one_directory(box, host, tmp):
    """One lost its own to a delete, and finds that of the other, who has not locked it yet."""
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    os.makedirs(box.rt.root, 0o700, exist_ok=True)
    box.cfg.args("/bin/sleep", "1000")
    box.save()
    with stopped_behind(box, "mkdirat", tmp / "first") as first_goes_on:
        box.delete("--force").silent()
        with stopped_behind(box, "mkdirat", tmp / "second") as second_goes_on:
            assert sorted([first_goes_on(), second_goes_on()]) == [0, 1]
            assert box.status == "created"
    box.delete("--force").silent()
    host.assert_clean()


def test_a_process_whose_creator_is_killed_at_its_birth_does_nothing_more(box, host, tmp):
    """Before it could ask for the signal of its parent's death: no hook runs, and it is gone."""
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    box.cfg.hook("createContainer", f"touch {tmp}/hook")
    box.save()
    tracer = Runtime(box.rt.path, box.rt.root, ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=prctl",
                                                "-e", "inject=prctl:delay_enter=1000000:when=1"])
    with tracer.begin("create", "--bundle", box.dir, box.id) as strace:
        creator = eventually(lambda: [p for p in children(strace.pid) if children(p)],
                             "create makes the container's process")[0]
        os.kill(creator, signal.SIGKILL)
        strace.wait(20)
    assert not (tmp / "hook").exists()
    assert not host.children()
    box.delete("--force").silent()
    host.assert_clean()


# many calls at once

# A create may come second, or lose its process to a delete. It may not work in what a delete removes
# or another create has made, and delete --force has nothing to say.
WRONG = "not found|has processes|rundlet: delete"
ROUNDS = int(os.environ.get("RUNDLET_RACE_ROUNDS", 60))     # of each caller; 500 is the long form


def test_eight_callers_that_create_and_delete_one_container(box, host, tmp):
    box.cfg.args("/bin/sleep", "1000")
    box.save()
    runtime = shlex.join([*box.rt.prefix, box.rt.path, "--root", box.rt.root])
    calls = [f"create --bundle {box.dir}"] * 2 + ["delete --force"] * 6
    loops = [subprocess.Popen(["sh", "-c", f"for i in $(seq {ROUNDS}); do {runtime} {call} {box.id}; done 2>> {tmp}/said"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for call in calls]
    try:
        for loop in loops:
            loop.wait(scaled(60))
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    assert not [line for line in (tmp / "said").read_text().splitlines() if re.search(WRONG, line)]
    box.delete("--force").silent()
    host.assert_clean()
