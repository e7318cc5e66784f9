# SPDX-License-Identifier: Apache-2.0
"""
The bundles: rows of a name and of what is changed in the basic configuration.

A change is {path of the member: value}. "path+" appends to a list; "path-" takes the namespaces of these
types, or the mounts at these destinations, away. In strings, {bundle} is the bundle's directory, {id}
the container's id, {cgroup} a cgroup of the test's, {joined} a process with namespaces to join;
{hostname}, {swappiness} and {ip_forward} are the host's, which stay so if somebody writes them there.

Keys in capitals are no members: FILES are made in the rootfs, MORE is said to the shell inside after the
probe, LINKS are symlinks and CLOSED directories of root's alone; OUTSIDE are directories made in the bundle.
RUN asks for `run` in place of the single calls (the program is not the probe then), CONSOLE for a terminal.
"""
import itertools
import random

SETS = ("bounding", "effective", "permitted", "inheritable", "ambient")
SEED = 20


def caps(*names, sets=SETS):
    return {f"process.capabilities.{which}": list(names) for which in sets}


def mount(destination, kind=None, source=None, *options):
    entry = {"destination": destination, "type": kind, "source": source, "options": list(options) or None}
    return {key: value for key, value in entry.items() if value is not None}


def mounts(*entries, **more):
    return {"mounts+": list(entries), **more}


def bind(*options, source="{bundle}/out", at="/data", **more):
    return mounts(mount(at, "bind", source, *options), OUTSIDE=["out/sub"], **more)


def tmpfs(*options, at="/data", **more):
    return mounts(mount(at, "tmpfs", "tmpfs", *options), **more)


def ids(host=100000, size=65536, inside=0):
    return [{"containerID": inside, "hostID": host, "size": size}]


def user_namespace(**more):
    return {"linux.namespaces+": [{"type": "user"}], "linux.uidMappings": ids(), "linux.gidMappings": ids(),
            **more}


def without(*kinds, **more):
    return {"linux.namespaces-": list(kinds), **more}


def join(*kinds, **more):
    return {"linux.namespaces-": list(kinds), "linux.namespaces+": [
        {"type": kind, "path": "/proc/{joined}/ns/" + {"network": "net"}.get(kind, kind)} for kind in kinds], **more}


def seccomp(action, *rules, **members):
    return {"linux.seccomp": {"defaultAction": action, "syscalls": list(rules), **members}}


def rule(action, *names, **members):
    return {"names": list(names), "action": action, **members}


def hooks(*kinds, script=None, **members):
    """Each writes what it gets to a file of the rootfs, by the path that it has there, and its name to another."""
    def one(kind):
        top = "" if kind == "startContainer" else "{bundle}/rootfs"
        text = script or (f"echo {kind} >>{top}/hooks.order; "
                          f'{{ readlink /proc/self/cwd; echo "args $*"; env; cat; echo; }} >{top}/hooks.{kind}')
        return {"path": "/bin/sh", "args": ["sh", "-c", text, "hook", "first"], **members}

    return {f"hooks.{kind}": [one(kind)] for kind in kinds}


def runs(*args, **more):
    return {"process.args": list(args), "RUN": True, **more}


def limit(kind, soft, hard):
    return {"process.rlimits+": [{"type": f"RLIMIT_{kind}", "soft": soft, "hard": hard}]}


def device(path, kind, major, minor, **more):
    return {"path": path, "type": kind, "major": major, "minor": minor, **more}


