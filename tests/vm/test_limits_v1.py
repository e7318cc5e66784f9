# SPDX-License-Identifier: Apache-2.0
"""Controllers of cgroup v1 that no other host of these tests has, in hierarchies that the guest mounts for them."""
import contextlib
import os
import subprocess

import pytest

from lib.box import eventually
from lib.runtime import Runtime
from lib.views import View

MIB = 1 << 20


def all_in_v2(before):
    """Whether v2 has them again. A hierarchy with a cgroup that still goes when it is unmounted stays until the next time."""
    with open("/sys/fs/cgroup/cgroup.controllers") as f:
        missing = before - set(f.read().split())
    for controller in missing:
        subprocess.run(["unshare", "-m", "mount", "-t", "cgroup", "-o", controller, "none", "/mnt"], check=True)
    return not missing


@pytest.fixture(scope="module")
def spare(host):
    """A host of both versions; v2 has its controllers back afterwards."""
    with open("/sys/fs/cgroup/cgroup.controllers") as f:
        before = set(f.read().split())
    view = View(host, "spare")
    yield view
    view.close()
    eventually(lambda: all_in_v2(before), "cgroup v2 has all its controllers again")


@pytest.fixture
def hybrid(boxes, host, rt, spare):
    """A box there, and how to read a file of its cgroup; skips without the controller."""
    box = boxes(Runtime(rt.path, rt.root, spare.prefix))
    top = f"/proc/{spare.holder.pid}/root/sys/fs/cgroup"

    def read(controller, name):
        if not os.path.isdir(f"{top}/{controller}"):
            pytest.skip(f"the kernel has no {controller} in cgroup v1, or it is in use in v2")
        with open(f"{top}/{controller}{box.cfg.linux['cgroupsPath']}/{name}") as f:
            return f.read().strip()
    yield box, read
    box.delete("--force")
    for controller in {*os.listdir(top)} - {"unified"}:
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(f"{top}/{controller}{host.cgroup}")


def test_the_class_of_the_network(hybrid):
    box, read = hybrid
    box.cfg.resources(network={"classID": 0x100001})
    box.create().silent()
    assert read("net_cls", "net_cls.classid") == str(0x100001)


def test_the_priorities_of_interfaces(hybrid):
    box, read = hybrid
    box.cfg.resources(network={"priorities": [{"name": "lo", "priority": 7}]})
    box.create().silent()
    assert "lo 7" in read("net_prio", "net_prio.ifpriomap").splitlines()


def test_a_priority_of_an_interface_that_does_not_exist_is_an_error(hybrid):
    box, _ = hybrid
    box.cfg.resources(network={"priorities": [{"name": "none0", "priority": 7}]})
    box.create().fails("linux.resources.network.priorities[0]", "No such device")


def test_huge_pages(hybrid):
    box, read = hybrid
    box.cfg.resources(hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MIB}])
    box.create().silent()
    assert read("hugetlb", "hugetlb.2MB.limit_in_bytes") == str(4 * MIB)
    assert read("hugetlb", "hugetlb.2MB.rsvd.limit_in_bytes") == str(4 * MIB)
