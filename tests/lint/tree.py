# SPDX-License-Identifier: Apache-2.0
"""
The files of the tree as the rules see them: text, lines, and C code without its comments.

A rule is a generator of findings: rule(tree) yields Finding(path, line, text).
"""
import collections
import pathlib
import re

Finding = collections.namedtuple("Finding", "path line text")

# What git ignores, as far as it can stand inside a checkout.
SKIP_DIRS = {".git", "autom4te.cache", "__pycache__", ".pytest_cache", "build"}
SKIP_FILES = {"configure", "configure~", "aclocal.m4", "Makefile.in", "config.h.in", "config.h.in~",
              ".git"}     # of a worktree
BUILD_AUX_OURS = {"commit.sh", "deb.sh"}

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


class File:
    """One file. path is relative to the top, with slashes."""

    def __init__(self, top, path):
        self.path = path
        self.name = path.rsplit("/", 1)[-1]
        self.dir = path.rsplit("/", 1)[0] if "/" in path else ""
        self.suffix = pathlib.PurePosixPath(path).suffix
        self.data = (pathlib.Path(top) / path).read_bytes()
        self.is_text = b"\0" not in self.data
        self.text = self.data.decode("utf-8", "replace") if self.is_text else ""
        self._code = self._bare = None

    @property
    def lines(self):
        return self.text.split("\n")

    @property
    def code(self):
        """C without comments; every line keeps its number."""
        if self._code is None:
            self._code = _TOKEN.sub(
                lambda m: _blank(m[0]) if m[0][0] == "/" else m[0], self.text)
        return self._code

    @property
    def bare(self):
        """C without comments and without the content of strings."""
        if self._bare is None:
            self._bare = _TOKEN.sub(
                lambda m: _blank(m[0]) if m[0][0] == "/" else
                m[0][0] + _blank(m[0][1:-1]) + m[0][-1], self.text)
        return self._bare

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    @property
    def is_c(self):
        return self.suffix in (".c", ".h")

    @property
    def is_ours(self):
        """C of the product (not of the tests)."""
        return self.is_c and self.path.startswith(("src/", "libocispec/", "include/"))

    @property
    def subject(self):
        """mounts-guest.c and mounts.h have the subject mounts."""
        return re.sub(r"-(plan|host|guest)$", "", self.name.rsplit(".", 1)[0])


class Function(collections.namedtuple("Function", "name static line length body")):
    """A function definition; body is bare C."""


_FUNCTION = re.compile(
    r"^(?P<head>[A-Za-z_][^;{}#]*?\b(?P<name>\w+)\s*\([^;{}]*?\)[^;{}=]*)^\{(?P<body>.*?)^\}",
    re.S | re.M)


def functions(file):
    """The function definitions of a C file in kernel layout: braces of the body in column 1."""
    bare = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", lambda m: _blank(m[0]), file.bare, flags=re.M)
    for m in _FUNCTION.finditer(bare):
        head = re.sub(r"__attribute__\s*\(\(.*?\)\)", " ", m["head"], flags=re.S)
        name = re.search(r"(\w+)\s*\(", head)
        if not name or name[1] in ("STEP", "if", "while", "for"):
            continue
        line = bare.count("\n", 0, m.start("body")) + 1
        yield Function(name[1], bool(re.search(r"\bstatic\b", head)),
                       bare.count("\n", 0, m.start()) + 1,
                       m["body"].count("\n"), m["body"]) if line else None


class Tree:
    def __init__(self, top):
        self.top = pathlib.Path(top)
        self.files = [File(top, p) for p in sorted(self._walk(self.top, ""))]
        self.by_path = {f.path: f for f in self.files}

    def _walk(self, folder, prefix):
        for entry in folder.iterdir():
            path = prefix + entry.name
            if entry.is_symlink():
                continue
            if entry.is_dir():
                if entry.name not in SKIP_DIRS and not (not prefix and entry.name.startswith("build-")
                                                        and entry.name != "build-aux"):
                    yield from self._walk(entry, path + "/")
            elif prefix == "build-aux/" and entry.name not in BUILD_AUX_OURS:
                continue
            elif prefix or entry.name not in SKIP_FILES:
                yield path

    def c(self):
        return [f for f in self.files if f.is_c]

    def ours(self):
        return [f for f in self.files if f.is_ours]
