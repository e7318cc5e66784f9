#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
Makes the tables of docs/ from the *.def files, the table of tests/differential and the numbers of long
runs. They are never edited by hand.

    generate.py            write them
    generate.py --check    print the stale ones; exit status 3 if there are any
"""
import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).parent.parent
SPEC = "https://github.com/opencontainers/runtime-spec/blob/v1.3.0/"

_ROW_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[(),]|[^"(),]+')


def rows(path, macro):
    """The arguments of each row of a .def file; strings without their quotes."""
    text = re.sub(r"/\*.*?\*/", "", (TOP / path).read_text(), flags=re.S)
    for line in re.sub(r",\n\s+", ", ", text).split("\n"):
        if line.startswith(macro + "("):
            yield split(line[len(macro) + 1:line.rindex(")")])


def split(text):
    args, depth = [""], 0
    for token in _ROW_TOKEN.findall(text):
        depth += (token == "(") - (token == ")")
        if token == "," and depth == 0:
            args.append("")
        else:
            args[-1] += token
    return [unquote(a.strip()) for a in args]


def unquote(arg):
    if re.fullmatch(r'"(?:\\.|[^"\\])*"', arg):
        return re.sub(r"\\(.)", r"\1", arg[1:-1])
    return arg


def table(head, body):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |"
                              for row in body]) + "\n"


def clause(name):
    return f"[{name}]({SPEC}{name})"


def page(title, source, text):
    return f"<!-- Made from {source} by ./dev docs; never edited. -->\n# {title}\n\n{text}"


# --- steps.md ---------------------------------------------------------------------------------

STAGES = {
    "HOST": "host",
    "BRIDGE": "bridge",
    "GUEST": "container",
}


def steps():
    body = []
    for n, row in enumerate(rows("src/container/steps.def", "STEP"), 1):
        name, stage, when, _run, undo, spec, sentence = row
        needed = "always" if when == "when_always" else when.removeprefix("when_").replace("_", " ")
        body.append([n, f"`{name}`", STAGES[stage], needed, "yes" if undo != "NULL" else "",
                     sentence, clause(spec)])
    return page("The steps of a start", "src/container/steps.def", """\
All that happens between `config.json` and a running process, in order. `rundlet plan` shows which of
them a bundle needs, `--trace` how long each took, an error in which one it happened.

*where*: *host* is rundlet in the caller's namespaces, *container* the stub in the new ones, *bridge* the
stub in between when one clone cannot do. *undone*: something is taken back when a later step fails; what
the other steps do goes away with the container's processes.

""" + table(["", "step", "where", "when", "undone", "what", "clause of the spec"], body))


# --- spec-coverage.md -------------------------------------------------------------------------

def objects(path):
    found = {}
    for row in rows(path, "MEMBER"):
        found.setdefault(row[0], []).append(row)
    return found


def use_of(use):
    m = re.fullmatch(r"(\w+)(?:\((.*)\))?", use, re.S)
    kind, text = m[1], unquote((m[2] or "").strip())
    if kind == "USED":
        return "yes", f"`src/{text}`"
    if kind == "IGNORED":
        return "not needed", text
    return {"LATER": ("refused", "not carried out yet"),
            "NOT_LINUX": ("refused", "not for Linux containers")}[kind]


def walk(tables, tag, prefix):
    for _tag, _c, name, kind, needed, limit, spec, use, doc in tables[tag]:
        key = prefix + name + {"OBJECTS": "[]", "STRINGS": "[]", "U32S": "[]", "MAP": "{}",
                               "OBJECT_MAP": "{}"}.get(kind, "")
        state, note = use_of(use)
        yield [f"`{key}`", "required" if needed == "REQUIRED" else "", state, note, doc, clause(spec)]
        inner = re.fullmatch(r"OF\((\w+)\)", limit)
        if inner and state == "yes":
            yield from walk(tables, inner[1], key + ".")


def coverage():
    parts = []
    for title, path, tag, head in (
            ("config.json", "libocispec/schema-config.def", "oci_config", "carried out"),
            ("State", "libocispec/schema-state.def", "oci_state", "said"),
            ("Features", "libocispec/schema-features.def", "oci_features", "said")):
        body = list(walk(objects(path), tag, ""))
        if head == "said":  # rundlet writes the document, and can refuse nothing in it
            for row in body:
                row[2] = row[2].replace("refused", "not said")
        count = {word: sum(row[2] == word for row in body)
                 for word in ("yes", "refused", "not said", "not needed")}
        parts.append(f"## {title}\n\n"
                     + ", ".join(f"{n} {word}" for word, n in count.items() if n) + ".\n\n"
                     + table(["member", "", head, "by, or why", "what it is", "clause"], body))
    parts.append("## Annotations\n\nThose that change what rundlet does; rundlet(1) has their values.\n\n"
                 + table(["annotation", "by", "what it does"],
                         [[f"`{key}`", f"`src/{by}`", what]
                          for _name, key, by, what in rows("src/spec/annotations.def", "ANNOTATION")]))
    return page("What of the spec is carried out", "libocispec/schema-*.def and src/spec/annotations.def", """\
