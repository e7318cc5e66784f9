# SPDX-License-Identifier: Apache-2.0
"""exec: another process in a container that exists."""
import array
import contextlib
import fcntl
import json
import os
import pathlib
import signal
import socket
import subprocess

import pytest

from lib.box import FOREVER, children, eventually, ns_inode
from lib.config import CAPS, mask
from lib.execs import caps_of, detached, ex, open_in, reap, sh, status_of
from lib.freezer import Freezer
from lib.host import CGROUPS, own_children
from lib.timing import scaled

KINDS = ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")


# what it is

def test_the_standard_streams_pass_through(both):
    both.up()
    read, write = os.pipe()
    os.write(write, b"given\n")
    os.close(write)
    result = sh(both, "read x; echo got $x; echo wrong >&2", stdin=read)
    os.close(read)
    assert (result.rc, result.out, result.err) == (0, "got given\n", "wrong\n")


def test_it_is_in_the_namespaces_of_the_container(boxes):
    box = boxes()
    box.cfg.namespace("time")
    box.up()
    script = " ".join(f"$(readlink /proc/self/ns/{kind})" for kind in KINDS)
    seen = sh(box, f"echo {script}").ok().out.split()
    assert seen == [os.readlink(f"/proc/{box.init}/ns/{kind}") for kind in KINDS]


def test_the_clock_is_the_container_s(box):
    box.cfg.namespace("time").linux["timeOffsets"] = {"boottime": {"secs": 1000000}}
    box.up()
    assert float(sh(box, "cat /proc/uptime").ok().out.split()[0]) > 1000000


def test_it_sees_the_processes_of_the_container(box):
    box.up()
    assert sh(box, "cat /proc/1/cmdline | tr '\\0' ' '").ok().out.startswith("/bin/sh -c ")
    assert int(sh(box, "echo $$").ok().out) > 1


def test_it_is_in_the_cgroups_of_the_container(both):
    both.cfg.no_namespace("cgroup")
    both.up()
    mine = sh(both, "cat /proc/self/cgroup").ok().out
    with open(f"/proc/{both.init}/cgroup") as f:
        assert mine == f.read()


def test_ps_has_it(box, tmp):
    box.up()
    pid = detached(box, "exec sleep 1000", tmp)
    assert {box.init, pid} <= set(box.rt("ps", "--format", "json", box.id).json())
    box.kill("KILL").silent()
    reap(pid)                           # the pid namespace ends when all of it are reaped
    box.wait()
    assert box.rt("ps", "--format", "json", box.id).json() == []


@pytest.mark.parametrize("kinds", [[], ["pid"], ["network", "ipc", "uts"], ["cgroup"]], ids=str)
def test_namespaces_that_the_container_shares_are_shared(box, kinds):
    box.cfg.no_namespace(*kinds)
    box.up()
    for kind in ("pid", "net", "ipc", "uts", "cgroup"):
        assert sh(box, f"readlink /proc/self/ns/{kind}").ok().out.strip() == os.readlink(f"/proc/{box.init}/ns/{kind}")
    if "pid" in kinds:
        box.kill("--all", "KILL").silent()


def test_in_a_user_namespace(box):
    box.cfg.user_namespace()
    box.up()
    assert sh(box, "id -u; readlink /proc/self/ns/user").ok().out == f"0\nuser:[{ns_inode('user', box.init)}]\n"
    assert sh(box, "id -u; id -g", "-u", "5:6").ok().out == "5\n6\n"
    assert caps_of(status_of(box))["Eff"] == mask(CAPS)


def test_in_a_user_namespace_without_root(box):
    box.cfg.linux["uidMappings"] = [{"containerID": 5, "hostID": 100000, "size": 3}]
    box.cfg.linux["gidMappings"] = [{"containerID": 6, "hostID": 100000, "size": 3}]
    box.cfg.namespace("user").process["user"] = {"uid": 5, "gid": 6}
    box.up()
    assert sh(box, "id -u; id -g").ok().out == "5\n6\n"
    sh(box, "true", "-u", "0").fails("process.user.uid", "is not in linux.uidMappings", rc=255)


