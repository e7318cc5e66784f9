# SPDX-License-Identifier: Apache-2.0
"""What readelf says of a built file."""
import shutil
import subprocess

import pytest


def readelf(option, path):
    if not path.exists():
        pytest.skip(f"no {path}: built by ./dev build")
    if not shutil.which("readelf"):
        pytest.skip("no readelf: install binutils")
    return subprocess.run(["readelf", "-W", option, path], check=True, text=True, capture_output=True).stdout


def segments(path):
    """(type, flags) of each segment that is mapped, and of the stack: flags as "RE"."""
    rows = [line.split() for line in readelf("-l", path).splitlines()]
    return [(row[0], "".join(row[6:-1])) for row in rows if row and row[0] in ("LOAD", "GNU_STACK", "GNU_RELRO")]
