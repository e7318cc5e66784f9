#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Runs the checks of this folder with rundlet by its name and by those that engines branch on, and with
crun and runc in its place; what passed, side by side, goes to docs/engines.md. `./dev engines` calls it.

    compare.py host [RUNTIME...]   on this host
    compare.py vm [RUNTIME...]     in the test VM

docs/engines.json keeps what is known of the other place, and of other runtimes than those that are named.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

TOP = pathlib.Path(__file__).resolve().parents[2]
KEPT, DOCUMENT = TOP / "docs/engines.json", TOP / "docs/engines.md"
ENGINES = {     # file: what it is, the program that says its version, its package
    "test_podman": ("podman", "podman", "podman"), "test_docker": ("docker", "dockerd", "docker-cli"),
    "test_containerd": ("containerd, by ctr", "containerd", "containerd"),
    "test_kubernetes": ("containerd, by the CRI of Kubernetes", "containerd", "containerd"),
    "test_buildah": ("buildah", "buildah", "buildah")}
RUNTIMES = {    # column: environment of the tests (lib/engine.py)
    "rundlet": {}, "rundlet, named crun": {"RUNDLET_CLIENT_NAME": "crun"}, "rundlet, named runc": {"RUNDLET_CLIENT_NAME": "runc"},
    "crun": {"RUNDLET_CLIENT_RUNTIME": "crun"}, "runc": {"RUNDLET_CLIENT_RUNTIME": "runc"}}
PLACES = {
    "host": ("On the host of the measurement", "On cgroup v1 alone, with the engines of Debian 12"),
    "vm": ("In the test VM", "On cgroup v2 alone with systemd, with the engines of Debian 13"),
}


# Versions: the number alone, what else is said of it is the build's.

def version(program):
    said = subprocess.run([program, "--version"], text=True, capture_output=True, check=True).stdout.splitlines()[0]
    return next(word.rstrip(",") for word in said.split() if word[0].isdigit())


def versions_here():
    return {name: version(program) for name, program in (
        *((package, program) for _, program, package in ENGINES.values()), ("crun", "crun"), ("runc", "runc"))}


def versions_of_guest():
    """Of its packages, without the epoch and Debian's part."""
    cache = pathlib.Path(os.environ.get("RUNDLET_VM_CACHE") or
                         pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "rundlet-vm"))
    packages = dict(line.split("\t") for line in (cache / "packages.txt").read_text().splitlines())
    return {name: said.split(":")[-1].split("-")[0].split("+")[0] for name, said in packages.items()}


# The checks.

def verdict(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def run(place, column, *what):
    """What comes of each check, by file and name."""
    env = {**os.environ, **RUNTIMES[column]}
    if place == "vm":
        env["RUNDLET_VM_ONLY"] = " ".join(f"'{name}'" for name in what)
        what = ["tests/vm"]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        said = subprocess.run([sys.executable, "-m", "pytest", "-q", *what, f"--junitxml={folder}/found"], cwd=TOP, env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False).stdout
        print(f"{place}: {column}: {said.splitlines()[-1]}", flush=True)
        for case in ET.parse(f"{folder}/found").iter("testcase"):
            check = case.get("classname").rsplit(".", 1)[-1] + "::" + case.get("name")
            if check.split("::")[0] not in ENGINES:
                raise SystemExit(f"engines: {column}: {check} failed, no check of an engine")
            # It comes twice if the fixture that looks for what is left fails, too.
            if found.get(check) != "failed":
                found[check] = verdict(case)
    return found


def run_all(place, column):
    """
    The same of all. Each engine by itself, in the test VM after a start of its own, as other runtimes leave a guest in
    which the next engine cannot run. What failed is tried once more, so that a busy host does not get into the table.
    """
    found = {}
    for file in ENGINES:
        found |= run(place, column, f"tests/clients/{file}.py")
        failed = [f"tests/clients/{name.replace('::', '.py::', 1)}" for name, said in found.items()
                  if said == "failed" and name.startswith(f"{file}::")]
        found |= run(place, column, *failed) if failed else {}
    return found


# The document.

def table(head, body):
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in [head, ["---"] * len(head), *body])


