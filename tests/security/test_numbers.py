# SPDX-License-Identifier: Apache-2.0
"""Attacks by what exec is asked for: who it is to be, and where."""
import os

import pytest

from lib.execs import sh

attack = pytest.mark.attack


@attack("S1", "S19", "exec", "userns")
@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
@pytest.mark.parametrize("user", ["1", "1000", "1:2", "0:5", "01000", "4294967295", "-1", " 1", "1x", "", "root", "1:"], ids=repr)
def test_cve_2026_30892_nobody_becomes_root_by_a_number(box, user, userns):
    """CVE-2016-3697: nor by a name in the image that looks like one."""
    box.write("etc/passwd", "".join(f"{name}:x:0:0::/:/bin/sh\n" for name in ("1", "1000", "01000", "1x", "root", "")))
    if userns:
        box.cfg.user_namespace()
    box.up()
    result = sh(box, "echo $(id -u):$(id -g)", f"--user={user}")
    right = {"1": "1:0", "1000": "1000:0", "1:2": "1:2", "0:5": "0:5"}
    if user in right:
        assert result.ok().out == right[user] + "\n"
    else:
        assert result.rc == 255 and result.out == "", str(result)


@attack("S27", "exec")
def test_s27_exec_does_not_enter_a_sibling_whose_name_begins_alike(box):
    box.cfg.no_namespace("cgroup")
    box.up()
    only = box.host.is_v2
    sibling = f"{box.cgroup_dir('pids')}x"
    os.mkdir(sibling)
    try:
        for path in (f"../{os.path.basename(sibling)}", "..", "../..", f"a/../../{os.path.basename(sibling)}", "/.."):
            result = sh(box, "cat /proc/self/cgroup", "--cgroup", path if only else f"pids:{path}")
            assert result.rc == 255 and result.out == "", str(result)
    finally:
        os.rmdir(sibling)
