#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Runs the checks of this folder with rundlet, and with Debian's crun and runc in its place, and writes
what passed side by side to docs/engines.md. `./dev engines` calls it.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

TOP = pathlib.Path(__file__).resolve().parents[2]
ENGINES = {     # file: what it is, and the program that says its version
    "test_podman": ("podman", "podman"), "test_docker": ("docker", "dockerd"), "test_containerd": ("containerd, by ctr", "containerd"),
    "test_kubernetes": ("containerd, by the CRI of Kubernetes", "containerd"), "test_buildah": ("buildah", "buildah")}
OTHERS = ["crun", "runc"]


def version(program):
    """The number alone: what else is said of it is the build's."""
    said = subprocess.run([program, "--version"], text=True, capture_output=True, check=True).stdout.splitlines()[0]
    return next(word.rstrip(",") for word in said.split() if word[0].isdigit())


def verdict(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def run(other, *what):
    """What comes of each check, by file and name, with another runtime (None: rundlet)."""
    env = {**os.environ, **({"RUNDLET_CLIENT_RUNTIME": other} if other else {})}
    found = {}
    with tempfile.TemporaryDirectory() as place:
        said = subprocess.run([sys.executable, "-m", "pytest", "-q", *what, f"--junitxml={place}/found"], cwd=TOP, env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False).stdout
        print(f"{other or 'rundlet'}: {said.splitlines()[-1]}", flush=True)
        for case in ET.parse(f"{place}/found").iter("testcase"):
            check = case.get("classname").rsplit(".", 1)[-1], case.get("name")
            # It comes twice if the fixture that looks for what is left fails, too.
            if found.get(check) != "failed":
                found[check] = verdict(case)
    return found


def run_all(other):
    """The same of all; what failed is tried once more, so that a busy host does not get into the table."""
    found = run(other, *(f"tests/clients/{file}.py" for file in ENGINES))
    failed = [f"tests/clients/{file}.py::{name}" for (file, name), said in found.items() if said == "failed"]
    return {**found, **(run(other, *failed) if failed else {})}


def table(head, body):
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in [head, ["---"] * len(head), *body])


def cell(text):
    return "`" + text.encode("unicode_escape").decode().replace("|", "\\|") + "`"


def document(found):
    """found: of each runtime what came of the checks."""
    checks = list(dict.fromkeys(check for of in found.values() for check in of))

    def passed(file):
        return [sum(check[0] == file and said == "passed" for check, said in of.items()) for of in found.values()]

    summary = [[f"{engine} {version(program)}", sum(check[0] == file for check in checks), *passed(file)]
               for file, (engine, program) in ENGINES.items()]
    totals = ["all", len(checks), *(sum(row[2 + column] for row in summary) for column in range(len(found)))]
    differing = [[ENGINES[file][0].split(",")[0], cell(name.removeprefix("test_")),
                  *(of.get((file, name), "-") for of in found.values())]
                 for file, name in checks if any(of.get((file, name)) != "passed" for of in found.values())]
    return f"""\
<!-- Made by ./dev engines; never edited. -->
# Engines with rundlet, crun and runc

Each engine of Debian 12 does the same checks (`tests/clients`) with each of the three as its runtime, in
namespaces of its own, on cgroup v1. A check passes if what the engine says, the container and what is left
behind are as they are to be. Texts of errors are compared for rundlet alone.

{table(["engine", "checks", *(f"passed with {name}" for name in found)], [*summary, totals])}
## Checks that do not pass with all of them

*skipped*: the engine has no such command, or the check is of rundlet alone (its links by other names).

{table(["engine", "check", *found], differing)}"""


def main():
    ours = f"rundlet {version(os.environ['RUNDLET'])}"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = dict(zip([ours, *(f"{other} {version(other)}" for other in OTHERS)], pool.map(run_all, [None, *OTHERS])))
    (TOP / "docs/engines.md").write_text(document(found))
    worse = [check for check, said in found[ours].items()
             if said == "failed" and any(of.get(check) == "passed" for of in found.values())]
    if worse:
        raise SystemExit(f"with rundlet alone these fail: {worse}")


if __name__ == "__main__":
    main()
