# SPDX-License-Identifier: Apache-2.0
"""What is measured in one view of the cgroups. Each row is name -> {candidate -> numbers}."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import bundles
import floor
from candidate import Failed, Program, at_a_time, interleave, new_id, summary, timed

LIFE = ("create", "start", "state", "kill", "exec", "delete")
SMALLEST, LARGEST, STEP = 16, 16384, 16            # KiB, of the search for a memory limit


class Bench:
    """The candidates that work in this view, the bundles, and the rows so far."""

    def __init__(self, folder, view, candidates, rounds, short):
        self.folder, self.view, self.rounds, self.short = folder, view, rounds, short
        self.v2 = pathlib.Path(floor.CGROUPS, "cgroup.procs").exists()
        self.rows, self.absent = {}, {}
        limits = not self.v2 or "memory" in pathlib.Path(floor.CGROUPS, "cgroup.controllers").read_text().split()
        self.realistic = "realistic" if limits else "realistic-nolimits"
        self.bundles = {"minimal": self.bundle("minimal", "minimal"),
                        "realistic": self.bundle("realistic", self.realistic)}
        self.pause = folder / "pause"
        bundles.compile_payload(self.pause, "-DPAUSE")
        self.waiting = {name: self.bundle(f"{name}-pause", config, self.pause)
                        for name, config in (("minimal", "minimal"), ("realistic", self.realistic))}
        self.candidates = [c for c in candidates if self.works(c)]

    def bundle(self, place, config, payload=None):
        return bundles.make(self.folder / place, config, payload)

    def works(self, candidate):
        try:
            timed(candidate, candidate.run(self.bundles["minimal"]))
        except (Failed, OSError) as error:
            self.absent[candidate.name] = str(error)
            return False
        return True

    @property
    def base(self):
        """A newer crun if one is given by its name (crun-1.21), Debian's, or the next that works."""
        names = [c.name for c in self.candidates]
        newer = [n for n in names if n.startswith("crun-")]
        return next((n for n in (*newer, "crun", *names[1:], *names) if n in names), None)

    def say(self, text):
        print(f"bench: {self.view}: {text} (load {os.getloadavg()[0]:.1f})", file=sys.stderr, flush=True)

    def add(self, name, values, unit="us"):
        self.rows[name] = {"unit": unit, "of": summary(values, self.base)}

    def interleave(self, name, once, rounds=None, unit="us", others=()):
        self.say(name)
        self.add(name, interleave([*self.candidates, *others], rounds or self.rounds, once), unit)

    def floor(self, name):
        """The floor program for a bundle, with the filter that the first candidate gives to a container."""
        first, box, program = self.candidates[0], new_id(), []
        try:
            timed(first, first.create(self.waiting[name], box))
            timed(first, first.argv("start", box))
            pid = first.state(box)["pid"]
            for _ in range(200):                   # until it is the program
                if os.readlink(f"/proc/{pid}/exe") == "/bin/true":
                    break
                time.sleep(0.01)
            program = floor.filter_of(pid)
        finally:
            first.do("delete", "--force", box)
        if "seccomp" in json.loads((self.bundles[name] / "config.json").read_text())["linux"] and not program:
            self.absent["floor"] = "the kernel does not tell the seccomp filter of a process"
            return []
        path = floor.make(self.folder / f"floor-{name}", self.bundles[name], program, self.v2)
        return [Program("floor", path, self.folder)]


def version(bench):
    empty = bench.folder / "empty"
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", empty, bundles.HERE / "empty.c"], check=True)
    # The floor of --version is an empty dynamically linked program.
    bench.interleave("--version", lambda c: timed(c, c.argv("--version")[:1] + ["--version"]),
                     others=[Program("floor", empty, bench.folder)])


def runs(bench):
    for name, bundle in bench.bundles.items():
        bench.interleave(f"run {name}", lambda c, b=bundle: timed(c, c.run(b)), others=bench.floor(name))


def lives(bench):
    """One life gives the times of six commands."""
    times = {command: {} for command in LIFE}

    def life(candidate):
        box, took = new_id(), {}
        if candidate in floors:
            return {"exec": timed(candidate, candidate.argv())}
        try:
            took["create"] = timed(candidate, candidate.create(bench.waiting["realistic"], box))
            took["start"] = timed(candidate, candidate.argv("start", box))
            took["state"] = timed(candidate, candidate.argv("state", box))
            took["kill"] = timed(candidate, candidate.argv("kill", box, "USR1"))
            took["exec"] = timed(candidate, candidate.argv("exec", box, "/bin/end"))
            candidate.end(box)
            took["delete"] = timed(candidate, candidate.argv("delete", box))
        finally:
            candidate.do("delete", "--force", box)
        return took

    shutil.copy(bench.bundles["realistic"] / "rootfs/bin/true", bench.waiting["realistic"] / "rootfs/bin/end")
    bench.say("create start state kill exec delete")
    first, box = bench.candidates[0], new_id()
    floors = bench.floor("realistic")
    try:
        timed(first, first.create(bench.waiting["realistic"], box))
        timed(first, first.argv("start", box))
        for program in floors:
            program.arguments = floor.entered(first.state(box)["pid"], bench.v2)
        values = interleave([*bench.candidates, *floors], bench.rounds, life)
    finally:
        first.do("delete", "--force", box)
    for name, mine in values.items():
        for command in LIFE if name != "floor" else ["exec"]:
            times[command][name] = mine if isinstance(mine, str) else [took[command] for took in mine]
    for command in LIFE:
        bench.add(command, times[command])


