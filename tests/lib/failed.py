# SPDX-License-Identifier: Apache-2.0
"""Each system call of a command or of its stub fails in turn (sweep.py): what the command may do then."""
import errno
import os

from lib.box import FOREVER, eventually
from lib.faults import is_failure
from lib.sweep import OPERATIONS, POINTS, Swept, alone, calls, cleaned, crash, loader, sees

ERRORS = [errno.ENOMEM, errno.EMFILE, errno.ENOSPC, errno.EINTR, errno.EAGAIN, errno.EIO, errno.EPERM, errno.ENOSYS]
# A process that cannot end, or come back from a signal, has met no error that there is; brk() and getpid() give none,
# nor does clock_gettime(), of which libsystemd asserts it; and those of futex() end the program, says the C library.
NO_ERRORS = {"x86_64": {12, 15, 39, 60, 202, 228, 231}, "aarch64": {93, 94, 98, 113, 139, 172, 214}}[os.uname().machine]
WRITE = {"x86_64": 1, "aarch64": 64}[os.uname().machine]
UNLINKAT = {"x86_64": 263, "aarch64": 35}[os.uname().machine]
# What a stub does that waits for start, and nobody is there who would hear of an error: read() and accept4().
WAITS = {"x86_64": {0, 288}, "aarch64": {63, 242}}[os.uname().machine]
HAS_ENDED = ["that has stopped", "ended before it executed the program"]


def wrong_failure(box, operation, point, at_once):
    """What a command that has failed did wrong."""
    result = point.result
    code = 255 if operation.words[0] == "exec" else 1
    if not is_failure(result, code):
        return [f"not the status of an error: {result}"]
    # The message may be what could not be written.
    if point.call != WRITE and len(result.err.rpartition("rundlet: ")[2]) < 10:
        return [f"no message: {result}"]
    if operation.makes and not has_run(box, point):
        return left_by(box, at_once)
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


def left_by(box, at_once):
    """What is left by a command that failed to make a container."""
    left = at_once()
    try:
        eventually(lambda: not box.host.leftovers(), "nothing is left", 5)
    except AssertionError:
        left.extend(box.host.leftovers())
    return [f"before any delete: {thing}" for thing in left]


def wrong_success(box, operation, point):
    """What a command that has succeeded did wrong."""
    if operation.words != ["create"]:
        return []
    started = box.start()
    has_ended = point.call in WAITS and any(words in started.err for words in HAS_ENDED)
    return [f"created, but: {started}"] if started.rc and not has_ended else []


def judge(box, operation, point, at_once):
    if point.call in NO_ERRORS:
        return []
    if point.result.rc:
        return wrong_failure(box, operation, point, at_once)
    return wrong_success(box, operation, point)


def failed_at_each(box, tmp, role, name, at_once=list):
    """Let each call fail. at_once() tells what a command that failed, or a delete, has not removed as it ends."""
    operation, swept = OPERATIONS[name], Swept()
    first = loader(box.rt, tmp / "out") if role == "host" else 1

    def one(n, error):
        box.cfg.shell("exit 0" if operation.ends else FOREVER)
        operation.prepare(box)
        point = crash(box.rt, tmp / "out", role, n, *operation.command(box), error=error)
        if not operation.makes:
            alone(box)
        # What the dynamic loader does about an error is its own affair.
        swept.hits += point.call is not None
        wrong = [*(judge(box, operation, point, at_once) if n >= first else []), *sees(box), *cleaned(box, at_once)]
        swept.bad.extend(f"{role} {n}, call {point.call}, {errno.errorcode[error]}: {thing}" for thing in wrong)
        swept.places.update([(n, error)] if wrong else [])
        return point

    def attempt(n):
        """Every error, or in the short form one of them."""
        errors = [ERRORS[n % len(ERRORS)]] if POINTS else ERRORS
        return [one(n, error) for error in errors][-1]

    swept.tried, swept.calls = calls(attempt, first)
    print(f"{name}: {swept.tried} of {swept.calls} calls of {role} failed")
    return swept
