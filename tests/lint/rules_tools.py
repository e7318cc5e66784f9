# SPDX-License-Identifier: Apache-2.0
"""Rules that other tools know, where they are installed: shellcheck, clang-format."""
import re
import shutil
import subprocess

from tree import Finding

FORMAT_VERSION = "14"  # of Debian 12; other versions lay out differently


def _scripts(tree):
    return [f.path for f in tree.files
            if f.suffix == ".sh" or re.match(r"#!.*\b(?:ba|da)?sh\b", f.lines[0])]


def shell(tree):
    """shellcheck finds nothing in the scripts."""
    scripts = _scripts(tree)
    if not scripts or not shutil.which("shellcheck"):
        return
    run = subprocess.run(["shellcheck", "-f", "gcc", *scripts], cwd=tree.top, capture_output=True,
                         text=True, check=False)
    for line in run.stdout.splitlines():
        m = re.match(r"(.*?):(\d+):\d+: (.*)", line)
        if m:
            yield Finding(m[1], int(m[2]), m[3])


def layout(tree):
    """clang-format (the version of Debian 12) would change nothing: ./dev format."""
    tool = shutil.which("clang-format")
    if not tool or ".clang-format" not in tree.by_path:
        return
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout
    if not re.search(rf"version {FORMAT_VERSION}\.", version):
        return
    files = [f.path for f in tree.c()]
    run = subprocess.run([tool, "--dry-run", *files], cwd=tree.top, capture_output=True, text=True,
                         check=False)
    seen = set()
    for m in re.finditer(r"^(.*?):(\d+):\d+: warning: .*clang-format-violations", run.stderr, re.M):
        if m[1] not in seen:
            seen.add(m[1])
            yield Finding(m[1], int(m[2]), "not laid out as ./dev format does it")


RULES = [shell, layout]
WARNINGS = []
