# SPDX-License-Identifier: Apache-2.0
"""Each analyser refuses a small file with a fault of its kind; what is accepted is not said."""
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import analyse  # noqa: E402
from lib.paths import TOP  # noqa: E402

FAULTS = {
    "analyzer-double-free": "void f(char *p)\n{\n\tfree(p);\n\tfree(p);\n}\n",
    "bugprone-macro-parentheses": "#define TWICE(x) 2 * x\n\nint f(int x)\n{\n\treturn TWICE(x);\n}\n",
    "arrayIndexOutOfBounds": "int f(void)\n{\n\tint a[2] = { 0 };\n\n\treturn a[2];\n}\n",
}


@pytest.fixture
def analysers(tmp_path):
    for tool in "gcc", "clang-tidy", "cppcheck":
        if not shutil.which(tool):
            pytest.skip(f"no {tool}: ./dev deps")
    (tmp_path / ".clang-tidy").write_bytes((TOP / ".clang-tidy").read_bytes())
    return analyse.Analysers(tmp_path)


@pytest.mark.parametrize("check", FAULTS)
def test_a_fault_is_found_and_found_again_until_it_is_mended(analysers, check, tmp_path):
    path = tmp_path / "fault.c"
    path.write_text("#include <stdlib.h>\n#include <string.h>\n" + FAULTS[check])
    for _ in range(2):
        assert check in [found[2] for found in analysers.all([str(path)])]
    path.write_text("int x;\n")
    assert analysers.all([str(path)]) == []


def test_what_is_accepted_is_not_said_and_what_is_not_found_is(monkeypatch):
    monkeypatch.setattr(analyse, "ACCEPTED", [("src/cli/main.c", "memleak", "int main", "why"),
                                              ("src/cli/main.c", "other", "int main", "why")])
    with open(TOP / "src/cli/main.c") as f:
        line = next(i for i, text in enumerate(f, 1) if text.startswith("int main"))
    found = [("src/cli/main.c", line, "memleak", ""), ("src/cli/main.c", 1, "memleak", "of another line")]
    assert [f.text for f in analyse.judge(found, whole=False)] == ["memleak: of another line"]
    assert [f.text for f in analyse.judge(found, whole=True)][1:] == [
        'is found no more: other of "int main" in src/cli/main.c']
