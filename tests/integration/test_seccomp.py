# SPDX-License-Identifier: Apache-2.0
"""Filters of system calls: which names they take, and that they judge the program, not its making."""
import pytest

from lib.execs import ex
from lib.payload import compile_static

STRICT = "run.oci.seccomp_fail_unknown_syscall"

# What the making of a container and of a process in it consists of; the program needs none of it.
MAKING = (
    "bind bpf capget capset chdir chmod chown chroot clone clone3 close_range connect dup2 dup3 eventfd2 fchdir "
    "fchmod fchown fcntl fsconfig fsmount fsopen getcwd keyctl kill mknodat mkdirat mount mount_setattr move_mount "
    "name_to_handle_at open_tree openat openat2 personality pidfd_open pivot_root ppoll prctl recvmsg sched_setattr "
    "seccomp sendmsg setgid setgroups sethostname setns setresgid setresuid setrlimit setsid setuid socket "
    "socketpair statfs symlinkat umask umount2 unlinkat unshare wait4 waitid write writev").split()

# Busybox has calls of its own for what it is.
QUIET = """
#include <unistd.h>
int main(int argc, char **argv) { return argc > 1 ? pause() : 7; }
"""


@pytest.fixture
def quiet(box):
    compile_static(QUIET, f"{box.rootfs}/bin/quiet")
    return box


def deny(*names, action="SCMP_ACT_ERRNO"):
    return {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": list(names), "action": action}]}


@pytest.mark.parametrize("value, words", [("1", "no_such_call"), ("yes", STRICT)])
def test_names_that_are_not_known_are_refused_if_wanted(box, value, words):
    box.cfg.linux["seccomp"] = deny("no_such_call")
    box.cfg["annotations"] = {STRICT: value}
    box.create_fails(words)


def test_names_that_are_not_known_are_skipped_if_said_so(box):
    box.cfg.linux["seccomp"] = deny("no_such_call", "mkdir")
    box.cfg["annotations"] = {STRICT: "0"}
    assert "not permitted" in box.sh("mkdir /data/x 2>&1; true")


@pytest.mark.parametrize("profile, told", [
    (deny("no_such_call"), True), (deny("no_such_call", action="SCMP_ACT_LOG"), False),
], ids=["denied", "not denied"])
def test_a_denial_that_is_not_carried_out_is_told(box, profile, told):
    box.cfg.shell("exit 0").linux["seccomp"] = profile
    result = box.run()
    assert result.rc == 0 and ("no_such_call" in result.err) == told, str(result)


def test_a_filter_that_is_too_big_for_our_compiler_is_told(box):
    rules = [{"names": ["openat"], "action": "SCMP_ACT_ERRNO", "args": [
        {"index": 2, "value": 0x1234, "op": "SCMP_CMP_EQ"}, {"index": 3, "value": n, "op": "SCMP_CMP_EQ"}]} for n in range(700)]
    chain = [{"names": ["dup3"], "action": "SCMP_ACT_LOG", "args": [
        {"index": 0, "value": n, "op": "SCMP_CMP_NE"}, {"index": 1, "value": n, "op": "SCMP_CMP_LT"}]} for n in range(2)]
    box.cfg.shell("exit 0").linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules + chain}
    result = box.run()
    assert result.rc == 0 and "libseccomp's is used" in result.err, str(result)


@pytest.mark.parametrize("nnp", [True, False], ids=["no_new_privs", "new_privs"])
@pytest.mark.parametrize("uid", [0, 1000])
def test_what_makes_the_container_is_not_judged(quiet, nnp, uid):
    """The filter comes last; with one that kills for each call of the set-up, the program still runs."""
    quiet.cfg.process["noNewPrivileges"] = nnp
    quiet.cfg.process["user"] = {"uid": uid, "gid": uid}
    quiet.cfg.linux["seccomp"] = deny(*MAKING, action="SCMP_ACT_KILL_PROCESS")
    quiet.cfg.args("/bin/quiet")
    assert quiet.run().rc == 7


@pytest.mark.parametrize("nnp", [True, False], ids=["no_new_privs", "new_privs"])
def test_what_makes_another_process_is_not_judged(quiet, nnp):
    quiet.cfg.process["noNewPrivileges"] = nnp
    quiet.cfg.linux["seccomp"] = deny(*MAKING, action="SCMP_ACT_KILL_PROCESS")
    quiet.cfg.args("/bin/quiet", "wait")
    quiet.create().ok()
    quiet.start().ok()
    assert ex(quiet, "/bin/quiet").rc == 7
