# SPDX-License-Identifier: Apache-2.0
"""What /proc/PID/mountinfo says."""


class Mount:
    """A line of /proc/PID/mountinfo."""

    def __init__(self, line):
        left, right = line.split(" - ")
        fields = left.split()
        self.root, self.point = fields[3], fields[4]
        self.options, self.peers = set(fields[5].split(",")), [f for f in fields[6:]]
        self.type, self.source, superblock = (right.split() + [""])[:3]
        self.super = set(superblock.split(","))
