# SPDX-License-Identifier: Apache-2.0
"""One bundle through one runtime: all that can be seen of it, as a flat dict."""
import copy
import json
import os
import re
import stat
from pathlib import Path

import probe

NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")
LIMITS = {
    "memory": ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes",
               "memory.swappiness", "memory.oom_control", "memory.use_hierarchy"],
    "cpu": ["cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.rt_runtime_us"],
    "cpuset": ["cpuset.cpus", "cpuset.mems", "cpuset.cpu_exclusive"],
    "pids": ["pids.max"],
    "devices": ["devices.list"],
    "blkio": ["blkio.weight", "blkio.bfq.weight", "blkio.throttle.read_bps_device"],
    "hugetlb": ["hugetlb.2MB.limit_in_bytes"],
}
# How engines understand an error, by the words they look for; the first that fits.
CLASSES = [
    ("permission denied", r"permission denied|operation not permitted"),
    ("not found", r"executable file not found in|no such file or directory|open executable"),
]
CAPITALS = ("FILES", "LINKS", "CLOSED", "OUTSIDE", "MORE", "RUN", "CONSOLE")


def fill(value, words):
    """The value with the words in braces put into its strings; ${...} of a shell has none of these."""
    if isinstance(value, dict):
        return {key: fill(v, words) for key, v in value.items()}
    if isinstance(value, list):
        return [fill(v, words) for v in value]
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda m: words.get(m[1], m[0]), value)
    return value


def _where(config, dotted):
    *parents, last = dotted.split(".")
    for key in parents:
        config = config.setdefault(key, {})
    return config, last


def change(config, changes):
    for path, value in changes.items():
        where, last = _where(config, path.rstrip("+-"))
        value = copy.deepcopy(value)
        if path.endswith("+"):
            where[last] = where.get(last, []) + value
        elif path.endswith("-"):
            where[last] = [e for e in where[last] if e.get("type") not in value and e.get("destination") not in value]
        elif value is None:
            where.pop(last, None)
        else:
            where[last] = value


def prepare(box, changes, words):
    """The bundle of a row of the corpus."""
    special = {key: changes.get(key) for key in CAPITALS}
    script = probe.SCRIPT + "echo @@more\n" + f"(\n{special['MORE'] or ':'}\n) 2>&1\nmore=$?" + probe.END + "exit $more\n"
    box.write("/probe", script, 0o755)
    box.cfg.args("/bin/sh", "/probe")
    for path, text in (special["FILES"] or {}).items():
        box.write(path, text, 0o755)
    for path, target in (special["LINKS"] or {}).items():
        os.symlink(target, box.rootfs + path)
    for path in special["CLOSED"] or []:
        os.mkdir(box.rootfs + path, 0o700)
    for path in special["OUTSIDE"] or []:
        os.makedirs(f"{box.dir}/{path}")
    change(box.cfg, fill({k: v for k, v in changes.items() if k not in CAPITALS}, words))
    return special


