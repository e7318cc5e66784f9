# SPDX-License-Identifier: Apache-2.0
"""
Where rundlet and another runtime differ with one bundle, and why rundlet's way is right. A row covers a
difference if all its patterns fit; in these, * stands for anything. docs/differences.md is made from it.
"""
import re
from typing import NamedTuple


OTHERS = {"crun": "crun version 1.8.1", "runc": "runc version 1.1.5+ds1"}     # those of Debian 12


class Row(NamedTuple):
    who: str            # crun, runc, or both
    case: str           # name of the bundle
    field: str          # of what observe.py sees
    ours: str           # the values; "-" is none
    theirs: str
    why: str
    on_all_hosts: bool = True       # if not, the row may have nothing to explain


def _fits(pattern, text):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.S) is not None


def covers(row, who, case, field, ours, theirs):
    return who in row.who.split() and all(map(_fits, row[1:5], (case, field, ours, theirs)))


NOTHING = "-"           # in place of a value that one of the two has not
# What can be compared if one of the two got further than the other; then if both got to start.
EARLY, STARTED, RAN = ("create: ", "run: ", "left: ", "hooks: "), "start: status", "exit"


STATUS = ": status"


def _only_one_failed(ours, theirs, command):
    return (ours.get(command + STATUS) == "0") != (theirs.get(command + STATUS) == "0")


def differences(ours, theirs):
    """Field and both values, for each that is not the same."""
    as_far = all((step in ours) == (step in theirs) for step in (STARTED, RAN))
    both_started = STARTED in ours and STARTED in theirs
    for field in sorted({*ours, *theirs}):
        mine, its = ours.get(field, NOTHING), theirs.get(field, NOTHING)
        if not field.endswith(STATUS) and _only_one_failed(ours, theirs, field.split(": ")[0]):
            continue                    # what goes with the failure
        told = as_far or field.startswith(EARLY) or both_started and field.startswith("start: ")
        if mine != its and told:
            yield field, mine, its


