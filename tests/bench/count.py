#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""count.py RUNDLET BUNDLE...: the system calls of its commands in the v2 view, as JSON; in a mount namespace of its own."""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent.parent)]

import counted  # noqa: E402
from candidate import Candidate  # noqa: E402
from lib.views import enter  # noqa: E402


def main(rundlet, *names):
    enter("v2")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rundlet-calls-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
    try:
        found = {"where": counted.where()}
        for name in names:
            calls = counted.life(Candidate("rundlet", rundlet, folder), folder, name)
            found.update({f"{command} {name}": numbers for command, numbers in calls.items()})
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        folder.rmdir()
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
