# SPDX-License-Identifier: Apache-2.0
"""The variants in which attacks on the file tree are tried."""
import itertools

FLAGS = ("no-pivot", "userns", "readonly")
ALL = ["-".join(itertools.compress(FLAGS, on)) or "plain" for on in itertools.product((0, 1), repeat=len(FLAGS))]
# Each two flags in each of their four combinations, for what takes long.
PAIRS = ["plain", "no-pivot-userns", "no-pivot-readonly", "userns-readonly"]


def apply(name, box):
    """Change the box to the variant; returns options for create."""
    if "userns" in name:
        box.cfg.user_namespace()
    if "readonly" in name:
        box.cfg["root"]["readonly"] = True
    return ["--no-pivot"] if "no-pivot" in name else []
