# SPDX-License-Identifier: Apache-2.0
"""The benchmark works: its shortest form makes all three files. What it measured is no matter."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

from lib.paths import RUNDLET

BENCH = pathlib.Path(__file__).parent / "bench.py"


def test_the_short_benchmark_writes_its_report(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("the benchmark needs root")
    done = subprocess.run([sys.executable, BENCH, "--short", "--views", "v2", "--output", tmp_path,
                           "--rows", "version,run,life,list,memory"], check=False, capture_output=True, text=True,
                          env={**os.environ, "RUNDLET": str(RUNDLET)})
    assert done.returncode == 0, done.stderr
    view = json.loads((tmp_path / "measured.json").read_text())["views"]["v2"]
    failed = {what: row["of"]["rundlet"] for what, row in view["rows"].items() if "failed" in row["of"]["rundlet"]}
    assert not failed
    for what in ("run minimal", "exec", "list 10"):
        assert "median" in view["rows"][what]["of"]["floor"], what
    assert "| run minimal | us |" in (tmp_path / "measured.md").read_text()
    assert (tmp_path / "measured.svg").read_text().startswith("<svg")
