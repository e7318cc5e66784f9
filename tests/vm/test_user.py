# SPDX-License-Identifier: Apache-2.0
"""Containers of an unprivileged user, in the cgroup that systemd delegates to him."""
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