def test_it_has_the_seccomp_filter(box):
    box.cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW",
                                "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99}]}
    box.up()
    assert status_of(box)["Seccomp"] == "2"
    assert sh(box, "mkdir /x").rc != 0


def test_limits_umask_and_oom_score_are_the_process_s(box):
    box.cfg.process.update(rlimits=[{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 88}], oomScoreAdj=123)
    box.cfg.process["user"]["umask"] = 0o27
    box.up()
    assert sh(box, "ulimit -n; ulimit -Hn; umask; cat /proc/self/oom_score_adj").ok().out == "77\n88\n0027\n123\n"


def test_also_in_a_container_that_waits_for_start(box):
    box.cfg.shell(FOREVER)
    box.create().silent()
    assert sh(box, "echo in; hostname").ok().out.startswith("in\n")
    assert box.status == "created"


# the program

@pytest.mark.parametrize("script, status", [("exit 0", 0), ("exit 1", 1), ("exit 125", 125), ("exit 255", 255),
                                            ("kill -KILL $$", 137), ("kill -TERM $$", 143), ("kill -SEGV $$", 139)])
def test_the_exit_status_is_the_program_s(both, script, status):
    both.up()
    assert sh(both, script).rc == status


@pytest.mark.parametrize("words, text, status", [
    (["nothing-here"], 'exec: "nothing-here": executable file not found in $PATH', 127),
    (["/nothing/here"], 'exec: "/nothing/here": stat /nothing/here: no such file or directory', 127),
    (["/plain/here"], 'exec: "/plain/here": stat /plain/here: not a directory: no such file or directory', 127),
    (["/etc"], 'exec: "/etc": is a directory: permission denied', 126),
    (["/plain"], 'exec: "/plain": permission denied', 126),
    (["/script"], "the interpreter it names (or its dynamic loader) is missing: no such file or directory", 127),
    (["/junk"], "exec /junk: exec format error", 126),
])
@pytest.mark.parametrize("detach", [[], ["--detach"]], ids=["", "detached"])
def test_a_program_that_cannot_run(box, tmp, words, text, status, detach):
    """The status is that of a shell."""
    box.write("etc/passwd")
    box.write("plain", "x", 0o644)
    box.write("script", "#!/no/interpreter\n", 0o755)
    box.write("junk", "junk", 0o755)
    box.up()
    before = own_children()
    result = ex(box, *detach, "--pid-file", tmp / "pid", "--", *words)
    result.fails("exec " + box.id, "process.args[0]: ", text, rc=status)
    assert not (tmp / "pid").exists()
    assert own_children() == before


def test_nothing_to_run(box):
    box.up()
    box.rt("exec", box.id).fails("there is nothing to run", rc=255)


def test_what_stands_behind_the_id_is_the_program_s(box):
    box.up()
    assert ex(box, "--", "echo", "--cwd", "-e", "--", "x").ok().out == "--cwd -e -- x\n"


def test_signals_are_sent_on(box):
    box.up()
    argv = [*box.rt.prefix, box.rt.path, "--root", box.rt.root, "exec", box.id, "/bin/sh", "-c",
            "trap 'exit 33' TERM; echo ready; while :; do sleep 0.1; done"]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 33


def test_detached_it_goes_on_and_the_pid_file_names_it(both, tmp):
    both.up()
    sh(both, "echo $$ > /tmp/inner; exec sleep 1000", "--detach", "--pid-file", tmp / "pid").silent()
    pid = int((tmp / "pid").read_text())
    assert (tmp / "pid").read_text() == str(pid)        # digits alone
    eventually(lambda: os.readlink(f"/proc/{pid}/exe").endswith("busybox"), "it runs")
    with open(f"/proc/{pid}/status") as f:
        assert "PPid:\t%d\n" % os.getpid() in f.read(), "it is our child: we are the subreaper"
    os.kill(pid, signal.SIGKILL)
    assert reap(pid) == -9


def test_a_pid_file_that_cannot_be_written_leaves_no_process(box, tmp):
    box.up()
    before = own_children()
    sh(box, "exec sleep 1000", "-d", "--pid-file", tmp / "no" / "pid").fails("write pid file", rc=255)
    assert own_children() == before


# descriptors

