# SPDX-License-Identifier: Apache-2.0
"""Every MUST of the runtime-spec has a test, or a reason why not."""
import pathlib
import re

from musts import LAST, UNTESTED

TESTS = pathlib.Path(__file__).parents[1]


def covered():
    return {int(n) for file in TESTS.glob("*/test_*.py")
            for numbers in re.findall(r"^@(?:pytest\.mark\.)?must\(([\d, \n]+)\)", file.read_text(), re.M)
            for n in numbers.split(",")}


def test_every_must_has_a_test_or_a_reason():
    missing = set(range(1, LAST + 1)) - covered() - set(UNTESTED)
    assert not missing, f"neither tested nor explained: {sorted(missing)}"


def test_no_must_is_both_tested_and_explained_away():
    assert not covered() & set(UNTESTED)


def test_no_unknown_number():
    assert all(1 <= n <= LAST for n in covered() | set(UNTESTED))
