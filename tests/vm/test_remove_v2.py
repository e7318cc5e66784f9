# SPDX-License-Identifier: Apache-2.0
"""What a container did with the cgroup v2 tree that was given to it is removed with it."""
import os

import pytest

from lib.box import FOREVER, eventually

RW = ("/sys/fs/cgroup", "cgroup", "cgroup", ["rw", "nosuid", "noexec", "nodev"])


def up(box, script):
    """Run a script in the container's own cgroup directory; wait until it is done."""
    box.cfg.mount(*RW)
    box.up(f"cd /sys/fs/cgroup && {{ {script}\n}} && touch /tmp/ready; {FOREVER}")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "the payload has made its cgroups")


# Controllers are passed on, so that processes may be in leaves only.
NESTED = """
mkdir -p init a/b/c d && echo 0 >init/cgroup.procs && for p in $(cat cgroup.procs); do echo $p >init/cgroup.procs; done
echo '+memory +pids' >cgroup.subtree_control && echo '+memory' >a/cgroup.subtree_control &&
echo '+memory' >a/b/cgroup.subtree_control
for d in a/b/c d; do (echo 0 >$d/cgroup.procs; sleep 1000 & sleep 1000 & wait) & done
until [ $(cat a/b/c/cgroup.procs d/cgroup.procs | wc -l) -ge 6 ]; do sleep 0.05; done"""

TREES = {
    "controllers and processes": NESTED,
    "a part is frozen": NESTED + "\necho 1 >a/cgroup.freeze; until grep -q 'frozen 1' a/cgroup.events; do sleep 0.05; done",
    "threaded": "mkdir -p t/u && echo threaded >t/cgroup.type && echo threaded >t/u/cgroup.type && "
                "(sleep 1000 & echo $! >t/cgroup.procs; wait) & sleep 0.1",
    "a hundred": "mkdir $(seq 100) && for d in $(seq 100); do mkdir $d/x; (echo 0 >$d/x/cgroup.procs; exec sleep 1000) & done; "
                 "until [ $(cat */x/cgroup.procs | wc -l) = 100 ]; do sleep 0.05; done",
    "no room for more": "mkdir -p a/b && echo 0 >a/b/cgroup.max.depth && echo 0 >a/cgroup.max.descendants",
}


@pytest.mark.parametrize("script", TREES.values(), ids=TREES)
def test_delete_force_removes_the_whole_tree(box, script):
    up(box, script)
    box.delete("--force").silent()
    box.host.assert_clean()


@pytest.mark.parametrize("pid_namespace", [True, False], ids=["own pids", "pids of the host"])
def test_delete_of_a_stopped_container_removes_the_whole_tree(box, pid_namespace):
    if not pid_namespace:
        box.cfg.no_namespace("pid")
    up(box, NESTED)
    box.rt("kill", "--all", box.id, "KILL").silent()
    box.wait()
    eventually(lambda: box.status == "stopped", "it is stopped")
    box.delete().silent()
    box.host.assert_clean()


def test_pause_and_ps_reach_the_whole_tree(box):
    up(box, NESTED)
    box.rt("pause", box.id).silent()
    with open(f"{box.cgroup_dir('')}/cgroup.events") as f:
        assert "frozen 1" in f.read()
    assert len(box.rt("ps", "--format", "json", box.id).json()) >= 8
    box.rt("resume", box.id).silent()
    box.delete("--force").silent()
    box.host.assert_clean()


def test_the_limits_of_the_container_are_not_its_own_to_change(box):
    """Its directory is the root of its cgroup namespace, and the files of that are the host's (nsdelegate)."""
    box.cfg.resources(pids={"limit": 50}).mount(*RW)
    out = box.sh("cat /proc/self/cgroup; ls -a /sys/fs/cgroup/..; cd /sys/fs/cgroup; (echo max >pids.max) 2>&1; cat pids.max")
    assert out.splitlines()[0] == "0::/"
    assert "not permitted" in out.splitlines()[-2] and out.splitlines()[-1] == "50"
