# SPDX-License-Identifier: Apache-2.0
"""Makes the floor program of one bundle: the tables of floor.c from its config.json, and the compiler's run."""
import ctypes
import json
import os
import pathlib
import struct

import bundles

CGROUP = "rundlet-bench-floor"
CGROUPS = "/sys/fs/cgroup"
BIND, REC, REMOUNT = 4096, 16384, 32
FLAGS = {"ro": 1, "nosuid": 2, "nodev": 4, "noexec": 8, "relatime": 1 << 21, "strictatime": 1 << 24,
         "bind": BIND, "rbind": BIND | REC}
NO_DATA = {*FLAGS, "rprivate", "private"}
DEVICES = {"null": 0x103, "zero": 0x105, "full": 0x107, "random": 0x108, "urandom": 0x109, "tty": 0x500}
# What runtimes allow beside the rules of the configuration, so that /dev can be made.
DEFAULT_RULES = [{"allow": True, "type": t, "access": "m"} for t in "cb"]
DEFAULT_RULES += [{"allow": True, "type": "c", "major": n >> 8, "minor": n & 255, "access": "rwm"}
                  for n in DEVICES.values()]
LIMITS = {"RLIMIT_NOFILE": 7, "RLIMIT_NPROC": 6}
CAPS = ("chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service"
        " net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct"
        " sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control"
        " setfcap").split()
PTRACE_ATTACH, PTRACE_DETACH, PTRACE_GET_FILTER = 16, 17, 0x420c


def c(text):
    """A string of C, or 0 for none."""
    return json.dumps(text) if text is not None else "0"


def filter_of(pid):
    """The instructions of the seccomp filter that a process has, or [] where the kernel does not tell."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(PTRACE_ATTACH, pid, None, None) < 0:
        return []
    os.waitpid(pid, 0x40000000)
    count = libc.ptrace(PTRACE_GET_FILTER, pid, None, None)
    code = ctypes.create_string_buffer(8 * max(count, 0) + 8)
    if count > 0:
        libc.ptrace(PTRACE_GET_FILTER, pid, None, code)
    libc.ptrace(PTRACE_DETACH, pid, None, None)
    return list(struct.iter_unpack("HBBI", code.raw[:8 * max(count, 0)]))


def mount_row(mount, bundle, v2):
    options = mount.get("options", [])
    flags, data = 0, ",".join(o for o in options if o not in NO_DATA)
    for option in options:
        flags |= FLAGS.get(option, 0)
    kind, source, target = mount["type"], mount["source"], mount["destination"].lstrip("/")
    if kind == "cgroup":
        kind = "cgroup2" if v2 else "tmpfs"
    if kind == "bind":
        again = flags & ~(BIND | REC)
        return (str(bundle / source), target, None, flags & (BIND | REC), again and again | BIND | REMOUNT, None)
    return (source, target, kind, flags, 0, data or None)


def hierarchies(v2):
    """The folder for one group in each hierarchy that is mounted here, by controller."""
    return {"": f"{CGROUPS}/{CGROUP}"} if v2 else cgroups_of("self", CGROUP)


def cgroups_of(pid, below=""):
    """The folder of a process in each hierarchy of v1 that is mounted here, and of what is below it, by controller."""
    found = {}
    for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _number, names, path = line.split(":", 2)
        place = pathlib.Path(CGROUPS) / (names.removeprefix("name=") or "unified")
        if place.exists() and (place / "tasks").exists():
            found[names.removeprefix("name=")] = f"{place}{path.rstrip('/')}/{below}".rstrip("/")
    return found


def entered(pid, v2):
    """The arguments with which the program of a bundle does an exec in the container of this process."""
    if v2:
        path = pathlib.Path(f"/proc/{pid}/cgroup").read_text().rpartition("0::")[2].strip()
        return [str(pid), f"{CGROUPS}{path}"]
    return [str(pid), *(f"{folder}/tasks" for folder in cgroups_of(pid).values())]


def freezer_of(pid, v2):
    """The file that tells whether a container is paused."""
    if v2:
        return f"{entered(pid, v2)[1]}/cgroup.events"
    return f"{cgroups_of(pid)['freezer']}/freezer.state"


def v1_writes(resources, groups):
    wanted = []
    memory, cpu, pids = (resources.get(k, {}) for k in ("memory", "cpu", "pids"))
    wanted += [("memory", "memory.limit_in_bytes", memory.get("limit"))]
    wanted += [("cpu", f"cpu.{name}", cpu.get(key)) for name, key in
               (("shares", "shares"), ("cfs_period_us", "period"), ("cfs_quota_us", "quota"))]
    wanted += [("pids", "pids.max", pids.get("limit"))]
    rules = resources.get("devices", [])
    for rule in [*rules, *(DEFAULT_RULES if rules else [])]:
        numbers = ":".join(str(rule.get(k, "*")) for k in ("major", "minor"))
        text = f"{rule.get('type', 'a')} {numbers} {rule['access']}"
        wanted.append(("devices", "devices.allow" if rule["allow"] else "devices.deny", text))
    return [(f"{groups[name]}/{file}", str(value)) for name, file, value in wanted
            if value is not None and name in groups]


def cpuset_writes(groups):
    """A group of v1's cpuset takes nobody before it has CPUs and nodes."""
    if "cpuset" not in groups:
        return []
    above = pathlib.Path(groups["cpuset"]).parent
    return [(f"{groups['cpuset']}/{name}", (above / name).read_text().strip())
            for name in ("cpuset.cpus", "cpuset.mems")]


