# SPDX-License-Identifier: Apache-2.0
"""
Every step and every call made to fail once (a build with --enable-faults, see base/fault.h).
Whatever fails, the operation says which step, and at most one `delete --force` later nothing is
left: no cgroup, mount, process, file.

    RUNDLET_FAULTS        the build with fault points
    RUNDLET_FAULT_STRIDE  try every Nth call only (default 1: all; `./dev test` without a group: 3)
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest

from lib.agent import Agent
from lib.box import FOREVER
from lib.faults import STRIDE, check_failure, clean_after, passes, through
from lib.host import own_zombies
from lib.kernel import landlock_abi
from lib.netns import NetNs
from lib.notify import Manager
from lib.paths import FAULTS, TOP
from lib.runtime import Runtime

STEPS = [row for row in re.findall(r"^STEP\((\w+),\s*(\w+),\s*(\w+),", (TOP / "src/container/steps.def").read_text(), re.M)
         if row[2] != "when_exec" and not row[2].endswith("_found")     # those are in test_fault_exec.py
         and row[2] != "when_labels"]                                   # in tests/vm/test_labels_apparmor.py
WRAPPERS = sorted({name for file in (TOP / "src/os").glob("*.[ch]")
                   for name in re.findall(r'RL_FAULT\("(\w+)"\)', file.read_text())})
LANDLOCK = landlock_abi() >= 3
HOOKS = {"when_prestart": "prestart", "when_create_runtime": "createRuntime",
         "when_create_container": "createContainer", "when_start_container": "startContainer",
         "when_poststart": "poststart"}


@pytest.fixture
def rt(host):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    return host.resctrl.runtime(host.root)


def rich(box):
    """A config that needs every step which needs no other container."""
    cfg = box.cfg.namespace("time").shell("echo ran; " + FOREVER)
    cfg.linux.update(sysctl={"net.ipv4.ip_forward": "1"}, maskedPaths=["/proc/timer_list", "/sys/firmware"],
                     readonlyPaths=["/proc/sys"], timeOffsets={"boottime": {"secs": 10}},
                     devices=[{"path": "/dev/mine", "type": "c", "major": 1, "minor": 3}],
                     seccomp={"defaultAction": "SCMP_ACT_ALLOW",
                              "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]},
                     intelRdt={"l3CacheSchema": "L3:0=f", "schemata": ["MB:0=50"], "enableMonitoring": True})
    cfg.process.update(oomScoreAdj=100, noNewPrivileges=True, rlimits=[{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}],
                       scheduler={"policy": "SCHED_BATCH", "nice": 1}, ioPriority={"class": "IOPRIO_CLASS_BE", "priority": 5})
    cfg.linux.update(personality={"domain": "LINUX"}, memoryPolicy={"mode": "MPOL_LOCAL"})
    cfg.update(hostname="fault", domainname="example")
    cfg["root"]["readonly"] = True
    cfg.resources(pids={"limit": 50}, memory={"limit": 64 << 20}, devices=[{"allow": False, "access": "rwm"}])
    cfg.bind("/bin", "/data", "ro").mount("/sys/fs/cgroup", "cgroup", "cgroup", ["ro"])
    cfg.mount("/home", "tmpfs", "tmpfs", ["mode=755", "idmap=uids=0-100000-1;gids=0-100000-1"])
    for kind in HOOKS.values():
        cfg.hook(kind, "exit 0")
    cfg.hook("poststop", "exit 0")
    if LANDLOCK:
        cfg["annotations"] = {"org.rundlet.landlock": "rw=/ x=/"}
    return box


@pytest.fixture
def other(host):
    """The pid of a process whose namespaces can be joined."""
    with subprocess.Popen(["unshare", "--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child",
                           "sh", "-c", "echo; exec sleep 1000"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
        host.keep.add(child.pid)
        child.stdout.readline()
        yield child.pid
        child.kill()
    host.keep.discard(child.pid)


def notify(box, path):
    """Have an agent at the path answer mkdir."""
    box.cfg.linux["seccomp"].update(listenerPath=path)
    box.cfg.linux["seccomp"]["syscalls"][0]["action"] = "SCMP_ACT_NOTIFY"


def join_pid(box, other):
    """Enter the pid namespace in which the child of `other` is."""
    box.cfg.namespace("pid", f"/proc/{other}/ns/pid_for_children")


@pytest.fixture
def outside(host):
    """A network namespace with a device, for the runtime."""
    place = NetNs(host)
    place.device("t0", "192.0.2.1/24")
    yield place
    place.close()


@pytest.fixture
def listening(tmp):
    """The path of a socket that takes connections."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.bind(f"{tmp}/socket")
        s.listen()
        yield f"{tmp}/socket"


