# SPDX-License-Identifier: Apache-2.0
"""
Many containers at a time, each made, started, perhaps paused, killed and deleted, again and again.

    RUNDLET_STRESS_ROUNDS  lives in all (default 200: some 50 s on two cores; 40 in the test VM)
"""
import concurrent.futures
import os

import pytest

from lib.guest import IN_GUEST
from lib.host import own_children
from lib.runtime import Runtime

attack = pytest.mark.attack

ROUNDS = int(os.environ.get("RUNDLET_STRESS_ROUNDS", 40 if IN_GUEST else 200))
WORKERS = 8
BUSY = "sleep 1000 & while :; do usleep 500; done"          # a process for each turn


def pause(box):
    box.rt("pause", box.id).silent()
    assert box.status == "paused"


def killed(box):
    box.start().silent()
    box.kill("KILL").silent()
    box.wait()
    box.delete().silent()


def killed_in_pause(box):
    box.start().silent()
    pause(box)
    box.kill("KILL").silent()
    box.wait()
    box.delete().silent()


def killed_after_pause(box):
    box.start().silent()
    pause(box)
    box.rt("resume", box.id).silent()
    box.kill("--all", "KILL").silent()
    box.wait()
    box.delete().silent()


def deleted_in_pause(box):
    pause(box)
    box.delete("--force").silent()
    box.wait()


LIVES = [killed, killed_in_pause, killed_after_pause, deleted_in_pause]


@attack("S30")
@pytest.mark.parametrize("view", ["host", "v2"])
def test_many_lives_leave_no_cgroup_and_no_process(boxes, rt, host, views, view):
    runtime = rt if view == "host" else Runtime(rt.path, rt.root, views(view).prefix)
    workers = [boxes(runtime).save() for _ in range(WORKERS)]

    def work(n):
        box = workers[n]
        box.cfg.shell(BUSY)
        for number in range(n, ROUNDS, WORKERS):
            box.create().silent()
            LIVES[(number + number // WORKERS) % len(LIVES)](box)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(work, n) for n in range(WORKERS)]:
            done.result()
    # Each init was waited for; whoever comes to us beside them was left behind, dead or alive.
    assert not own_children() - host.keep
    host.assert_clean()
