# SPDX-License-Identifier: Apache-2.0
"""
S11 (CVE-2023-25809): a user's container without a cgroup namespace has the host's /sys bound, read-only; the
cgroups that are mounted in it, and that belong to the user, must not be writable in there.
"""
import os

import pytest

from lib.paths import RUNDLET
from lib.rootless import own, user_boxes

attack = pytest.mark.attack


@pytest.fixture
def box(host, nothing_left):
    with user_boxes(host, RUNDLET) as make:
        yield make()


@attack("S11")
def test_cgroups_of_the_user_are_not_writable_through_a_read_only_sys(box, host):
    tops = [f"{top}{host.cgroup}/of-user" for top in host.hierarchies()]
    try:
        for path in tops:
            os.mkdir(path)
            own(path)
        box.map_one().cfg.no_mount("/sys").no_namespace("cgroup")
        box.cfg.bind("/sys", "/sys", "ro", "nosuid", "noexec", "nodev")
        tries = " ".join(f"{path}/made" for path in tops)
        assert box.sh(f"for p in {tries}; do mkdir $p 2>&1 && echo BAD; done; true").count("Read-only") == len(tops)
    finally:
        for path in tops:
            for p in (f"{path}/made", path):
                if os.path.isdir(p):
                    os.rmdir(p)
