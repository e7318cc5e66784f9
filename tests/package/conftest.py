# SPDX-License-Identifier: Apache-2.0
"""The package that `./dev deb` made (RUNDLET_DEBS: where it is)."""
import subprocess

import pytest

from lib.paths import DEBS


@pytest.fixture(scope="session")
def deb():
    found = list(DEBS.glob("rundlet_*.deb"))
    if not found:
        pytest.skip(f"no package in {DEBS}: ./dev deb makes it")
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(scope="session")
def unpacked(deb, tmp_path_factory):
    place = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "-x", deb, place], check=True)
    return place