Every member of the OCI runtime-spec 1.3.0 that concerns Linux. *refused* means: a configuration that
has it ends in an error that names it; nothing is silently left out. Members that no table here knows
are ignored, as the spec demands. The members below a refused one are not listed. *said*: whether
rundlet writes the member, if only to say "no".

""" + "\n".join(parts))


# --- errors.md --------------------------------------------------------------------------------

def errors():
    body = [[f"`{name}`", text, "" if hint == "NULL" else hint]
            for name, text, hint in rows("src/base/errors.def", "ERRNO")]
    return page("Words and hints of errors", "src/base/errors.def", """\
How a failed system call is worded at the end of an error's first line, and the hint that goes with it.
Other values have the words of `strerror(3)`. "No such file or directory" is missing on purpose:
engines take it to mean that the container's program is missing.

""" + table(["errno", "words", "hint"], body))


# --- differences.md ---------------------------------------------------------------------------

def differences():
    sys.path.insert(0, str(TOP / "tests/differential"))
    from corpus import GENERATED, HAND_WRITTEN
    from differences import OTHERS, TABLE
    parts = []
    for who in OTHERS:
        body = [[row.case, row.field, row.ours, row.theirs, row.why] for row in TABLE if who in row.who.split()]
        parts.append(f"## {who}\n\n{OTHERS[who]}, of Debian 12; {len(body)} rows.\n\n" + table(
            ["bundle", "what is seen", "rundlet", who, "why"],
            [[f"`{cell}`" if cell else "" for cell in row[:4]] + row[4:] for row in body]))
    return page("Where rundlet, crun and runc differ", "tests/differential/differences.py", f"""\
The same {len(HAND_WRITTEN) + len(GENERATED)} bundles, {len(HAND_WRITTEN)} of them written by hand, the others
generated with every pair of what two members can be, through each runtime on cgroup v1, by
`./dev test differential`. Compared are the exit status of all calls and what engines read in their
errors; `state`; /proc/self/status, mountinfo, namespaces, cgroups and their limits, devices, descriptors,
environment; what hooks get; what is left behind. Each difference is in one of these rows, or the test
fails; so does a row that explains nothing any more.

In the columns, `*` stands for anything, `-` for nothing at all. `BUNDLE` is the bundle's directory, `ID`
the container's id.

""" + "\n".join(parts))


# --- security-tests.md ------------------------------------------------------------------------

def security_tests():
    sys.path.insert(0, str(TOP / "tests/security"))
    import attacks
    return page("Published attacks, and their tests", "tests/security/attacks.py and the marks of tests", """\
A test passes if the container is refused, or is safe, and the host is as it was. Numbers say how many of
the tests try the attack without `pivot_root`, in a user namespace, with a read-only root, and by `exec`.
*Fails without*: the defence (`src/base/weak.def`) that a build with fault points leaves out, so that a
test of the row is seen to fail (`./dev test weakened`); or why there is none.

""" + table(["", "known as", "attack", "tests", *attacks.VARIANTS, "fails without"], attacks.table()))


# --- reliability.md ---------------------------------------------------------------------------

# Section of reliability.json: title, what was done, columns.
RELIABILITY = {
    "crash": ("Killed at each system call", """\
rundlet (*host*), or the stubs that it starts (*stub*), are killed as they enter their nth system call, for each n.
Then `state` and `list` work, one `delete --force` leaves no cgroup, mount, process, file or network device, and
a container can be created and run with the same id. *joined*: in a pid namespace that exists, so that one stub
hands over to another; *joined mounts*: in a mount namespace that exists. *v2*: cgroup version 2 without
controllers, in a namespace; the other columns are version 1 with a version 2 hierarchy beside it.
""", {"host": "host", "guest": "stub", "host v2": "host, v2", "guest v2": "stub, v2"}),
    "crash vm": ("Killed at each system call, in the test VM", """\