TABLE = [
    # --- every bundle ---
    Row("crun", "*", "state *: ociVersion", "*", "1.0.0", "state has the version of the bundle's configuration"),
    Row("runc", "*", "state *: ociVersion", "*", "1.0.2-dev", "state has the version of the bundle's configuration"),
    Row("crun", "*", "state *: owner", "", "root", "an empty name for root, as runc writes it"),
    Row("crun", "*", "state *: rootfs", "BUNDLE/rootfs", "rootfs", "an absolute path, as runc writes it: engines open it"),
    Row("crun", "*", "state *: systemd-scope", "-", "", "no member where systemd has no part in it"),
    Row("crun", "*", "dev: /dev/core", "-", "symbolic link '/proc/kcore'", "made only where /proc/kcore is there, as runc does", False),
    Row("crun", "*", "file: /dev/core", "-", "lrwxrwxrwx 0:0", "made only where /proc/kcore is there, as runc does", False),
    Row("crun", "*", "limit: devices.list", "*", "a *:* rwm", "what no rule allows is denied, and the default devices are allowed, as with runc"),
    Row("runc", "*", "limit: devices.list", "*", "b *:* m; c *:* m; c 10:200 rwm; *", "only the default devices of the spec and terminals are allowed: no node of another device, and no /dev/net/tun"),
    Row("crun", "*", "mountinfo: /* data", "ro*", "rw*", "ro is said to a new file system too, not only to its mount point, as with runc"),
    Row("crun", "*", "dev: /dev/null", "character special file 666 0:0 1:3", "character special file 666 * 1:3", "the standard streams are given to the user of the process, /dev/null is not: it is no stream"),
    # --- process ---
    Row("crun", "user: unknown to passwd", "environ*", "*HOME*", "PATH*", "HOME is / for a user without an entry in passwd, as runc sets it"),
    Row("runc", "user: groups without order, one twice", "*", "*7*99*99*", "*7*99*", "additionalGids are given to the kernel as they are written"),
    Row("crun runc", "ioPriority*", "ionice", "*", "none: prio 0", "config.md#linux-process: process.ioPriority; this version of the other does not know it"),
    Row("crun runc", "scheduler: *", "stat: *", "*", "0", "config.md#linux-process: process.scheduler; this version of the other does not know it"),
    Row("crun", "terminal*", "mountinfo: /dev/console options", "noexec,nosuid,relatime,rw", "relatime,rw", "the mount of the terminal has the flags of the file system that it is of"),
    Row("crun", "bind: file on a file", "environ*", "*HOME*", "PATH*", "HOME is / for a user without an entry in passwd, as runc sets it"),
    Row("runc", "bind: file on a file", "environ*", "*HOME=/", "*HOME= 0, \"gid\"", "a line of passwd counts if its uid is a number"),
    # --- mounts ---
    Row("crun", "mounts: none at all", "*: /dev/*", "-", "*", "links to /proc are made only where /proc is there, as with runc"),
    Row("runc", "mounts: none at all", "create: status", "0", "*", "config.md#mounts: they are optional"),
    Row("crun", "*", "mountinfo: * data", "*mode=755,*", "*", "a tmpfs has the mode of the directory under it, as with runc"),
    Row("runc", "*", "mountinfo: * data", "*mode=755,*", "*", "the mode of the directory under a tmpfs is given to the mount call; the other changes it afterwards"),
    Row("crun", "tmpfs: no options", "more", "755 0:0", "1777 0:0", "a tmpfs has the mode of the directory under it, as with runc"),
    Row("crun", "*", "file: *", "drwxr-xr-x 0:0", "drwxr-xr-t 0:0", "a mount point that is made gets mode 755, as with runc: nothing asks for the sticky bit"),
    Row("crun runc", "bind: file", "file: /probe.json", "-rw-r--r-- 0:0", "-rwx*", "a mount point that is a file is made without the right to execute it"),
    Row("crun", "tmpfs: missing target", "more", "/made 755 0:0*", "/made 1755 0:0*", "a mount point that is made gets mode 755, as with runc: nothing asks for the sticky bit"),
    Row("crun runc", "bind: type alone", "create: status", "0", "*", "config.md#mounts: type bind is a bind mount without the option, too"),
    Row("runc", "tmpfs: defaults", "create: status", "0", "*", "mount(8) has the option defaults, and crun takes it"),
    Row("crun", "tmpfs: options undone by later ones", "mountinfo: /data options", "relatime,rw", "nodev,noexec,relatime,ro", "the last of two options that contradict each other counts, as with mount(8) and runc"),
    Row("crun", "bind: *shared", "mountinfo: /data propagation", "shared", "private", "the propagation that the mount asks for is that of the mount point"),
    Row("crun", "bind: unbindable", "mountinfo: /data propagation", "unbindable", "private", "the propagation that the mount asks for is that of the mount point"),
    Row("runc", "rootfsPropagation: unbindable", "mountinfo: / propagation", "unbindable", "private", "config-linux.md#rootfs-mount-propagation"),
    Row("crun", "sysfs: writable", "mountinfo: /sys options", "relatime,rw", "nodev,noexec,nosuid,relatime,rw", "options that nobody wrote are not added"),
    Row("crun", "cgroup: *", "mountinfo: /sys/fs/cgroup options", "*relatime,ro", "*relatime,rw", "ro is also for the tmpfs that the hierarchies are mounted in, as with runc"),
    Row("crun", "cgroup: *", "mountinfo: /sys/fs/cgroup/* source", "cgroup", "/sys/fs/cgroup/*", "the source has no meaning with this file system; runc writes cgroup, too"),
    Row("crun", "cgroup: read-only", "more", "*freezer*memory*pids*", "*net_cls*net_prio*", "links stand only for hierarchies that are mounted, as with runc"),
    Row("runc", "cgroup: *", "mountinfo: /sys/fs/cgroup options", "*relatime,ro", "nodev,noexec,nosuid,relatime,rw", "a tmpfs in which nobody has to write is read-only, and has the options that were asked for"),
    Row("runc", "cgroup: *", "mountinfo: /sys/fs/cgroup* source", "cgroup", "*", "the source of the configuration, which has no meaning here"),
    # --- masks ---
    Row("crun runc", "*", "mountinfo: * options", "nodev,noexec,nosuid,relatime,ro", "relatime,ro", "a masked directory has every restriction that does no harm"),
    Row("crun runc", "*", "mountinfo: * source", "none", "tmpfs", "the source of a tmpfs has no meaning"),
    Row("crun runc", "*", "mountinfo: * data", "mode=555,nr_inodes=2,rw,size=4k*", "*", "a masked directory has no room; its mount is read-only in the other, too"),
    Row("runc", "maskedPaths", "mountinfo: * options", "relatime,ro", "nosuid,rw", "a masked file is /dev/null of the host, and read-only; of the container, in the other"),
    Row("runc", "*", "mountinfo: /proc/kcore options", "relatime,ro", "nosuid,rw", "a masked file is /dev/null of the host, and read-only; of the container, in the other", False),
    Row("runc", "maskedPaths", "mountinfo: * source", "rundlet-test-dev", "tmpfs", "a masked file is /dev/null of the host; of the container, in the other"),
    Row("runc", "*", "mountinfo: /proc/kcore source", "rundlet-test-dev", "tmpfs", "a masked file is /dev/null of the host; of the container, in the other", False),
    Row("crun", "readonlyPaths: and masked below", "mountinfo: /proc/sys/kernel (2) *", "-", "*", "one mount masks a path; the other has it once more below the read-only one"),
    # --- devices ---
    Row("runc", "devices: a default one", "create: status", "0", "*", "a device of the configuration takes the place of the default one of this path"),
    Row("crun", "*", "mountinfo: /dev/* options", "relatime,rw", "noexec,nosuid,relatime,rw", "with a user namespace devices are those of the host, with the mount's own options, as with runc"),
    Row("crun", "*", "dev: /dev/*", "character special file 666 65534:65534 *", "character special file *", "with a user namespace devices are those of the host, whose owner is not mapped, as with runc"),
    Row("crun", "namespaces: user, devices", "state *: bundle", "BUNDLE", "/", "runtime.md#state: the absolute path of the bundle"),
    # --- namespaces ---
    Row("crun", "namespaces: time*", "create: status", "0", "*", "config-linux.md#namespaces: time; this version of the other fails on some hosts"),
    Row("runc", "namespaces: time*", "create: status", "0", "*", "config-linux.md#namespaces: time; this version of the other does not know it"),
    Row("crun", "maskedPaths", "environ*", "*HOME*", "PATH*", "HOME is / for a user without an entry in passwd, as runc sets it"),
    Row("crun", "*", "mountinfo: /dev/mine *", "*", "*", "with a user namespace a device is the host's own, as with runc"),
    Row("crun", "generated *", "state *: bundle", "BUNDLE", "/", "runtime.md#state: the absolute path of the bundle"),
    Row("crun", "generated *", "mountinfo: /data options", "*nosuid*", "relatime,rw", "an option of a bind mount counts in a user namespace, too, as with runc"),
    Row("crun", "generated *", "mountinfo: /sys/fs/cgroup*", "-", "*", "where the host's /sys stands for a new one, what is mounted below it stays outside, as with runc"),
    Row("crun", "generated *", "mountinfo: /sys options", "*,ro", "relatime,rw", "where the host's /sys stands for a new one, it has the options of the configuration, as with runc"),
    Row("crun runc", "namespaces: mappings without user", "create: status", "1", "0", "mappings without a user namespace are a mistake, and would have no effect"),
    Row("crun", "namespaces: user without mappings", "create: status", "1", "0", "no id of the container would be one of the host, and its program could do nothing; runc refuses, too"),
    Row("runc", "hostname and domainname", "sys/kernel/domainname", "example.org", "(none)", "config.md#domainname; this version of the other does not know it"),
    Row("runc", "personality: 32 bits", "personality", "00000008", "00000000", "config-linux.md#personality; this version of the other does not know it"),
    Row("runc", "annotations", "state *: annotations", "*", "*", "in the order of the configuration; the other sorts them"),
    Row("runc", "namespaces: user, devices", "create: status", "0", "*", "the device is the host's own of this number; the other looks for its path on the host"),
    Row("runc", "generated *", "create: status", "0", "*", "a device in a user namespace as above; and where a new sysfs is not allowed, as without a network namespace, the host's is bound, as crun does"),
    # --- cgroups ---
    Row("runc", "cgroupsPath: *", "left: cgroups", "nothing", "*", "the cgroups above the container's own are removed too if they were made for it"),
    Row("crun", "*", "left: cgroups", "nothing", "*", "runtime.md#operations: what a failed create made is removed"),
    Row("crun", "cpu: unlimited", "create: status", "0", "*", "-1 is no limit, as with runc"),
    Row("crun", "pids: unlimited", "create: status", "0", "*", "-1 is no limit, as with runc"),
    Row("runc", "cpu: shares below the least", "create: status", "0", "*", "the kernel takes 1 for its least value, 2, and crun takes it"),
    Row("crun runc", "pids: zero", "*", "*", "*", "config-linux.md#pids: 0 is a limit, and -1 none; the program cannot start others here, so the probe says little"),
    Row("crun", "device rules: *", "limit: devices.list", "*", "b *:* m; c *:* m; *", "config-linux.md#allowed-device-list: the entries are applied in their order; to make a node of any device is allowed only if one of them says so"),
    Row("crun runc", "device rules: nothing allowed", "more", "mknod: /tmp/kmsg: Operation not permitted*", "*", "config-linux.md#allowed-device-list: the entries are applied in their order; to make a node of any device is allowed only if one of them says so"),
    # --- hooks ---
    Row("crun runc", "hooks: *", "hook createContainer: cwd", "/", "BUNDLE*", "no clause has a directory for hooks, and what a new user maps to need not reach the bundle"),
    Row("runc", "hooks: *", "hook poststop: cwd", "BUNDLE", "/", "as with the other hooks of the host, and as crun does"),
    Row("crun runc", "hooks: *", "hook *: environment", "", "*", "config.md#posix-platform-hooks: env is the hook's environment; nothing of the runtime's own gets into it"),
    Row("crun runc", "hooks: *", "hook startContainer: environment", "PATH=*", "HOME=*", "the environment of the hook is its own, not that of the process; PATH is the shell's"),
    Row("crun", "hooks: *", "hook *: state ociVersion", "*", "*1.0*", "state has the version of the bundle's configuration"),
    Row("runc", "hooks: *", "hook *: state ociVersion", "*", "*1.0.2-dev*", "state has the version of the bundle's configuration"),
    Row("crun", "hooks: *", "hook *: state root", "-", "*", "runtime.md#state has no such member"),
    Row("crun", "hooks: *", "hook *: state status", "*creating*", "*created*", "runtime.md#state: creating until create has ended"),
    Row("crun", "hooks: *", "hook startContainer: state status", "*created*", "*starting*", "runtime.md#state has no such status"),
    Row("crun", "hooks: *", "hook *: state pid", "1", "0", "runtime.md#state: the pid of the container's process, as its own namespace numbers it"),
    Row("crun", "hooks: *", "hook poststop: state pid", "-", "0", "runtime.md#state: a stopped container needs no pid"),
    Row("crun", "hooks: *", "hook startContainer: state bundle", "*BUNDLE*", "*/*", "runtime.md#state: the absolute path of the bundle"),
    Row("runc", "hooks: *", "hook poststart: state status", "*running*", "*created*", "config.md#poststart: after the program was started, not before"),
    Row("runc", "hooks: *", "hooks: order", "*startContainer poststart*", "*poststart startContainer*", "config.md#poststart: after the program was started, not before"),
    Row("crun", "hooks: *", "hooks: order", "*startContainer poststart*", "*poststart startContainer*", "config.md#poststart: after the program was started; start of the other does not wait for it", False),
    Row("runc", "hooks: poststart fails", "create: status", "0", "*", "config.md#poststart: these hooks belong to start, not to create"),
    Row("crun runc", "hooks: startContainer fails", "start: status", "1", "0", "runtime.md#lifecycle: the error of a hook is the error of start"),
    Row("crun", "hooks: poststart fails", "start: status", "1", "0", "runtime.md#lifecycle: a failed poststart hook is an error, and stops the container"),
    Row("crun runc", "hooks: poststop fails", "delete: says", "rundlet: warning: *", "*", "runtime.md#lifecycle: a failed poststop hook is a warning"),
    Row("crun", "*", "create: status", "1", "255", "1 is the status of every error"),
    # --- errors ---
    Row("crun runc", "fails: *", "run: status", "127", "1", "127 as with a shell, when the program is not there"),
    Row("crun runc", "fails: *", "run: status", "126", "1", "126 as with a shell, when it cannot be executed"),
    Row("crun runc", "*", "*: engines read", "a failure", "not found", "the words that engines take for a missing program are kept for that"),
    Row("crun runc", "fails: rlimit twice", "run: status", "1", "0", "config.md#posix-process: one type twice is an error"),
    Row("crun", "fails: namespace twice", "run: status", "1", "0", "config-linux.md#namespaces: one type twice is an error"),
    Row("crun", "fails: unknown device type", "run: status", "1", "0", "config-linux.md#devices: the type is one of c, b, u, p"),
    Row("crun", "fails: unknown propagation", "run: status", "1", "0", "config-linux.md#rootfs-mount-propagation: no such value"),
    Row("crun", "fails: a type that is wrong", "run: status", "1", "0", "config.md#hostname: a string"),
    Row("runc", "fails: ociVersion 2.0.0", "run: status", "1", "0", "config.md#specification-version: what a later major version means is not known"),
    Row("runc", "fails: ociVersion absent", "run: status", "1", "0", "config.md#specification-version: it is required"),
    Row("crun", "fails: cwd relative", "run: status", "1", "0", "config.md#process: cwd is an absolute path"),
]
