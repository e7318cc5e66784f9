# SPDX-License-Identifier: Apache-2.0
"""The process: arguments, environment, directory, user, limits, privileges."""
import os
import pathlib
import re
import signal

import pytest

from lib.runtime import Runtime

must = pytest.mark.must
SETS = {"CapBnd": "bounding", "CapEff": "effective", "CapPrm": "permitted", "CapInh": "inheritable",
        "CapAmb": "ambient"}
BITS = {"CAP_CHOWN": 0, "CAP_KILL": 5, "CAP_SETUID": 7, "CAP_NET_BIND_SERVICE": 10, "CAP_SYS_ADMIN": 21}


def status_inside(box):
    """/proc/self/status of the payload, as a dict."""
    box.cfg.args("/bin/cat", "/proc/self/status")
    result = box.run()
    assert result.rc == 0, str(result)
    return dict(line.split(":\t", 1) for line in result.out.splitlines())


# arguments, environment, directory

@must(55)
def test_args_arrive_exactly(box):
    words = ["", " two  words ", "a\nb", "'\"\\$x", "\u00fc", "x" * 100000]
    box.cfg.args("/bin/sh", "-c", 'for a in "$@"; do printf "%s|" "$a"; done', "sh", *words)
    assert box.run().ok().out == "".join(w + "|" for w in words)


def test_a_thousand_args(box):
    box.cfg.args("/bin/sh", "-c", "echo $#", "sh", *map(str, range(1000)))
    assert box.run().ok().out == "1000\n"


@must(55)
def test_the_program_is_looked_up_in_the_path_of_the_container(box):
    box.write("/data/here/prog", "#!/bin/sh\necho found $0\n", 0o755)
    box.write("/data/not-executable/prog", "", 0o644)
    os.makedirs(f"{box.rootfs}/data/dir/prog")
    box.cfg.process["env"] = ["PATH=/nowhere:/data/dir:/data/not-executable:/data/here:/bin"]
    box.cfg.args("prog")
    assert box.run().ok().out == "found /data/here/prog\n"


def test_without_path_in_the_environment_there_is_a_default(box):
    box.cfg.process["env"] = []
    box.cfg.args("cat", "/proc/self/environ")
    assert box.run().rc == 0


def test_a_program_with_a_slash_is_relative_to_cwd(box):
    box.cfg.process["cwd"] = "/bin"
    box.cfg.args("./echo", "here")
    assert box.run().ok().out == "here\n"


def test_a_script_is_run_by_its_interpreter(box):
    box.write("/bin/script", "#!/bin/sh\necho $0 $1\n", 0o755)
    box.cfg.args("script", "arg")
    assert box.run().ok().out == "/bin/script arg\n"


def test_the_environment_is_the_config_s_and_nothing_else(box):
    box.cfg.process["env"] = ["A=1", "B=two words", "EMPTY=", "PATH=/bin", "U=\u00fc"]
    box.cfg.args("cat", "/proc/self/environ")
    result = box.run(env={**os.environ, "LEAK": "1", "_OCI_SYNCPIPE": "3"})
    assert [v for v in result.ok().out.split("\0") if v and not v.startswith("HOME=")] == [
        "A=1", "B=two words", "EMPTY=", "PATH=/bin", "U=\u00fc"]


def test_home_comes_from_the_config(box):
    box.cfg.process["env"].append("HOME=/data")
    assert box.sh("echo $HOME") == "/data\n"


@must(54)
def test_cwd(box):
    box.cfg.process["cwd"] = "/data"
    assert box.sh("pwd; readlink /proc/self/cwd") == "/data\n/data\n"


def test_a_missing_cwd_is_made(box):
    box.cfg.process["cwd"] = "/data/new/dir"
    assert box.sh("pwd") == "/data/new/dir\n"


