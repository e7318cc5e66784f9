# SPDX-License-Identifier: Apache-2.0
"""
The same bundle through rundlet, crun and runc, on cgroup v1 alone (Debian's crun refuses a hybrid):
whatever can be seen is the same, or a row of differences.py says why not.

    RUNDLET_DIFFERENTIAL_STRIDE  every Nth bundle only (default 1: all; `./dev test` without a group: 6)
"""
import functools
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from corpus import CASES
from differences import OTHERS, TABLE, covers, differences
from observe import Observer, prepare

from lib.box import children, eventually
from lib.runtime import Runtime

STRIDE = int(os.environ.get("RUNDLET_DIFFERENTIAL_STRIDE", 1))
SOME = CASES[::STRIDE]


@pytest.fixture(scope="module")
def view(views):
    return views("v1")


@pytest.fixture(scope="module")
def joined(host):
    """A process with namespaces that containers can join."""
    parent = subprocess.Popen(["unshare", "--ipc", "--uts", "--net", "--cgroup", "--pid", "--fork", "sleep", "100000"],
                              stdin=subprocess.DEVNULL)
    host.keep.add(parent.pid)
    child = eventually(lambda: children(parent.pid), "the process with its own namespaces is there")[0]
    eventually(lambda: os.readlink(f"/proc/{child}/exe").endswith("sleep"), "it has them")
    yield child
    os.kill(child, signal.SIGKILL)
    parent.wait()
    host.keep.discard(parent.pid)


@functools.cache
def version(other):
    """The first line of what it says about itself."""
    if not shutil.which(other):
        return "none"
    return subprocess.run([other, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


def _host(name):
    return Path(f"/proc/sys/{name}").read_text().strip()


class Compared:
    """What each runtime did with each bundle, and which rows of the table were needed for which other."""

    def __init__(self):
        self.ours, self.used, self.seen = {}, set(), {name: set() for name in OTHERS}


@pytest.fixture(scope="module")
def compared():
    return Compared()


@pytest.fixture
def observed(boxes, host, view, joined, console):
    def observe(name, changes):
        path = shutil.which(name) or name
        runtime = Runtime(path, f"{host.dir}/state-{os.path.basename(path)}", view.prefix)
        box = boxes(runtime)
        words = {"bundle": box.dir, "id": box.id, "cgroup": host.cgroup, "joined": str(joined),
                 "hostname": _host("kernel/hostname"), "swappiness": _host("vm/swappiness"),
                 "ip_forward": _host("net/ipv4/ip_forward")}
        special = prepare(box, changes, words)
        found = Observer(box, joined, view.holder.pid).see(special, console)
        if host.leftovers():            # of another runtime; `found` has them
            host.clear()
        shutil.rmtree(box.dir)
        return found
    return observe


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name, changes", SOME, ids=[name for name, _ in SOME])
def test_same_as(other, name, changes, observed, compared, rt):
    if version(other) != OTHERS[other]:
        pytest.skip(f"the table is about {OTHERS[other]}; here is {version(other)}")
    if name not in compared.ours:
        compared.ours[name] = observed(rt.path, changes)
    ours, theirs = compared.ours[name], observed(other, changes)
    compared.seen[other].add(name)
    unexplained = []
    for field, mine, its in differences(ours, theirs):
        rows = [row for row in TABLE if covers(row, other, name, field, mine, its)]
        if len(rows) == 1:              # one that never stands alone is not needed
            compared.used.add((other, rows[0]))
        if not rows:
            unexplained.append(f"{field}\n    rundlet {mine}\n    {other:7} {its}")
    assert not unexplained, f"{name}: not explained by differences.py:\n  " + "\n  ".join(unexplained)


@pytest.mark.parametrize("other", OTHERS)
def test_each_row_explains_something(other, compared):
    if len(compared.seen[other]) < len(CASES):
        pytest.skip(f"not all bundles were compared with {other}")
    stale = [row for row in TABLE
             if other in row.who.split() and row.on_all_hosts and (other, row) not in compared.used]
    assert not stale, "rows that explain nothing:\n" + "\n".join(map(str, stale))
