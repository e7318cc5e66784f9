# SPDX-License-Identifier: Apache-2.0
"""
The static program (configure LDFLAGS=-static) passes the tests that the dynamic one passes.

    RUNDLET_STATIC         that build
    RUNDLET_STATIC_SUITES  what runs with it: paths of tests, with spaces between
"""
import os

import pytest

from lib.elf import readelf
from lib.otherbuild import assert_passed, run_tests
from lib.paths import STATIC

ALL = "tests/integration tests/security tests/conformance tests/differential"
SUITES = os.environ.get("RUNDLET_STATIC_SUITES", ALL).split()


@pytest.fixture(autouse=True)
def built():
    if not STATIC.exists():
        pytest.skip(f"no static build at {STATIC}: configure LDFLAGS=-static, or set RUNDLET_STATIC")


def test_no_loader_and_no_library():
    assert not {"INTERP", "DYNAMIC"} & set(readelf("-l", STATIC).split())


@pytest.mark.parametrize("suite", SUITES)
def test_the_suite_with_the_static_program(suite):
    assert_passed(run_tests(STATIC, STATIC.parent, suite))
