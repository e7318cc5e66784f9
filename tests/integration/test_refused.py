# SPDX-License-Identifier: Apache-2.0
"""Members of the config that are not carried out yet: refused by name, never ignored.

When one of them is carried out, its row moves to a test of what it does."""
import pytest


@pytest.mark.parametrize("member", ["vm", "windows", "solaris", "zos", "freebsd"])
def test_a_member_of_another_platform(box, member):
    """Refused by name, or of no concern here; it is never a half-made container."""
    box.cfg[member] = {"x": {"y": 1}}
    result = box.run()
    if result.rc:
        result.fails(member)
