# SPDX-License-Identifier: Apache-2.0
"""Attributes of the process: scheduling, I/O priority, memory policy, execution domain, HOME."""
import ctypes
import os
import platform
import struct

import pytest

must = pytest.mark.must
SYS_IOPRIO_GET, SYS_SCHED_GETATTR = {"x86_64": (252, 315), "aarch64": (31, 275)}[platform.machine()]
SCHED_DEADLINE = 6


def io_priority(pid):
    value = ctypes.CDLL(None).syscall(SYS_IOPRIO_GET, 1, pid)
    return value >> 13, value & 7


def sched_attr(pid):
    """Policy, flags, nice, priority, runtime, deadline, period: struct sched_attr without its size."""
    buf = ctypes.create_string_buffer(48)
    assert ctypes.CDLL(None).syscall(SYS_SCHED_GETATTR, pid, buf, 48, 0) == 0
    return struct.unpack("=IQiIQQQ", buf.raw[4:])


# the scheduler

@pytest.mark.parametrize("policy, members, number, nice", [
    ("SCHED_OTHER", {"nice": 5}, os.SCHED_OTHER, 5), ("SCHED_OTHER", {"nice": -5}, os.SCHED_OTHER, -5),
    ("SCHED_BATCH", {"nice": 1}, os.SCHED_BATCH, 1), ("SCHED_IDLE", {}, os.SCHED_IDLE, 0)])
def test_the_policy_and_nice(box, policy, members, number, nice):
    box.cfg.process["scheduler"] = {"policy": policy, **members}
    box.up().silent()
    assert os.sched_getscheduler(box.pid) == number
    assert os.getpriority(os.PRIO_PROCESS, box.pid) == nice


@must(64)
def test_what_the_scheduler_does_not_say_is_zero(box):
    """The caller's nice value is not the process's then."""
    box.cfg.process["scheduler"] = {"policy": "SCHED_BATCH"}
    box.cfg.shell("true")
    box.create(preexec_fn=lambda: os.nice(7)).silent()
    assert os.getpriority(os.PRIO_PROCESS, box.pid) == 0
    assert os.sched_getparam(box.pid).sched_priority == 0


def test_without_a_scheduler_the_caller_s_stays(box):
    box.cfg.shell("true")
    box.create(preexec_fn=lambda: os.nice(7)).silent()
    assert os.getpriority(os.PRIO_PROCESS, box.pid) == 7


@pytest.mark.parametrize("policy, number", [("SCHED_FIFO", os.SCHED_FIFO), ("SCHED_RR", os.SCHED_RR)])
def test_a_realtime_policy(box, policy, number):
    """Or an error that names it, where this host's cgroups have no realtime to give."""
    box.cfg.process["scheduler"] = {"policy": policy, "priority": 3, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}
    box.cfg.shell("true")
    created = box.create()
    if created.rc:
        created.fails("config.json", "process.scheduler", policy)
        box.host.assert_clean()
        return
    assert os.sched_getscheduler(box.pid) == number | os.SCHED_RESET_ON_FORK
    assert os.sched_getparam(box.pid).sched_priority == 3
    box.start().silent()


def test_a_deadline(box):
    box.cfg.process["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 500000000,
                                    "period": 1000000000}
    box.cfg.args("/bin/true")
    created = box.create()
    if created.rc:
        created.fails("config.json", "process.scheduler", "SCHED_DEADLINE")
        box.host.assert_clean()
        return
    assert sched_attr(box.pid) == (SCHED_DEADLINE, 0, 0, 0, 1000000, 500000000, 1000000000)
    box.start().silent()
    assert box.wait() == 0


