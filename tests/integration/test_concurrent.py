# SPDX-License-Identifier: Apache-2.0
"""
Commands on one container at the same time. Each succeeds or says in one line what is not as it
wants it; who looks never sees half a container; at the end nothing is left.

    RUNDLET_RACE_ROUNDS  commands of each worker (default 10), and rounds of two creates
"""
import concurrent.futures
import contextlib
import json
import os
import random
import re
import threading

import pytest

from lib import reliability
from lib.box import FOREVER
from lib.host import own_zombies

attack = pytest.mark.attack

ROUNDS = int(os.environ.get("RUNDLET_RACE_ROUNDS", 10))
PAIRS = max(ROUNDS // 3, 3)
COMMANDS = ["create", "create", "run -d", "start", "start", "kill KILL", "kill --all TERM", "exec", "exec", "exec -d",
            "pause", "resume", "resume", "update --pids-limit 50", "ps", "events --stats", "delete", "delete --force"]
# What a command finds that comes too late, or too early.
COMPLAINTS = re.compile("|".join([
    "already exists", "does not exist", "has no record of its state", "container not running", "is in use by another command",
    "cannot start a container that", "cannot pause container", "cannot resume container", "cannot exec in a",
    "cannot delete container", "cannot update", "is not running", "is paused", "is stopped", "is still being created",
    "stopped", "has ended", "cgroup is gone", "ended before it executed the program", r"killed by signal (9|15)\b"]))
STATUS = {"creating", "created", "running", "paused", "stopped"}


def words(box, command):
    first, *rest = command.split()
    if first in ("create", "run"):
        return [first, *rest, "--bundle", box.dir, box.id]
    if first == "kill":
        return [first, *[w for w in rest if w.startswith("-")], box.id, rest[-1]]
    return [first, *rest, box.id, *(["/bin/true"] if first == "exec" else [])]


def wrong_answer(result, command):
    """What no race explains, as a list."""
    # What kill --all ends is said by the shell of the payload, which has the standard error of create or run -d.
    if result.rc == 0 and (result.err == "" or command.startswith(("create", "run")) and result.err == "Terminated\n"):
        return []
    lines = result.err.splitlines()
    known = bool(lines) and all(COMPLAINTS.search(line) for line in lines)
    # exec has the status of its program, which delete and kill --all end.
    ended = command.startswith("exec") and result.rc in (137, 143) and not lines
    status = result.rc == (255 if command.startswith("exec") else 1)
    return [] if ended or (known and status and len(lines) == 1) else [f"{command}: {result}"]


def wrong_state(state):
    complete = {"ociVersion", "id", "pid", "status", "bundle"} <= set(state) and state["status"] in STATUS
    alive = state.get("status") in ("created", "running", "paused")
    return [] if complete and (state["pid"] > 0 or not alive) else [f"half a state: {state}"]


def look(box):
    """state and list, as an engine asks for them: what is wrong with the answers."""
    state, bad = box.rt("state", box.id), []
    if state.rc == 0:
        bad += wrong_state(json.loads(state.out))
    elif not re.search("does not exist|has no record", state.err):
        bad.append(str(state))
    listed = box.rt("list", "-f", "json")
    if listed.rc or [line for line in listed.err.splitlines() if "has no record" not in line]:
        bad.append(str(listed))
    elif listed.out:
        bad += [thing for one in json.loads(listed.out) or [] for thing in wrong_state(one)]
    return bad


@contextlib.contextmanager
def in_background(what):
    """Do it again and again in a thread until the block ends; gives the list of all that it answered."""
    over, said = threading.Event(), []

    def work():
        while not over.wait(0.01):
            said.extend(what())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield said
    finally:
        over.set()
        thread.join()


def reap():
    """
    Those of containers that came to us: a pid namespace ends when all of it is reaped. The commands
    themselves are waited for by who has started them.
    """
    for pid in own_zombies():
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return []


@attack("S30")
@pytest.mark.parametrize("workers", [2, 8])
def test_any_commands_at_the_same_time(both, host, workers):
    box, bad, lock = both, [], threading.Lock()
    box.cfg.shell(FOREVER)
    if not box.rt.prefix:
        box.cfg.resources(pids={"limit": 40})
    box.save()
    commands = [c for c in COMMANDS if not (box.rt.prefix and c.startswith("update"))]

    def work(seed):
        dice = random.Random(seed)
        for _ in range(ROUNDS):
            command = dice.choice(commands)
            wrong = wrong_answer(box.rt(*words(box, command)), command)
            with lock:
                bad.extend(wrong)

    def unstick():
        """A process that starts in a container that is paused waits for resume."""
        threading.Event().wait(0.3)
        return wrong_answer(box.rt("delete", "--force", box.id), "delete --force")

    with in_background(lambda: look(box)) as seen, in_background(unstick) as unstuck, in_background(reap), \
            concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, seed) for seed in range(workers)]:
            done.result()
        box.delete("--force").silent()
    bad += [*seen, *unstuck]
    name = f"any commands, {workers} workers" + (", v2" if box.rt.prefix else "")
    reliability.note("races", name, workers=workers, rounds=ROUNDS,
                     commands=reliability.survived(workers * ROUNDS, len(bad)))
    assert not bad, f"{len(bad)} things:\n" + "\n".join(bad[:10])
    host.assert_clean()


@attack("S30")
@pytest.mark.parametrize("workers", [2, 4])
def test_of_creates_with_one_id_exactly_one_wins(box, host, workers):
    box.cfg.shell(FOREVER)
    box.save()
    bad, gate = [], threading.Barrier(workers)

    def create():
        gate.wait()
        return box.rt("create", "--bundle", box.dir, box.id)

    with in_background(lambda: look(box)) as seen, in_background(reap), \
            concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for _ in range(ROUNDS):
            results = [r.result() for r in [pool.submit(create) for _ in range(workers)]]
            won = [r for r in results if r.rc == 0]
            bad += [] if len(won) == 1 else [f"{len(won)} won: " + "\n".join(map(str, results))]
            bad += [str(r) for r in results if r.rc and "already exists" not in r.err]
            started = box.start()
            bad += [f"of the winner: {started}"] if started.rc else []
            box.delete("--force").silent()
    reliability.note("races", f"{workers} creates", workers=workers, rounds=ROUNDS,
                     commands=reliability.survived(workers * ROUNDS, len(bad)))
    bad += seen
    assert not bad, f"{len(bad)} things:\n" + "\n".join(bad[:10])


@attack("S30")
@pytest.mark.parametrize("pair", [("start", "delete --force"), ("start", "kill KILL"), ("start", "start"), ("pause", "kill KILL"),
                                  ("pause", "resume"), ("pause", "delete --force"), ("exec", "delete --force"),
                                  ("update --pids-limit 50", "delete --force"), ("delete --force", "delete --force")],
                         ids=" and ".join)
def test_two_commands_at_the_same_time(box, host, pair):
    bad, gate = [], threading.Barrier(2)
    box.cfg.shell(FOREVER).resources(pids={"limit": 40})

    def do(command):
        gate.wait()
        return wrong_answer(box.rt(*words(box, command)), command)

    with in_background(reap), concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(PAIRS):
            box.create().silent()
            if pair[0] != "start":
                box.start().silent()
            for done in [pool.submit(do, command) for command in pair]:
                bad += done.result()
            bad += look(box)
            box.delete("--force").silent()
    reliability.note("races", " and ".join(pair), workers=2, rounds=PAIRS,
                     commands=reliability.survived(2 * PAIRS, len(bad)))
    assert not bad, f"{len(bad)} things:\n" + "\n".join(bad[:10])
