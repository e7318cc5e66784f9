# SPDX-License-Identifier: Apache-2.0
"""rundlet or its stub is killed at each system call of a command (sweep.py): the containers, and what must hold."""
import json
import os
import sys

from lib.box import FOREVER
from lib.config import Config
from lib.paths import TOP
from lib.sweep import OPERATIONS, Swept, again, alone, calls, cleaned, crash, loader, sees

sys.path.insert(0, str(TOP / "tests/bench"))

import bundles  # noqa: E402


def rich(box):
    """What makes many steps."""
    for kind in ("createRuntime", "createContainer", "startContainer", "poststart", "poststop"):
        box.cfg.hook(kind, "exit 0")
    box.cfg.bind("/bin", "/data").namespace("time").linux.update(
        sysctl={"net.ipv4.ip_forward": "1"}, maskedPaths=["/proc/timer_list"], readonlyPaths=["/proc/sys"],
        timeOffsets={"boottime": {"secs": 10}}, devices=[{"path": "/dev/mine", "type": "c", "major": 1, "minor": 3}])
    box.cfg.resources(devices=[{"allow": False, "access": "rwm"}])
    if has_controllers(box):
        box.cfg.resources(pids={"limit": 50})
    return box


def realistic(box):
    """What a container engine asks for."""
    os.unlink(f"{box.rootfs}/bin/true")
    folder = bundles.make(box.dir, "realistic", box.host.busybox)
    cgroup = box.cfg.linux["cgroupsPath"]
    box.cfg = Config(json.loads((folder / "config.json").read_text()))
    box.cfg.linux["cgroupsPath"] = cgroup
    return box


CONFIGS = {"minimal": lambda box: box, "rich": rich, "realistic": realistic}


def has_controllers(box):
    """Not where version 2 is only seen: the host has them on version 1."""
    return not box.rt.prefix


def killed_at_each(box, tmp, role, name, check=None, at_once=list):
    """
    Kill at each call. check() tells what is wrong before the container is deleted, at_once() what that has not removed
    as it ends.
    """
    operation, swept = OPERATIONS[name], Swept()

    def attempt(n):
        box.cfg.shell("exit 0" if operation.ends else FOREVER)
        operation.prepare(box)
        point = crash(box.rt, tmp / "out", role, n, *operation.command(box))
        if not operation.makes:
            alone(box)
        wrong = [*sees(box), *(check() if check else []), *cleaned(box, at_once)]
        if operation.makes and not check:
            wrong += again(box)
        swept.bad.extend(f"{role} {n}, call {point.call}: {thing}" for thing in wrong)
        swept.places.update([n] if wrong else [])
        return point

    swept.hits, swept.calls = calls(attempt, loader(box.rt, tmp / "out") if role == "host" else 1)
    print(f"{name}: {role} was killed at {swept.hits} of {swept.calls} calls")
    return swept