def test_what_is_more_than_there_is_names_the_limit(box):
    """All of the CPU time of one CPU for each of more processes than there are CPUs: refused."""
    box.cfg.process["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 1000000000 * 8, "deadline": 1000000000 * 8}
    box.create_fails("config.json", "process.scheduler", "SCHED_DEADLINE")


def test_a_process_of_a_deadline_can_have_no_startcontainer_hooks(box):
    box.cfg.process["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 10000, "deadline": 1000000}
    box.cfg.hook("startContainer", "true")
    box.create_fails("config.json", "hooks.startContainer", "SCHED_DEADLINE")


def test_the_scheduler_in_a_user_namespace(box):
    """HOST sets it, whose rights count on the host."""
    box.cfg.user_namespace()
    box.cfg.process["scheduler"] = {"policy": "SCHED_OTHER", "nice": -3}
    box.cfg.process["ioPriority"] = {"class": "IOPRIO_CLASS_RT", "priority": 2}
    box.up().silent()
    assert os.getpriority(os.PRIO_PROCESS, box.pid) == -3
    assert io_priority(box.pid) == (1, 2)


@pytest.mark.parametrize("word, number", [("IOPRIO_CLASS_RT", 1), ("IOPRIO_CLASS_BE", 2), ("IOPRIO_CLASS_IDLE", 3)])
def test_the_io_priority(box, word, number):
    box.cfg.process["ioPriority"] = {"class": word, "priority": 6}
    box.up().silent()
    assert io_priority(box.pid) == (number, 6)


def test_execcpuaffinity_is_not_for_the_first_process(box):
    """config.md: "not applicable to the container's init process"; a wrong list is refused."""
    box.cfg.process["execCPUAffinity"] = {"initial": "0", "final": "0"}
    box.up().silent()
    assert os.sched_getaffinity(box.pid) == os.sched_getaffinity(0)
    box.delete("--force").silent()
    box.cfg.process["execCPUAffinity"] = {"final": "0-"}
    box.create_fails("config.json", "process.execCPUAffinity.final")


# the execution domain

@pytest.mark.skipif(platform.machine() != "x86_64", reason="not every arm64 machine runs 32-bit programs")
@pytest.mark.parametrize("domain, machine", [("LINUX32", "i686"), ("LINUX", "x86_64")])
def test_the_execution_domain(box, domain, machine):
    box.cfg.linux["personality"] = {"domain": domain, "flags": []}
    assert box.sh("uname -m") == f"{machine}\n"


def test_a_flag_of_a_personality_is_refused(box):
    box.cfg.linux["personality"] = {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}
    box.create_fails("config.json", "linux.personality.flags", "ADDR_NO_RANDOMIZE")


# the memory policy

def policies(box):
    """The policies of the payload's memory, as /proc/PID/numa_maps has them."""
    return {line.split()[1] for line in box.proc("numa_maps").splitlines()}


needs_numa = pytest.mark.skipif(not os.path.exists("/proc/self/numa_maps"), reason="the kernel has no CONFIG_NUMA")


@needs_numa
@pytest.mark.parametrize("members, word", [
    ({"mode": "MPOL_BIND", "nodes": "0"}, "bind:0"),
    ({"mode": "MPOL_INTERLEAVE", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}, "interleave=static:0"),
    ({"mode": "MPOL_PREFERRED", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES"]}, "prefer=relative:0"),
    ({"mode": "MPOL_LOCAL"}, "local"), ({"mode": "MPOL_DEFAULT"}, "default")])
def test_the_memory_policy(box, members, word):
    box.cfg.linux["memoryPolicy"] = members
    box.up().silent()
    assert word in policies(box)


@needs_numa
def test_nodes_that_are_not_there(box):
    box.cfg.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "1000"}
    box.cfg.shell("true")
    box.create().silent()
    box.start().fails("linux.memoryPolicy", "MPOL_BIND")


# HOME

@pytest.mark.parametrize("user, home", [(0, "/root"), (1000, "/home"), (7, "/")])
def test_home_is_that_of_the_user_in_passwd(box, user, home):
    box.cfg.process["user"] = {"uid": user, "gid": 0}
    assert "HOME" not in "".join(box.cfg.process["env"])
    assert box.sh("echo $HOME") == f"{home}\n"


def test_home_of_the_config_stays_even_if_it_is_empty(box):
    box.cfg.process["env"].append("HOME=")
    assert box.sh('echo "<$HOME>"') == "<>\n"


@pytest.mark.parametrize("target", ["/proc/1/root/etc/passwd", "../../../../../../../etc/passwd", "/etc"])
def test_home_comes_from_the_container_s_own_tree(box, host, target):
    """A link that climbs stays in the root; a link of /proc is not followed."""
    canary = f"{host.dir}/etc"
    os.makedirs(canary, exist_ok=True)
    with open(f"{canary}/passwd", "w") as f:
        f.write("root:x:0:0::/of-the-host:/bin/sh\n")
    os.rename(f"{box.rootfs}/etc/passwd", f"{box.rootfs}/etc/real")
    os.symlink(target, f"{box.rootfs}/etc/passwd")
    assert box.sh("echo $HOME") == "/\n"