PROCESS = [
    ("process: nothing changed", {}),
    ("user: uid and gid", {"process.user": {"uid": 1000, "gid": 1001}}),
    ("user: unknown to passwd", {"process.user": {"uid": 4242, "gid": 4243}}),
    ("user: groups", {"process.user": {"uid": 0, "gid": 5, "additionalGids": [7, 99, 1000]}}),
    ("user: groups without order, one twice", {"process.user": {"uid": 1000, "gid": 1000, "additionalGids": [99, 7, 99]}}),
    ("user: umask", {"process.user.umask": 0o27, "MORE": "touch /tmp/made; stat -c %a /tmp/made"}),
    ("user: umask 0", {"process.user.umask": 0}),
    ("cwd: a directory", {"process.cwd": "/home"}),
    ("cwd: a symlink", {"process.cwd": "/link", "LINKS": {"/link": "home"}}),
    ("cwd: missing", {"process.cwd": "/made/for/it"}),
    ("cwd: on a mount", tmpfs(**{"process.cwd": "/data"})),
    ("env: none", {"process.env": []}),
    ("env: order, empty value, equals signs", {"process.env": ["Z=1", "PATH=/bin", "A=", "B=a=b", "M= x "]}),
    ("env: one name twice", {"process.env": ["PATH=/bin", "A=first", "A=second"]}),
    ("env: without PATH", {"process.env": ["A=1"]}),
    ("env: HOME given", {"process.env": ["PATH=/bin", "HOME=/somewhere"]}),
    ("env: no HOME, another user", {"process.env": ["PATH=/bin"], "process.user": {"uid": 1000, "gid": 1000}}),
    ("env: TERM and LISTEN_FDS", {"process.env": ["PATH=/bin", "TERM=vt100", "LISTEN_FDS=2"]}),
    ("args: spaces, empty, not ASCII", {"process.args+": ["a b", "", "\u00e9\u00df", "$HOME"]}),
    ("args: program found in PATH", {"process.args": ["sh", "/probe"]}),
    ("caps: none", caps()),
    ("caps: one in all sets", caps("CAP_CHOWN")),
    ("caps: ambient of a user", {**caps("CAP_NET_BIND_SERVICE", "CAP_KILL"), "process.user": {"uid": 1000, "gid": 1000}}),
    ("caps: a user without ambient", {**caps("CAP_KILL", sets=SETS[:3]), "process.user": {"uid": 1000, "gid": 1000}}),
    ("caps: inheritable alone", {**caps("CAP_KILL", sets=SETS[:4])}),
    ("caps: bounding alone", {**caps(), **caps("CAP_KILL", "CAP_SETUID", sets=SETS[:1])}),
    ("caps: effective less than permitted", {**caps("CAP_KILL", "CAP_CHOWN", sets=SETS[:3]), "process.capabilities.effective": ["CAP_KILL"]}),
    ("caps: member absent", {"process.capabilities": None}),
    ("rlimits: nofile", limit("NOFILE", 512, 1024)),
    ("rlimits: core, stack, fsize", {"process.rlimits": [{"type": f"RLIMIT_{kind}", "soft": 65536, "hard": 1 << 24} for kind in ("CORE", "STACK", "FSIZE")]}),
    ("rlimits: nproc, as, cpu", {"process.rlimits": [{"type": f"RLIMIT_{kind}", "soft": 1 << 30, "hard": 1 << 30} for kind in ("AS", "CPU")] + [{"type": "RLIMIT_NPROC", "soft": 100, "hard": 200}]}),
    ("oomScoreAdj: above", {"process.oomScoreAdj": 300}),
    ("oomScoreAdj: most", {"process.oomScoreAdj": 1000}),
    ("noNewPrivileges", {"process.noNewPrivileges": True}),
    ("noNewPrivileges of a user", {"process.noNewPrivileges": True, "process.user": {"uid": 1000, "gid": 1000}}),
    ("terminal", {"process.terminal": True, "CONSOLE": True, "MORE": "tty; busybox stty size"}),
    ("terminal: consoleSize", {"process.terminal": True, "process.consoleSize": {"height": 33, "width": 77}, "CONSOLE": True, "MORE": "busybox stty size"}),
    ("terminal of a user", {"process.terminal": True, "process.user": {"uid": 1000, "gid": 1000}, "CONSOLE": True, "MORE": "stat -c '%u:%g %a' $(tty)"}),
    ("ioPriority", {"process.ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 6}}),
    ("ioPriority: idle", {"process.ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 0}}),
    ("scheduler: batch", {"process.scheduler": {"policy": "SCHED_BATCH", "nice": 5}}),
    ("scheduler: idle", {"process.scheduler": {"policy": "SCHED_IDLE"}}),
    ("exit status", {"MORE": "exit 42"}),
    ("exit by a signal", without("pid", MORE="kill -KILL $$")),
]

MOUNTS = [
    ("root: read-only", {"root.readonly": True, "MORE": "touch /file; touch /tmp/file; touch /dev/shm/file"}),
    ("root: absolute path", {"root.path": "{bundle}/rootfs"}),
    *[(f"rootfsPropagation: {word}", {"linux.rootfsPropagation": word}) for word in
      ("private", "rprivate", "slave", "rslave", "unbindable")],
    ("tmpfs: no options", tmpfs(MORE="stat -c '%a %u:%g' /data")),
    ("tmpfs: size, mode, nr_inodes", tmpfs("size=1m", "mode=750", "nr_inodes=100")),
    ("tmpfs: uid, gid", tmpfs("uid=1000", "gid=1001")),
    ("tmpfs: nosuid, nodev, noexec", tmpfs("nosuid", "nodev", "noexec")),
    ("tmpfs: ro", tmpfs("ro", MORE="touch /data/file")),
    ("tmpfs: relatime, nodiratime", tmpfs("relatime", "nodiratime")),
    ("tmpfs: noatime", tmpfs("noatime")),
    ("tmpfs: strictatime", tmpfs("strictatime")),
    ("tmpfs: sync, dirsync", tmpfs("sync", "dirsync")),
    ("tmpfs: options undone by later ones", tmpfs("noexec", "nodev", "exec", "dev", "ro", "rw")),
    ("tmpfs: defaults", tmpfs("defaults")),
    ("tmpfs: mode of the directory under it", tmpfs(at="/tmp", MORE="stat -c '%a %u:%g' /tmp")),
    ("tmpfs: tmpcopyup", tmpfs("tmpcopyup", at="/etc", MORE="ls -l /etc | sed 's/ [A-Z][a-z][a-z] .*:[0-9]*//'")),
    ("tmpfs: one over the other", mounts(mount("/data", "tmpfs", "one"), mount("/data", "tmpfs", "two"))),
    ("tmpfs: missing target", tmpfs(at="/made/for/it", MORE="stat -c '%n %a %u:%g' /made /made/for")),
    ("tmpfs: target is a symlink", tmpfs(at="/link", LINKS={"/link": "data"})),
    ("tmpfs: symlink that leads out", tmpfs(at="/link", LINKS={"/link": "../../../../data"})),
    ("tmpfs: absolute symlink in the path", tmpfs(at="/link/sub", LINKS={"/link": "/home"})),
    ("tmpfs: dots in the target", tmpfs(at="/data/../data/./x")),
    ("bind: bind", bind("bind")),
    ("bind: rbind", bind("rbind")),
    ("bind: type alone", mounts(mount("/data", "bind", "{bundle}/out"), OUTSIDE=["out"])),
    ("bind: ro", bind("bind", "ro", MORE="touch /data/file")),
    ("bind: ro, nosuid, nodev, noexec", bind("rbind", "ro", "nosuid", "nodev", "noexec")),
    ("bind: rro", bind("rbind", "rro")),
    ("bind: noatime", bind("rbind", "noatime")),
    *[(f"bind: {word}", bind("rbind", word)) for word in
      ("shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable")],
    ("bind: relative source", bind("bind", source="out")),
    ("bind: missing directory", bind("bind", at="/made/dir")),
    ("bind: file", bind("bind", source="{bundle}/config.json", at="/probe.json", MORE="stat -c '%F %a' /probe.json")),
    ("bind: file on a file", bind("bind", "ro", source="{bundle}/config.json", at="/etc/passwd")),
    ("bind: device", bind("bind", source="/dev/null", at="/dev/mine")),
    ("bind: /dev of the host", {"mounts-": ["/dev", "/dev/pts", "/dev/shm"], **bind("rbind", "rslave", source="/dev", at="/dev")}),
    ("proc: read-only", {"mounts-": ["/proc"], "mounts+": [mount("/proc", "proc", "proc", "ro", "nosuid", "nodev", "noexec")]}),
    ("proc: hidepid", {"mounts-": ["/proc"], "mounts+": [mount("/proc", "proc", "proc", "hidepid=2")]}),
    ("proc: a second one", mounts(mount("/data", "proc", "proc"))),
    ("sysfs: writable", {"mounts-": ["/sys"], "mounts+": [mount("/sys", "sysfs", "sysfs")]}),
    ("sysfs: absent", {"mounts-": ["/sys"]}),
    ("mqueue", mounts(mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"))),
    ("devpts: mode, gid", {"mounts-": ["/dev/pts"], "mounts+": [mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0600", "mode=0600", "gid=5")]}),
    ("devpts: absent", {"mounts-": ["/dev/pts"]}),
    ("dev: no mount on /dev", {"mounts-": ["/dev", "/dev/pts", "/dev/shm"]}),
    ("cgroup: read-only", mounts(mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro", "nosuid", "noexec", "nodev", "relatime"), MORE="ls /sys/fs/cgroup; cat /sys/fs/cgroup/pids/cgroup.procs | wc -l")),
    ("cgroup: writable", mounts(mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev"), MORE="mkdir /sys/fs/cgroup/pids/sub && rmdir /sys/fs/cgroup/pids/sub && echo made")),
    ("cgroup: without a namespace", mounts(mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro"), **without("cgroup"))),
    ("overlay", mounts(mount("/data", "overlay", "overlay", "lowerdir={bundle}/out/a:{bundle}/out/b"), OUTSIDE=["out/a/one", "out/b/two"], MORE="ls /data")),
    ("mounts: order", mounts(mount("/data", "tmpfs", "tmpfs"), mount("/data/in", "tmpfs", "tmpfs", "ro"), mount("/data/in2", "bind", "{bundle}/out", "bind"), OUTSIDE=["out"])),
    ("mounts: none at all", {"mounts": []}),
    ("maskedPaths", {"linux.maskedPaths": ["/proc/kcore", "/proc/keys", "/sys/firmware", "/etc/passwd", "/home", "/nowhere"]}),
    ("readonlyPaths", {"linux.readonlyPaths": ["/proc/sys", "/proc/bus", "/etc", "/nowhere"], "MORE": "touch /etc/file"}),
    ("readonlyPaths: and masked below", {"linux.readonlyPaths": ["/proc/sys"], "linux.maskedPaths": ["/proc/sys/kernel"]}),
]

LINUX = [
    ("devices: character", {"linux.devices": [device("/dev/mine", "c", 1, 7)]}),
    ("devices: mode and owner", {"linux.devices": [device("/dev/mine", "c", 1, 3, fileMode=0o640, uid=1000, gid=1001)]}),
    ("devices: block", {"linux.devices": [device("/dev/blk", "b", 7, 0, fileMode=0o600)]}),
    ("devices: unbuffered", {"linux.devices": [device("/dev/unb", "u", 1, 5)]}),
    ("devices: fifo", {"linux.devices": [{"path": "/dev/pipe", "type": "p", "fileMode": 0o600}]}),
    ("devices: in a new directory", {"linux.devices": [device("/dev/snd/deep/one", "c", 116, 1)]}),
    ("devices: outside /dev", {"linux.devices": [device("/tmp/null", "c", 1, 3, fileMode=0o666)]}),
    ("devices: a default one", {"linux.devices": [device("/dev/null", "c", 1, 3, fileMode=0o622)]}),
    *[(f"namespaces: no {kind}", without(kind)) for kind in ("network", "ipc", "uts", "cgroup")],
    ("namespaces: no pid", without("pid")),
    ("namespaces: no pid, network, ipc", without("pid", "network", "ipc")),
    *[(f"namespaces: {kind} joined", join(kind)) for kind in ("network", "ipc", "uts", "pid", "cgroup")],
    ("namespaces: three joined", join("network", "ipc", "uts")),
    ("namespaces: time", {"linux.namespaces+": [{"type": "time"}]}),
    ("namespaces: time with offsets", {"linux.namespaces+": [{"type": "time"}], "linux.timeOffsets": {"monotonic": {"secs": 1000, "nanosecs": 5}, "boottime": {"secs": 77}}}),
    ("namespaces: user", user_namespace()),
    ("namespaces: user, another user inside", user_namespace(**{"process.user": {"uid": 1000, "gid": 1000, "additionalGids": [5]}})),
    ("namespaces: user, two ranges", user_namespace(**{"linux.uidMappings": ids(100000, 1) + ids(200000, 1000, 1)})),
    ("namespaces: user, devices", user_namespace(**{"linux.devices": [device("/dev/mine", "c", 1, 7)]})),
    ("namespaces: user, masks", user_namespace(**{"linux.maskedPaths": ["/proc/kcore", "/sys/firmware"], "linux.readonlyPaths": ["/proc/sys"]})),
    ("namespaces: user, bind", user_namespace(**bind("rbind", "ro"))),
    ("namespaces: user without mappings", {"linux.namespaces+": [{"type": "user"}]}),
    ("namespaces: mappings without user", {"linux.uidMappings": ids(), "linux.gidMappings": ids()}),
    ("sysctl: ipc and net", {"linux.sysctl": {"kernel.msgmax": "12345", "net.ipv4.ip_forward": "1"}}),
    ("sysctl: slashes, mqueue", {"linux.sysctl": {"fs.mqueue.msg_max": "33", "kernel.shmmni": "2048"}}),
    ("sysctl: a range", {"linux.sysctl": {"net.ipv4.ping_group_range": "0 100", "net.ipv4.ip_unprivileged_port_start": "80"}}),
    ("sysctl: not in a namespace", {"linux.sysctl": {"vm.swappiness": "{swappiness}"}}),
    ("sysctl: of the host's network", without("network", **{"linux.sysctl": {"net.ipv4.ip_forward": "{ip_forward}"}})),
    ("hostname", {"hostname": "web.example"}),
    ("hostname and domainname", {"hostname": "web", "domainname": "example.org"}),
    ("hostname without uts", without("uts", hostname="{hostname}")),
    ("personality: 32 bits", {"linux.personality": {"domain": "LINUX32"}}),
    ("personality: default", {"linux.personality": {"domain": "LINUX"}}),
    ("annotations", {"annotations": {"org.example.one": "1", "org.example.empty": "", "z": "\u00e9"}}),
    ("annotations: none in it", {"annotations": {}}),
    ("ociVersion 1.0.0", {"ociVersion": "1.0.0"}),
    ("unknown members", {"vendor": {"a": 1}, "linux.vendor": [1], "process.vendor": True}),
]

CGROUPS = [
    ("cgroupsPath: absent", {"linux.cgroupsPath": None}),
    ("cgroupsPath: relative", {"linux.cgroupsPath": "{id}-relative/leaf"}),
    ("cgroupsPath: deep", {"linux.cgroupsPath": "{cgroup}/{id}/a/b"}),
    ("memory: limit", {"linux.resources.memory": {"limit": 67108864}}),
    ("memory: limit and swap", {"linux.resources.memory": {"limit": 67108864, "swap": 134217728}}),
    ("memory: reservation, swappiness", {"linux.resources.memory": {"reservation": 33554432, "swappiness": 20}}),
    ("memory: unlimited", {"linux.resources.memory": {"limit": -1}}),
    ("memory: no OOM killer", {"linux.resources.memory": {"limit": 67108864, "disableOOMKiller": True}}),
    ("memory: useHierarchy", {"linux.resources.memory": {"useHierarchy": True}}),
    ("cpu: shares", {"linux.resources.cpu": {"shares": 512}}),
    ("cpu: quota and period", {"linux.resources.cpu": {"quota": 20000, "period": 50000}}),
    ("cpu: quota alone", {"linux.resources.cpu": {"quota": 30000}}),
    ("cpu: unlimited", {"linux.resources.cpu": {"quota": -1}}),
    ("cpu: shares below the least", {"linux.resources.cpu": {"shares": 1}}),
    ("cpuset: one cpu", {"linux.resources.cpu": {"cpus": "0"}}),
    ("cpuset: cpus and mems", {"linux.resources.cpu": {"cpus": "0", "mems": "0"}}),
    ("pids: limit", {"linux.resources.pids": {"limit": 77}}),
    ("pids: unlimited", {"linux.resources.pids": {"limit": -1}}),
    ("pids: zero", {"linux.resources.pids": {"limit": 0}}),
    ("blockIO: throttle", {"linux.resources.blockIO": {"throttleReadBpsDevice": [{"major": 254, "minor": 0, "rate": 1048576}]}}),
    ("hugepageLimits", {"linux.resources.hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}),
    ("device rules: nothing allowed", {"linux.resources.devices": [{"allow": False, "access": "rwm"}], "MORE": "cat /dev/null; mknod /tmp/kmsg c 1 11; (: </tmp/kmsg) && echo opened"}),
    ("device rules: one allowed", {"linux.resources.devices": [{"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 1, "minor": 11, "access": "r"}]}),
    ("device rules: all allowed", {"linux.resources.devices": [{"allow": True, "access": "rwm"}]}),
    ("resources: several", {"linux.resources": {"memory": {"limit": 67108864}, "cpu": {"shares": 256}, "pids": {"limit": 50}}}),
    ("resources: unified on cgroup v1", {"linux.resources.unified": {"pids.max": "10"}}),
]

SECCOMP = [
    ("seccomp: all allowed", seccomp("SCMP_ACT_ALLOW")),
    ("seccomp: errno", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "mkdir")) | {"MORE": "mkdir /tmp/x"}),
    ("seccomp: errnoRet", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "mkdir", errnoRet=28)) | {"MORE": "mkdir /tmp/x"}),
    ("seccomp: argument", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "kill", args=[{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}])) | {"MORE": "kill -0 $$ && echo 0; kill -USR1 1 || echo refused"}),
    ("seccomp: masked argument", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "chmod", args=[{"index": 1, "value": 0o4000, "valueTwo": 0o4000, "op": "SCMP_CMP_MASKED_EQ"}])) | {"MORE": "touch /tmp/f; chmod 755 /tmp/f; chmod 4755 /tmp/f; stat -c %a /tmp/f"}),
    ("seccomp: kill", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_KILL", "mkdir")) | {"MORE": "busybox mkdir /tmp/x; echo $?"}),
    ("seccomp: kill the process", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_KILL_PROCESS", "mkdir")) | {"MORE": "(busybox mkdir /tmp/x); echo $?"}),
    ("seccomp: trap", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_TRAP", "mkdir")) | {"MORE": "(busybox mkdir /tmp/x); echo $?"}),
    ("seccomp: log", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_LOG", "mkdir")) | {"MORE": "mkdir /tmp/x && echo made"}),
    ("seccomp: names that do not exist", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "no_such_call", "mkdir")) | {"MORE": "mkdir /tmp/x"}),
    ("seccomp: noNewPrivileges", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "mkdir")) | {"process.noNewPrivileges": True, "MORE": "mkdir /tmp/x"}),
    ("seccomp: a user without rights", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "mkdir")) | caps() | {"process.user": {"uid": 1000, "gid": 1000}, "MORE": "mkdir /tmp/x"}),
    ("seccomp: architectures", seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "mkdir"), architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]) | {"MORE": "mkdir /tmp/x"}),
]

KINDS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")
HOOKS = [
    *[(f"hooks: {kind}", hooks(kind)) for kind in KINDS],
    ("hooks: all", hooks(*KINDS)),
    ("hooks: with an environment", hooks(*KINDS, env=["A=1", "PATH=/bin:/usr/bin"])),
    ("hooks: with a timeout", hooks("createRuntime", timeout=20)),
    # It reads what it is given: crun that writes to a hook that has ended dies of SIGPIPE.
    *[(f"hooks: {kind} fails", hooks(kind, script="while read -r _; do :; done; exit 3")) for kind in KINDS],
    ("hooks: missing program", {"hooks.createRuntime": [{"path": "/nowhere/hook"}]}),
]

FAILURES = [
    ("fails: program missing", runs("/bin/nowhere")),
    ("fails: program not in PATH", runs("nowhere")),
    ("fails: not executable", runs("/etc/passwd")),
    ("fails: a directory", runs("/etc")),
    ("fails: no program format", runs("/bin/text", FILES={"/bin/text": "no script\n"})),
    ("fails: interpreter missing", runs("/bin/script", FILES={"/bin/script": "#!/nowhere/sh\n"})),
    ("fails: no args", runs()),
    ("fails: cwd is a file", runs("/bin/true", **{"process.cwd": "/etc/passwd"})),
    ("fails: cwd relative", runs("/bin/true", **{"process.cwd": "home"})),
    ("fails: cwd forbidden to the user", runs("/bin/true", **{"process.cwd": "/closed", "process.user": {"uid": 1000, "gid": 1000}, "CLOSED": ["/closed"]}, **caps())),
    ("fails: rootfs missing", runs("/bin/true", **{"root.path": "nowhere"})),
    ("fails: no root", runs("/bin/true", root=None)),
    ("fails: source of a bind missing", runs("/bin/true", **mounts(mount("/data", "bind", "/nowhere", "bind")))),
    ("fails: unknown file system", runs("/bin/true", **mounts(mount("/data", "nofs", "nofs")))),
    ("fails: unknown option", runs("/bin/true", **tmpfs("nosuchoption"))),
    ("fails: directory on a file", runs("/bin/true", **bind("bind", at="/etc/passwd"))),
    ("fails: relative destination", runs("/bin/true", **tmpfs(at="data"))),
    ("fails: unknown capability", runs("/bin/true", **caps("CAP_NOTHING"))),
    ("fails: unknown rlimit", runs("/bin/true", **limit("NOTHING", 1, 1))),
    ("fails: rlimit soft above hard", runs("/bin/true", **limit("NOFILE", 200, 100))),
    ("fails: rlimit twice", runs("/bin/true", **{"process.rlimits": [{"type": "RLIMIT_NOFILE", "soft": 10, "hard": 10}] * 2})),
    ("fails: oomScoreAdj too high", runs("/bin/true", **{"process.oomScoreAdj": 1001})),
    ("fails: unknown namespace", runs("/bin/true", **{"linux.namespaces+": [{"type": "nothing"}]})),
    ("fails: namespace twice", runs("/bin/true", **{"linux.namespaces+": [{"type": "pid"}]})),
    ("fails: namespace path missing", runs("/bin/true", **{"linux.namespaces-": ["network"], "linux.namespaces+": [{"type": "network", "path": "/nowhere"}]})),
    ("fails: namespace of another kind", runs("/bin/true", **{"linux.namespaces-": ["network"], "linux.namespaces+": [{"type": "network", "path": "/proc/{joined}/ns/ipc"}]})),
    ("fails: unknown device type", runs("/bin/true", **{"linux.devices": [device("/dev/x", "z", 1, 1)]})),
    ("fails: unknown seccomp action", runs("/bin/true", **seccomp("SCMP_ACT_NOTHING"))),
    ("fails: unknown propagation", runs("/bin/true", **{"linux.rootfsPropagation": "nothing"})),
    ("fails: unknown sysctl", runs("/bin/true", **{"linux.sysctl": {"net.nothing": "1"}})),
    ("fails: cpuset that is not there", runs("/bin/true", **{"linux.resources.cpu": {"cpus": "4000"}})),
    ("fails: memory below what runs", runs("/bin/true", **{"linux.resources.memory": {"limit": 4096}})),
    ("fails: no process", runs("/bin/true", process=None)),
    ("fails: ociVersion 2.0.0", runs("/bin/true", ociVersion="2.0.0")),
    ("fails: ociVersion absent", runs("/bin/true", ociVersion=None)),
    ("fails: a type that is wrong", runs("/bin/true", hostname=5)),
    ("fails: user below zero", runs("/bin/true", **{"process.user": {"uid": -1, "gid": 0}})),
    ("run: exit status", runs("/bin/sh", "-c", "exit 7")),
    ("run: ends by a signal", runs("/bin/sh", "-c", "kill -KILL $$", **without("pid"))),
    ("run: output", runs("/bin/sh", "-c", "echo out; echo err >&2")),
]

HAND_WRITTEN = PROCESS + MOUNTS + LINUX + CGROUPS + SECCOMP + HOOKS + FAILURES

# --- generated: every pair of values of two of these is in one of the bundles ------------------------

FACTORS = {
    "user": [{}, {"process.user": {"uid": 1000, "gid": 1001, "additionalGids": [5]}}, {"process.user": {"uid": 0, "gid": 7}}],
    "caps": [{}, caps(), caps("CAP_KILL", "CAP_SYS_CHROOT")],
    "nnp": [{}, {"process.noNewPrivileges": True}],
    "root": [{}, {"root.readonly": True}],
    "propagation": [{}, {"linux.rootfsPropagation": "rslave"}, {"linux.rootfsPropagation": "rprivate"}],
    "mount": [{}, tmpfs("size=1m", "noexec"), bind("rbind", "ro"), bind("bind", "rslave", "nosuid")],
    "namespaces": [{}, without("network"), without("pid", "ipc"), join("ipc")],
    "user namespace": [{}, user_namespace()],
    "paths": [{}, {"linux.maskedPaths": ["/proc/kcore", "/home"], "linux.readonlyPaths": ["/proc/sys"]}],
    "resources": [{}, {"linux.resources.pids": {"limit": 64}}, {"linux.resources.memory": {"limit": 67108864}}],
    "seccomp": [{}, seccomp("SCMP_ACT_ALLOW", rule("SCMP_ACT_ERRNO", "swapoff", errnoRet=1))],
    "device": [{}, {"linux.devices": [device("/dev/mine", "c", 1, 7)]}],
    "rlimits": [{}, limit("NOFILE", 100, 200)],
}


def combine(changes):
    """One change of several; lists that are appended to, or taken from, have those of all."""
    whole = {}
    for change in changes:
        for key, value in change.items():
            if key[-1] in "+-" and key in whole:
                value = whole[key] + value
            whole[key] = value
    return whole


def pairwise(factors, seed):
    """Rows of choices, greedily: each of some random rows, the one that has most pairs not seen yet."""
    rng = random.Random(seed)
    keys = list(factors)
    left = {((a, i), (b, j)) for a, b in itertools.combinations(keys, 2)
            for i in range(len(factors[a])) for j in range(len(factors[b]))}
    rows = []
    while left:
        tries = [[(key, rng.randrange(len(factors[key]))) for key in keys] for _ in range(50)]
        best = max(tries, key=lambda row: len(left & set(itertools.combinations(row, 2))))
        fresh = left & set(itertools.combinations(best, 2))
        if fresh:
            rows.append(best)
            left -= fresh
    return rows


GENERATED = [(f"generated {number:02}: " + ", ".join(f"{key} {which}" for key, which in row if which),
              combine(FACTORS[key][which] for key, which in row))
             for number, row in enumerate(pairwise(FACTORS, SEED), 1)]

CASES = HAND_WRITTEN + GENERATED