def test_a_cwd_that_only_the_user_may_enter(box):
    os.chmod(f"{box.rootfs}/home", 0o700)
    os.chown(f"{box.rootfs}/home", 1000, 1000)
    box.cfg.process.update(cwd="/home", user={"uid": 1000, "gid": 1000})
    for s in ("bounding", "effective", "permitted"):
        box.cfg.process["capabilities"][s] = []
    assert box.sh("pwd") == "/home\n"


# the user

@pytest.mark.parametrize("uid, gid, groups", [(0, 0, []), (1000, 1000, []), (1, 2, [3, 4]), (4294967294, 7, [4294967294])])
def test_the_user_and_the_groups(box, uid, gid, groups):
    box.cfg.process["user"] = {"uid": uid, "gid": gid, "additionalGids": groups}
    status = status_inside(box)
    assert status["Uid"].split() == [str(uid)] * 4
    assert status["Gid"].split() == [str(gid)] * 4
    assert set(status["Groups"].split()) - {str(gid)} == set(map(str, groups)) - {str(gid)}


def test_the_groups_of_the_caller_do_not_arrive(box):
    box.rt.prefix = ["setpriv", "--groups", "5,6,7"]
    assert box.sh("id -G") == "0\n"


@pytest.mark.parametrize("umask, expected", [(None, "0022"), (0o077, "0077"), (0, "0000")])
def test_the_umask(box, umask, expected):
    if umask is not None:
        box.cfg.process["user"]["umask"] = umask
    assert status_inside(box)["Umask"] == expected


def test_the_caller_s_umask_does_not_matter_for_what_is_made(box):
    box.cfg.mount("/data/made", "tmpfs", "tmpfs").bind("/bin/busybox", "/data/file")
    box.cfg.shell("stat -c %a /dev/null; stat -c %a /dev")
    out = box.run(preexec_fn=lambda: os.umask(0o777)).ok().out
    assert out == "666\n755\n"
    assert os.stat(f"{box.rootfs}/data/made").st_mode & 0o777 == 0o755


# limits

def limits_inside(box):
    lines = box.sh("cat /proc/self/limits").splitlines()[1:]
    return {line[:26].strip(): line[26:].split()[:2] for line in lines}


LIMITS = [("RLIMIT_NOFILE", "Max open files", 100, 200), ("RLIMIT_NPROC", "Max processes", 1000, 2000),
          ("RLIMIT_CORE", "Max core file size", 0, 0), ("RLIMIT_AS", "Max address space", 1 << 40, 1 << 41),
          ("RLIMIT_CPU", "Max cpu time", 1000, 1001), ("RLIMIT_DATA", "Max data size", 1 << 30, 1 << 30),
          ("RLIMIT_FSIZE", "Max file size", 1 << 20, 1 << 21), ("RLIMIT_LOCKS", "Max file locks", 10, 20),
          ("RLIMIT_MEMLOCK", "Max locked memory", 4096, 8192), ("RLIMIT_MSGQUEUE", "Max msgqueue size", 1000, 2000),
          ("RLIMIT_NICE", "Max nice priority", 0, 0), ("RLIMIT_RSS", "Max resident set", 1 << 20, 1 << 21),
          ("RLIMIT_RTPRIO", "Max realtime priority", 0, 0), ("RLIMIT_RTTIME", "Max realtime timeout", 1000, 2000),
          ("RLIMIT_SIGPENDING", "Max pending signals", 100, 200), ("RLIMIT_STACK", "Max stack size", 1 << 20, 1 << 22)]


@must(57, 58, 59)
@pytest.mark.parametrize("name, title, soft, hard", LIMITS, ids=[x[0] for x in LIMITS])
def test_a_resource_limit(box, name, title, soft, hard):
    box.cfg.process["rlimits"] = [{"type": name, "soft": soft, "hard": hard}]
    assert limits_inside(box)[title] == [str(soft), str(hard)]


def test_an_unlimited_soft_limit(box):
    box.cfg.process["rlimits"] = [{"type": "RLIMIT_STACK", "soft": 2 ** 64 - 1, "hard": 2 ** 64 - 1}]
    assert limits_inside(box)["Max stack size"] == ["unlimited", "unlimited"]


