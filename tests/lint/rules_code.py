# SPDX-License-Identifier: Apache-2.0
"""Rules about C code: names of functions, calls that are banned, texts of errors."""
import re

from tree import Finding, functions

# What a name may start with beside the file's subject.
NAMES_ANYWHERE = {"main"}
STUB_NAMES = {"memcpy", "memmove", "memset", "memcmp", "stub_main", "_start"}

# call: reason. In all rooms.
BANNED = {
    r"strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strncpy|strncat": "it has no bound: snprintf()",
    r"system|popen": "no shell is ever run",
    r"tmpnam|tempnam|mktemp|mkstemp|tmpfile": "no names that can be guessed: O_TMPFILE, memfd",
    r"atoi|atol|atoll|atof": "it has no errors: strtoll() and a range",
    r"alloca": "the stack has no limit that could be checked",
    r"signal": "sigaction()",
    r"setenv|putenv|unsetenv|clearenv": "the environment belongs to the caller",
    r"strtok|asctime|ctime|localtime|gmtime": "hidden state: the _r function",
    r"getpw\w+|getgr\w+|getaddrinfo|gethostby\w+": "the name service switch: slow, and plug-ins",
    r"sleep": "wait for the event",
    r"chdir|fchdir|chroot|umask|setuid|setgid|seteuid|setegid|setresuid|setresgid|setgroups":
        "the host side keeps its own identity; the container side makes its own calls",
    r"abort|quick_exit|_Exit|err|errx|warn|warnx|perror": "errors are returned",
    r"setjmp|longjmp": "errors are returned",
}

# call: (reason, where it is allowed)
BANNED_BUT = {
    r"exit": ("only main() picks an exit code", r"src/cli/main\.c"),
    r"_exit": ("only in a child", r"src/container/.*|src/os/.*"),
    r"printf|vprintf|puts|putchar": ("only src/cli writes to standard output", r"src/cli/.*"),
    r"usleep": ("wait for the event", r"src/cgroup/cgroup-(?:kill|remove)\.c"),  # there is none
    r"fork|vfork|execve|execv|execvp|posix_spawn": (
        "processes are made in the runner and for hooks", r"src/container/.*|src/os/.*"),
    r"getenv|secure_getenv": ("the environment is read by the commands",
                              r"src/cli/.*|src/base/fault\.c|src/base/log\.c"),
}

# A planner is pure, and so is the meaning of the spec.
SYSTEM_CALLS = (
    r"open|openat|openat2|creat|read|write|pread|pwrite|close|stat|lstat|fstat|fstatat|access|"
    r"faccessat|readlink|readlinkat|opendir|fopen|unlink|unlinkat|mkdir|mkdirat|rename|renameat|"
    r"mount|umount|umount2|ioctl|fcntl|prctl|socket|connect|kill|fork|clone|clone3|setns|unshare|"
    r"syscall|getpid|getuid|geteuid|getgid|getegid|sysconf|uname|time|gettimeofday|clock_gettime|"
    r"fdio_\w+|pidfd_\w+|netlink_\w+")


def _calls(f, names):
    """(line, name) of the calls of these functions; not their declarations and definitions."""
    for m in re.finditer(rf"(?<![\w.])(?<!->)({names})\s*\(", f.bare):
        yield f.line_of(m.start()), m[1]


def banned(tree):
    """Calls that are never used."""
    for f in tree.ours():
        for names, why in BANNED.items():
            for line, name in _calls(f, names):
                yield Finding(f.path, line, f"{name}() is banned: {why}")
        for names, (why, where) in BANNED_BUT.items():
            if not re.fullmatch(where, f.path):
                for line, name in _calls(f, names):
                    yield Finding(f.path, line, f"{name}() is banned here: {why}")
        if not f.path.startswith("src/cli/"):
            for m in re.finditer(r"\bstdout\b", f.bare):
                yield Finding(f.path, f.line_of(m.start()), "only src/cli writes to standard output")


def no_goto(tree):
    """Clean-up is by base/auto.h."""
    for f in tree.ours():
        for m in re.finditer(r"\bgoto\b", f.bare):
            yield Finding(f.path, f.line_of(m.start()), "goto: use rl_auto... of base/auto.h")


def pure(tree):
    """Planners (*-plan.c) and src/spec make no system call."""
    for f in tree.ours():
        if (f.name.endswith("-plan.c") and f.dir != "src/cli") or f.dir == "src/spec":
            for line, name in _calls(f, SYSTEM_CALLS):
                # spec/spec-load.c reads the document for its callers.
                if f.name == "spec-load.c" and name.startswith("fdio_"):
                    continue
                yield Finding(f.path, line, f"{name}(): a planner is pure")


def by_name(tree):
    """The container side resolves no path without a directory descriptor."""
    calls = (r"open|creat|stat|lstat|access|chmod|chown|lchown|mkdir|mknod|link|symlink|unlink|rmdir|"
             r"rename|readlink|truncate|utimes?")
    for f in tree.ours():
        if f.name.endswith("-guest.c"):
            for m in re.finditer(rf"\b__NR_({calls})\b", f.bare):
                yield Finding(f.path, f.line_of(m.start()), f"{m[1]}(2) takes a bare path: use {m[1]}at")


