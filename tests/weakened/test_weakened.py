# SPDX-License-Identifier: Apache-2.0
"""
Every test of an attack against a build without the defence (configure --enable-faults, `weak:NAME` of
base/fault.h): it must fail there, or it would prove nothing. security/attacks.py says which.

A test that is a race tries it ROUNDS times: half of them lose it without the defence.

A weakened build is weak: only tests whose attack reaches nothing of the host but a canary are run here.

    RUNDLET_FAULTS  the build with fault points
    RUNDLET         the one that is installed, which has no such switch
"""
import re
import subprocess
import sys

import pytest

from lib.otherbuild import run_tests, with_fault
from lib.paths import FAULTS, RUNDLET, TOP
from lib.timing import scaled

sys.path.insert(0, str(TOP / "tests/security"))
import attacks  # noqa: E402

ROUNDS = 40
CASES = list(dict.fromkeys(attacks.PROOFS.values()))
TABLE = re.findall(r"^WEAK\((\w+),", (TOP / "src/base/weak.def").read_text(), re.M)


def test_each_defence_of_the_table_is_left_out_once():
    assert set(TABLE) == {name for defences, _ in CASES for name in defences.split()}


def test_each_row_is_proved_by_a_test_of_its_own():
    own = {row: set(found) for row, found in attacks.tests().items()}
    others = {key: test for key, (_, test) in attacks.PROOFS.items()
              if (row := key.split()[0]) in attacks.ATTACKS and test.split("[")[0] not in own[row]}
    assert not others


def run(program, fault, *tests):
    with with_fault(program, fault) as weak:
        return run_tests(weak, program.parent, *(f"tests/{test}" for test in tests),
                         timeout=scaled(120 + 10 * len(tests)), RUNDLET_SWAP_ROUNDS=str(ROUNDS))


def skipped(result):
    """Why tests were skipped that cannot run on this host; they prove nothing then."""
    return re.findall(r"^SKIPPED \[\d+\] (.*)", result.stdout, re.M)


def without(defences):
    return ",".join(f"weak:{name}" for name in defences)


@pytest.fixture
def faults():
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")


@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize("defences, test", CASES, ids=[f"{d} {t.split('::')[1]}" for d, t in CASES])
def test_it_fails_without_the_defence(defences, test):
    whole = run(FAULTS, "", test)
    if whole.returncode == 0 and skipped(whole):
        pytest.skip(skipped(whole)[0])
    assert whole.returncode == 0 and "1 passed" in whole.stdout, whole.stdout[-4000:]
    weak = run(FAULTS, without(defences.split()), test)
    assert weak.returncode == 1 and re.search(r"1 (failed|error)", weak.stdout), weak.stdout[-4000:]


# The build that is installed.

def test_an_ordinary_build_leaves_no_defence_out():
    """Whatever it is told."""
    result = run(RUNDLET, without(TABLE), *(test for _, test in CASES))
    passed = re.search(r"^(\d+) passed", result.stdout, re.M)
    assert result.returncode == 0 and passed, result.stdout[-4000:]
    assert int(passed[1]) + len(skipped(result)) == len(CASES), result.stdout[-4000:]


@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize("name", ["rundlet", "librundlet.so.0"])
@pytest.mark.parametrize("build, there", [(FAULTS.parent, True), (RUNDLET.parent, False)], ids=["with fault points", "ordinary"])
def test_only_a_build_with_fault_points_has_the_switches(build, there, name, tmp_path):
    """In its symbols, and in what it loads: debugging information names them in each."""
    symbols = subprocess.run(["nm", build / name], check=True, capture_output=True, text=True).stdout
    assert bool(re.search(r"\b(fault_is_weak|fault_guest_weak|sys_fault_\w+)$", symbols, re.M)) is there
    subprocess.run(["strip", "-o", tmp_path / "bare", build / name], check=True)
    bare = (tmp_path / "bare").read_bytes()
    assert all((word in bare) is there for word in (b"RUNDLET_FAULT", b"weak\0"))
