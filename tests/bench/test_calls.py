# SPDX-License-Identifier: Apache-2.0
"""
The system calls of each command are those that are stored: who adds one says so by changing stored/calls.json.

    RUNDLET_GOLDEN=write ./dev test bench       stores what comes out now; read the difference in git
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from lib.paths import RUNDLET

STORED = pathlib.Path(__file__).parent / "stored/calls.json"
WRITE = os.environ.get("RUNDLET_GOLDEN") == "write"
NAMES = ("minimal", "realistic-nolimits")       # the view of v2 may have no controllers
COUNT = pathlib.Path(__file__).parent / "count.py"


@pytest.fixture(scope="module")
def counted():
    if os.geteuid() != 0 or not shutil.which("strace"):
        pytest.skip("needs root and strace")
    done = subprocess.run(["unshare", "-m", "--propagation", "private", sys.executable, COUNT, RUNDLET, *NAMES],
                          check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    if WRITE:
        rows = [f'\t"{key}": {json.dumps(value)}' for key, value in found.items()]
        STORED.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("command", "run create start state kill exec list delete".split())
def test_a_command_makes_the_stored_system_calls(counted, command, name):
    stored = json.loads(STORED.read_text())
    if stored["where"] != counted["where"]:
        pytest.skip(f"the numbers are of {stored['where']}, this is {counted['where']}")
    now, then = (numbers[f"{command} {name}"] for numbers in (counted, stored))
    changed = {call: f"{then.get(call, 0)} -> {now.get(call, 0)}" for call in {*now, *then}
               if now.get(call, 0) != then.get(call, 0)}
    assert not changed, f"{command} {name}: {sum(then.values())} -> {sum(now.values())} system calls: {changed}"