def test_a_limit_that_may_not_be_raised_is_an_error(box):
    """This host has no CAP_SYS_RESOURCE."""
    if _has_sys_resource():
        pytest.skip("this host may raise limits")
    box.cfg.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 1 << 19, "hard": 1 << 19}]
    box.create_fails("process.rlimits[0]")


def _has_sys_resource():
    with open("/proc/self/status") as f:
        return any(int(line.split()[1], 16) >> 24 & 1 for line in f if line.startswith("CapEff"))


@must(56, 60)
@pytest.mark.parametrize("limits", [
    [{"type": "RLIMIT_NOSUCH", "soft": 1, "hard": 1}],
    [{"type": "RLIMIT_CORE", "soft": 1, "hard": 0}],
    [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}],
    [{"type": "RLIMIT_CORE", "soft": 0}], [{"soft": 0, "hard": 0}],
    [{"type": "RLIMIT_CORE", "soft": -1, "hard": 0}],
], ids=["unknown", "soft above hard", "twice", "no hard", "no type", "negative"])
def test_a_wrong_resource_limit_is_refused(box, limits):
    box.cfg.process["rlimits"] = limits
    box.create_fails("process.rlimits")


@must(62)
@pytest.mark.parametrize("value", [1000, 500, 0])
def test_oom_score_adj(box, value):
    box.cfg.process["oomScoreAdj"] = value
    assert box.sh("cat /proc/self/oom_score_adj") == f"{value}\n"


@must(63)
def test_oom_score_adj_is_untouched_when_it_is_not_set(box):
    def raise_own():
        with open("/proc/self/oom_score_adj", "w") as f:
            f.write("77")
    box.cfg.shell("cat /proc/self/oom_score_adj")
    assert box.run(preexec_fn=raise_own).ok().out == "77\n"


@pytest.mark.parametrize("value", [1001, -1001])
def test_an_oom_score_adj_out_of_range_is_refused(box, value):
    box.cfg.process["oomScoreAdj"] = value
    box.create_fails("process.oomScoreAdj")


# capabilities

@pytest.mark.parametrize("uid", [0, 1000])
@pytest.mark.parametrize("field", sorted(SETS))
def test_a_capability_set(box, field, uid):
    """Each set is as configured, whatever the user; the kernel recomputes permitted and effective at
    execve, as capabilities(7) says."""
    box.cfg.process["user"] = {"uid": uid, "gid": uid}
    names = list(BITS)[:4]
    caps = {"bounding": names, "permitted": names[:3], "effective": names[:3], "inheritable": names[:2],
            "ambient": names[:1]}
    box.cfg.process["capabilities"] = caps
    value = int(status_inside(box)[field], 16)
    mask = {s: sum(1 << BITS[n] for n in caps[s]) for s in caps}
    permitted = mask["bounding"] | mask["inheritable"] if uid == 0 else mask["ambient"]
    expected = {"CapBnd": mask["bounding"], "CapInh": mask["inheritable"], "CapPrm": permitted, "CapEff": permitted,
                "CapAmb": mask["ambient"]}
    assert value == expected[field]


@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
def test_a_privileged_container_where_the_bounding_set_is_not_full(box, userns):
    """What cannot be granted is warned of and left out (config.md, linux process): it is no error."""
    lost = {"CAP_SYS_TIME": 25, "CAP_NET_RAW": 13}
    names = box.rt("features").json()["linux"]["capabilities"]
    whole = int(re.search(r"CapBnd:\t(\w+)", pathlib.Path("/proc/self/status").read_text())[1], 16)
    box.rt = Runtime(box.rt.path, box.rt.root, ["setpriv", "--bounding-set", "-sys_time,-net_raw"], box.rt.env)
    for caps in ("bounding", "effective", "permitted"):
        box.cfg.process["capabilities"][caps] = names
    if userns:
        box.cfg.user_namespace()
    box.cfg.args("/bin/cat", "/proc/self/status")
    result = box.run()
    assert result.rc == 0, str(result)
    seen = {field: int(value, 16) for field, value in re.findall(r"^(Cap\w+):\t(\w+)$", result.out, re.M)}
    if userns:                          # in it there is everything
        assert seen["CapBnd"] == seen["CapEff"] and result.err == ""
        assert all(seen["CapBnd"] >> bit & 1 for bit in lost.values())
        return
    assert seen["CapBnd"] == seen["CapEff"] == seen["CapPrm"] == whole & ~sum(1 << bit for bit in lost.values())
    assert all(f"{name} cannot be granted" in result.err for name in lost)


