# SPDX-License-Identifier: Apache-2.0
"""
Each system call of rundlet fails in turn, and each of the stub: the command still succeeds, or it
fails with a message and leaves the host and the container as they were.
"""
import errno
import os

import pytest

from lib import reliability
from lib.box import FOREVER, eventually
from lib.faults import is_failure
from lib.sweep import OPERATIONS, POINTS, alone, calls, cleaned, crash, loader, sees

ERRORS = [errno.ENOMEM, errno.EMFILE, errno.ENOSPC, errno.EINTR, errno.EAGAIN, errno.EIO, errno.EPERM, errno.ENOSYS]
# A process that cannot end, or come back from a signal, has met no error that there is; brk() and getpid() give none.
NO_ERRORS = {"x86_64": {12, 15, 39, 60, 231}, "aarch64": {93, 94, 139, 172, 214}}[os.uname().machine]
WRITE = {"x86_64": 1, "aarch64": 64}[os.uname().machine]
UNLINKAT = {"x86_64": 263, "aarch64": 35}[os.uname().machine]
# What a stub does that waits for start, and nobody is there who would hear of an error: read() and accept4().
WAITS = {"x86_64": {0, 288}, "aarch64": {63, 242}}[os.uname().machine]
HAS_ENDED = ["that has stopped", "ended before it executed the program"]
GUEST = ["create", "run", "exec"]


def wrong_failure(box, operation, point):
    """What a command that has failed did wrong."""
    result = point.result
    code = 255 if operation.words[0] == "exec" else 1
    if not is_failure(result, code):
        return [f"not the status of an error: {result}"]
    # The message may be what could not be written.
    if point.call != WRITE and len(result.err.rpartition("rundlet: ")[2]) < 10:
        return [f"no message: {result}"]
    if operation.makes and not has_run(box, point):
        return left_by(box)
    if operation.words[0] == "pause" and box.status == "paused":
        return ["paused, though pause failed"]
    return []


def has_run(box, point):
    """
    A run whose program has ended: its removal failed, and delete tries again; delete --force, when it was in the
    middle of its state directory.
    """
    state = box.rt("state", box.id)
    if state.rc and point.call == UNLINKAT:
        return "has no record of its state" in state.err
    return state.rc == 0 and state.json()["status"] == "stopped"


def left_by(box):
    """What is left by a command that failed to make a container."""
    try:
        eventually(lambda: not box.host.leftovers(), "nothing is left", 5)
    except AssertionError:
        return [f"before any delete: {thing}" for thing in box.host.leftovers()]
    return []


def wrong_success(box, operation, point):
    """What a command that has succeeded did wrong."""
    if operation.words != ["create"]:
        return []
    started = box.start()
    has_ended = point.call in WAITS and any(words in started.err for words in HAS_ENDED)
    return [f"created, but: {started}"] if started.rc and not has_ended else []


def judge(box, operation, point):
    if point.call in NO_ERRORS:
        return []
    if point.result.rc:
        return wrong_failure(box, operation, point)
    return wrong_success(box, operation, point)


def sweep(box, tmp, role, name):
    operation, bad, places, tried = OPERATIONS[name], [], set(), 0
    first = loader(box.rt, tmp / "out") if role == "host" else 1

    def one(n, error):
        box.cfg.shell("exit 0" if operation.ends else FOREVER)
        operation.prepare(box)
        point = crash(box.rt, tmp / "out", role, n, *operation.command(box), error=error)
        if not operation.makes:
            alone(box)
        # What the dynamic loader does about an error is its own affair.
        nonlocal tried
        tried += point.call is not None
        wrong = [*(judge(box, operation, point) if n >= first else []), *sees(box), *cleaned(box)]
        bad.extend(f"{role} {n}, call {point.call}, {errno.errorcode[error]}: {thing}" for thing in wrong)
        places.update([(n, error)] if wrong else [])
        return point

    def attempt(n):
        """Every error, or in the short form one of them."""
        errors = [ERRORS[n % len(ERRORS)]] if POINTS else ERRORS
        return [one(n, error) for error in errors][-1]

    count, _ = calls(attempt, first)
    print(f"{name}: {count} calls of {role} failed")
    reliability.note("errors", name, **{f"{role} calls": count, role: reliability.survived(tried, len(places))})
    assert not bad, f"{len(bad)} things:\n" + "\n".join(bad[:20])


@pytest.fixture
def rich(box):
    """What makes many steps, with nothing of it refused."""
    box.cfg.hook("createRuntime", "exit 0").hook("poststart", "exit 0").hook("poststop", "exit 0")
    box.cfg.bind("/bin", "/data").linux.update(
        maskedPaths=["/proc/timer_list"], readonlyPaths=["/proc/sys"],
        devices=[{"path": "/dev/mine", "type": "c", "major": 1, "minor": 3}])
    box.cfg.resources(pids={"limit": 50}, devices=[{"allow": False, "access": "rwm"}])
    return box


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_call_fails(rich, tmp, name):
    sweep(rich, tmp, "host", name)


@pytest.mark.parametrize("name", GUEST)
def test_a_call_of_the_stub_fails(rich, tmp, name):
    sweep(rich, tmp, "guest", name)
