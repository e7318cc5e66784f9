# SPDX-License-Identifier: Apache-2.0
"""
Every rule of the lint refuses the small bad tree made for it, and passes the same tree without the
fault. A rule without a bad tree here fails, too.
"""
import importlib.util
import pathlib
import shutil

import pytest

HERE = pathlib.Path(__file__).parent


def _load():
    spec = importlib.util.spec_from_file_location("rundlet_lint", HERE / "lint.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lint = _load()

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"


def c(code, about="/* Says what it is. */\n"):
    return SPDX + about + code


def function(name, lines=1):
    return f"int {name}(void);\nint {name}(void)\n{{\n" + "\tx();\n" * lines + "}\n"


# A tree that no rule refuses.
GOOD = {
    "src/base/text.h": c("int text_len(void);\n"),
    "src/base/text.c": c('#include "base/text.h"\n\nint text_len(void)\n{\n\treturn 0;\n}\n'),
    "src/base/Makemodule.am": "# SPDX-License-Identifier: Apache-2.0\n"
                              "librl_a_SOURCES += src/base/text.c src/base/text.h\n",
    "src/cli/main.c": c('#include "base/text.h"\n\nint main(void)\n{\n\treturn text_len();\n}\n'),
    "src/cli/Makemodule.am": "# SPDX-License-Identifier: Apache-2.0\n"
                             "rundlet_SOURCES += src/cli/main.c\n",
}

ROOM = "# SPDX-License-Identifier: Apache-2.0\nlibrl_a_SOURCES += {}\n"


def main_with(body):
    return {"src/cli/main.c": c('#include "base/text.h"\n\nint main(void)\n{\n\ttext_len();\n'
                                + body + "\treturn 0;\n}\n")}


def text_with(code, top=""):
    return {"src/base/text.c": c(f'#include "base/text.h"\n{top}\nint text_len(void)\n{{\n{code}'
                                 "\treturn 0;\n}\n")}


def room(path, code):
    """One more file, in a room of its own."""
    folder = path.rsplit("/", 1)[0]
    return {path: c(code), folder + "/Makemodule.am": ROOM.format(path)}


# rule: trees that it must refuse
BAD = {
    "spdx": [{"src/base/text.h": "/* Says what it is. */\n/* More. */\nint text_len(void);\n"},
             {"tests/new.py": '"""No licence."""\n'}],
    "subject": [{"src/base/text.h": SPDX + "int text_len(void);\nint text_len(void);\n"}],
    "spaces": [text_with("\tfoo(); \n"), {"src/base/text.h": c("int text_len(void);\n\n")},
               {"README.md": "no newline"}],
    "width": [text_with("\tfoo(" + "a" * 90 + ");\n")],
    "file_size": [text_with("\tx();\n", "\n" * 700)],
    "function_size": [text_with("\tx();\n" * 101)],
    "unique_names": [{"src/os/text.c": c("")}],
    "listed": [{"src/base/other.c": c("")},
               {"src/base/Makemodule.am": ROOM.format("src/base/text.c src/base/text.h src/base/gone.c")},
               {"src/nowhere/x.c": c("")}],
    "places": [{"docs/x.md": "see /wor" + "k/main\n"}, {"docs/x.md": "ls /roo" + "t/.ssh\n"}],
    "registries": [{"docs/x.md": "pull docker" + ".io/library/busybox\n"}],
    "found": [text_with("", '#include "text.h"\n')],
    "order": [room("src/base/up.h", '#include "cli/up.h"\n') | {"src/cli/up.h": c("")},
              room("src/os/x.h", '#include "spec/y.h"\n') | {"src/spec/y.h": c("")},
              room("src/base/up.h", '#include "tests/z.h"\n') | {"tests/z.h": c("")}],
    "cycles": [{"src/base/a.h": c('#include "base/b.h"\n'), "src/base/b.h": c('#include "base/a.h"\n')},
               {"src/base/a.h": c(""), "src/base/b.h": c(""),
                "src/base/a.c": c('#include "base/b.h"\n'),
                "src/base/b.c": c('#include "base/a.h"\n')}],
    "guest": [room("src/rootfs/m-guest.c", "#include <string.h>\n"),
              room("src/rootfs/m-guest.c", '#include "base/text.h"\n')],
    "libraries": [text_with("", "#include <yajl/yajl_tree.h>\n"),
                  text_with("", "#include <yajl/yajl_parse.h>\n"),
                  text_with("", "#include <seccomp.h>\n")],
    "imports": [{"tests/new.py": "# SPDX-License-Identifier: Apache-2.0\nfrom lib import gone\n"},
                {"tests/lib/box.py": "# SPDX-License-Identifier: Apache-2.0\nhere = 1\n",
                 "tests/new.py": "# SPDX-License-Identifier: Apache-2.0\nfrom lib.box import gone\n"}],
    "banned": [text_with("\tstrcpy(a, b);\n"), text_with("\tsystem(a);\n"), text_with("\texit(1);\n"),
               text_with('\tprintf("x");\n'), text_with("\tfork();\n"),
               text_with('\tfputs("x", stdout);\n'), text_with('\tgetenv("x");\n'),
               main_with("\tatoi(x);\n"), main_with("\tsetenv(x);\n")],
    "no_goto": [text_with("\tgoto out;\n")],
    "pure": [room("src/rootfs/x-plan.c", "static int a(void)\n{\n\treturn open(b, O_CLOEXEC);\n}\n"),
             room("src/spec/x.c", "static int a(void)\n{\n\treturn getuid();\n}\n")],
    "by_name": [room("src/rootfs/x-guest.c",
                     "static int a(void)\n{\n\treturn SYS_2(__NR_mkdir, p, 0);\n}\n")],
    "cloexec": [text_with("\topen(p, O_RDONLY);\n"), text_with("\tdup(3);\n")],
    "prefix": [text_with("\tx();\n", function("other_name"))],
    "used": [text_with("\tx();\n", function("text_lonely"))],
    "error_texts": [text_with('\trl_fail(e, -1, "fork");\n'),
                    text_with('\trl_whole(e, -1, "pipe");\n'),
                    text_with('\tf("%s: No such file or directory");\n')],
    "test_names": [dict.fromkeys(["tests/a/test_x.py", "tests/b/test_x.py"],
                                 "# SPDX-License-Identifier: Apache-2.0\n")],
    "schema_used": [
        {"libocispec/schema-x.def": SPDX + 'MEMBER(oci_x, name, "name", USED("base/text.c"), "d")\n'},
        {"libocispec/schema-x.def": SPDX + 'MEMBER(oci_x, name, "name", USED("base/none.c"), "d")\n'}],
    "annotations_used": [
        {"src/spec/annotations.def": SPDX + 'ANNOTATION(x, "org.x", "base/text.c", "what")\n',
         "docs/rundlet.1": "org.x\n"},
        {"src/spec/annotations.def": SPDX + 'ANNOTATION(x, "org.x", "base/text.c", "what")\n',
         "src/base/text.c": c("x(annotation_x);\n"), "docs/rundlet.1": "\n"}],
    "steps_told": [
        {"src/container/steps.def": SPDX + "/* */\n"},
        {"src/container/steps.def": SPDX + 'STEP(a, HOST, when, run, NULL, "x.md#y", "")\n'}],
    "documents": [{"docs/generate.py": "# SPDX-License-Identifier: Apache-2.0\n"
                                       "print('docs/steps.md')\nraise SystemExit(3)\n"},
                  {"docs/generate.py": "# SPDX-License-Identifier: Apache-2.0\nraise RuntimeError\n"}],
    "shell": [{"x.sh": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\nrm $1\n"}],
    "layout": [{".clang-format": (HERE.parent.parent / ".clang-format").read_text(),
                "src/base/text.h": c("int   text_len( void );\n")}],
}

TOOLS = {"shell": "shellcheck", "layout": "clang-format"}

# What looks like a breach and is none.
FINE = {
    "banned": [text_with('\tf("system(a)"); /* exit(1) */\n'), text_with("\ta.exit(1);\n"),
               main_with("\texit(2);\n")],
    "prefix": [text_with("\tx();\n", "static int other(void)\n{\n\tx();\n}\n")],
    "places": [{"docs/x.md": "see framework/main, /proc/1/root/x\n"}],
    "cycles": [{"src/rootfs/rootfs.h": c(""), "src/rootfs/a.h": c(""),
                "src/rootfs/a.c": c('#include "rootfs/rootfs.h"\n'),
                "src/rootfs/rootfs.c": c('#include "rootfs/a.h"\n')}],
    "schema_used": [{"libocispec/schema-x.def":
                     SPDX + 'MEMBER(oci_x, text_len, "textLen", USED("base/text.c"), "d")\n'}],
    "spaces": [{"docs/empty.md": ""}],
    "guest": [room("src/rootfs/m-guest.c", "#include <linux/mount.h>\n")],
}


def breaches(tmp_path, change):
    for path, text in (GOOD | change).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return {line.split(": ")[1] for line in lint.check(tmp_path)[0]}, lint.check(tmp_path)[0]


def trees(table):
    return [pytest.param(rule, change, id=f"{rule}-{n}")
            for rule, changes in table.items() for n, change in enumerate(changes)]


def test_the_good_tree_is_good(tmp_path):
    assert breaches(tmp_path, {})[1] == []


def test_every_rule_has_a_bad_tree():
    assert sorted(BAD) == sorted(lint.RULES)


@pytest.mark.parametrize("rule, change", trees(BAD))
def test_refuses(tmp_path, rule, change):
    if rule in TOOLS and not shutil.which(TOOLS[rule]):
        pytest.skip(f"{TOOLS[rule]} is not installed")
    names, lines = breaches(tmp_path, change)
    assert rule in names, lines


@pytest.mark.parametrize("rule, change", trees(FINE))
def test_passes(tmp_path, rule, change):
    names, lines = breaches(tmp_path, change)
    assert rule not in names, lines


def test_long_functions_warn(tmp_path):
    breaches(tmp_path, text_with("\tx();\n" * 61))
    assert any("function_size_warning" in line for line in lint.check(tmp_path)[1])
