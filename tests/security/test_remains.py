# SPDX-License-Identifier: Apache-2.0
"""Containers that make it hard to end them and to remove what they made."""
import contextlib
import os

import pytest

from lib.box import FOREVER, children, eventually
from lib.timing import scaled

LIMIT = 10
DISABLED = ["--cgroup-manager", "disabled"]


def remove_below(directory, name):
    """Remove the cgroups of this name that lie in each other; their path is longer than a path can be."""
    fds = [os.open(directory, os.O_RDONLY)]
    with contextlib.suppress(FileNotFoundError):
        while True:
            fds.append(os.open(name, os.O_RDONLY, dir_fd=fds[-1]))
    os.close(fds.pop())
    while fds:
        with contextlib.suppress(OSError):
            os.rmdir(name, dir_fd=fds[-1])
        os.close(fds.pop())


@pytest.fixture
def nested(box):
    """The box, with cgroups of its own that are removed after the test."""
    yield box
    for top in box.host.hierarchies():
        path = f"{top}{box.cfg.linux['cgroupsPath']}"
        if os.path.isdir(path):
            remove_below(path, "0" * 250)


def test_cgroups_that_a_container_made_in_a_path_longer_than_a_path_can_be(nested):
    box = nested
    if not os.path.isdir("/sys/fs/cgroup/pids"):
        pytest.skip("no cgroup v1 hierarchy of pids here")
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev"])
    box.up("cd /sys/fs/cgroup/pids || exit 1; n=$(printf %0250d 0); i=0; "
           "while [ $i -lt 15 ]; do mkdir $n && cd $n || exit 2; i=$((i+1)); done; "
           "mkdir -p $n/$n/$n/$n/$n && touch /tmp/ready; " + FOREVER)
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "the cgroups are made")
    box.delete("--force", timeout=LIMIT).silent()
    box.host.assert_clean()


def test_two_hundred_orphans_leave_no_zombies_with_a_run_in_the_foreground(box):
    box.cfg.no_namespace("pid").shell(
        "i=0; while [ $i -lt 200 ]; do (true & ); i=$((i+1)); done; touch /tmp/ready; while :; do sleep 1000; done")
    box.save()
    with box.rt.begin("run", "--bundle", box.dir, box.id) as run:
        eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "the orphans are made")
        eventually(lambda: len(children(run.pid)) == 1, "the container's process is the only child of run")
        box.delete("--force", timeout=LIMIT).silent()
        run.wait(scaled(LIMIT))


def test_create_warns_when_nothing_will_find_the_processes_of_the_container(box):
    box.cfg.no_namespace("pid", "cgroup")
    del box.cfg.linux["cgroupsPath"]
    result = box.save().rt("create", "--bundle", box.dir, box.id, before=DISABLED)
    assert result.rc == 0 and "pid namespace" in result.err and result.err.count("\n") == 1, str(result)


def test_create_does_not_warn_when_the_pid_namespace_is_its_own(box):
    box.cfg.no_namespace("cgroup")
    del box.cfg.linux["cgroupsPath"]
    box.save().rt("create", "--bundle", box.dir, box.id, before=DISABLED).silent()


def test_kill_all_of_a_stopped_container_without_a_cgroup_succeeds(box):
    box.cfg.no_namespace("cgroup").shell("true")
    del box.cfg.linux["cgroupsPath"]
    box.save().rt("create", "--bundle", box.dir, box.id, before=DISABLED).silent()
    box.init = box.pid
    box.start().silent()
    box.wait()
    box.rt("kill", "--all", box.id, "KILL").silent()
    box.delete().silent()


NEVER = [{"index": 0, "value": 12345, "op": "SCMP_CMP_EQ"}]


@pytest.mark.parametrize("action", ["ERRNO", "KILL_PROCESS", "KILL_THREAD"])
@pytest.mark.parametrize("rules", [[], [{"names": ["execve", "execveat"], "action": "SCMP_ACT_ALLOW", "args": NEVER}]],
                         ids=["nothing", "nothing that happens"])
def test_a_filter_that_allows_nothing_is_refused_or_ends_the_container(box, action, rules):
    """It allows not even the system calls by which a process says what failed, or ends."""
    box.cfg.linux["seccomp"] = {"defaultAction": f"SCMP_ACT_{action}", "syscalls": rules}
    result = box.create()
    if result.rc:
        result.fails("linux.seccomp")
    else:
        assert isinstance(box.start(timeout=LIMIT).rc, int), "start does not hang"
        box.wait(LIMIT)
        assert box.status == "stopped"
        assert isinstance(box.kill("KILL", timeout=LIMIT).rc, int), "kill does not hang"
        box.delete(timeout=LIMIT).silent()
    box.host.assert_clean()
