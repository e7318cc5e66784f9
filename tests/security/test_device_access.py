# SPDX-License-Identifier: Apache-2.0
"""Devices that a container must not reach, on every kind of host, whatever it tries in its cgroup (S9)."""
import os
import stat

import pytest

from lib.runtime import Runtime

attack = pytest.mark.attack

DENY_ALL = {"allow": False, "access": "rwm"}
CGROUP_MOUNT = ["rw", "nosuid", "noexec", "nodev"]


@pytest.fixture(params=["host", "v1", "v2"])
def box(request, boxes, views, rt):
    """With nodes of a disk and of a tunnel in its root that it need not make."""
    runtime = rt if request.param == "host" else Runtime(rt.path, rt.root, views(request.param).prefix)
    box = boxes(runtime)
    for name, kind, major, minor in (("disk", stat.S_IFBLK, 7, 200), ("tun", stat.S_IFCHR, 10, 200)):
        os.mknod(f"{box.rootfs}/{name}", kind, os.makedev(major, minor))
        os.chmod(f"{box.rootfs}/{name}", 0o666)
    return box


TRY = ("for d in disk tun; do dd if=/$d of=/dev/null count=0 2>&1; dd if=/dev/null of=/$d conv=notrunc 2>&1; done; "
       "mknod /tmp/b b 8 0 2>&1; mknod /tmp/c c 10 200 2>&1; ")


def denials(out):
    return out.count("Operation not permitted")


@attack("S9")
@pytest.mark.parametrize("devices", [None, [], [DENY_ALL], [{"allow": False}]],
                         ids=["none", "empty", "deny all", "deny all in short"])
def test_all_is_denied_that_no_rule_allows(box, devices):
    if devices is not None:
        box.cfg.resources(devices=devices)
    assert denials(box.sh(TRY + "true")) == 6


def test_the_nodes_can_be_used_with_a_rule(box):
    """Else the tests of this file would prove nothing."""
    box.cfg.resources(devices=[DENY_ALL, {"allow": True, "access": "rwm"}])
    assert denials(box.sh(TRY + "true")) == 0


@attack("S9")
def test_a_cgroup_in_the_container_s_gives_no_more(box):
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", CGROUP_MOUNT)
    out = box.sh("for t in $(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs); do d=${t%/*}; "
                 "mkdir $d/inner 2>/dev/null && echo $$ > $d/inner/cgroup.procs && echo moved; done 2>/dev/null; " + TRY + "true")
    assert "moved" in out and denials(out) == 6


@attack("S9")
def test_the_container_cannot_write_its_own_rules(box):
    """In v1 that takes CAP_SYS_ADMIN, besides a writable cgroup."""
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", CGROUP_MOUNT)
    out = box.sh("for f in $(find /sys/fs/cgroup -name devices.allow); do (echo a > $f) 2>/dev/null; done; " + TRY + "true")
    assert denials(out) == 6


@attack("S9", "userns")
def test_a_user_namespace_gives_no_more(box):
    box.cfg.user_namespace()
    assert denials(box.sh(TRY + "true")) == 6
