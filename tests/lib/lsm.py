# SPDX-License-Identifier: Apache-2.0
"""Which security modules this host has."""
import pathlib


def _read(path):
    try:
        return pathlib.Path(path).read_text(encoding="ascii")
    except OSError:
        return ""


APPARMOR = _read("/sys/module/apparmor/parameters/enabled").startswith("Y")
SELINUX = pathlib.Path("/sys/fs/selinux/enforce").exists()
