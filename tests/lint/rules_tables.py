# SPDX-License-Identifier: Apache-2.0
"""Rules about tables (*.def): every row is used, and the documents made from them are fresh."""
import re
import subprocess
import sys

from tree import Finding

_STRING = r'"((?:[^"\\]|\\.)*)"'
_MEMBER = re.compile(r"^MEMBER\(\s*(\w+),\s*(\w+),\s*" + _STRING + r".*?\bUSED\(" + _STRING + r"\)",
                     re.M)
_ANNOTATION = re.compile(r"^ANNOTATION\(\s*(\w+),\s*" + _STRING + r",\s*" + _STRING, re.M)
_STEP = re.compile(r"^STEP\((.*)\)$", re.M)


def _with_tables(tree, f):
    """The code of a file and of the tables that it includes."""
    names = re.findall(r'#include "([^"]+\.def)"', f.code)
    return f.code + "".join(tree.by_path["src/" + n].code for n in names if "src/" + n in tree.by_path)


def schema_used(tree):
    """A member of the schema is used by the file that its row names."""
    for f in tree.files:
        if f.suffix != ".def":
            continue
        for m in _MEMBER.finditer(f.text):
            owner, name, json, used = m.groups()
            user = tree.by_path.get("src/" + used)
            if not user:
                yield Finding(f.path, f.line_of(m.start()), f"{owner}.{name}: no file src/{used}")
            elif not re.search(rf'\b(?:has_|n_)?{name}\b|"{json}\\?"', _with_tables(tree, user)):
                yield Finding(f.path, f.line_of(m.start()), f"{owner}.{name} is not used by src/{used}")


def annotations_used(tree):
    """An annotation is carried out by the file that its row names, and rundlet(1) tells of it."""
    f = tree.by_path.get("src/spec/annotations.def")
    if not f:
        return
    page = tree.by_path["docs/rundlet.1"].text
    for m in _ANNOTATION.finditer(f.text):
        name, key, by = m.groups()
        user = tree.by_path.get("src/" + by)
        if not user or f"annotation_{name}" not in user.code:
            yield Finding(f.path, f.line_of(m.start()), f"{key} is not carried out by src/{by}")
        if key not in page:
            yield Finding(f.path, f.line_of(m.start()), f"{key} is not in docs/rundlet.1")


def steps_told(tree):
    """Every step names the clause of the spec and says in a sentence what it does."""
    f = tree.by_path.get("src/container/steps.def")
    if not f:
        return
    rows = list(_STEP.finditer(f.text))
    if not rows:
        yield Finding(f.path, 1, "no rows")
    for m in rows:
        texts = re.findall(_STRING, m[1])
        if len(texts) != 2 or "#" not in texts[0] or len(texts[1].split()) < 2:
            yield Finding(f.path, f.line_of(m.start()), "a row ends in its clause and a sentence")


def documents(tree):
    """What docs/generate.py makes is as it would make it now."""
    if "docs/generate.py" not in tree.by_path:
        return
    run = subprocess.run([sys.executable, "-B", str(tree.top / "docs/generate.py"), "--check"],
                         capture_output=True, text=True, check=False)
    for line in run.stdout.splitlines():
        yield Finding(line, 1, "stale: run ./dev docs")
    if run.returncode not in (0, 3):
        yield Finding("docs/generate.py", 1, run.stderr.strip().splitlines()[-1])


RULES = [schema_used, annotations_used, steps_told, documents]
WARNINGS = []
