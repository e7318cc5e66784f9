# SPDX-License-Identifier: Apache-2.0
"""A runtime in the benchmark: its commands, timed one by one or in turn with others."""
import itertools
import json
import os
import select
import signal
import statistics
import subprocess
import time

_numbers = itertools.count(1)
WARM_UP = 2


class Failed(Exception):
    """A runtime could not do a command; its row says so."""


class Candidate:
    def __init__(self, name, path, folder):
        self.name, self.path = name, str(path)
        self.root = str(folder / f"root-{name}")
        self.errors = str(folder / f"errors-{name}")

    def argv(self, *words):
        return [self.path, "--root", self.root, *map(str, words)]

    def run(self, bundle):
        return self.argv("run", "--bundle", bundle, new_id())

    def create(self, bundle, box):
        return self.argv("create", "--bundle", bundle, box)

    def state(self, box):
        return json.loads(subprocess.run(self.argv("state", box), check=True, capture_output=True).stdout)

    def end(self, box):
        """Kill the program of a container, and wait until it has ended."""
        pidfd = os.pidfd_open(self.state(box)["pid"])
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            select.select([pidfd], [], [])
        finally:
            os.close(pidfd)

    def do(self, *words):
        """A command that is not timed, and may fail."""
        subprocess.run(self.argv(*words), check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)


class Program(Candidate):
    """The floor, or another program that has arguments of its own."""

    def __init__(self, name, path, folder, *arguments):
        super().__init__(name, path, folder)
        self.arguments = [str(a) for a in arguments]

    def argv(self, *_words):
        return [self.path, *self.arguments]


def new_id():
    return f"bench-{os.getpid()}-{next(_numbers)}"


def spawn(candidate, argv):
    quiet = os.open("/dev/null", os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, quiet, 0), (os.POSIX_SPAWN_DUP2, quiet, 1),
                   (os.POSIX_SPAWN_OPEN, 2, candidate.errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
        return os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)
    finally:
        os.close(quiet)


def finish(candidate, pid, argv):
    _pid, status, _usage = os.wait4(pid, 0)
    if status != 0:
        with open(candidate.errors, encoding="utf-8", errors="replace") as file:
            text = file.read().strip().splitlines() or [f"status {os.waitstatus_to_exitcode(status)}"]
        raise Failed(f"{os.path.basename(argv[0])}: {text[-1][:200]}")


def timed(candidate, argv):
    """Microseconds of one program, from its start to wait."""
    start = time.perf_counter_ns()
    finish(candidate, spawn(candidate, argv), argv)
    return (time.perf_counter_ns() - start) / 1000


def at_a_time(candidate, bundle, count, width):
    """Microseconds of so many runs, so many of them at a time."""
    start = time.perf_counter_ns()
    running = {}
    for n in range(count + width):
        if n < count:
            argv = candidate.run(bundle)
            running[spawn(candidate, argv)] = argv
        if running and (len(running) >= width or n >= count):
            pid, status = os.wait()
            argv = running.pop(pid)
            if status:
                for other in running:
                    os.waitpid(other, 0)
                raise Failed(f"{candidate.name}: one of {width} runs at a time failed")
    return (time.perf_counter_ns() - start) / 1000


def interleave(candidates, rounds, once):
    """name -> values, or the text of the failure: each round does once(candidate) for all, in turn."""
    values = {c.name: [] for c in candidates}
    for n in range(WARM_UP + rounds if rounds > 3 else rounds):
        for candidate in candidates:
            if isinstance(values[candidate.name], str):
                continue
            try:
                value = once(candidate)
            except (Failed, OSError, subprocess.CalledProcessError) as error:
                values[candidate.name] = str(error)
                continue
            if rounds <= 3 or n >= WARM_UP:
                values[candidate.name].append(value)
    return values


def summary(values, base):
    """Of one row: name -> median, minimum, the paired ratio to the base and that of the minima."""
    out = {}
    for name, mine in values.items():
        if isinstance(mine, str):
            out[name] = {"failed": mine}
            continue
        out[name] = {"median": statistics.median(mine), "min": min(mine), "n": len(mine)}
        theirs = values.get(base)
        if isinstance(theirs, list) and theirs:
            out[name]["ratio"] = statistics.median(a / b for a, b in zip(mine, theirs))
            out[name]["min_ratio"] = min(mine) / min(theirs)
        floor = values.get("floor")
        if isinstance(floor, list) and floor:
            out[name]["of_floor"] = statistics.median(a / b for a, b in zip(mine, floor))
            out[name]["min_of_floor"] = min(mine) / min(floor)
    return out