def cloexec(tree):
    """Descriptors are close-on-exec from birth, or a comment just before says why not."""
    for f in tree.ours():
        for m in re.finditer(r"(?<![\w.])(openat|open|dup3|pipe2|socketpair|socket|accept4|"
                             r"memfd_create|sys_openat)\s*\(", f.bare):
            end = f.bare.find(";", m.end())
            head = f.bare[f.bare.rfind("\n", 0, m.start()) + 1:m.start()]
            if re.match(r"^(static|int|long|extern)\b", head) or end < 0:
                continue  # a declaration or definition
            if "CLOEXEC" not in f.bare[m.end():end] and not re.search(r"\bflags\b|\btype\b",
                                                                      f.bare[m.end():end]):
                line = f.line_of(m.start())
                if "lose-on-exec" in "".join(f.lines[max(0, line - 4):line - 1]):
                    continue
                yield Finding(f.path, f.line_of(m.start()), f"{m[1]}() without CLOEXEC")
        for line, name in _calls(f, "dup|dup2|pipe|accept|creat|fopen64"):
            if name not in ("dup2",):
                yield Finding(f.path, line, f"{name}() cannot set CLOEXEC")


def _steps(tree):
    steps = tree.by_path.get("src/container/steps.def")
    return set(re.findall(r"\b(?:host|guest|bridge)_\w+", steps.code)) if steps else set()


def _room_headers(tree, f):
    """(name, header) of the file's folder and, for a part of a room, of those above."""
    folder = f.dir
    while folder:
        name = folder.rsplit("/", 1)[-1]
        header = tree.by_path.get(f"{folder}/{name}.h")
        if header:
            yield name, header
        folder = folder.rpartition("/")[0]


def prefix(tree):
    """External functions start with the name of their file's subject, or, in room/room.h, room's."""
    steps = _steps(tree)
    for f in tree.ours():
        if f.suffix != ".c":
            continue
        want = f.subject.replace("-", "_")
        headers = list(_room_headers(tree, f))
        allowed = (want + "_",) + (("rl_",) if f.dir == "src/base" else ()) \
            + (("oci_", "ocispec_") if f.dir == "libocispec" else ())
        for fn in functions(f):
            if fn.static or fn.name in NAMES_ANYWHERE or fn.name in steps or fn.name == want:
                continue
            if any(fn.name.startswith(room + "_") and re.search(rf"\b{fn.name}\s*\(", header.bare)
                   for room, header in headers):
                continue
            if f.name == "stub-entry.c" and fn.name in STUB_NAMES:
                continue
            if not fn.name.startswith(allowed):
                yield Finding(f.path, fn.line, f"{fn.name}() does not start with {want}_")


def used(tree):
    """An external function is used outside of its file, or declared in include/ for other programs."""
    words = {}
    for f in tree.files:
        if f.suffix in (".c", ".def", ".S") or f.dir == "include":
            for word in set(re.findall(r"\w+", f.code)):
                words.setdefault(word, set()).add(f.path)
        elif f.is_c:  # macros and inline functions of headers
            for m in re.finditer(r"^[ \t]*#[ \t]*define(?:[^\n]*\\\n)*[^\n]*|^\t[^\n]*", f.code, re.M):
                for word in re.findall(r"\w+", m[0]):
                    words.setdefault(word, set()).add(f.path)
    steps = _steps(tree)
    for f in tree.ours():
        if f.suffix != ".c" or f.name == "stub-entry.c":
            continue
        for fn in functions(f):
            if fn.static or fn.name in NAMES_ANYWHERE or fn.name in steps:
                continue
            if not words.get(fn.name, set()) - {f.path}:
                yield Finding(f.path, fn.line, f"{fn.name}() is used by nobody else: static, or dead")


_MAKER = re.compile(r"\b(rl_fail|rl_fail_at|rl_refuse|rl_whole)\s*\(")
RESERVED = re.compile(r"no such file or directory|executable file not found", re.I)


def error_texts(tree):
    """The text of an error says verb and object; the words kept for a missing program stay there."""
    for f in tree.ours():
        if f.path == "src/base/err.c":
            continue
        for m in _MAKER.finditer(f.bare):
            end = f.bare.find(";", m.end())
            texts = re.findall(r'"((?:\\.|[^"\\])*)"', f.code[m.end():end])
            if texts and not any(" " in text or "%" in text for text in texts):
                yield Finding(f.path, f.line_of(m.start()), f'"{texts[-1]}" does not say what for')
        if not re.fullmatch(r"src/process/exec-guest\.c", f.path):
            for m in re.finditer(r'"((?:\\.|[^"\\\n])*)"', f.code):
                if RESERVED.search(m[1]):
                    yield Finding(f.path, f.line_of(m.start()),
                                  "these words are kept for a missing executable (exec-guest.c)")


RULES = [banned, no_goto, pure, by_name, cloexec, prefix, used, error_texts]
WARNINGS = []
