#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
rundlet, crun, runc and a floor program in turn (A B C ... A B C ...), on the same bundles. Times are of
this machine and this minute; the paired ratio (the median over the rounds of A/B) is what can be compared.

As root. RUNDLET names another binary than build/rundlet; the static ones are measured, too, if they are
there. Each view of the cgroups is a private mount namespace; the state is on a tmpfs.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent.parent)]

import bundles  # noqa: E402
import report  # noqa: E402
from candidate import Candidate  # noqa: E402
from floor import CGROUPS  # noqa: E402
from lib.views import enter  # noqa: E402
from rows import GROUPS, Bench  # noqa: E402
from scale import scale  # noqa: E402

RUNDLET = pathlib.Path(os.environ.get("RUNDLET", bundles.TOP / "build/rundlet")).absolute()
STATICS = {"rundlet-static": bundles.TOP / "build-static/rundlet", "rundlet-musl": bundles.TOP / "build-musl/rundlet"}
ROUNDS = {"v2": 20, "v1": 16, "host": 8}
ROUNDS_SHORT = 2
IN_HOST = ("run", "life")               # crun does not go there: the rest is told by the other views


def options(args):
    parser = argparse.ArgumentParser(prog="./dev bench", description="rundlet and its peers in turn")
    parser.add_argument("rounds", nargs="?", type=int, help=f"of each row (default: {ROUNDS})")
    parser.add_argument("--short", action="store_true", help="two rounds, small numbers: only shows that it works")
    parser.add_argument("--output", type=pathlib.Path, default=bundles.TOP / "docs/performance",
                        help="the folder for measured.json, .md and .svg")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PATH", help="one more runtime")
    parser.add_argument("--views", default="v2,v1,host", help="the views of the cgroups (default: %(default)s)")
    parser.add_argument("--rows", default=",".join([*GROUPS, "scale"]), help="groups of rows (default: %(default)s)")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    return parser.parse_args(args)


def programs(opts):
    """name -> path, rundlet first: it makes the filter of the floor."""
    found = {"rundlet": str(RUNDLET)}
    found |= {name: str(path) for name, path in STATICS.items() if path.exists()}
    for name in ("crun", "runc"):
        if shutil.which(name):
            found[name] = shutil.which(name)
    for peer in opts.peer:
        name, _, path = peer.partition("=")
        if not path or not os.access(path, os.X_OK):
            sys.exit(f"bench: --peer {peer}: NAME=PATH of a program is wanted")
        found[name] = os.path.abspath(path)
    return found


def sweep():
    """A runtime that fails may leave the cgroup that it has made."""
    top = pathlib.Path(CGROUPS)
    for left in (*top.glob(f"*bench-{os.getpid()}-*"), *top.glob(f"*/*bench-{os.getpid()}-*")):
        if not (left / "cgroup.procs").exists():
            continue                        # crun makes folders on the tmpfs of the v1 view
        try:
            left.rmdir()
            print(f"bench: removed {left}, which a runtime left", file=sys.stderr)
        except OSError as error:
            print(f"bench: {left} stays: {error}", file=sys.stderr)


def measure(opts):
    """All rows of one view, as the process is in a mount namespace of its own."""
    enter(opts.inside)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rundlet-bench-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
    try:
        try:
            os.nice(-10)
        except PermissionError:
            print("bench: without the right to a nice value below 0", file=sys.stderr)
        rounds = ROUNDS_SHORT if opts.short else opts.rounds or ROUNDS[opts.inside]
        candidates = [Candidate(name, path, folder) for name, path in programs(opts).items()]
        bench = Bench(folder, opts.inside, candidates, rounds, opts.short)
        if "rundlet" in bench.absent:
            raise RuntimeError(f"rundlet does not run: {bench.absent['rundlet']}")
        wanted = opts.rows.split(",")
        for name, group in {**GROUPS, "scale": scale}.items():
            if name in wanted and (opts.inside != "host" or name in IN_HOST) and (name != "scale" or bench.v2):
                group(bench)
    finally:
        sweep()
        subprocess.run(["umount", "-l", folder], check=False)
        folder.rmdir()
    return {"base": bench.base, "realistic": bench.realistic, "absent": bench.absent, "rows": bench.rows}


def first_line(path):
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout.splitlines() or ["?"])[0]


def main(args):
    opts = options(args)
    # Whoever ends the benchmark ends it in order: no container stays.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if opts.inside:
        print(json.dumps(measure(opts)))
        return
    if os.geteuid() != 0:
        sys.exit("bench: containers need root")
    load, views = os.getloadavg()[0], {}
    for view in opts.views.split(","):
        done = subprocess.run(["unshare", "-m", "--propagation", "private", sys.executable, __file__, *args,
                               "--inside", view], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: the {view} view failed")
        views[view] = json.loads(done.stdout)
    result = {"kernel": platform.release(), "cpus": os.cpu_count(), "load": [load, os.getloadavg()[0]],
              "rounds": "2" if opts.short else str(opts.rounds or "20 (v2), 16 (v1), 8 (host)"),
              "programs": {name: first_line(path) for name, path in programs(opts).items()}, "views": views}
    report.write(opts.output, result)
    print(f"bench: {opts.output}/measured.md", file=sys.stderr)
    print(report.targets(views))


if __name__ == "__main__":
    main(sys.argv[1:])
