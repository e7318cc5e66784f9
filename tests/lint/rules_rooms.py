# SPDX-License-Identifier: Apache-2.0
"""Rules about who includes whom: rooms, floors, cycles, what the container side may see, what tests import."""
import ast
import re

from tree import Finding

# From the bottom to the top; rooms on one floor do not include each other.
FLOORS = [
    ["libocispec", "include"],
    ["src/base"],
    ["src/os", "src/spec"],
    ["src/rootfs", "src/cgroup", "src/security", "src/process"],
    ["src/container"],
    ["src/cli"],
]
FLOOR_OF = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}


def room_of(folder):
    """The room that a folder is, or is a part of: src/cgroup for src/cgroup/stats."""
    return next((room for room in FLOOR_OF if folder == room or folder.startswith(room + "/")), folder)

# Libraries are seen by one room each. yajl's tree API crashes on deep nesting: by nobody.
LIBRARIES = [
    (r"yajl/yajl_tree\.h", None),
    (r"yajl/.*", "libocispec"),
    (r"seccomp\.h", "src/security"),
    (r"systemd/.*", "src/os"),
]

GUEST_SYSTEM = re.compile(r"linux/[\w./-]+|asm/[\w./-]+|std(?:int|def|bool)\.h")
GUEST_OWN = re.compile(r"os/(?:closerange|lsmattr|sys|guest\w*)\.h|base/(?:flat|err)\.h|spec/annotations\.h")
GENERATED = {"config.h", "commit.h"}

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.M)


def includes(f):
    """(line, name, is_own)"""
    for m in _INCLUDE.finditer(f.code):
        yield f.line_of(m.start()), m[1] or m[2], bool(m[1])


def resolve(tree, f, name):
    for path in ("src/" + name, name, f.dir + "/" + name):
        if path in tree.by_path:
            return path
    return None


def found(tree):
    """#include "x" names a file from src/ or the top, never relative to the including file."""
    for f in tree.ours():
        for line, name, own in includes(f):
            if own and name not in GENERATED and "src/" + name not in tree.by_path \
                    and name not in tree.by_path:
                yield Finding(f.path, line, f'"{name}" is neither below src/ nor below the top')


def order(tree):
    """Includes go one way: to the own room and to lower floors; of a part of a room, to its header."""
    for f in tree.ours():
        own_room = room_of(f.dir)
        here = FLOOR_OF.get(own_room)
        if here is None:
            continue
        for line, name, own in includes(f):
            path = resolve(tree, f, name) if own else None
            folder = path.rsplit("/", 1)[0] if path else f.dir
            room = room_of(folder)
            there = FLOOR_OF.get(room)
            if there is None:
                yield Finding(f.path, line, f'"{name}" is in no room of the product')
            elif room != own_room and there >= here:
                why = "the same floor" if there == here else "a higher floor"
                yield Finding(f.path, line, f'"{name}": {room} is on {why}')
            elif room not in (own_room, folder) and not path.endswith(f"/{folder.rsplit('/', 1)[-1]}.h"):
                yield Finding(f.path, line, f'"{name}": of {folder} others see the header of its name only')


# The headers that declare for a whole room: see cycles().
ROOM_HEADERS = {"libocispec/ocispec.h", "src/container/plan.h"}


def _module(tree, f):
    """A module is x.c and x.h, and parts of its interface in x-y.h; x-guest.c stands for itself."""
    stem = f.name.rsplit(".", 1)[0]
    if f.suffix == ".h":
        while "-" in stem and f"{f.dir}/{stem}.c" not in tree.by_path:
            stem = stem.rsplit("-", 1)[0]
    return f.dir + "/" + stem


def _is_room_header(path):
    folder, name = path.rsplit("/", 1)
    return name == folder.rsplit("/", 1)[-1] + ".h" or path in ROOM_HEADERS


def cycles(tree):
    """
    No cycles of files, nor of modules (x.c with x.h). A room's own header (rootfs/rootfs.h) declares
    for all of its room: a module includes it, and may be included by the file that implements it.
    """
    graph, first = {}, {}
    for f in tree.ours():
        for line, name, own in includes(f):
            path = resolve(tree, f, name) if own else None
            if not path or not tree.by_path[path].is_c:
                continue
            target = tree.by_path[path]
            for edge in ((f.path, path), (_module(tree, f), _module(tree, target))):
                if edge[0] == edge[1] and "." not in edge[0].rsplit("/", 1)[-1]:
                    continue
                if edge[0] == _module(tree, f) and _is_room_header(path):
                    continue
                graph.setdefault(edge[0], set()).add(edge[1])
                first.setdefault(edge, (f.path, line))
    done, told = set(), set()
    for start in sorted(graph):
        stack = [(start, iter(sorted(graph[start])))]
        trail = [start]
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                done.add(node)
                stack.pop()
                trail.pop()
            elif following in trail:
                loop = trail[trail.index(following):] + [following]
                key = frozenset(loop)
                if key not in told:
                    told.add(key)
                    where = first[(node, following)]
                    yield Finding(where[0], where[1], "a cycle: " + " > ".join(loop))
            elif following not in done:
                trail.append(following)
                stack.append((following, iter(sorted(graph.get(following, ())))))


def guest(tree):
    """The container side (*-guest.c) sees kernel headers, what GUEST_OWN names, and rooms' headers."""
    for f in tree.ours():
        if not f.name.endswith("-guest.c"):
            continue
        for line, name, own in includes(f):
            if not own and GUEST_SYSTEM.fullmatch(name):
                continue
            path = resolve(tree, f, name) if own else None
            if path and (GUEST_OWN.fullmatch(name) or path.endswith(".def") or
                         room_of(path.rsplit("/", 1)[0]) == room_of(f.dir) or
                         (f.dir == "src/container" and _is_room_header(path))):
                continue
            yield Finding(f.path, line, f"{name} is not for code of the container side")


def libraries(tree):
    """Each library is seen by one room."""
    for f in tree.ours():
        for line, name, own in includes(f):
            for pattern, room in LIBRARIES:
                if not own and re.fullmatch(pattern, name):
                    if room is None:
                        yield Finding(f.path, line, f"<{name}> is never used")
                    elif f.dir != room:
                        yield Finding(f.path, line, f"<{name}> is for {room} only")
                    break


def _defined(module):
    """The names that a Python file has at its top level."""
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (name.asname or name.name for name in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def imports(tree):
    """What tests take from tests/lib is there: also those that only a guest runs."""
    for f in tree.files:
        if f.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(f.text)):
            if not isinstance(node, ast.ImportFrom) or node.module.split(".")[0] != "lib":
                continue
            source = tree.by_path.get(f"tests/{node.module.replace('.', '/')}.py")
            names = set(_defined(ast.parse(source.text))) if source else set()
            for name in node.names:
                if name.name not in names and f"tests/{node.module}/{name.name}.py" not in tree.by_path:
                    yield Finding(f.path, node.lineno, f"{node.module} has no {name.name}")


def test_names(tree):
    """No two files of tests have the same name: pytest takes one for the other."""
    seen = {}
    for f in tree.files:
        if f.path.startswith("tests/") and re.fullmatch(r"test_\w+\.py", f.name):
            if f.name in seen:
                yield Finding(f.path, 1, f"{seen[f.name]} has this name")
            seen.setdefault(f.name, f.path)


RULES = [found, order, cycles, guest, libraries, imports, test_names]
WARNINGS = []
