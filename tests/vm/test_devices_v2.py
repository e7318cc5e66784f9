# SPDX-License-Identifier: Apache-2.0
"""Device rules on cgroup v2, where a BPF program keeps them: what v1 cannot do, and their edges. (What
holds on every host: integration/test_cgroup.py.)"""
import os
import stat
import subprocess

import pytest

must = pytest.mark.must
DENY_ALL = {"allow": False, "access": "rwm"}


def allow(kind="b", major=None, minor=None, access="rwm"):
    numbers = {"major": major, "minor": minor}
    return {"allow": True, "type": kind, "access": access, **{k: v for k, v in numbers.items() if v is not None}}


def deny(*args, **kw):
    return {**allow(*args, **kw), "allow": False}


# What of r, w and m is permitted, whatever else the kernel says (that there is no such device).
TRY = """
try() { letter=$1; shift; case $("$@" 2>&1) in *permitted*) ;; *) printf $letter ;; esac; }
for d in NODES; do
    try r dd if=/data/$d of=/dev/null count=0
    try w dd if=/dev/null of=/data/$d conv=notrunc count=0
    try m mknod /tmp/$d $(echo $d | tr - ' ')
    echo " $d"
done
"""


def permitted(box, rules, *devices):
    """"b-7-0" -> what of "rwm" the rules permit with a node that is there."""
    for device in devices:
        kind, major, minor = device.split("-")
        os.mknod(f"{box.rootfs}/data/{device}", stat.S_IFBLK if kind == "b" else stat.S_IFCHR,
                 os.makedev(int(major), int(minor)))
    box.cfg.resources(devices=rules)
    out = box.sh(TRY.replace("NODES", " ".join(devices)))
    return {line.split(" ")[1]: line.split(" ")[0] for line in out.splitlines()}


@must(114)
@pytest.mark.parametrize("rules, expected", [
    ([DENY_ALL, allow(major=7), deny(major=7, minor=1)], {"b-7-0": "rwm", "b-7-1": "", "b-8-0": ""}),
    ([DENY_ALL, allow(major=7), deny(major=7, minor=1, access="w")], {"b-7-0": "rwm", "b-7-1": "rm"}),
    ([DENY_ALL, allow(major=7), deny(major=7, access="rw"), allow(major=7, minor=1, access="r")],
     {"b-7-0": "m", "b-7-1": "rm"}),
    ([DENY_ALL, allow(minor=3)], {"b-7-3": "rwm", "b-7-0": "", "c-10-3": ""}),
    ([DENY_ALL, allow()], {"b-7-0": "rwm", "b-8-1": "rwm", "c-10-200": ""}),
    ([DENY_ALL, allow("c", 10, 200, "r"), allow("c", 10, 200, "w")], {"c-10-200": "rw"}),
    ([{"allow": True, "access": "rwm"}, deny("c", 10, 200)], {"c-10-200": "", "b-7-0": "rwm"}),
    ([{"allow": True, "access": "rwm"}, DENY_ALL, allow("c", 10, 200, "r")], {"c-10-200": "r", "b-7-0": ""}),
], ids=["a hole", "a hole for writing", "the last rule wins", "any major", "any number", "two rules add up",
        "all but one", "all is taken back"])
def test_what_the_rules_permit(box, rules, expected):
    assert permitted(box, rules, *expected) == expected


@pytest.mark.parametrize("rules", [None, [], [DENY_ALL]], ids=["none", "empty", "deny all"])
def test_by_default_nothing_but_the_default_devices_may_even_be_made(box, rules):
    if rules is not None:
        box.cfg.resources(devices=rules)
    out = box.sh("for d in 'b 8 0' 'b 259 0' 'c 10 200' 'c 1 1' 'c 1 3' 'c 5 0' 'c 136 7'; do rm -f /tmp/d; "
                 "mknod /tmp/d $d 2>/dev/null && echo made $d; done; true")
    assert out.splitlines() == ["made c 1 3", "made c 5 0", "made c 136 7"]


def test_many_rules(box):
    """More than a chain of comparisons in one program could hold in old kernels: 4096 instructions."""
    rules = [DENY_ALL, *(allow("c", 200 + n % 50, n) for n in range(600))]
    assert permitted(box, rules, "c-249-599", "c-249-598") == {"c-249-599": "rwm", "c-249-598": ""}


def test_the_program_goes_with_the_cgroup(box):
    """It is attached, not pinned: no name of it is left anywhere."""
    box.cfg.resources(devices=[DENY_ALL])
    box.up()
    box.delete("--force").silent()
    assert subprocess.run(["find", "/sys/fs/bpf", "-mindepth", "1"], capture_output=True, check=False).stdout == b""