class Observer:
    """Sees what one runtime does with one box; the host's namespaces are those of the view."""

    def __init__(self, box, joined, holder):
        self.box, self.found, self.joined = box, {}, joined
        self.namespaces = {}
        for pid, word in (joined, "joined"), (holder, "the host's"):
            self.namespaces.update({os.stat(f"/proc/{pid}/ns/{kind}").st_ino: word for kind in NAMESPACES})
        self.names = probe.Names([(box.id, "ID"), (box.dir, "BUNDLE"), (box.rt.root, "STATE"), (box.host.cgroup, "/GROUP"),
                                  (box.host.dir, "TMP"), (box.rootfs.replace(box.host.dir, ""), "/ROOTFS")])

    def see(self, special, console):
        before = self.tree()
        try:
            if special["RUN"]:
                self.run()
            else:
                self.steps(console if special["CONSOLE"] else None)
        finally:
            self.remains()
        self.files(before)
        return self.found

    def call(self, name, result, wanted=False):
        self.found[f"{name}: status"] = str(result.rc)
        if result.rc:
            error = result.err.lower()
            self.found[f"{name}: engines read"] = next((word for word, text in CLASSES if re.search(text, error)), "a failure")
        if wanted and result.rc == 0:
            self.found[f"{name}: says"] = self.names(result.out + result.err)
        return result

    def run(self):
        result = self.call("run", self.box.run())
        self.found["run: stdout"] = self.names(result.out)

    def steps(self, console):
        """What an engine does: create, state, start, state, delete."""
        options = ("--console-socket", console.path) if console else ()
        created = self.call("create", self.box.save().rt("create", "--bundle", self.box.dir, *options, self.box.id))
        if created.rc:
            return
        self.box.init = self.state("created").get("pid")
        self.limits()
        side = console.take() if console else None
        if self.call("start", self.box.start()).rc:
            self.call("delete", self.box.delete("--force"), True)
            return
        output = side.rest().replace("\r\n", "\n") if side else ""
        self.found["exit"] = str(self.box.wait())
        self.found.update(probe.parse(output or created.out, self.names, self.namespaces))
        self.state("stopped")
        self.call("delete", self.box.delete(), True)

    def state(self, when):
        result = self.call(f"state {when}", self.box.rt("state", self.box.id))
        if result.rc:
            return {}
        state = json.loads(result.out)
        for key, value in state.items():
            if key == "pid":
                value = "a number" if value else "0"
            elif key == "created":
                value = re.sub(r"\d", "9", value)[:19]
            self.found[f"state {when}: {key}"] = self.names(str(value))
        return state

    def limits(self):
        """The files of the cgroups that the created process is in."""
        for line in Path(f"/proc/{self.box.init}/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                for name in LIMITS.get(controller, []):
                    file = Path(f"/sys/fs/cgroup/{controller}{path}/{name}")
                    if file.exists():
                        self.found[f"limit: {name}"] = "; ".join(sorted(file.read_text().split("\n"))).strip("; ")

    # what is left

    def tree(self):
        found = {}
        for top, dirs, files in os.walk(self.box.rootfs):
            for name in dirs + files:
                path = f"{top}/{name}"
                info = os.lstat(path)
                found[path[len(self.box.rootfs):]] = f"{stat.filemode(info.st_mode)} {info.st_uid}:{info.st_gid}"
        return found

    def files(self, before):
        """What was made or changed in the rootfs; what hooks wrote has a place of its own."""
        for path, what in self.tree().items():
            if path.startswith("/hooks."):
                self.hook(path[7:], Path(self.box.rootfs + path).read_text(errors="replace"))
            elif before.get(path) != what and not path.startswith("/tmp/"):
                self.found[f"file: {path}"] = what

    def hook(self, kind, said):
        if kind == "order":
            self.found["hooks: order"] = " ".join(said.split())
            return
        directory, args, *rest = said.split("\n")
        self.found[f"hook {kind}: cwd"], self.found[f"hook {kind}: args"] = self.names(directory), args
        variables = [line for line in rest if re.match(r"\w+=", line) and not line.startswith(("PWD=", "SHLVL=", "_="))]
        self.found[f"hook {kind}: environment"] = self.names(" ".join(sorted(variables)))
        state = re.search(r"\{.*\}", "\n".join(rest), re.S)
        if not state:
            self.found[f"hook {kind}: state"] = "none"
            return
        for key, value in re.findall(r'"(\w+)"\s*:\s*("[^"]*"|\d+|\{[^}]*\})', state[0]):
            value = ("0" if value == "0" else "1" if value == "1" else "a number") if key == "pid" else value
            self.found[f"hook {kind}: state {key}"] = self.names(value)

    def remains(self):
        """What there is after the last call, also if it failed."""
        box = self.box
        left = sorted(name for name in os.listdir(box.rt.root) if name == box.id) if os.path.isdir(box.rt.root) else []
        self.found["left: state"] = " ".join(map(self.names, left)) or "nothing"
        groups = {re.sub(r"^/sys/fs/cgroup/[^/]+", "", path) for path in box.host.cgroups() - box.host.before["cgroups"]}
        self.found["left: cgroups"] = " ".join(sorted(map(self.names, groups))) or "nothing"
        living = [pid for pid in box.host.children() if pid != self.joined]
        self.found["left: processes"] = str(len(living)) if living else "none"