def test_without_capabilities_every_set_is_empty(box):
    del box.cfg.process["capabilities"]
    status = status_inside(box)
    assert {int(status[field], 16) for field in SETS} == {0}


@pytest.mark.parametrize("uid", [0, 1000])
def test_empty_sets_are_empty(box, uid):
    box.cfg.process["user"] = {"uid": uid, "gid": uid}
    box.cfg.process["capabilities"] = {s: [] for s in SETS.values()}
    status = status_inside(box)
    assert {int(status[field], 16) for field in SETS} == {0}


@must(61)
@pytest.mark.parametrize("name", ["CAP_NO_SUCH_THING", "CAP_SYS_RESOURCE"])
def test_a_capability_that_cannot_be_given_is_a_warning(box, name):
    if name == "CAP_SYS_RESOURCE" and _has_sys_resource():
        pytest.skip("this host has CAP_SYS_RESOURCE")
    for names in box.cfg.process["capabilities"].values():
        names.append(name)
    result = box.run()
    assert result.rc == 0, str(result)
    assert result.err and all(name in line and "ignoring" in line for line in result.err.splitlines())


def test_an_ambient_capability_that_is_not_inheritable_is_refused_or_not_raised(box):
    box.cfg.process["capabilities"]["ambient"] = ["CAP_KILL"]
    box.cfg.args("cat", "/proc/self/status")
    result = box.run()
    if result.rc == 0:
        assert "CapAmb:\t0000000000000000" in result.out
    else:
        result.fails("ambient")


@pytest.mark.parametrize("value", [True, False])
def test_no_new_privileges(box, value):
    box.cfg.process["noNewPrivileges"] = value
    assert status_inside(box)["NoNewPrivs"] == str(int(value))


def test_no_new_privileges_is_off_by_default(box):
    assert status_inside(box)["NoNewPrivs"] == "0"


# what else arrives

def test_the_payload_has_exactly_three_descriptors(box):
    box.cfg.args("/bin/sh", "-c", "ls /proc/$$/fd; true")
    assert box.run().ok().out.split() == ["0", "1", "2"]


@must(99)
def test_leaked_descriptors_of_the_caller_do_not_arrive(box, tmp):
    fds = [os.open("/", os.O_RDONLY | os.O_DIRECTORY) for _ in range(20)]
    box.cfg.args("/bin/sh", "-c", "ls /proc/$$/fd; true")
    result = box.run(pass_fds=fds)
    for fd in fds:
        os.close(fd)
    assert result.ok().out.split() == ["0", "1", "2"]


@pytest.mark.parametrize("count", [1, 3])
def test_preserved_descriptors_arrive(box, count):
    box.cfg.args("/bin/sh", "-c", "ls /proc/$$/fd; cat <&3")

    def descriptors():
        for fd in (10, 11, 12, 13, 14):
            os.dup2(source, fd, inheritable=False)
        for i in range(5):
            os.dup2(10, 3 + i, inheritable=True)
    reader, writer = os.pipe()
    os.write(writer, b"through 3\n")
    os.close(writer)
    source = os.dup2(reader, 40)
    result = box.run("--preserve-fds", str(count), pass_fds=[source, *range(3, 8)], preexec_fn=descriptors)
    os.close(source)
    os.close(reader)
    assert result.ok().out.split("\n")[:-2] == ["0", "1", "2", *(str(3 + i) for i in range(count))]
    assert result.out.endswith("through 3\n")


