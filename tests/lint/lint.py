#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
The rules of the tree (docs/ARCHITECTURE.md) as code. Prints `file:line: rule: text` for each breach.

    lint.py [TOP]          all rules; exit status 1 if one is broken
    lint.py --rules        what the rules are
"""
import inspect
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import rules_code  # noqa: E402
import rules_rooms  # noqa: E402
import rules_tables  # noqa: E402
import rules_text  # noqa: E402
import rules_tools  # noqa: E402
from tree import Tree  # noqa: E402

MODULES = [rules_text, rules_rooms, rules_code, rules_tables, rules_tools]
RULES = {rule.__name__: rule for module in MODULES for rule in module.RULES}
WARNINGS = {rule.__name__: rule for module in MODULES for rule in module.WARNINGS}


def check(top):
    """(breaches, warnings) as lists of printable lines."""
    tree = Tree(top)

    def told(rules):
        return [f"{f.path}:{f.line}: {name}: {f.text}"
                for name, rule in rules.items() for f in rule(tree)]
    return told(RULES), told(WARNINGS), len(tree.files)


def main(args):
    if args == ["--rules"]:
        for name, rule in RULES.items():
            print(f"{name:16} {' '.join(inspect.getdoc(rule).split())}")
        return 0
    top = args[0] if args else pathlib.Path(__file__).parent.parent.parent
    breaches, warnings, n = check(top)
    for line in warnings:
        print("warning: " + line)
    for line in breaches:
        print(line)
    print(f"lint: {len(RULES)} rules, {n} files, {len(breaches)} breaches, {len(warnings)} warnings")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
