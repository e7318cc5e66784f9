# SPDX-License-Identifier: Apache-2.0
"""
Programs in C that busybox cannot stand for: compiled static, so that they run in any rootfs. Where there
is no compiler (the test VM), they are those that a host has compiled before: see compile_all().
"""
import ast
import hashlib
import os
import shutil
import subprocess

import pytest

from lib.paths import TOP

COMPILED = TOP / "build/payload"        # by the hash of their source


def _compile(source, path):
    subprocess.run(["gcc", "-static", "-O1", "-w", "-x", "c", "-", "-o", str(path)], input=source, text=True,
                   check=True)


def _name(source):
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def compile_static(source, path):
    """Compile the text of a program to the path; the test is skipped where there is no compiler."""
    if (COMPILED / _name(source)).exists():
        shutil.copy(COMPILED / _name(source), path)
    elif shutil.which("gcc"):
        _compile(source, path)
    else:
        pytest.skip("no gcc on this host")
    return str(path)


def compile_all(directory):
    """Compile the programs that stand in the tests, for a host without a compiler."""
    if not shutil.which("gcc"):
        return
    os.makedirs(directory, exist_ok=True)
    for file in sorted((TOP / "tests").glob("*/*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            text = str(node.value) if isinstance(node, ast.Constant) else ""
            if "int main(" in text and "#include <" in text:
                _compile(text, f"{directory}/{_name(text)}")


def directory_maker(box):
    """Its program makes /tmp/made: it ends with 100, or the error."""
    compile_static("""
#include <errno.h>
#include <sys/stat.h>
int main(void)
{
	return mkdir("/tmp/made", 0755) ? errno : 100;
}
""", f"{box.rootfs}/bin/maker")
    box.cfg.args("/bin/maker")
    return box
