#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
What gcc -fanalyzer, clang-tidy and cppcheck find in the program (src, libocispec), less what accepted.py has
with a reason. What they said of a file is kept, and asked again only when it, a header of it or a rule changes.

    analyse.py BUILD [FILE.c...]    BUILD has config.h and commit.h; exit status 1 if something is found
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from accepted import ACCEPTED  # noqa: E402
from tree import Finding  # noqa: E402

TOP = pathlib.Path(__file__).parents[2]
RULES = [TOP / ".clang-tidy", pathlib.Path(__file__)]
FOUND = re.compile(r"^(\S+?):(\d+)(?::\d+)?: (?:warning|error|portability|performance): (.*) \[(?:CWE-\d+\] \[)?-?W?([\w.,-]+)\]$",
                   re.M)


class Analysers:
    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        pkg = subprocess.run(["pkg-config", "--cflags", "libseccomp"], capture_output=True, text=True,
                             check=True).stdout.split()
        # RL_ANALYSE: see src/base/flat.h.
        self.define = ["-DHAVE_CONFIG_H", "-DRL_ANALYSE", f"-I{self.build}", "-Isrc", "-I."]
        self.flags = ["-std=gnu11", "-D_GNU_SOURCE", *pkg, *self.define]
        self.kept_in = self.build / "analysed.json"
        self.kept = json.loads(self.kept_in.read_text()) if self.kept_in.exists() else {}

    def _run(self, *command):
        run = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
        return run.stdout + run.stderr

    def gcc(self, path):
        return self._run("gcc", *self.flags, "-O1", "-fanalyzer", "-fdiagnostics-path-format=none", "-c", "-o",
                         os.devnull, path)

    def tidy(self, path):
        return self._run("clang-tidy", "--quiet", path, "--", *self.flags)

    def cppcheck(self, path):
        """
        It reads no headers of the C library, and what it says of functions that share memory (readdir) is of
        threads, of which the program has none.
        """
        return self._run("cppcheck", "--quiet", "--enable=warning,performance,portability", "--std=c11",
                         "--library=posix,gnu", "-D__x86_64__", *self.define,
                         "--suppress=missingInclude", "--suppress=readdirCalled", "--suppress=fgetpwentCalled",
                         "--template={file}:{line}: warning: {message} [{id}]", path)

    def digest(self, files):
        """Of what the findings of a file depend on."""
        total = hashlib.sha256(" ".join(self.flags).encode())
        for name in sorted(files):
            total.update((TOP / name).read_bytes() if (TOP / name).exists() else b"")
        return total.hexdigest()

    def depends(self, path):
        text = self._run("gcc", *self.flags, "-MM", path)
        return text.replace("\\\n", " ").split(":", 1)[1].split() + [str(rule) for rule in RULES]

    def findings(self, path):
        kept = self.kept.get(path)
        if kept and kept["digest"] == self.digest(kept["files"]):
            return kept["found"]
        found = set()
        for tool in self.gcc, self.tidy, self.cppcheck:
            said = tool(path)
            for name, line, text, check in FOUND.findall(said):
                found.add((os.path.relpath(TOP / name, TOP), int(line), check.split(",")[0], text))
            if " fatal error: " in said or "command not found" in said:
                raise RuntimeError(said)
        files = self.depends(path)
        self.kept[path] = {"files": files, "digest": self.digest(files), "found": sorted(found)}
        return self.kept[path]["found"]

    def all(self, paths):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            found = sorted({tuple(one) for many in pool.map(self.findings, paths) for one in many})
        self.kept_in.write_text(json.dumps(self.kept))
        return found


def judge(found, whole):
    """What nobody has accepted, and, of a look at all files, what was accepted and is found no more."""
    used = set()
    for path, line, check, text in found:
        code = (TOP / path).read_text().split("\n")[line - 1]
        row = next((i for i, (a, b, c, _) in enumerate(ACCEPTED) if a == path and b == check and c in code), None)
        if row is None:
            yield Finding(path, line, f"{check}: {text}")
        used.add(row)
    for i, (path, check, code, _) in enumerate(ACCEPTED):
        if whole and i not in used:
            yield Finding("tests/lint/accepted.py", 1, f"is found no more: {check} of \"{code}\" in {path}")


def main(build, *paths):
    for tool in "gcc", "clang-tidy", "cppcheck":
        if not shutil.which(tool):
            sys.exit(f"analyse: no {tool}: ./dev deps")
    every = sorted(str(f.relative_to(TOP)) for room in ("src", "libocispec") for f in (TOP / room).rglob("*.c"))
    bad = list(judge(Analysers(build).all(paths or every), not paths))
    for f in bad:
        print(f"{f.path}:{f.line}: {f.text}")
    print(f"analyse: {len(paths or every)} files, {len(bad)} found, {len(ACCEPTED)} accepted")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
