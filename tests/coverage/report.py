#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
report.py BUILD: what the tests reached of the program that was built in BUILD with --enable-coverage, by room,
to docs/reliability.json if RUNDLET_RELIABILITY names it; and what they did not, to BUILD/unreached.txt.
"""
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from lib import reliability  # noqa: E402
from lib.paths import TOP  # noqa: E402

COUNTED = ("lines", "branches")


def measured(build):
    """The files as gcovr has them. Raw system calls end some processes before they have written what they reached."""
    run = subprocess.run(["gcovr", "--root", TOP, "--filter", f"{TOP}/src/", "--filter", f"{TOP}/libocispec/",
                          "--exclude-unreachable-branches", "--json", "-j", "2", build],
                         check=True, capture_output=True, text=True, cwd=build)
    return json.loads(run.stdout)["files"]


def room_of(path):
    """Code of the container's side is counted apart: most of it runs in the stub, where nothing counts."""
    room = "/".join(path.split("/")[:2]) if path.startswith("src/") else path.split("/")[0]
    return f"{room}, container's side" if path.endswith("-guest.c") else room


def counts(lines):
    branches = [branch for line in lines for branch in line["branches"]]
    return {"lines": sum(line["count"] > 0 for line in lines), "of_lines": len(lines),
            "branches": sum(branch["count"] > 0 for branch in branches), "of_branches": len(branches)}


def rooms(files):
    total = {}
    for file in files:
        lines = [line for line in file["lines"] if not line.get("gcovr/noncode")]
        for name in {room_of(file["file"]), "all but the container's side"}:
            if name.startswith("all") and file["file"].endswith("-guest.c"):
                continue
            row = total.setdefault(name, dict.fromkeys(counts([]), 0))
            for key, n in counts(lines).items():
                row[key] += n
    return total


def unreached(files):
    """Runs of lines: path:first-last."""
    for file in files:
        run = []
        for line in [*file["lines"], None]:
            if line and line.get("gcovr/noncode"):
                continue
            if line and line["count"] == 0:
                run.append(line["line_number"])
            elif run:
                yield f"{file['file']}:{run[0]}-{run[-1]}" if len(run) > 1 else f"{file['file']}:{run[0]}"
                run = []


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else ""


def main(build):
    build = pathlib.Path(build).resolve()
    files = measured(build)
    for name, row in sorted(rooms(files).items()):
        shown = {kind: percent(row[kind], row[f"of_{kind}"]) for kind in COUNTED}
        print(f"{name:32} " + "  ".join(f"{shown[kind]:>7} of {row[f'of_{kind}']:5} {kind}" for kind in COUNTED))
        reliability.note("coverage", name, **{f"of_{kind}": row[f"of_{kind}"] for kind in COUNTED}, **shown)
    text = "\n".join(unreached(files)) + "\n"
    (build / "unreached.txt").write_text(text)
    print(f"what no test reached: {build / 'unreached.txt'}, {len(text.splitlines())} places")


if __name__ == "__main__":
    main(*sys.argv[1:])
