# SPDX-License-Identifier: Apache-2.0
"""
One thing after another that goes wrong at each system call of a command (crashat.c): what is left
is looked at after each.

    RUNDLET_CRASH_POINTS  so many calls of each command, evenly spread over those that are not the
                          dynamic loader's (default 0: all; `./dev test` without a group: 3; the test VM:
                          RUNDLET_VM_CRASH_POINTS, see tests/vm/conftest.py)
"""
import contextlib
import os

from lib import reliability
from lib.box import eventually
from lib.paths import CRASHAT

POINTS = int(os.environ.get("RUNDLET_CRASH_POINTS", 0))
NEVER = 1 << 30                         # no command makes so many calls


class Point:
    """One attempt: what the command answered; the number of the call that was hit, or None; how many there were."""

    def __init__(self, result, text):
        word, number = text.split()
        self.result = result
        self.call, self.count = (int(number), None) if word == "hit" else (None, int(number))


def crash(rt, out, role, n, *command, error=None):
    """Run a command that ends, or is given the error, at its nth call."""
    words = [CRASHAT, out, role, n, *([] if error is None else [error])]
    with contextlib.suppress(FileNotFoundError):
        os.unlink(out)
    result = rt.with_prefix(*words)(*command)
    assert isinstance(result.rc, int), f"{role} {n}: {result}"
    with open(out) as f:
        return Point(result, f.read())


def loader(rt, out):
    """How many calls the dynamic loader makes, about: the shortest command makes few more."""
    return crash(rt, out, "host", NEVER, "--version").count - 4


def calls(attempt, first):
    """Let attempt(n) go wrong at every call, or at some from the first on; how many were hit, and of how many."""
    total = attempt(NEVER).count
    if not POINTS:
        # Its own count, which a command that waits has, or None: it was hit. (A point holds open files.)
        missed = [attempt(n).count for n in range(1, total + 1)]
        hits = missed.count(None)
        tried = min([total, *(count for count in missed if count is not None)])
    else:
        total -= first - 1
        numbers = {first + total * (2 * i + 1) // (2 * POINTS) for i in range(POINTS)}
        hits, tried = sum(_hits(attempt, n, first, total) for n in sorted(numbers)), len(numbers)
    assert hits * 3 >= tried * 2, f"{hits} of {tried} calls were hit"
    return hits, total


def _hits(attempt, n, first, total):
    """Whether it goes wrong there, or else where that is in a command that waited for less, and made fewer calls."""
    point = attempt(n)
    if point.call is None:
        point = attempt(first + (n - first) * (point.count - first) // total)
    return point.call is not None


class Swept:
    """How many calls a command makes, at how many something was done, how often, and all that was wrong afterwards."""

    def __init__(self):
        self.calls, self.tried, self.hits, self.bad, self.places = 0, 0, 0, [], set()

    @property
    def survived(self):
        """As a cell of a table."""
        return reliability.survived(self.hits, len(self.places))

    def judge(self):
        assert not self.bad, f"{len(self.bad)} things:\n" + "\n".join(self.bad[:20])


class Operation:
    """A command, where a container must be for it, and whether it makes one."""

    def __init__(self, words, since="running", program=None, makes=False, ends=False, of_one=True):
        self.words, self.since, self.program, self.of_one = words.split(), since, program, of_one
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
        return [*self.words, *bundle, *[box.id] * self.of_one, *(self.program or [])]


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
    "list": Operation("list", of_one=False),
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


def cleaned(box, at_once=list):
    """One delete --force removes everything: what it leaves, as a list. at_once() tells what it has not as it ends."""
    bad = []
    result = box.rt("delete", "--force", box.id)
    if result.rc:
        bad.append(str(result))
    bad.extend(at_once())
    try:
        eventually(lambda: not box.host.leftovers(), "all is gone", 5)
    except AssertionError:
        bad.extend(box.host.leftovers())
        box.host.clear()
    return bad


def again(box):
    """The id and all that goes with it can be used again."""
    box.cfg.shell("exit 0")
    result = box.run()
    return [] if (result.rc, result.err) == (0, "") else [f"used again: {result}"]
