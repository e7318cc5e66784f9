# SPDX-License-Identifier: Apache-2.0
"""Calls of `rundlet update`."""
import json
import subprocess


def update(box, *words, resources=None, **kw):
    """The call, with resources on standard input if there are any."""
    if resources is None:
        return box.rt("update", *words, box.id, **kw)
    text = resources if isinstance(resources, bytes) else json.dumps(resources).encode()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as pipe:
        pipe.stdin.write(text)
        pipe.stdin.close()
        result = box.rt("update", *(words or ["--resources", "-"]), box.id, stdin=pipe.stdout, **kw)
        pipe.stdout.close()
        return result