The same on cgroup version 2 with all controllers, for a container with many settings whose manager is systemd, and
for one that an engine would make with cgroupfs; no unit of systemd is left, either. The first number says at how many
calls they were killed, the second how many the first of these commands made: a later one that waits for less, or finds
more there, has ended before the last. The process that holds the unit until the container's comes counts as a stub.
(`./dev test vm` takes some, evenly spread: `RUNDLET_VM_CRASH_POINTS`.)
""", {"host": "host", "host calls": "of calls", "guest": "stub", "guest calls": "of calls"}),
    "errors": ("An error at each system call", """\
ENOMEM, EMFILE, ENOSPC, EINTR, EAGAIN, EIO, EPERM and ENOSYS: either all of them at each call, or one of them
in turn (then both numbers are the same). The command succeeds, or fails with a message and leaves all as it was;
then as above. A stub that fails in its wait for `start`, when nobody is there to hear of it, is a container that has
stopped.
""", {"host calls": "calls of the host", "host": "errors survived", "guest calls": "calls of the stub",
      "guest": "errors survived", "host v2 calls": "calls of the host, v2", "host v2": "errors survived",
      "guest v2 calls": "calls of the stub, v2", "guest v2": "errors survived"}),
    "errors vm": ("An error at some of the system calls, in the test VM", """\
For the same containers as above, one of the errors in turn: at so many calls, evenly spread over those that the command
makes without the dynamic loader's.
""", {"host": "host", "host calls": "of calls", "guest": "stub", "guest calls": "of calls"}),
    "races": ("At the same time, on one id", """\
Commands chosen by chance, by several workers, of a rundlet under both sanitizers. Only the commands' own
complaints are allowed; `state` and `list` never fail and show whole documents; at the end nothing is left.
""", {"workers": "workers", "rounds": "rounds", "commands": "commands"}),
    "swaps": ("Names exchanged while a container is made", """\
Two names of the rootfs are exchanged all the time, as in the attacks of the CVEs (tests/security/test_swaps.py), with
and without pivot_root, user namespace and read-only root. The containers that start are whole, and nothing outside of
the rootfs changes.
""", {"containers": "containers"}),
    "load": ("Many, and for long", "", {"containers": "containers", "result": "result"}),
    "fuzz": ("Fuzzers", "", {"executions": "executions", "corpus": "corpus", "edges": "edges", "found": "open findings"}),
    "coverage": ("What tests reach", """\
Lines and branches that run in the unit tests, the fuzzers' stored inputs, the fault sweep and the tests with containers
(`./dev coverage`; the aim is 90 % of lines and 80 % of branches). Of the *container's side* only that counts which unit
tests call: the stub has no C library that could count, and what a process did that a signal or a raw system call
ended is not known, either. More than a third of what none of them reaches is the manager systemd, which the tests in
the virtual machine have.
""", {"lines": "lines", "of_lines": "of", "branches": "branches", "of_branches": "of"}),
}


def reliability_section(numbers, title, text, columns):
    body = [[row, *(cells.get(column, "") for column in columns)] for row, cells in sorted(numbers.items())]
    return f"## {title}\n\n{text}\n" + table(["", *columns.values()], body)


def reliability():
    numbers = json.loads((TOP / "docs/reliability.json").read_text())
    return page("What was done to break it", "docs/reliability.json", """\
Numbers of the last long runs (`./dev reliability`), which write them to `docs/reliability.json`; each is of
what was survived. A number "5 of 6" is a failure that is open. `./dev test` runs all of it in a short form.

All tests of units run under the address and undefined behaviour sanitizers, and so do those with containers
(`./dev test sanitized`), but for the stub, which has no C library. The sanitizer for threads has nothing to look
at: the one thread, with which the stub gives the listener of a filter away, has no C library, either, and shares
three atomic words with the other (`container/listener-guest.c`).

""" + "\n".join(reliability_section(numbers[name], *what) for name, what in RELIABILITY.items() if name in numbers))


DOCUMENTS = {"docs/steps.md": steps, "docs/spec-coverage.md": coverage, "docs/errors.md": errors,
             "docs/differences.md": differences, "docs/security-tests.md": security_tests,
             "docs/reliability.md": reliability}


def main(args):
    stale = []
    for path, make in DOCUMENTS.items():
        text = make()
        old = (TOP / path).read_text() if (TOP / path).exists() else None
        if text == old:
            continue
        stale.append(path)
        if args != ["--check"]:
            (TOP / path).write_text(text)
    print("\n".join(stale), end="\n" if stale else "")
    return 3 if stale and args == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