def array(kind, name, rows):
    body = ",\n\t".join("{ " + ", ".join(row) + " }" if isinstance(row, tuple) else row for row in rows)
    return f"static const {kind}{name}[{len(rows)}] = {{\n\t{body}\n}};\n"


def table(bundle, config, program, v2):
    """The text of floor-table.h."""
    linux, process = config["linux"], config["process"]
    groups = hierarchies(v2)
    writes = [] if v2 else cpuset_writes(groups) + v1_writes(linux.get("resources", {}), groups)
    caps = sum(1 << CAPS.index(name.lower().removeprefix("cap_")) for name in process["capabilities"]["bounding"])
    mounts = [mount_row(m, bundle, v2) for m in config["mounts"]]
    limits = [(str(LIMITS[r["type"]]), str(r["soft"]), str(r["hard"])) for r in process.get("rlimits", [])]
    text = [
        f"#define ROOTFS {c(str(bundle / 'rootfs'))}\n#define CAPS {caps}ULL\n",
        f"#define READ_ONLY_ROOT {int(config['root'].get('readonly', False))}\n",
        f"#define NO_NEW_PRIVS {int(process.get('noNewPrivileges', False))}\n",
        array("struct mount_row ", "mounts",
              [(c(s), c(t), c(k), str(f), str(a), c(d)) for s, t, k, f, a, d in mounts]),
        array("struct device_row ", "devices", [(c(f"dev/{n}"), str(v)) for n, v in DEVICES.items()]),
        array("struct write_row ", "sysctls", [(c("proc/sys/" + k.replace(".", "/")), c(v))
                                               for k, v in linux.get("sysctl", {}).items()]),
        array("char *const ", "masks", [c(p) for p in linux["maskedPaths"]]),
        array("char *const ", "read_only", [c(p) for p in linux["readonlyPaths"]]),
        array("char *const ", "groups", [c(g) for g in groups.values()]),
        array("char *const ", "joins", [] if v2 else [c(f"{g}/tasks") for g in groups.values()]),
        array("struct write_row ", "writes", [(c(p), c(t)) for p, t in writes]),
        "static const unsigned long limits[%d][3] = {\n\t%s\n};\n"
        % (len(limits), ",\n\t".join("{ " + ", ".join(row) + " }" for row in limits)),
        array("struct sock_filter ", "filter", [tuple(map(str, i)) for i in program]),
    ]
    return "".join(text)


def make_list(folder):
    """The floor program of `list`."""
    bundles.compile_payload(folder / "floor-list", source="floor-list.c")
    return folder / "floor-list"


def make(folder, bundle, program, v2):
    """The floor program of a bundle, with the filter that rundlet gives it."""
    folder.mkdir(exist_ok=True)
    config = json.loads((bundle / "config.json").read_text())
    (folder / "floor-table.h").write_text(table(bundle, config, program, v2))
    bundles.compile_payload(folder / "floor", f"-I{folder}", source="floor.c")
    return folder / "floor"
