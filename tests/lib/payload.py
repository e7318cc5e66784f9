# SPDX-License-Identifier: Apache-2.0
"""Programs in C that busybox cannot stand for: compiled static, so that they run in any rootfs."""
import shutil
import subprocess

import pytest


def compile_static(source, path):
    """Compile the text of a program to the path; the test is skipped where there is no compiler."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc on this host")
    subprocess.run(["gcc", "-static", "-O1", "-w", "-x", "c", "-", "-o", str(path)], input=source, text=True,
                   check=True)
    return str(path)
