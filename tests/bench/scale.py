# SPDX-License-Identifier: Apache-2.0
"""Curves: the time of `run` as one part of the configuration grows, and of `list` as containers are more."""
import json
import shutil

from candidate import timed

SIZES = {"mounts": (0, 100, 250, 500), "seccomp rules": (0, 500, 1000, 2000), "KiB of environment": (0, 256, 512, 1024),
         "devices": (0, 100, 250, 500)}
ROUNDS = 5
ONE = 90 * 1024         # one string of the environment must be less than 128 KiB


def mounts(config, n):
    config["mounts"] += [{"destination": f"/data/{i}", "type": "tmpfs", "source": "tmpfs"} for i in range(n)]


def rules(config, n):
    """Each with an argument of its own: rules that can be put together are one."""
    config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
        {"names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 + i % 100,
         "args": [{"index": 0, "value": 1000 + 3 * i, "op": "SCMP_CMP_EQ"}]} for i in range(n)]}
    if n == 0:
        del config["linux"]["seccomp"]


def environment(config, n):
    left = n * 1024
    while left > 0:
        config["process"]["env"].append(f"V{left}=" + "x" * min(left, ONE))
        left -= ONE


def devices(config, n):
    config["linux"]["devices"] = [{"path": f"/dev/bench{i}", "type": "c", "major": 1, "minor": 3} for i in range(n)]


EDITS = dict(zip(SIZES, (mounts, rules, environment, devices)))


def scale(bench):
    for what, sizes in SIZES.items():
        for n in sizes[-1:] if bench.short else sizes:
            bundle = bench.bundle("scale", "minimal")
            config = json.loads((bundle / "config.json").read_text())
            EDITS[what](config, n)
            (bundle / "config.json").write_text(json.dumps(config))
            bench.interleave(f"{n} {what}", lambda c, b=bundle: timed(c, c.run(b)), 1 if bench.short else ROUNDS)
            shutil.rmtree(bundle)
