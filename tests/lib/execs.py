# SPDX-License-Identifier: Apache-2.0
"""Calls of exec, and what is seen of the processes that it makes."""
import os
import signal

from lib.box import eventually


def ex(box, *words, **kw):
    """exec with its options before the id: words up to "--" are options."""
    at = words.index("--") if "--" in words else 0
    return box.rt("exec", *words[:at], box.id, *words[at + ("--" in words):], **kw)


def sh(box, script, *options, **kw):
    return ex(box, *options, "--", "/bin/sh", "-c", script, **kw)


def reap(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def detached(box, script, tmp, *options, **kw):
    """The pid of a script that runs on."""
    sh(box, script, "--detach", "--pid-file", tmp / "pid", *options, **kw).silent()
    return int((tmp / "pid").read_text())


def open_in(box, tmp, *options, **kw):
    """The descriptors of a program."""
    pid = detached(box, "exec sleep 1000", tmp, *options, **kw)
    eventually(lambda: "sleep" in open(f"/proc/{pid}/cmdline").read().split("\0")[0], "it runs")
    names = set(os.listdir(f"/proc/{pid}/fd"))
    os.kill(pid, signal.SIGKILL)
    reap(pid)
    return names


def status_of(box, *options, uid=None):
    """The members of /proc/self/status of a program."""
    result = sh(box, "cat /proc/self/status", *(("-u", uid) if uid else ()), *options)
    lines = dict(line.split(":", 1) for line in result.ok().out.splitlines() if ":" in line)
    return {k: v.strip() for k, v in lines.items()}


def caps_of(status):
    return {name: int(status[f"Cap{name}"], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")}
