# SPDX-License-Identifier: Apache-2.0
"""
The program under the address and undefined behaviour sanitizers passes the tests that the others pass, and they
report nothing, also where a test expects a failure.

    RUNDLET_SANITIZED         that build
    RUNDLET_SANITIZED_SUITES  what runs with it: paths of tests, with spaces between
"""
import os

import pytest

from lib.otherbuild import assert_passed, run_tests
from lib.paths import SANITIZED

ALL = "tests/integration tests/security tests/conformance"
SUITES = os.environ.get("RUNDLET_SANITIZED_SUITES", ALL).split()
STRACE = "the sanitizer for leaks cannot look at a program that is traced"
LEFT_OUT = {
    "integration/test_events.py::test_an_events_that_begins_does_not_hinder_a_delete": STRACE,
    "integration/test_update.py::test_a_signal_leaves_no_half_of_an_update": STRACE,
    "security/test_races.py::test_two_creates_do_not_take_one_directory": STRACE,
    "security/test_hardening.py::test_its_functions_watch_their_stacks_and_buffers": "the sanitizers do in this build",
}


@pytest.mark.parametrize("suite", SUITES)
def test_the_suite_under_sanitizers(tmp, suite):
    if not SANITIZED.exists():
        pytest.skip(f"no build under sanitizers at {SANITIZED}: ./dev test unit")
    tmp.chmod(0o1777)   # other users run it, too
    options = f"log_path={tmp}/report:print_stacktrace=1"
    left_out = [word for test in LEFT_OUT for word in ("--deselect", f"tests/{test}")]
    result = run_tests(SANITIZED, SANITIZED.parent, suite, *left_out, ASAN_OPTIONS=options, UBSAN_OPTIONS=options)
    assert not [file.read_text() for file in tmp.iterdir()]
    assert_passed(result)
