#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
rundlet and crun in turn (A B A B ...), on the same bundles. Milliseconds are of this machine and this
minute; the paired ratio (the median over the rounds of A/B) is what can be compared.

    bench.py [ROUNDS]      as root; RUNDLET names another binary than build/rundlet

All happens in a private mount namespace: cgroups as version 1 only, because crun refuses hybrid
hosts, and the state on a tmpfs.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import bundles  # noqa: E402

RUNDLET = pathlib.Path(os.environ.get("RUNDLET", bundles.TOP / "build/rundlet")).absolute()
VERSION_BUDGET_US = 150
WARM_UP = 3


def isolate():
    """Continue in a mount namespace of our own."""
    if os.environ.get("RUNDLET_BENCH_INSIDE") != "1":
        os.environ["RUNDLET_BENCH_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv])
    if os.path.ismount("/sys/fs/cgroup/unified"):
        # crun makes directories below "unified" and leaves them: give it an empty file system.
        for command in ("umount /sys/fs/cgroup/unified",
                        "mount -t tmpfs tmpfs /sys/fs/cgroup/unified",
                        "mount -o remount,bind,ro /sys/fs/cgroup"):
            subprocess.run(command.split(), check=True)
    folder = tempfile.mkdtemp(prefix="rundlet-bench-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
    return pathlib.Path(folder)


def timed(argv, quiet):
    """Microseconds of one program, from spawn to wait."""
    actions = [(os.POSIX_SPAWN_DUP2, quiet, 0), (os.POSIX_SPAWN_DUP2, quiet, 1)]
    start = time.perf_counter_ns()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=actions)
    _pid, status, _usage = os.wait4(pid, 0)
    took = (time.perf_counter_ns() - start) / 1000
    if status != 0:
        raise RuntimeError(f"{' '.join(argv)}: status {os.waitstatus_to_exitcode(status)}")
    return took


def interleave(candidates, rounds, quiet):
    """name -> list of microseconds; each round runs every candidate once, in turn."""
    times = {name: [] for name in candidates}
    for n in range(WARM_UP + rounds):
        for name, argv in candidates.items():
            took = timed([a.replace("@", f"bench-{os.getpid()}-{n}") for a in argv], quiet)
            if n >= WARM_UP:
                times[name].append(took)
    return times


def show(title, times, base):
    print(f"\n{title}")
    print(f"  {'':12}{'median':>10}{'min':>10}{'ratio':>9}   (µs; ratio to {base}, paired)")
    for name, values in times.items():
        ratio = statistics.median(a / b for a, b in zip(values, times[base]))
        print(f"  {name:12}{statistics.median(values):10.0f}{min(values):10.0f}{ratio:9.2f}")


def bench_run(folder, crun, rounds, quiet):
    for name in ("minimal", "realistic"):
        bundle = str(bundles.make(folder / name, name))
        candidates = {"rundlet": [str(RUNDLET), "--root", str(folder / "rundlet"),
                                  "run", "--bundle", bundle, "@"]}
        if crun:
            candidates["crun"] = [crun, "--root", str(folder / "crun"),
                                  "run", "--bundle", bundle, "@"]
        times = interleave(candidates, rounds, quiet)
        show(f"run, {name} bundle", times, "crun" if crun else "rundlet")


def bench_version(folder, crun, rounds, quiet):
    empty = str(folder / "empty")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", empty,
                    str(bundles.HERE / "empty.c")], check=True)
    candidates = {"empty": [empty], "rundlet": [str(RUNDLET), "--version"]}
    if crun:
        candidates["crun"] = [crun, "--version"]
    times = interleave(candidates, rounds * 5, quiet)
    show("--version, beside an empty dynamically linked program", times, "empty")
    over = statistics.median(a - b for a, b in zip(times["rundlet"], times["empty"]))
    print(f"  rundlet --version costs {over:.0f} µs more than the empty program "
          f"(the aim: at most {VERSION_BUDGET_US})")


def main(args):
    rounds = int(args[0]) if args else 40
    if os.geteuid() != 0:
        sys.exit("bench: containers need root")
    folder = isolate()
    crun = shutil.which("crun")
    if not crun:
        print("bench: no crun here to compare with: only rundlet is timed")
    quiet = os.open("/dev/null", os.O_RDWR)
    try:
        os.nice(-10)
    except PermissionError:
        pass
    print(f"{rounds} rounds after {WARM_UP} to warm up; load {os.getloadavg()[0]:.1f} on "
          f"{os.cpu_count()} CPUs")
    try:
        bench_version(folder, crun, rounds, quiet)
        bench_run(folder, crun, rounds, quiet)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


if __name__ == "__main__":
    main(sys.argv[1:])