def test_no_other_descriptor_is_open(box, tmp):
    box.up()
    read, write = os.pipe()
    assert open_in(box, tmp, pass_fds=(read, write)) == {"0", "1", "2"}
    os.close(read)
    os.close(write)


def test_descriptors_that_are_asked_for_stay(box, tmp):
    box.up()
    read, write = os.pipe()
    os.write(write, b"through\n")
    os.close(write)

    def place():
        os.dup2(read, 3)

    assert open_in(box, tmp, "--preserve-fds", 1, pass_fds=(3,), preexec_fn=place) == {"0", "1", "2", "3"}
    assert sh(box, "cat <&3", "--preserve-fds", 1, pass_fds=(3,), preexec_fn=place).ok().out == "through\n"
    os.close(read)


def test_descriptors_to_keep_must_be_open(box):
    box.up()
    sh(box, "true", "--preserve-fds", 1).fails("descriptor 3 is not open", rc=255)


def test_the_pidfd_socket_gets_the_process(box, tmp):
    box.up()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tmp}/{'x' * 40}.sock")
        listener.listen()
        sh(box, "exec sleep 1000", "-d", "--pid-file", tmp / "pid", "--pidfd-socket", f"{tmp}/{'x' * 40}.sock").silent()
        conn, _ = listener.accept()
        with conn:
            fds = array.array("i")
            text, ancillary, _, _ = conn.recvmsg(64, socket.CMSG_SPACE(4))
            fds.frombytes(ancillary[0][2])
            assert text and conn.recv(1) == b"", "one message"
    with open(f"/proc/self/fdinfo/{fds[0]}") as f:
        assert f"Pid:\t{(tmp / 'pid').read_text()}\n" in f.read()
    signal.pidfd_send_signal(fds[0], signal.SIGKILL)
    os.waitid(os.P_PIDFD, fds[0], os.WEXITED)
    os.close(fds[0])


def test_a_pidfd_socket_that_nobody_listens_at(box, tmp):
    box.up()
    sh(box, "true", "--pidfd-socket", tmp / "none").fails("--pidfd-socket", rc=255)


# when it is refused

def test_no_such_container(rt):
    rt("exec", "nobody", "true").fails("does not exist", rc=255)


def test_a_stopped_container(box):
    box.up("exit 0")
    box.wait()
    sh(box, "true").fails("cannot exec in a stopped container", rc=255)


def test_a_container_whose_process_has_left_its_namespaces_to_end(box):
    """It is no zombie yet: it waits for the others of its pid namespace, and one of them does not die."""
    freezer = os.path.dirname(box.cgroup_dir("freezer"))
    if box.host.is_v2 or not os.path.exists(freezer):
        pytest.skip("this host has no freezer of version 1, which lets nobody die")
    box.up("sleep 1000 & exec sleep 1000")
    held = Freezer(f"{freezer.removeprefix(f'{CGROUPS}/freezer')}/held")
    os.mkdir(held.dir)
    eventually(lambda: children(box.init), "the other is there")
    other, = children(box.init)
    pathlib.Path(held.dir, "cgroup.procs").write_text(str(other))
    held.write(True)
    os.kill(box.init, signal.SIGKILL)
    eventually(lambda: not os.path.exists(f"/proc/{box.init}/ns/mnt"), "it has left them")
    sh(box, "true").fails("container not running", rc=255)
    held.write(False)
    box.wait()
    os.rmdir(held.dir)
    box.delete().silent()


def test_a_paused_container(both):
    both.up()
    both.rt("pause", both.id).silent()
    sh(both, "true").fails("cannot exec in a paused container", rc=255)
    assert both.status == "paused"


@contextlib.contextmanager
def waiting_for_resume(box, *args, options=()):
    """An exec in a container that is paused and has one process, when its own is in the cgroup."""
    assert len(box.rt("ps", "--format", "json", box.id).json()) == 1
    argv = [*box.rt.prefix, box.rt.path, "--root", box.rt.root, "exec", "--ignore-paused", *options, box.id,
            *args]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as child:
        eventually(lambda: len(box.rt("ps", "--format", "json", box.id).json()) > 1, "it is in the cgroup")
        assert child.poll() is None
        try:
            yield child
        finally:
            child.kill()


