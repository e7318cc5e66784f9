# SPDX-License-Identifier: Apache-2.0
"""Rules about files as text: licence line, layout, size, lists of sources, portable content."""
import re

from tree import Finding, functions

FILE_WARN, FILE_MAX = 500, 700
FUNCTION_WARN, FUNCTION_MAX = 60, 100
WIDTH, WIDTH_SCRIPTS = 100, 120

CODE = {".c", ".h", ".S", ".def", ".py", ".sh", ".am", ".ac"}
SCRIPTS = {"dev", ".ci/run"}


def _is_code(f):
    return f.suffix in CODE or f.path in SCRIPTS or f.text.startswith("#!")


def spdx(tree):
    """The first line (behind a #! line) names the licence."""
    for f in tree.files:
        if _is_code(f):
            first = f.lines[1] if f.text.startswith("#!") and len(f.lines) > 1 else f.lines[0]
            if "SPDX-License-Identifier: Apache-2.0" not in first:
                yield Finding(f.path, 1, "the first line is no SPDX line for Apache-2.0")


def subject(tree):
    """The second line of a C file opens the comment that says what the file is."""
    for f in tree.c():
        if len(f.lines) < 3 or not f.lines[1].startswith("/*"):
            yield Finding(f.path, 2, "no comment here says what the file is about")


def spaces(tree):
    """No blanks at the end of a line, one newline at the end of a file."""
    for f in tree.files:
        if not f.is_text or not f.text or f.path == "LICENSE" or f.path.startswith("tests/fuzz/corpus/"):
            continue
        for n, line in enumerate(f.lines, 1):
            if line != line.rstrip() and f.suffix not in (".text", ".json"):
                yield Finding(f.path, n, "blanks at the end of the line")
        if not f.text.endswith("\n") or f.text.endswith("\n\n"):
            if f.suffix != ".json":
                yield Finding(f.path, len(f.lines), "the file must end in one newline")


_TEXT = re.compile(r'"(?:\\.|[^"\\])*"')


def width(tree):
    """
    At most 100 columns in C (tabs are 8), 120 in scripts. Rows of tables (.def) may be longer, and a
    line that a text makes long: texts are not broken, they are searched for.
    """
    for f in tree.files:
        if _is_code(f) and f.suffix != ".def":
            limit = WIDTH if f.is_c else WIDTH_SCRIPTS
            for n, line in enumerate(f.lines, 1):
                columns = len(_TEXT.sub('""', line).expandtabs(8))
                if columns > limit:
                    yield Finding(f.path, n, f"{columns} columns; {limit} are the limit")


def file_size(tree):
    """A file has one subject: at most 700 lines."""
    for f in tree.files:
        if f.suffix in (".c", ".h", ".py") or f.path in SCRIPTS:
            n = f.text.count("\n")
            if n > FILE_MAX:
                yield Finding(f.path, n, f"{n} lines; {FILE_MAX} are the limit: split it by subject")


def file_size_warning(tree):
    """A file of more than 500 lines wants to be looked at."""
    for f in tree.files:
        n = f.text.count("\n")
        if f.suffix in (".c", ".h", ".py") and FILE_WARN < n <= FILE_MAX:
            yield Finding(f.path, n, f"{n} lines; usual are at most {FILE_WARN}")


def function_size(tree):
    """A function fits on a screen: at most 100 lines."""
    for f in tree.c():
        for fn in functions(f):
            if fn.length > FUNCTION_MAX:
                yield Finding(f.path, fn.line, f"{fn.name}() has {fn.length} lines; "
                              f"{FUNCTION_MAX} are the limit")


def function_size_warning(tree):
    """A function of more than 60 lines wants to be split."""
    for f in tree.ours():
        for fn in functions(f):
            if FUNCTION_WARN < fn.length <= FUNCTION_MAX:
                yield Finding(f.path, fn.line, f"{fn.name}() has {fn.length} lines; "
                              f"usual are at most {FUNCTION_WARN}")


def unique_names(tree):
    """A file is found by its name alone."""
    seen = {}
    for f in tree.ours():
        if f.name in seen:
            yield Finding(f.path, 1, f"the name is taken by {seen[f.name]}")
        seen.setdefault(f.name, f.path)


def listed(tree):
    """Every source is in the Makemodule.am of its folder, and every listed source exists."""
    listings = {f.dir: set(re.findall(r"[\w./-]+\.(?:c|h|S|def)\b|tests/[\w./-]+", f.text))
                for f in tree.files if f.name == "Makemodule.am"}
    for f in tree.files:
        if f.suffix in (".c", ".h", ".S", ".def") and f.dir in listings:
            if f.path not in listings[f.dir] and f.path[:-2] not in listings[f.dir]:
                yield Finding(f.path, 1, f"not listed in {f.dir}/Makemodule.am")
        elif f.suffix == ".c":
            yield Finding(f.path, 1, f"no Makemodule.am in {f.dir or 'the top folder'} lists it")
    for folder, names in listings.items():
        for name in sorted(names):
            if name.startswith(folder + "/") and re.search(r"\.(c|h|S|def)$", name) \
                    and name not in tree.by_path:
                yield Finding(folder + "/Makemodule.am", 1, f"lists {name}, which does not exist")


PLACES = re.compile(r"(?<![\w.])/wor[k]/|(?<![\w.}])/roo[t]/|/hom[e]/\w+/")
REGISTRIES = re.compile(r"\b(?:docker|quay|ghcr|gcr|mcr)\.(?:io|com)\b|registry[\w-]*\.[a-z]+/")
PACKAGE = re.compile(r" docker\.io[ ,]")         # Debian's package of docker, in lists of packages
PACKAGE_LISTS = {"dev", "contrib/debian/control"}


def places(tree):
    """No path of somebody's machine."""
    for f in tree.files:
        for n, line in enumerate(f.lines, 1):
            if PLACES.search(line):
                yield Finding(f.path, n, "a path of one machine")


def registries(tree):
    """No host of an image registry: nothing here needs a network."""
    for f in tree.files:
        for n, line in enumerate(f.lines, 1):
            if REGISTRIES.search(PACKAGE.sub(" ", line) if f.path in PACKAGE_LISTS else line):
                yield Finding(f.path, n, "the name of an image registry")


RULES = [spdx, subject, spaces, width, file_size, function_size, unique_names, listed, places,
         registries]
WARNINGS = [file_size_warning, function_size_warning]
