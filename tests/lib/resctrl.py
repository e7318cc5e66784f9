# SPDX-License-Identifier: Apache-2.0
"""
A directory that stands for the file system resctrl, whose hardware few hosts have: builds with fault
points take the one that RUNDLET_TEST_RESCTRL names (src/os/resctrl-fake.h). What the kernel puts into
a new group is in `.new` beside it.

A machine with two L3 caches, and steps of 10 % of memory bandwidth.
"""
import os
import shutil

from lib.paths import FAULTS
from lib.runtime import Runtime

SCHEMATA = "    L3:0=fffff;1=fffff\n    MB:0= 100;1= 100\n"


class Resctrl:
    def __init__(self, path):
        self.path = str(path)
        self.reset()

    def reset(self):
        shutil.rmtree(self.path, ignore_errors=True)
        self.write("info/last_cmd_status", "ok\n")
        self.write("info/MB/bandwidth_gran", "10\n")
        for group in ("", ".new/"):
            self.group(group)

    def group(self, name, schemata=SCHEMATA):
        """Make a group, as an administrator would."""
        self.write(f"{name}/tasks")
        self.write(f"{name}/schemata", schemata)
        self.write(f"{name}/mon_groups/.new/tasks")

    def write(self, name, text=""):
        path = f"{self.path}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    def read(self, name):
        with open(f"{self.path}/{name}") as f:
            return f.read()

    def has(self, name):
        return os.path.lexists(f"{self.path}/{name}")

    def groups(self):
        """All groups and monitoring groups, by path from the root."""
        found = set()
        for path, dirs, _ in os.walk(self.path):
            dirs[:] = [d for d in dirs if d not in (".new", "info", "mon_data")]
            found.update(os.path.relpath(f"{path}/{d}", self.path) for d in dirs if d != "mon_groups")
        return found

    def content(self):
        """Everything: {file: text}."""
        files = [f"{path}/{name}" for path, _, names in os.walk(self.path) for name in names]
        return {os.path.relpath(file, self.path): self.read(os.path.relpath(file, self.path)) for file in files}

    def runtime(self, root, **env):
        """The build with fault points, on a host that has this tree mounted."""
        return Runtime(FAULTS, root).with_env(RUNDLET_TEST_RESCTRL=self.path, **env)
