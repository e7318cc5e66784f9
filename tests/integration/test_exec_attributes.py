# SPDX-License-Identifier: Apache-2.0
"""The attributes of a process that exec makes: those of the configuration, or of --process."""
import json
import os
import pathlib
import re
import signal

import pytest

from lib import kernel
from lib.execs import detached, ex, reap, sh

PERSONALITY_LINUX32 = 8


def attributes_of(pid):
    """What the host sees of an exec'd process, which is our child then; it ends with that."""
    found = attributes(pid)
    os.kill(pid, signal.SIGKILL)
    reap(pid)
    return found


def attributes(pid):
    proc = pathlib.Path(f"/proc/{pid}")
    return {"policy": os.sched_getscheduler(pid), "nice": os.getpriority(os.PRIO_PROCESS, pid),
            "io": kernel.io_priority(pid), "domain": int((proc / "personality").read_text(), 16),
            "memory": (proc / "numa_maps").read_text().split()[1], "oom": int((proc / "oom_score_adj").read_text()),
            "umask": re.search(r"Umask:\s*(\d+)", (proc / "status").read_text())[1],
            "core": re.search(r"Max core file size\s+(\w+)\s+(\w+)", (proc / "limits").read_text()).groups(),
            "home": dict(e.split("=", 1) for e in (proc / "environ").read_text().split("\0") if e).get("HOME")}


OF_CONFIG = {"scheduler": {"policy": "SCHED_BATCH", "nice": 3}, "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 6},
             "oomScoreAdj": 300, "rlimits": [{"type": "RLIMIT_CORE", "soft": 4096, "hard": 8192}]}
OF_FILE = {"scheduler": {"policy": "SCHED_IDLE"}, "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 0},
           "oomScoreAdj": 500, "rlimits": [{"type": "RLIMIT_CORE", "soft": 1, "hard": 2}],
           "user": {"uid": 1000, "gid": 1000, "umask": 0o027}}


@pytest.fixture
def rich(box):
    box.cfg.process.update(OF_CONFIG)
    box.cfg.process["user"]["umask"] = 0o077
    box.cfg.linux.update(personality={"domain": "LINUX32"}, memoryPolicy={"mode": "MPOL_LOCAL"})
    box.up("sleep 1000")
    return box


def test_they_are_those_of_the_configuration(rich, tmp):
    pid = detached(rich, "exec sleep 1000", tmp)
    assert attributes_of(pid) == {
        "policy": os.SCHED_BATCH, "nice": 3, "io": (2, 6), "domain": PERSONALITY_LINUX32, "memory": "local", "oom": 300,
        "umask": "0077", "core": ("4096", "8192"), "home": "/root"}


def test_a_document_has_its_own(rich, tmp):
    """What it does not have is not taken from the configuration; the container's domain and memory policy stay."""
    path = tmp / "process.json"
    path.write_text(json.dumps({**{k: v for k, v in rich.cfg.process.items() if k not in OF_CONFIG}, **OF_FILE,
                                "args": ["/bin/sleep", "1000"]}))
    ex(rich, "--process", path, "--detach", "--pid-file", tmp / "pid", "--").silent()
    assert attributes_of(int((tmp / "pid").read_text())) == {
        "policy": os.SCHED_IDLE, "nice": 0, "io": (3, 0), "domain": PERSONALITY_LINUX32, "memory": "local", "oom": 500,
        "umask": "0027", "core": ("1", "2"), "home": "/home"}


def test_a_document_without_them_leaves_those_of_the_caller(rich, tmp):
    path = tmp / "process.json"
    path.write_text(json.dumps({**{k: v for k, v in rich.cfg.process.items() if k not in OF_CONFIG},
                                "user": {"uid": 0, "gid": 0}, "args": ["/bin/sleep", "1000"]}))
    ex(rich, "--process", path, "--detach", "--pid-file", tmp / "pid", "--").silent()
    got, ours = attributes_of(int((tmp / "pid").read_text())), attributes(os.getpid())
    assert {k: got[k] for k in ("policy", "nice", "oom", "core")} == {k: ours[k] for k in ("policy", "nice", "oom", "core")}
    assert got["umask"] == "0022"


def test_home_is_that_of_the_user_who_is_asked_for(rich):
    assert sh(rich, "echo $HOME", "--user", "1000").ok().out == "/home\n"
    assert sh(rich, "echo $HOME", "--user", "1000", "--env", "HOME=/mine").ok().out == "/mine\n"


@pytest.mark.parametrize("member, words", [
    ({"scheduler": {"policy": "SCHED_BATCH", "priority": 1}}, "process.scheduler.priority"),
    ({"ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 9}}, "process.ioPriority.priority"),
    ({"oomScoreAdj": 1001}, "process.oomScoreAdj"),
    ({"rlimits": [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}]}, "process.rlimits[0]")])
def test_a_mistake_in_a_document_is_named(rich, tmp, member, words):
    path = tmp / "process.json"
    path.write_text(json.dumps({**rich.cfg.process, **member}))
    ex(rich, "--process", path, "--").fails(words, rc=255)


def test_sockets_of_the_caller_are_announced_to_the_container_alone(rich):
    """As with runc: to exec they are descriptors like others."""
    result = sh(rich, "echo ${LISTEN_FDS-none}; [ -e /proc/self/fd/3 ] && echo open", "--preserve-fds=1", pass_fds=(3,),
                preexec_fn=lambda: os.dup2(0, 3), env={**os.environ, "LISTEN_FDS": "1"})
    assert result.ok().out == "none\nopen\n"


def test_the_cpus_are_those_of_execcpuaffinity(box, tmp):
    """config.md#linux-process: for who joins a container."""
    last = str(max(os.sched_getaffinity(0)))
    box.up()
    for affinity, expected in (({"final": last}, last), ({"initial": "0", "final": last}, last)):
        path = tmp / "process.json"
        path.write_text(json.dumps({"cwd": "/", "args": ["grep", "Cpus_allowed_list", "/proc/self/status"],
                                    "env": ["PATH=/bin"], "execCPUAffinity": affinity}))
        assert ex(box, "--process", path, "--").ok().out.split() == ["Cpus_allowed_list:", expected]