def test_ignore_paused_runs_after_resume(both):
    both.up("exec sleep 1000")
    both.rt("pause", both.id).silent()
    with waiting_for_resume(both, "echo", "late") as child:
        both.rt("resume", both.id).silent()
        assert child.communicate(timeout=scaled(20)) == ("late\n", "") and child.returncode == 0


def test_a_container_that_ends_takes_with_it_what_waits_for_resume(both):
    """In the pid namespace it is not yet, and its cgroup it keeps."""
    both.up("exec sleep 1000")
    both.rt("pause", both.id).silent()
    with waiting_for_resume(both, "true") as child:
        both.rt("kill", both.id, "KILL").silent()
        out, err = child.communicate(timeout=scaled(20))
    assert (child.returncode, out) == (255, "") and "container not running" in err
    both.wait()
    both.delete().silent()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_exec_that_is_ended_while_it_waits_for_resume_leaves_nobody(both, number):
    """Detached, so that the signal is not for the program. On version 1 the process ends when it is thawed."""
    both.up("exec sleep 1000")
    both.rt("pause", both.id).silent()
    with waiting_for_resume(both, "true", options=["--detach"]) as child:
        child.send_signal(number)
        assert child.wait(scaled(20)) == -number
        both.rt("kill", both.id, "KILL").silent()
    both.wait()
    both.delete().silent()


def test_pause_waits_for_no_birth_for_ever(both):
    """And an exec that meets it enters the cgroup by itself."""
    both.up("exec sleep 1000")
    births = os.open(f"{both.rt.root}/{both.id}/config.json", os.O_RDONLY)
    fcntl.flock(births, fcntl.LOCK_SH)
    both.rt("pause", both.id).silent()
    assert both.status == "paused"
    both.rt("resume", both.id).silent()
    fcntl.flock(births, fcntl.LOCK_EX)
    assert sh(both, "grep -c sleep /proc/1/cmdline").out == "1\n"
    os.close(births)


def test_what_waits_for_resume_ends_where_the_frozen_do_not_die(box):
    """On version 1. What ended has left the cgroup, so that nobody thaws it."""
    if not os.path.exists("/sys/fs/cgroup/freezer"):
        pytest.skip("this host has no freezer of version 1")
    box.up("exec sleep 1000")
    box.rt("pause", box.id).silent()
    with waiting_for_resume(box, "true") as child:
        with open(f"{os.path.dirname(box.cgroup_dir('freezer'))}/cgroup.procs", "w") as above:
            above.write(str(box.init))
        os.kill(box.init, signal.SIGKILL)
        assert box.wait() == -9
        out, err = child.communicate(timeout=scaled(20))
    assert (child.returncode, out) == (255, "") and "container not running" in err
    box.delete().silent()


def test_a_console_socket_without_a_terminal(box, tmp):
    box.up()
    sh(box, "true", "--console-socket", tmp / "s").fails("--console-socket", rc=255)


def test_a_container_whose_process_made_its_own_namespaces(box):
    """Nothing of what a payload made itself is entered."""
    box.cfg.user_namespace()
    box.cfg.process["capabilities"] = {s: ["CAP_SYS_ADMIN"] for s in ("bounding", "effective", "permitted")}
    box.up("exec unshare -Um sleep 1000")
    eventually(lambda: ns_inode("user", box.init) != ns_inode("user"), "it has left")
    eventually(lambda: open(f"/proc/{box.init}/cmdline").read().startswith("sleep"), "it has left")
    sh(box, "true").fails("has left the namespaces", rc=255)


def test_the_log_has_the_error_as_a_record(box, tmp):
    box.up()
    box.rt("exec", box.id, "nothing", before=["--log", tmp / "log", "--log-format", "json"])
    record = json.loads((tmp / "log").read_text().splitlines()[-1])
    assert record["level"] == "error" and "executable file not found in $PATH" in record["msg"]


def test_the_trace_has_the_rows_of_exec(box):
    box.up()
    err = sh(box, "true", "--trace").err
    assert "container_enter" in err and "exec_tell" in err and "mounts_attach" not in err
