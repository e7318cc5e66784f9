# SPDX-License-Identifier: Apache-2.0
"""
What a container says about itself: a script that runs in it, and its output as a flat dict in which all
that differs from run to run (pids, ids, paths of the host) has one name.
"""
import re

SCRIPT = r"""#!/bin/sh
p=/proc/$$
echo "@@umask"
umask
head -v -n 100000 $p/environ $p/cmdline $p/comm $p/status $p/limits $p/mountinfo $p/cgroup $p/oom_score_adj \
	$p/personality $p/stat $p/timens_offsets $p/uid_map $p/gid_map $p/setgroups \
	/proc/sys/kernel/hostname /proc/sys/kernel/domainname /proc/sys/kernel/msgmax /proc/sys/kernel/shmmni \
	/proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ping_group_range \
	/proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/fs/mqueue/msg_max
echo "@@links"
ls -l $p/cwd $p/exe $p/ns $p/fd
echo "@@ionice"
ionice -p $$
echo "@@id"
id
echo "@@lo"
ip addr show lo
echo "@@dev"
find /dev -exec stat -c '%n|%F|%a|%u:%g|%t:%T|%N' {} +
"""
END = "\necho @@end\n"
SAME = {"Name", "State", "Pid", "Tgid", "PPid", "TracerPid", "Ngid", "Kthread"}      # or said elsewhere
SIZES = re.compile(r"^(Vm|Rss|Huge|voluntary|nonvoluntary|SigQ|FDSize)")             # of the moment


class Names:
    """Replaces what has another value in each run."""

    def __init__(self, pairs):
        self.pairs = sorted(((str(value), name) for value, name in pairs if value),
                            key=lambda pair: -len(pair[0]))

    def __call__(self, text):
        for value, name in self.pairs:
            text = text.replace(value, name)
        return text


def sections(output):
    found, name = {}, None
    for line in output.split("\n"):
        head = re.fullmatch(r"(?:@@|==> /proc/(?:\d+/)?)([^ ]+)(?: <==)?", line)
        if head:
            name = head[1]
            found[name] = []
        elif name:
            found[name].append(line)
    return {key: "\n".join(lines) for key, lines in found.items()}


def parse(output, names, namespaces):
    """The dict; namespaces: how each inode is called."""
    found = {}
    for name, text in sections(output).items():
        if name in PARSERS:
            for key, value in PARSERS[name](text, namespaces):
                found[f"{name}: {key}" if key else name] = names(value)
        else:
            found[name] = names(text.replace("\0", "\u2400").strip("\n"))
    return {names(key): value for key, value in found.items()}


def _env(text, _):
    entries = text.rstrip("\n").split("\0")[:-1]
    yield "", "\u2400".join(entries)
    yield "names in order", " ".join(e.split("=", 1)[0] for e in entries)


def _status(text, _):
    rows = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    pids = rows.get("NSpid", "").split()
    for key, value in rows.items():
        value = " ".join(value.split())
        if key in SAME or SIZES.match(key):
            continue
        if key in ("NSpid", "NStgid"):
            value = f"{len(pids)} levels" + (", the first of its namespace" if pids[-1:] == ["1"] else "")
        elif key in ("NSsid", "NSpgid"):
            value = "its own" if value.split() == pids else "of another process"
        yield key, value


def _limits(text, _):
    for line in text.splitlines()[1:]:
        yield line[:26].strip(), " ".join(line[26:].split())


def _mounts(text, _):
    seen = {}
    for line in text.splitlines():
        if " - " not in line:
            continue
        left, right = line.split(" - ")
        fields = left.split()
        kind, source, data = (right.split() + ["", ""])[:3]
        point = fields[4]
        seen[point] = seen.get(point, 0) + 1
        name = point if seen[point] == 1 else f"{point} ({seen[point]})"
        yield f"{name} root", fields[3]
        yield f"{name} type", kind
        yield f"{name} source", source
        yield f"{name} options", ",".join(sorted(fields[5].split(",")))
        yield f"{name} propagation", " ".join(f.split(":")[0] for f in fields[6:]) or "private"
        yield f"{name} data", ",".join(sorted(o for o in data.split(",") if not o.startswith("gid=")))


def _links(text, namespaces):
    for kind, inode in re.findall(r" (\w+) -> \w+:\[(\d+)\]", text):
        yield f"namespace {kind}", namespaces.get(int(inode), "new")
    for name, target in re.findall(r" /proc/\d+/(cwd|exe) -> (.*)", text):
        yield name, target
    for number, target in re.findall(r" (\d+) -> (.*)", text):
        if not target.startswith(("/probe", "pipe:")) or int(number) < 3:
            yield f"descriptor {number}", target


def _cgroup(text, _):
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        yield controllers or "unified", path


def _stat(text, _):
    fields = text.rpartition(")")[2].split()
    if len(fields) > 40:
        yield "nice", fields[16]
        yield "policy", fields[38]
        yield "real-time priority", fields[37]
        yield "has a terminal", str(fields[4] != "0")


def _dev(text, _):
    for line in text.splitlines():
        name, *rest = line.split("|")
        if len(rest) == 5:
            kind, mode, owner, device, target = rest
            link = target.partition(" -> ")[2]
            yield name, f"{kind} {link}" if link else f"{kind} {mode} {owner} {device}"
        else:
            yield "", line


PARSERS = {"environ": _env, "status": _status, "limits": _limits, "mountinfo": _mounts, "links": _links,
           "cgroup": _cgroup, "stat": _stat, "dev": _dev}