def test_preserving_a_descriptor_that_is_not_open_is_an_error(box):
    box.create("--preserve-fds", "5").fails()
    box.host.assert_clean()


def test_the_signals_of_the_payload_are_default_and_unblocked(box):
    """Python ignores SIGPIPE; engines block and ignore others."""
    def bad_signals():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1})
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    box.cfg.args("/bin/cat", "/proc/self/status")
    out = box.run(preexec_fn=bad_signals).ok().out
    status = dict(line.split(":\t", 1) for line in out.splitlines())
    assert int(status["SigBlk"], 16) == 0 and int(status["SigIgn"], 16) == 0


def test_the_payload_is_the_leader_of_a_session_of_its_own(box):
    box.up()
    stat = box.proc("stat").rsplit(") ", 1)[1].split()
    assert stat[2] == stat[3] == str(box.pid)


def test_a_config_without_a_process_is_created_but_not_started(box):
    """M31; runc and crun refuse it at create."""
    del box.cfg["process"]
    result = box.create()
    if result.rc:
        result.fails("process")
        box.host.assert_clean()
    else:
        box.start().fails("process")


# seccomp

ERRNO = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"]}


def deny(*names, **more):
    return {**ERRNO, "syscalls": [{"names": list(names), "action": "SCMP_ACT_ERRNO", **more}]}


def test_a_filter_denies_a_call(box):
    box.cfg.linux["seccomp"] = deny("mkdir", "mkdirat")
    assert box.sh("mkdir /data/x 2>&1; true") == "mkdir: can't create directory '/data/x': Operation not permitted\n"


@pytest.mark.parametrize("number, text", [(13, "Permission denied"), (38, "Function not implemented"), (28, "No space left")])
def test_a_filter_gives_the_errno_of_the_rule(box, number, text):
    box.cfg.linux["seccomp"] = deny("mkdir", "mkdirat", errnoRet=number)
    assert text in box.sh("mkdir /data/x 2>&1; true")


COMMON_CALLS = (
    "read write open close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask "
    "rt_sigreturn ioctl pread64 access pipe dup dup2 getpid clone fork vfork execve exit wait4 kill uname fcntl "
    "getcwd chdir getuid getgid geteuid getegid setpgid getppid getpgrp setsid arch_prctl set_tid_address "
    "set_robust_list rseq prlimit64 readlink getrandom newfstatat exit_group openat getdents64 umask sysinfo "
    "times gettid tgkill pipe2 clone3 futex statx faccessat faccessat2 readlinkat prctl execveat close_range "
    "sendfile sigaltstack").split()


def test_a_filter_gives_the_default_errno(box):
    box.cfg.process["noNewPrivileges"] = True
    box.cfg.linux["seccomp"] = {**ERRNO, "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13,
                                "syscalls": [{"names": COMMON_CALLS, "action": "SCMP_ACT_ALLOW"}]}
    assert "Permission denied" in box.sh("mkdir /data/x 2>&1; true")


def test_a_filter_looks_at_arguments(box):
    box.cfg.linux["seccomp"] = deny("kill", args=[{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}])
    assert box.sh("trap '' USR1 USR2; kill -USR1 $$ 2>/dev/null || echo denied; kill -USR2 $$ && echo allowed") == \
        "denied\nallowed\n"


@pytest.mark.parametrize("op, value, two, denied", [
    ("SCMP_CMP_NE", 10, 0, [12]), ("SCMP_CMP_LT", 11, 0, [10]), ("SCMP_CMP_LE", 10, 0, [10]),
    ("SCMP_CMP_GE", 12, 0, [12]), ("SCMP_CMP_GT", 10, 0, [12]), ("SCMP_CMP_MASKED_EQ", 4, 4, [12])])
