# SPDX-License-Identifier: Apache-2.0
"""Tests of this tree with another build of rundlet, in a pytest of their own."""
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from lib.paths import TOP


@contextlib.contextmanager
def with_fault(program, fault):
    """A script that runs the program with RUNDLET_FAULT (base/fault.h): the environment is the tests' own. All may run it."""
    with tempfile.TemporaryDirectory(prefix="rundlet-fault-") as folder:
        script = pathlib.Path(folder, "rundlet")
        script.write_text(f'#!/bin/sh\nRUNDLET_FAULT="{fault}" exec {program} "$@"\n')
        for path in (script, script.parent):
            path.chmod(0o755)
        yield script


def run_tests(program, build, *tests, timeout=None, **environment):
    """The tests with the program, and the other files of the folder where it was built; the CompletedProcess."""
    env = {**os.environ, "RUNDLET": str(program), "RUNDLET_STUB": str(build / "rundlet-init"), **environment}
    return subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], cwd=TOP, env=env, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=timeout)


def assert_passed(result):
    """Not of a host on which all is skipped."""
    assert result.returncode == 0 and re.search(r"^\d+ passed", result.stdout, re.M), "\n".join(result.stdout.splitlines()[-40:])