@pytest.fixture
def agent(tmp):
    with Agent(tmp / "agent") as a:
        yield a


def record(path):
    """The one record of the JSON log."""
    lines = pathlib.Path(path).read_text().splitlines()
    assert len(lines) == 1, f"{len(lines)} records: {lines}"
    return json.loads(lines[0])


# each step

@pytest.mark.parametrize("step, stage, when", STEPS, ids=[s[0] for s in STEPS])
def test_a_step_that_fails(outside, boxes, host, rt, other, listening, tmp, console, step, stage, when):
    if when == "when_landlock" and not LANDLOCK:
        pytest.skip("this kernel has no Landlock")
    box = rich(boxes(rt.with_env(RUNDLET_FAULT=f"step:{step}")))
    options = ["--bundle", box.dir, "--pid-file", f"{tmp}/pid", "--pidfd-socket", listening]
    if when == "when_joins":
        box.cfg.namespace("network", f"/proc/{other}/ns/net")
    elif when == "when_netdevs":
        box.rt = Runtime(box.rt.path, box.rt.root, outside.prefix, box.rt.env)
        box.cfg.namespace("network").linux["netDevices"] = {"t0": {}}
    elif when == "when_pid_joined":
        join_pid(box, other)
    elif when == "when_userns_made":
        box.cfg.user_namespace()
    elif when == "when_listener":
        notify(box, listening)
    elif when == "when_terminal":
        box.cfg.process["terminal"] = True
        options += ["--console-socket", console.path]
    box.save()
    before = ["--log", f"{tmp}/log", "--log-format", "json"]
    result = box.rt("create", *options, box.id, before=before)
    if result.rc:
        result.fails()
        host.assert_clean()
        assert not (tmp / "pid").exists()
    else:
        result = box.rt("start", box.id, before=before)
        result.fails()
    assert record(tmp / "log")["step"] == step
    rt("delete", "--force", box.id).silent()
    host.assert_clean()


def test_the_container_of_these_tests_runs(boxes, host, rt, other):
    box = rich(boxes(rt))
    box.cfg.namespace("network", f"/proc/{other}/ns/net").linux.pop("sysctl")
    box.create().silent()
    box.start().silent()
    box.delete("--force").silent()
    host.assert_clean()


# each call

CONFIGS = {"rich": lambda box, other, path: rich(box),
           "user namespace": lambda box, other, path: rich(box).cfg.user_namespace(),
           "joined pid namespace": lambda box, other, path: join_pid(rich(box), other),
           "listener": lambda box, other, path: notify(rich(box), path),
           "terminal": lambda box, other, path: rich(box).cfg.process.update(terminal=True, consoleSize={"height": 9, "width": 9})}


@pytest.mark.parametrize("config", sorted(CONFIGS))
@pytest.mark.parametrize("side", ["host", "guest"])
def test_each_call_of_create_and_start_that_fails(boxes, host, rt, other, console, agent, side, config):
    bad, box = [], boxes(rt)
    CONFIGS[config](box, other, agent.path)
    options = ["--console-socket", console.path] if config == "terminal" else []

    def attempt(fault):
        faulty = rt.with_env(RUNDLET_FAULT=fault)
        box.rt = faulty
        box.save()
        touched = False
        for command in (["create", "--bundle", box.dir, *options], ["start"]):
            result = faulty(*command, box.id)
            touched |= result.rc != 0 or "fault: " in result.err
            if result.rc:
                check_failure(result, host, fault)
                if command[0] == "create":
                    bad.extend(f"{fault}: process {pid} was not reaped" for pid in own_zombies())
                    bad.extend(f"{fault}, before any delete: {thing}" for thing in host.leftovers())
                break
        bad.extend(clean_after(rt, host, box, fault))
        console.forget()
        return touched

    count = through(passes(side), attempt)
    box.rt = rt
    print(f"{side}, {config}: {count} calls failed")
    assert not bad, "\n".join(bad[:40])
    assert count * STRIDE > 50, f"only {count} failing points were seen"


@pytest.mark.parametrize("side, command", [("host", "create"), ("host", "start"), ("host", "run"), ("host", "run -d"),
                                           ("helper", "start"), ("helper", "run")])
