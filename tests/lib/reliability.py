# SPDX-License-Identifier: Apache-2.0
"""
The numbers of docs/reliability.md, which is made from docs/reliability.json. A run writes its own:

    RUNDLET_RELIABILITY  the file that they are written to (default: none is; `./dev reliability`)
"""
import fcntl
import json
import os

PATH = os.environ.get("RUNDLET_RELIABILITY")
host = None             # in the test VM: what tells them to the host (guestreport.py)


def note(section, row, **columns):
    """Replace what the table has in these columns of the row."""
    if host:
        host(section, row, columns)
    if not PATH:
        return
    with open(PATH, "a+") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        f.seek(0)
        text = f.read()
        numbers = json.loads(text) if text else {}
        numbers.setdefault(section, {}).setdefault(row, {}).update(columns)
        f.truncate(0)
        f.write(json.dumps(numbers, indent=1, sort_keys=True) + "\n")


def survived(tried, bad):
    """How many of them, as a cell of a table: the one number, if it is all."""
    return f"{tried - bad} of {tried}" if bad else tried
