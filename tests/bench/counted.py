# SPDX-License-Identifier: Apache-2.0
"""Counts the system calls of rundlet's commands, all processes together, up to the container's program and its end."""
import collections
import ctypes
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import time

import bundles
import floor
from candidate import new_id

# How often these happen depends on the moment, not on the work.
VARYING = {
    "restart_syscall": "a wait that a signal of strace interrupts goes on by it",
    "poll": "a wait is done again when it was interrupted",
    "ppoll": "a wait is done again when it was interrupted",
    "wait4": "who looks for ended children looks once more when two end together",
    "waitid": "who looks for ended children looks once more when two end together",
    "rt_sigreturn": "only after a signal that came at that moment",
    "futex": "only a lock that is taken just then makes a call",
    "sched_yield": "turns while somebody else must go on",
}
LIMIT = 120                             # seconds, after which a command hangs
COMMANDS = ("run", "start", "state", "kill", "exec", "list")
# accept, accept4, poll, ppoll, recvfrom, recvmsg of x86_64 and arm64.
WAITS = {"43", "288", "7", "271", "45", "47", "202", "242", "73", "207", "212"}
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


def where():
    """What the numbers depend on beside rundlet."""
    libc = ctypes.CDLL(None)
    libc.gnu_get_libc_version.restype = ctypes.c_char_p
    controllers = pathlib.Path(floor.CGROUPS, "cgroup.controllers").read_text().split()
    return {"kernel": ".".join(platform.release().split(".")[:2]), "machine": platform.machine(),
            "libc": libc.gnu_get_libc_version().decode(), "controllers of v2": " ".join(controllers)}


def traced(argv, out):
    return subprocess.Popen([shutil.which("strace"), "-f", "-qq", "-o", str(out), *map(str, argv)], env=ENVIRONMENT,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def calls_in(out):
    """name -> how many calls, without those that vary."""
    # "PID call(...", but not "PID <... call resumed>", nor signals and ends.
    text = out.read_text()
    calls = collections.Counter(re.findall(r"^\d+ +([a-z_0-9]+)\(", text, re.M))
    # Who reads what comes looks once more or not, as the moment will have it; and two signals, of 128
    # bytes each in signalfd(2), may have become one.
    calls.subtract(re.findall(r"^\d+ +(?:<\.\.\. )?([a-z_0-9]+)\b.* = (?:-1 EAGAIN|128$)", text, re.M))
    return {call: n for call, n in sorted(calls.items()) if n and call not in VARYING}


def count(argv, out):
    tracer = traced(argv, out)
    if tracer.wait(LIMIT) != 0:
        raise RuntimeError(f"{argv}: status {tracer.returncode}")
    return calls_in(out)


def until(test):
    end = time.monotonic() + LIMIT
    while not test():
        if time.monotonic() > end:
            raise RuntimeError("the container's process does not come to its wait")
        time.sleep(0.01)


def count_create(candidate, bundle, out):
    """strace stays with the process that waits for start: that is killed when rundlet has ended, and it waits."""
    box, pid_file = new_id(), out.parent / "pid"
    tracer = traced(candidate.argv("create", "--bundle", bundle, "--pid-file", pid_file, box), out)
    try:
        until(lambda: pid_file.exists() and pid_file.read_text())
        pid = int(pid_file.read_text())
        runtime = re.match(r"\d+", out.read_text())[0]
        until(lambda: not pathlib.Path("/proc", runtime).exists())
        until(lambda: pathlib.Path(f"/proc/{pid}/syscall").read_text().split()[0] in WAITS)
        os.kill(pid, signal.SIGKILL)
        tracer.wait(LIMIT)
        return calls_in(out)
    finally:
        candidate.do("delete", "--force", box)
        pid_file.unlink(missing_ok=True)


def life(candidate, folder, name):
    """command -> its calls, in one life of a container of this bundle."""
    pause, out = folder / "pause", folder / "strace.out"
    bundles.compile_payload(pause, "-DPAUSE")
    ends = bundles.make(folder / name, name)
    waits = bundles.make(folder / f"{name}-pause", name, pause)
    shutil.copy(ends / "rootfs/bin/true", waits / "rootfs/bin/end")
    subprocess.run(candidate.run(ends), check=True)        # the state root is made
    box = new_id()
    argv = {"run": candidate.run(ends), "exec": candidate.argv("exec", box, "/bin/end"),
            "kill": candidate.argv("kill", box, "USR1"), "list": candidate.argv("list")}
    try:
        found = {"create": count_create(candidate, waits, out)}
        subprocess.run(candidate.create(waits, box), check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        found.update({c: count(argv.get(c) or candidate.argv(c, box), out) for c in COMMANDS})
        candidate.end(box)
        return {**found, "delete": count(candidate.argv("delete", box), out)}
    finally:
        candidate.do("delete", "--force", box)