def test_each_call_that_passes_readiness_on_fails(boxes, host, rt, tmp, say, side, command):
    """The program runs or does not, and nobody hangs who waits for it."""
    bad, box, place = [], boxes(rt), Manager(f"{tmp}/notify")
    shutil.copy(say, f"{box.rootfs}/bin/say")
    box.cfg.args("/bin/say", "READY=1", "sync", "STATUS=end")
    env = {"NOTIFY_SOCKET": place.address}

    def attempt(fault):
        box.save()
        faulty = rt.with_env(RUNDLET_FAULT=fault, **env)
        if command == "start":
            rt.with_env(**env)("create", "--bundle", box.dir, box.id).ok()
            result = faulty("start", box.id)
        elif command == "create":
            result = faulty("create", "--bundle", box.dir, box.id)
            if result.rc == 0:
                rt.with_env(**env)("start", box.id).ok()
        else:
            result = faulty(*command.split(), "--bundle", box.dir, box.id)
        assert not isinstance(result.rc, str), f"{fault}: {result}"
        if result.rc:
            check_failure(result, host, fault)
        bad.extend(clean_after(rt, host, box, fault))
        # What fails in the helper, which has no standard error, is told by its parent.
        return result.rc != 0 or "fault: " in result.err or "NOTIFY_SOCKET: " in result.err

    with place.reads() as got:
        count = through(passes(side), attempt)
    assert any(said[0] == "READY=1" for said in got)
    place.close()
    assert not bad, "\n".join(bad[:40])
    assert count * STRIDE > 5


@pytest.mark.parametrize("words, barriers", [(["READY=1", "wait"], 1), (["sync", "READY=1", "wait"], 2)])
def test_a_manager_has_a_time_for_a_barrier(boxes, rt, tmp, say, words, barriers):
    """Here it is none: the barrier is over though the manager keeps its descriptor."""
    box, place = boxes(rt), Manager(f"{tmp}/notify")
    place.keeps = True
    shutil.copy(say, f"{box.rootfs}/bin/say")
    box.rt = rt.with_env(NOTIFY_SOCKET=place.address, RUNDLET_FAULT="deny:barrier_time")
    box.cfg.args("/bin/say", *words)
    box.create().silent()
    box.start().silent()
    got = [place.next()[0] for _ in range(1 + barriers)]
    assert got == ["BARRIER=1", "READY=1", "BARRIER=1"][-len(got):]
    place.close()


LIVE = ["/data", "/data/file", "/home/made"]


@pytest.mark.parametrize("verb", ["add", "remove"])
@pytest.mark.parametrize("side", ["host", "guest"])
def test_each_call_of_mounts_that_fails(boxes, host, rt, tmp, side, verb):
    """All of the list is mounted, or nothing; what is removed goes from the end of the list on."""
    box = boxes(rt)
    box.up()
    (tmp / "list").write_text(json.dumps([
        {"destination": LIVE[0], "type": "tmpfs", "options": ["ro", "mode=711"]},
        {"destination": LIVE[1], "type": "bind", "source": "/bin/busybox", "options": ["bind", "ro"]},
        {"destination": LIVE[2], "type": "proc"}]))
    before, partial = box.proc("mountinfo"), set()

    def call(words, fault=None):
        return (rt.with_env(RUNDLET_FAULT=fault) if fault else rt)("mounts", words, box.id, tmp / "list")

    def attempt(fault):
        if verb == "remove":
            call("add").silent()
        result = call(verb, fault)
        touched = result.rc != 0 or "fault: " in result.err
        if result.rc:
            check_failure(result, host, fault)
        left = box.proc("mountinfo").splitlines()[len(before.splitlines()):]
        if verb == "add":
            assert len(left) == (0 if result.rc else 3), f"{fault}: {left}"
        else:                           # from the end of the list on, as far as the error says
            stopped = re.search(r"mounts\[(.)\].destination: unmount", result.err)
            assert sorted(line.split()[4] for line in left) == LIVE[:len(left)], fault
            assert len(left) == 0 if not result.rc else not stopped or len(left) == int(stopped[1]) + 1, f"{fault}: {result}"
            partial.add(len(left))
        for point in sorted([line.split()[4] for line in left], reverse=True):
            (tmp / "one").write_text(json.dumps([{"destination": point}]))
            rt("mounts", "remove", box.id, tmp / "one").silent()
        assert box.proc("mountinfo") == before
        return touched

    count = through(passes(side), attempt)
    print(f"{side}, {verb}: {count} calls failed")
    assert count * STRIDE > 20, f"only {count} failing points were seen"
    if (side, verb, STRIDE) == ("guest", "remove", 1):
        assert partial >= {0, 1, 2, 3}, "each unmount failed once"
    box.delete("--force").silent()
    host.assert_clean()