def lists(bench):
    """One container runs, and its state is copied under other names: `list` reads files."""
    for count in (1, 10) if bench.short else (1, 100, 1000):
        made = []
        try:
            for candidate in bench.candidates:
                box = new_id()
                made.append((candidate, box))
                timed(candidate, candidate.create(bench.waiting["minimal"], box))
                timed(candidate, candidate.argv("start", box))
                copy_state(pathlib.Path(candidate.root), box, count - 1)
            first, box = made[0]
            pid = first.state(box)["pid"]
            nothing_else = Program("floor", floor.make_list(bench.folder), bench.folder, first.root, pid,
                                   floor.freezer_of(pid, bench.v2))
            bench.interleave(f"list {count}", lambda c: timed(c, c.argv("list")), others=[nothing_else],
                             rounds=max(2, bench.rounds // (4 if count == 1000 else 1)))
        finally:
            for candidate, box in made:
                for copy in pathlib.Path(candidate.root).glob(f"{box}-*"):
                    shutil.rmtree(copy)
                candidate.do("delete", "--force", box)


def copy_state(root, box, count):
    files = {p.name: p.read_bytes() for p in (root / box).iterdir() if p.is_file()}
    for n in range(count):
        copy = root / f"{box}-{n}"
        copy.mkdir()
        for name, data in files.items():
            (copy / name).write_bytes(data.replace(box.encode(), copy.name.encode()) if name != "config.json" else data)


def many(bench):
    bundle, count = bench.bundles["realistic"], 10 if bench.short else 100
    rounds = 1 if bench.short else 3
    for width in (1, 8, 64):
        bench.interleave(f"{count} runs, {width} at a time", lambda c, w=width: at_a_time(c, bundle, count, w), rounds)


def memory(bench):
    peak = bench.folder / "peak"
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-static", "-o", peak, bundles.HERE / "peak.c"], check=True)

    def peak_of(candidate):
        out = bench.folder / "peak.out"
        timed(candidate, [str(peak), str(out), *candidate.run(bench.bundles["realistic"])])
        return int(out.read_text())

    def pss(candidate):
        box = new_id()
        try:
            timed(candidate, candidate.create(bench.waiting["realistic"], box))
            rollup = pathlib.Path(f"/proc/{candidate.state(box)['pid']}/smaps_rollup").read_text()
            return int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1])
        finally:
            candidate.do("delete", "--force", box)

    few = min(bench.rounds, 3)
    bench.interleave("peak RSS of run", peak_of, few, "KiB")
    bench.interleave("PSS of the waiting init", pss, few, "KiB")
    if bench.realistic == "realistic" and not bench.short:
        bench.interleave("smallest memory limit", lambda c: smallest(bench, c), 1, "KiB")


def smallest(bench, candidate):
    """The smallest memory limit, in KiB, with which the minimal bundle runs; of two tries one is enough."""
    low, high = SMALLEST, LARGEST
    bundle = bench.bundle("limit", "minimal")
    config = json.loads((bundle / "config.json").read_text())
    while high - low > STEP:
        middle = (low + high) // 2
        config["linux"].setdefault("resources", {})["memory"] = {"limit": middle * 1024}
        (bundle / "config.json").write_text(json.dumps(config))
        if any(runs_once(candidate, bundle) for _ in range(2)):
            high = middle
        else:
            low = middle
    return high


def runs_once(candidate, bundle):
    box = new_id()
    try:
        timed(candidate, candidate.argv("run", "--bundle", bundle, box))
    except Failed:
        candidate.do("delete", "--force", box)
        return False
    return True


def calls(bench):
    if not shutil.which("strace"):
        bench.absent["system calls"] = "there is no strace"
        return
    out = bench.folder / "strace.out"

    def count(candidate, bundle):
        timed(candidate, [shutil.which("strace"), "-f", "-qq", "-o", str(out), *candidate.run(bundle)])
        return sum("(" in line and "<... " not in line for line in out.read_text().splitlines())

    for name, bundle in bench.bundles.items():
        bench.interleave(f"system calls of run {name}", lambda c, b=bundle: count(c, b), 1, "calls",
                         others=bench.floor(name))


GROUPS = {"version": version, "run": runs, "life": lives, "list": lists, "many": many, "memory": memory, "calls": calls}
