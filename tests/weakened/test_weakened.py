# SPDX-License-Identifier: Apache-2.0
"""
Every test of an attack against a build without the defence (configure --enable-faults, `weak:NAME` of
base/fault.h): it must fail there, or it would prove nothing. security/attacks.py says which.

A weakened build is weak: only tests whose attack reaches nothing of the host but a canary are run here.

    RUNDLET_FAULTS  the build with fault points
"""
import os
import re
import subprocess
import sys

import pytest

from lib.paths import FAULTS, TOP

sys.path.insert(0, str(TOP / "tests/security"))
from attacks import PROOFS  # noqa: E402

CASES = list(dict.fromkeys(PROOFS.values()))


def test_each_defence_of_the_table_is_left_out_once():
    table = re.findall(r"^WEAK\((\w+),", (TOP / "src/base/weak.def").read_text(), re.M)
    assert set(table) == {name for defences, _ in CASES for name in defences.split()}


def run(tmp_path, fault, test):
    """Tests choose the environment of the runtime themselves: what is left out is said behind it."""
    weak = tmp_path / "rundlet"
    weak.write_text(f'#!/bin/sh\nRUNDLET_FAULT="{fault}" exec {FAULTS} "$@"\n')
    weak.chmod(0o755)
    tmp_path.chmod(0o755)
    env = {**os.environ, "RUNDLET": str(weak), "RUNDLET_STUB": str(FAULTS.parent / "rundlet-init")}
    return subprocess.run([sys.executable, "-m", "pytest", "-q", f"tests/{test}"], cwd=TOP, env=env, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)


@pytest.mark.parametrize("defences, test", CASES, ids=[f"{d} {t.split('::')[1]}" for d, t in CASES])
def test_it_fails_without_the_defence(defences, test, tmp_path):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    whole = run(tmp_path, "", test)
    assert whole.returncode == 0 and "1 passed" in whole.stdout, whole.stdout[-4000:]
    weak = run(tmp_path, ",".join(f"weak:{name}" for name in defences.split()), test)
    assert weak.returncode == 1 and re.search(r"1 (failed|error)", weak.stdout), weak.stdout[-4000:]