@pytest.mark.parametrize("command", ["kill", "delete", "delete --force", "state", "list", "run", "run -d",
                                     "pause", "resume", "ps", "ps --format json", "events --stats"])
def test_each_call_of_another_command_that_fails(boxes, host, rt, command):
    bad, box = [], boxes(rt)
    box.cfg.shell("exit 0" if command in ("delete", "run") else FOREVER).hook("poststop", "exit 0")

    def attempt(fault):
        box.save()
        faulty = rt.with_env(RUNDLET_FAULT=fault)
        if command.startswith("run"):
            args = [*command.split(), "--bundle", box.dir, box.id]
        else:
            box.create()
            box.start()
            if command == "delete":
                box.wait()
            if command == "resume":
                rt("pause", box.id).silent()
            args = [*command.split(), *([] if command == "list" else [box.id])]
        result = faulty(*args)
        touched = "fault: " in result.err or result.rc != 0
        if result.rc:
            check_failure(result, host, fault)
        if command == "pause" and result.rc and rt("state", box.id).json()["status"] == "paused":
            bad.append(f"{fault}: the pause failed, but the container is paused")
        bad.extend(clean_after(rt, host, box, fault))
        return touched

    count = through(passes("host"), attempt)
    assert not bad, "\n".join(bad[:40])
    assert count > 0


LIMITS = {"memory.limit_in_bytes": 32 << 20, "memory.memsw.limit_in_bytes": 48 << 20,
          "memory.soft_limit_in_bytes": 1 << 20, "cpu.shares": 9, "cpu.cfs_quota_us": 30000,
          "cpu.cfs_period_us": 60000, "cpuset.mems": 0, "pids.max": 5}
UPDATE = ("--memory 32M --memory-swap 48M --memory-reservation 1M --cpu-share 9 --cpu-quota 30000 "
          "--cpu-period 60000 --cpuset-mems 0 --pids-limit 5").split()
BACK = "--memory 64M --memory-swap 64M --memory-reservation 2M --cpu-share 8 --cpu-quota -1 --pids-limit 50".split()


def test_each_call_of_an_update_that_fails(boxes, host, rt):
    """Then no limit is changed, whichever call it was."""
    if not os.path.isdir("/sys/fs/cgroup/memory"):
        pytest.skip("these limits are read from the files of cgroup v1")
    bad, box = [], boxes(rt)
    box.create()

    def values():
        return {name: box.limit(name.split(".")[0], name) for name in LIMITS}

    def attempt(fault):
        rt("update", *BACK, box.id).silent()
        before = values()
        result = rt.with_env(RUNDLET_FAULT=fault)("update", *UPDATE, box.id)
        if result.rc:
            check_failure(result, host, fault)
        wanted = before if result.rc else {name: str(value) for name, value in LIMITS.items()}
        if values() != wanted:
            bad.append(f"{fault}: {values()}")
        return "fault: " in result.err or result.rc != 0

    count = through(passes("host"), attempt)
    assert not bad, "\n".join(bad[:40])
    assert count * STRIDE > 20, f"only {count} failing points were seen"


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_kernel_that_lacks_a_call(boxes, host, rt, name):
    """There is a fallback, or a clear error that leaves nothing."""
    box = rich(boxes(rt.with_env(RUNDLET_FAULT=f"deny:{name}")))
    result = box.save().rt("create", "--bundle", box.dir, box.id)
    if result.rc:
        check_failure(result, host, name)
        host.assert_clean()
    else:
        started = box.start()
        if started.rc:
            check_failure(started, host, name)
    rt("delete", "--force", box.id).silent()
    host.assert_clean()


def test_a_run_whose_kill_fails_does_not_wait_without_end(boxes, host, rt):
    """Its poststart hook has failed, so it ends the container; which it cannot, and says both."""
    box = boxes(rt.with_env(RUNDLET_FAULT="deny:pidfd_signal"))
    box.cfg.shell(FOREVER).hook("poststart", "exit 3")
    result = box.run("--detach")
    check_failure(result, host, "pidfd_signal")
    assert "hooks.poststart[0]" in result.err and "is left as it is, ignoring" in result.err, str(result)
    rt("delete", "--force", box.id).silent()
    host.assert_clean()
