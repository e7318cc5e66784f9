# SPDX-License-Identifier: Apache-2.0
"""
One thing after another that goes wrong at each system call of a command (crashat.c): what is left
is looked at after each.

    RUNDLET_CRASH_STRIDE  every Nth call only (default 1: all; `./dev test` without a group: 151)
"""
import os

from lib.box import eventually
from lib.paths import RUNDLET
from lib.runtime import Runtime

STRIDE = int(os.environ.get("RUNDLET_CRASH_STRIDE", 1))
CRASHAT = RUNDLET.parent / "tests/crash/crashat"


class Point:
    """One attempt: what the command answered, and the number of the call that was hit, or None."""

    def __init__(self, result, text):
        word, number = text.split()
        self.result, self.call = result, int(number) if word == "hit" else None


def crash(rt, out, role, n, *command, error=None):
    """Run a command that ends, or is given the error, at its nth call."""
    words = [CRASHAT, out, role, n, *([] if error is None else [error])]
    result = Runtime(rt.path, rt.root, [*rt.prefix, *words], rt.env)(*command)
    with open(out) as f:
        return Point(result, f.read())


def calls(attempt, first=1):
    """Let attempt(n) go wrong at every call until there are no more; how many there were."""
    n, hits = first, 0
    while attempt(n).call is not None:
        n += STRIDE
        hits += 1
    return hits


class Operation:
    """A command, where a container must be for it, and whether it makes one."""

    def __init__(self, words, since="running", program=None, makes=False, ends=False):
        self.words, self.since, self.program = words.split(), since, program
        self.makes, self.ends = makes, ends

    def prepare(self, box):
        """Bring a new container where the command can be given."""
        box.save()
        if self.makes:
            return
        box.create().silent()
        if self.since == "created":
            return
        box.start().silent()
        if self.since == "paused":
            box.rt("pause", box.id).silent()
        if self.since == "stopped":
            box.kill("KILL").silent()
            box.wait()

    def command(self, box):
        bundle = ["--bundle", box.dir] if self.makes else []
        return [*self.words, *bundle, box.id, *(self.program or [])]


TRUE = ["/bin/true"]
OPERATIONS = {
    "create": Operation("create", makes=True),
    "run": Operation("run", makes=True, ends=True),
    "run -d": Operation("run -d", makes=True),
    "start": Operation("start", "created"),
    "exec": Operation("exec", program=TRUE),
    "exec -d": Operation("exec -d", program=TRUE),
    "kill": Operation("kill", program=["KILL"]),
    "update": Operation("update --pids-limit 77 --memory 64M"),
    "pause": Operation("pause"),
    "resume": Operation("resume", "paused"),
    "delete": Operation("delete", "stopped"),
    "delete --force": Operation("delete --force"),
    "state": Operation("state"),
    "list": Operation("list"),
    "ps": Operation("ps"),
}


def sees(box):
    """Those who look at containers get an answer, whatever happened: what was wrong with it, as a list."""
    bad = []
    for command in (["list"], ["state", box.id]):
        result = box.rt(*command)
        if result.rc and (command[0] == "list" or len(result.err.splitlines()) != 1):
            bad.append(str(result))
    return bad


def alone(box):
    """Only the init is left: what else was started has ended, and is reaped, as its new parent does."""
    eventually(lambda: box.host.children() <= {box.init}, "all but the init have ended")


def cleaned(box):
    """One delete --force removes everything, and the id can be used again: what is not so, as a list."""
    bad = []
    result = box.rt("delete", "--force", box.id)
    if result.rc:
        bad.append(str(result))
    try:
        eventually(lambda: not box.host.leftovers(), "all is gone", 5)
    except AssertionError:
        bad.extend(box.host.leftovers())
        box.host.clear()
    return bad
