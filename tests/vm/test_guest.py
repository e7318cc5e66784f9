# SPDX-License-Identifier: Apache-2.0
"""The guest is what its tests rely on."""
import pathlib

from lib.paths import RUNDLET

CONTROLLERS = {"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"}


def test_the_guest_has_pure_cgroup_v2_with_all_controllers():
    assert set(pathlib.Path("/sys/fs/cgroup/cgroup.controllers").read_text().split()) == CONTROLLERS
    assert "cgroup2" in pathlib.Path("/proc/self/mounts").read_text()
    assert " cgroup " not in pathlib.Path("/proc/self/mounts").read_text()


def test_systemd_is_process_1():
    assert pathlib.Path("/proc/1/comm").read_text() == "systemd\n"


def test_a_container_runs(box):
    assert RUNDLET.exists()
    assert box.sh("echo in") == "in\n"
