# SPDX-License-Identifier: Apache-2.0
"""
process.apparmorProfile and process.selinuxLabel on a host that has not the module: the process must
not run without what was to confine it. What they do where there is one: tests/vm/test_labels_*.py.
"""
import json

import pytest

from lib import lsm

MEMBERS = [pytest.param("process.apparmorProfile", "web", "--apparmor", marks=pytest.mark.skipif(
               lsm.APPARMOR, reason="this host has AppArmor")),
           pytest.param("process.selinuxLabel", "system_u:system_r:container_t:s0", "--process-label",
                        marks=pytest.mark.skipif(lsm.SELINUX, reason="this host has SELinux"))]


@pytest.mark.parametrize("member, value, option", MEMBERS)
def test_without_the_module_it_is_refused_by_name(box, member, value, option):
    box.cfg.put(member, value)
    box.create_fails("config.json", member, value, "not in force on this host")
    box.rt("plan", "--bundle", box.dir, box.id).fails(member)


@pytest.mark.parametrize("member, value, option", MEMBERS)
def test_exec_refuses_it_too(box, tmp, member, value, option):
    box.up()
    box.rt("exec", option, value, box.id, "true").fails(member, rc=255)
    (tmp / "p").write_text(json.dumps({"args": ["/bin/true"], "cwd": "/", member.split(".")[1]: value}))
    box.rt("exec", "-p", tmp / "p", box.id).fails(member, rc=255)


@pytest.mark.parametrize("member, value, option", MEMBERS)
def test_an_empty_one_asks_for_nothing(box, tmp, member, value, option):
    box.cfg.put(member, "")
    box.up()
    (tmp / "p").write_text(json.dumps({"args": ["/bin/true"], "cwd": "/", member.split(".")[1]: ""}))
    box.rt("exec", "-p", tmp / "p", box.id).silent()
    assert "labels_set" not in box.rt("plan", "--bundle", box.dir, box.id).out
