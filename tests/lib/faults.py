# SPDX-License-Identifier: Apache-2.0
"""Making each call fail once, in a build with fault points (base/fault.h)."""
import os

STRIDE = int(os.environ.get("RUNDLET_FAULT_STRIDE", 1))
UNTOUCHED = 40                          # so many passes in a row mean that there are no further calls


def passes(spec):
    """host:1, host:2, ... until nothing was touched for a while; the caller answers whether it was."""
    quiet, n = 0, 1
    while quiet < UNTOUCHED:
        touched = yield f"{spec}:{n}"
        quiet = 0 if touched else quiet + 1
        n += STRIDE


def through(numbers, attempt):
    """Run attempt(fault) for each fault; how many touched something."""
    touched, count = None, 0
    while True:
        try:
            fault = numbers.send(touched)
        except StopIteration:
            return count
        touched = attempt(fault)
        count += touched


def is_failure(result, status=1):
    """Whether it ended with the status of a failure; run and exec say 126 or 127 when it is about the program."""
    return result.rc == status or (result.rc in (126, 127) and "process.args[0]" in result.err)


def check_failure(result, host, what):
    """A failure has one clear line (the fault's own note aside) and no crash behind it."""
    assert is_failure(result), f"{what}: {result}"
    lines = [line for line in result.err.splitlines() if not line.startswith("fault: ")]
    assert lines and len(lines[-1]) > 10, f"{what}: {result}"


def clean_after(rt, host, box, what):
    assert rt("delete", "--force", box.id).rc == 0
    left = host.leftovers()
    if left:
        host.clear()
    return [f"{what}: {thing}" for thing in left]