def cell(text):
    return "`" + text.encode("unicode_escape").decode().replace("|", "\\|") + "`"


def columns_kept(kept):
    """What an earlier measurement found: column -> check -> verdict."""
    return {name: {check: said.split()[n] for check, said in kept["checks"].items() if said.split()[n] != "-"}
            for n, name in enumerate(kept["runtimes"])}


def section(place, kept):
    versions, checks = kept["versions"], kept["checks"]
    found = columns_kept(kept)
    heads = [f"{name} {versions[name]}" if name in versions else name for name in found]

    def passed(file):
        return [sum(check.startswith(f"{file}::") and said == "passed" for check, said in of.items())
                for of in found.values()]

    summary = [[f"{engine} {versions[package]}", sum(check.startswith(f"{file}::") for check in checks), *passed(file)]
               for file, (engine, _, package) in ENGINES.items()]
    totals = ["all", len(checks), *(sum(row[2 + column] for row in summary) for column in range(len(found)))]
    differing = [[ENGINES[check.split("::")[0]][0].split(",")[0], cell(check.split("::", 1)[1].removeprefix("test_")),
                  *(of.get(check, "-") for of in found.values())]
                 for check in checks if any(of.get(check) == "failed" for of in found.values())]
    title, what = PLACES[place]
    return f"""\
## {title}

{what}.

{table(["engine", "checks", *heads], [*summary, totals])}
Failed with one of them or more:

{table(["engine", "check", *heads], differing)}"""


def document(kept):
    return f"""\
<!-- Made by ./dev engines; never edited. -->
# Engines with rundlet, crun and runc

Each engine does the same checks (`tests/clients`) with each of the runtimes, in namespaces of its own. rundlet is
tried by the names crun and runc, too, as engines branch on them. A check passes if what the engine says, the
container and what is left behind are as they are to be. Texts of errors are compared for rundlet alone. What
fails is tried once more.

*skipped*: the engine, or the host, has not what the check needs, or the check is of rundlet by its own name.

""" + "\n".join(section(place, kept[place]) for place in PLACES if place in kept)


def worse(found):
    """What rundlet fails and another runtime passes; by another name, that of this name: engines do not offer all to each."""
    lost = []
    for column, of in found.items():
        peers = {"rundlet": ("crun", "runc")}.get(column, (column.split()[-1],))
        lost += [f"{column}: {check}" for check, said in of.items() if column.startswith("rundlet") and said != "passed"
                 and any(found.get(peer, {}).get(check) == "passed" for peer in peers)]
    return lost


def main(place, *only):
    """Those of the columns, or all; what is not measured now is kept."""
    if place not in PLACES:
        raise SystemExit(f"engines: {place}: one of {', '.join(PLACES)} is wanted")
    # By its other names on the host alone: the guest is slow.
    columns = [name for name in RUNTIMES if place == "host" or "named" not in name]
    if set(only) - set(columns):
        raise SystemExit(f"engines: {', '.join(only)}: of {', '.join(columns)} are wanted")
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    before = columns_kept(kept[place]) if only and place in kept else {}
    if place == "vm" and os.environ.get("RUNDLET_VM_SKIP"):
        raise SystemExit(f"engines: no test VM: {os.environ['RUNDLET_VM_SKIP']}")
    versions = versions_here() if place == "host" else versions_of_guest()
    known = {name: versions[name] for name in [package for _, _, package in ENGINES.values()] + ["crun", "runc"]}
    if before and known != kept[place]["versions"]:
        raise SystemExit(f"engines: the versions are others than those of the columns that are kept: {known}")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        new = dict(zip(only or columns, pool.map(lambda column: run_all(place, column), only or columns)))
    found = {name: of for name in columns for of in [new.get(name) or before.get(name)] if of}
    checks = dict.fromkeys(check for of in new.values() for check in of)
    kept[place] = {"versions": known, "runtimes": list(found),
                   "checks": {check: " ".join(of.get(check, "-") for of in found.values()) for check in checks}}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    DOCUMENT.write_text(document(kept))
    if worse(found):
        raise SystemExit(f"with rundlet alone these fail: {worse(found)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
