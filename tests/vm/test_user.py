# SPDX-License-Identifier: Apache-2.0
"""Containers of an unprivileged user, in the cgroup that systemd delegates to the user."""
from lib.user import CGROUP, UID, as_user

MIB = 1 << 20


def test_the_user_has_a_delegated_cgroup_with_controllers():
    assert as_user("id", "-u") == f"{UID}\n"
    place, owner, *controllers = as_user(
        "sh", "-c", "p=$(sed s/^0::// /proc/self/cgroup); echo $p; cd /sys/fs/cgroup$p; stat -c %u .; "
        "cat cgroup.controllers").split()
    assert place.startswith(CGROUP + "/") and owner == str(UID)
    assert {"cpu", "cpuset", "io", "memory", "pids"} <= set(controllers)


def test_a_container_in_a_delegated_cgroup_has_its_limits(user_box):
    """Above it the controllers are enabled, and only root could do it there."""
    user_box.cfg.resources(memory={"limit": 64 * MIB}, pids={"limit": 20})
    user_box.up()
    assert (user_box.limit("memory", "memory.max"), user_box.limit("pids", "pids.max")) == (str(64 * MIB), "20")
    assert user_box.proc("cgroup") == f"0::{user_box.cfg.linux['cgroupsPath']}\n"
    user_box.delete("--force").silent()


def test_its_limits_are_changed_and_it_is_paused(user_box):
    user_box.cfg.resources(pids={"limit": 20})
    user_box.up()
    user_box.rt("update", "--memory", "32M", "--pids-limit", "9", user_box.id).silent()
    assert (user_box.limit("memory", "memory.max"), user_box.limit("pids", "pids.max")) == (str(32 * MIB), "9")
    user_box.rt("pause", user_box.id).silent()
    assert user_box.status == "paused"
    user_box.rt("resume", user_box.id).silent()
    user_box.kill("KILL").silent()
    user_box.wait()
    user_box.delete().silent()


def test_a_cgroup_that_is_not_the_user_s_is_refused(user_box):
    user_box.cfg.linux["cgroupsPath"] = "/" + user_box.id
    user_box.create().fails("cgroup", "Permission denied")
