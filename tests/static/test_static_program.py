# SPDX-License-Identifier: Apache-2.0
"""
The static programs (configure LDFLAGS=-static; the same with musl) pass the tests that the dynamic one passes.

    RUNDLET_STATIC, RUNDLET_MUSL  those builds
    RUNDLET_STATIC_SUITES         what runs with them: paths of tests, with spaces between
"""
import os

import pytest

from lib.elf import readelf
from lib.otherbuild import assert_passed, run_tests
from lib.paths import MUSL, STATIC

ALL = "tests/integration tests/security tests/conformance tests/differential"
SUITES = os.environ.get("RUNDLET_STATIC_SUITES", ALL).split()


@pytest.fixture(params=[STATIC, MUSL], ids=["glibc", "musl"])
def program(request):
    if not request.param.exists():
        pytest.skip(f"no static build at {request.param}: ./dev static, ./dev static musl")
    return request.param


def test_no_loader_and_no_library(program):
    assert not {"INTERP", "DYNAMIC"} & set(readelf("-l", program).split())


@pytest.mark.parametrize("suite", SUITES)
def test_the_suite_with_the_static_program(program, suite):
    assert_passed(run_tests(program, program.parent, suite))
