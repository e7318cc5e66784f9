#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""result.py TARGET LOG CORPUS STATUS: say what a run of a fuzz target came to; RUNDLET_RELIABILITY names the
file for docs/reliability.md, if it is to be kept."""
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from lib import reliability  # noqa: E402


def read(log):
    """Executions, and edges and features of the code that were reached."""
    text = Path(log).read_text(encoding="utf-8", errors="replace")
    runs = re.findall(r"^stat::number_of_executed_units:\s*(\d+)", text, re.M)
    runs = runs or re.findall(r"^#(\d+)\t", text, re.M)
    edges = re.findall(r"\bcov: (\d+)", text)
    return int(runs[-1]) if runs else 0, int(edges[-1]) if edges else 0


def main(name, log, corpus, status):
    executions, edges = read(log)
    row = {"executions": executions, "corpus": len(os.listdir(corpus)), "edges": edges,
           "found": int(status != "0")}
    print(f"{name}: " + ", ".join(f"{value} {key}" for key, value in row.items()))
    reliability.note("fuzz", name, **row)


if __name__ == "__main__":
    main(*sys.argv[1:])
