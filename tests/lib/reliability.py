#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The numbers of docs/reliability.md, which is made from docs/reliability.json. A run writes its own:

    RUNDLET_RELIABILITY  the file that they are written to (default: none is; `./dev reliability`)

    reliability.py SECTION ROW column=value...
"""
import fcntl
import json
import os
import pathlib
import sys

PATH = os.environ.get("RUNDLET_RELIABILITY")


def note(section, row, **columns):
    """Replace what the table has in these columns of the row."""
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


def load(path):
    return json.loads(pathlib.Path(path).read_text())


if __name__ == "__main__":
    note(*sys.argv[1:3], **dict(word.split("=", 1) for word in sys.argv[3:]))