def test_an_operator_of_a_filter(box, op, value, two, denied):
    """Of the signals USR1 (10) and USR2 (12)."""
    box.cfg.linux["seccomp"] = deny("kill", args=[{"index": 1, "value": value, "valueTwo": two, "op": op}])
    out = box.sh("trap '' USR1 USR2; for s in 10 12; do kill -$s $$ 2>/dev/null || echo $s; done")
    assert list(map(int, out.split())) == denied


@pytest.mark.parametrize("action", ["SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP"])
def test_a_filter_kills(box, action):
    box.cfg.linux["seccomp"] = deny("mkdir", "mkdirat")
    box.cfg.linux["seccomp"]["syscalls"][0]["action"] = action
    assert box.sh("mkdir /data/x; echo $?").split()[-1] == "159"


@pytest.mark.parametrize("action", ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"])
def test_a_filter_allows(box, action):
    box.cfg.linux["seccomp"] = deny("mkdir", "mkdirat")
    box.cfg.linux["seccomp"]["syscalls"][0]["action"] = action
    assert box.sh("mkdir /data/x; echo $?") == "0\n"


def test_trace_without_a_tracer_is_enosys(box):
    box.cfg.linux["seccomp"] = deny("mkdir", "mkdirat")
    box.cfg.linux["seccomp"]["syscalls"][0]["action"] = "SCMP_ACT_TRACE"
    assert "not implemented" in box.sh("mkdir /data/x 2>&1; true")


@pytest.mark.parametrize("nnp", [True, False])
@pytest.mark.parametrize("uid", [0, 1000])
def test_a_filter_is_loaded_for_every_user(box, nnp, uid):
    box.cfg.process["noNewPrivileges"] = nnp
    box.cfg.process["user"] = {"uid": uid, "gid": uid}
    box.cfg.process["capabilities"] = {s: [] for s in SETS.values()}
    box.cfg.linux["seccomp"] = deny("mkdir", "mkdirat")
    status = status_inside(box)
    assert status["Seccomp"] == "2" and int(status["CapBnd"], 16) == 0


def test_an_unknown_call_in_a_filter_is_skipped(box):
    box.cfg.linux["seccomp"] = deny("no_such_system_call", "mkdir", "mkdirat")
    box.cfg.shell("mkdir /data/x 2>/dev/null; echo $?")
    assert box.run().out == "1\n"


def test_a_filter_of_another_architecture_is_no_obstacle(box):
    box.cfg.linux["seccomp"] = deny("mkdir", "mkdirat")
    box.cfg.linux["seccomp"]["architectures"] = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    assert "not permitted" in box.sh("mkdir /data/x 2>&1; true")


def test_flags_of_a_filter(box):
    box.cfg.linux["seccomp"] = {**deny("mkdir", "mkdirat"), "flags": ["SECCOMP_FILTER_FLAG_LOG",
                                                                       "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]}
    assert status_inside(box)["Seccomp"] == "2"


@must(144)
@pytest.mark.parametrize("change, where", [
    ({"defaultAction": "SCMP_ACT_MAYBE"}, "linux.seccomp.defaultAction"),
    ({"architectures": ["SCMP_ARCH_ABACUS"]}, "linux.seccomp.architectures"),
    ({"flags": ["SECCOMP_FILTER_FLAG_MAYBE"]}, "linux.seccomp.flags"),
    ({"syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}]}, "linux.seccomp.syscalls[0]"),
    ({"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_MAYBE"}]}, "linux.seccomp.syscalls[0].action"),
    ({"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1}]}, "linux.seccomp.syscalls[0]"),
    ({"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [
        {"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]}]}, "linux.seccomp.syscalls[0].args[0]"),
    ({"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "args": [
        {"index": 0, "value": 1, "op": "SCMP_CMP_MAYBE"}]}]}, "linux.seccomp.syscalls[0].args[0]"),
], ids=["action", "architecture", "flag", "no names", "rule action", "errnoRet", "index", "operator"])
def test_a_wrong_filter_is_refused(box, change, where):
    box.cfg.linux["seccomp"] = {**deny("mkdir"), **change}
    box.create_fails(where)
