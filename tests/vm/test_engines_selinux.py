# SPDX-License-Identifier: Apache-2.0
"""Labels that podman gives to its containers, with rundlet below it; SELinux enforces them."""
import os
import re
import subprocess

import pytest

from lib import vm_engines
from lib.paths import FAULTS, RUNDLET

LABEL = r"system_u:system_r:container_t:s0:c\d+,c\d+"


@pytest.fixture(autouse=True, scope="module")
def installed():
    """To the policy rundlet is a container engine."""
    subprocess.run(["chcon", "system_u:object_r:container_engine_exec_t:s0",
                    *filter(os.path.exists, (RUNDLET, FAULTS))], check=True)


def current(pid):
    with open(f"/proc/{pid}/attr/current", encoding="ascii") as f:
        return f.read().rstrip("\0\n")


def test_each_container_has_a_label_of_its_own():
    podman, labels = vm_engines.podman(), []
    for _ in range(2):
        with podman.up() as name:
            pid, label = podman("inspect", "--format", "{{.State.Pid}} {{.ProcessLabel}}", name).split()
            assert current(pid) == label and re.fullmatch(LABEL, label)
            labels.append(label)
    assert labels[0] != labels[1]


def test_exec_has_the_label_too():
    podman = vm_engines.podman()
    with podman.up() as name:
        label = podman("inspect", "--format", "{{.ProcessLabel}}", name)
        podman("exec", name, "sh", "-c", "cat /proc/self/attr/current >/tmp/label")
        assert podman("exec", name, "grep", "-c", label, "/tmp/label") == "1"
