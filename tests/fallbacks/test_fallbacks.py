# SPDX-License-Identifier: Apache-2.0
"""
Every call that has a fallback made to lack (a build with --enable-faults, `deny:NAME` of
base/fault.h): tests that pass with the call pass without it.

    RUNDLET_FAULTS           the build with fault points
    RUNDLET_FALLBACK_SUITES  what runs with each: paths of tests, with spaces between
"""
import os
import re

import pytest

from lib.otherbuild import assert_passed, run_tests, with_fault
from lib.paths import FAULTS, TOP

# The rows of the table "Newer calls" of docs/kernel.md that can be forced.
FALLBACKS = ["closerange", "memfd_exec", "cgroup_kill", "pidfs", "mnt_id_unique"]
# Those that need what the test VM has: tests/vm/test_labels_*.py force them.
IN_VM = ["lsm_attr"]
SUITES = os.environ.get("RUNDLET_FALLBACK_SUITES", "tests/integration tests/security").split()


def test_each_fallback_of_the_table_is_here():
    table = (TOP / "docs/kernel.md").read_text()
    assert {*FALLBACKS, *IN_VM} == set(re.findall(r"`deny:(\w+)`", table))
    assert not [name for name in FALLBACKS + IN_VM if f'fault_is_denied("{name}")' not in sources()]


def sources():
    return "".join(file.read_text() for file in (TOP / "src").rglob("*.c"))


@pytest.mark.parametrize("name", FALLBACKS)
def test_the_suite_without_the_call(name):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    with with_fault(FAULTS, f"deny:{name}") as denied:
        assert_passed(run_tests(denied, FAULTS.parent, *SUITES))
