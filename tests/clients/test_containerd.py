# SPDX-License-Identifier: Apache-2.0
"""
Debian's containerd drives the runtime by its shim, and ctr drives containerd. The configuration is that of
contrib with this session's folders before it.
"""
import json
import os
import re
import signal
import subprocess

import pytest

from lib.box import eventually
from lib.containerd import Containerd
from lib.engine import COMMON_EXECS, IMAGE, SIZE, an_engine
from lib.limitfiles import TELL_SHARES, limit_file, on
from lib.terminal import on_terminal
from lib.timing import scaled



@pytest.fixture(scope="module")
def engine(host):
    with an_engine(Containerd, host, "containerd", "ctr", "containerd-shim-runc-v2") as place:
        yield place


@pytest.fixture
def ctr(engine):
    return engine


MAPS = ["--uidmap", "0:100000:65536", "--gidmap", "0:200000:65536"]
CGROUPS = ["--mount", "type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=ro"]
IN_CGROUP = on("pids:/", "0::/") + ".*-containerd/c"
HOST_PIDS = f"pid:/proc/{os.getpid()}/ns/pid"       # a program that is no init ends by every signal
RUNS = [
    ("true", [IMAGE, "true"], 0, ""),
    ("echo", [IMAGE, "echo", "hello", "world"], 0, "hello world\n"),
    ("exit 42", [IMAGE, "sh", "-c", "exit 42"], 42, ""),
    ("--env", ["--env", "KEY=two words", IMAGE, "sh", "-c", "echo $KEY"], 0, "two words\n"),
    ("--cwd", ["--cwd", "/data", IMAGE, "pwd"], 0, "/data\n"),
    ("--read-only", ["--read-only", IMAGE, "sh", "-c", "touch /x 2>/dev/null || echo refused"], 0, "refused\n"),
    ("--cap-drop", ["--cap-drop", "CAP_CHOWN", IMAGE, "sh", "-c", "chown 1 /tmp 2>/dev/null || echo refused"], 0, "refused\n"),
    ("--cap-add", ["--cap-add", "CAP_NET_ADMIN", IMAGE, "ip", "link", "set", "lo", "mtu", "1280"], 0, ""),
    ("--privileged", ["--privileged", IMAGE, "sh", "-c", "mount -t tmpfs none /data && echo mounted"], 0, "mounted\n"),
    ("--memory-limit", [*CGROUPS, "--memory-limit", "67108864", IMAGE, "cat", limit_file("memory")], 0, "67108864\n"),
    ("--cpus", [*CGROUPS, "--cpus", "0.5", IMAGE, "cat", limit_file("quota")], 0, on("50000\n", "50000 100000\n")),
    ("--cpu-shares", [*CGROUPS, "--cpu-shares", "300", IMAGE, *TELL_SHARES], 0, on("300\n", "")),
    ("--cpu-quota", [*CGROUPS, "--cpu-quota", "30000", "--cpu-period", "50000", IMAGE, "cat", limit_file("period")], 0, on("50000\n", "30000 50000\n")),
    ("--device", ["--device", "/dev/full", IMAGE, "sh", "-c", "stat -c %t:%T /dev/full; : >/dev/full && echo opened"], 0, "1:7\nopened\n"),
    ("--mount", ["--mount", "type=tmpfs,dst=/data,options=mode=700:size=1m", IMAGE, "stat", "-c", "%a", "/data"], 0, "700\n"),
    ("--annotation", ["--annotation", "a=b", IMAGE, "true"], 0, ""),
    ("--seccomp", ["--seccomp", IMAGE, "grep", "Seccomp:", "/proc/self/status"], 0, "Seccomp:\t2\n"),
    ("--allow-new-privs", ["--allow-new-privs", IMAGE, "grep", "NoNewPrivs", "/proc/self/status"], 0, "NoNewPrivs:\t0\n"),
    ("no new privs", [IMAGE, "grep", "NoNewPrivs", "/proc/self/status"], 0, "NoNewPrivs:\t1\n"),
    ("--no-pivot", ["--no-pivot", IMAGE, "echo", "in"], 0, "in\n"),
    ("--net-host", ["--net-host", IMAGE, "ls", "/proc/sys/net/ipv4/conf"], 0, "all\ndefault\nlo\n"),
    ("--rootfs-propagation", ["--rootfs-propagation", "rshared", IMAGE, "sh", "-c", "grep -c ' / / .*shared:' /proc/self/mountinfo"], 0, "1\n"),
    ("--with-ns", ["--with-ns", HOST_PIDS, IMAGE, "sh", "-c", "test $$ != 1 && echo host"], 0, "host\n"),
    ("--cgroup", ["--cgroup", "", IMAGE, "echo", "in"], 0, "in\n"),
    ("--null-io", ["--null-io", IMAGE, "sh", "-c", "echo lost; exit 3"], 3, ""),
    ("SIGTERM", ["--with-ns", HOST_PIDS, IMAGE, "sh", "-c", "kill -TERM $$"], 143, ""),
    ("SIGKILL", ["--with-ns", HOST_PIDS, IMAGE, "sh", "-c", "kill -KILL $$"], 137, ""),
]


@pytest.mark.parametrize("args, status, out", [r[1:] for r in RUNS], ids=[r[0] for r in RUNS])
def test_ctr_run(ctr, args, status, out):
    result = ctr.run(*args)
    assert (result.returncode, result.stdout) == (status, out), result.stderr


def test_ctr_run_in_a_user_namespace(ctr):
    """The rootfs is below directories that only root may enter."""
    result = ctr.run(*MAPS, IMAGE, "sh", "-c", "id -u; cat /proc/self/uid_map /proc/self/gid_map")
    assert (result.returncode, result.stdout.split()) == (0, ["0", "0", "100000", "65536", "0", "200000", "65536"]), result.stderr


# ctr itself always ends with 1; docker, which drives the same shim, makes 126 and 127 of these words.
CANNOT_RUN = {
    "not in path": ("no-such-program", 'exec: "no-such-program": executable file not found in $PATH'),
    "missing": ("/no/such/program", 'exec: "/no/such/program": stat /no/such/program: no such file or directory'),
    "not executable": ("/etc/passwd", 'exec: "/etc/passwd": permission denied'),
    "directory": ("/etc", 'exec: "/etc": is a directory'),
}


@pytest.mark.parametrize("program, words", CANNOT_RUN.values(), ids=CANNOT_RUN)
def test_ctr_tells_why_a_program_cannot_run(ctr, program, words):
    result = ctr.run(IMAGE, program)
    assert result.returncode == 1 and "OCI runtime create failed" in result.stderr and ctr.said(words, result.stderr)
    result = ctr.exec(ctr.start(IMAGE, "sleep", "1000"), program)
    assert result.returncode == 1 and "OCI runtime exec failed" in result.stderr and ctr.said(words, result.stderr)


def test_ctr_passes_input(ctr):
    with subprocess.Popen(ctr.argv(*ctr.words("--rm", IMAGE, "cat")), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=ctr.env, text=True) as child:
        child.stdin.write("through\n")
        child.stdin.flush()
        assert child.stdout.readline() == "through\n"       # ctr hangs if the end comes before the start
        child.stdin.close()
        assert child.wait(scaled(20)) == 0


def test_ctr_run_t(ctr):
    """The shim has the other side of the terminal; the window's size arrives."""
    script = f"tty; read line; echo got $line; {SIZE}; exit 4"
    with on_terminal(ctr, *ctr.words("--rm", "-t", IMAGE, "sh", "-c", script), rows=33, columns=99) as (child, side):
        side.until("/dev/pts/0\r")
        side.type("hello\r")
        side.until("got hello\r")
        side.until("33 99\r")
        assert child.wait(scaled(20)) == 4


@pytest.mark.parametrize("options, script, status, out", [
    *(([], *row) for row in COMMON_EXECS),
    (["--cwd", "/tmp"], "pwd", 0, "/tmp\n"), (["--user", "1000:1001"], "id -u; id -g", 0, "1000\n1001\n"),
    ([], f"grep -q {IN_CGROUP} /proc/self/cgroup", 0, "")],
    ids=["status", "SIGTERM", "SIGKILL", "--cwd", "--user", "in the cgroup"])
def test_ctr_exec(ctr, options, script, status, out):
    result = ctr.exec(ctr.start(IMAGE, "sleep", "1000"), "sh", "-c", script, options=options)
    assert (result.returncode, result.stdout) == (status, out), result.stderr


def test_ctr_exec_t(ctr):
    """On a terminal of its own, with Control-C and the size of the window."""
    container = ctr.start(IMAGE, "sleep", "1000")
    script = f"trap 'echo INT; exit 3' INT; tty; read line; {SIZE}; while :; do sleep 1000 & wait $!; done"
    words = ["task", "exec", "-t", "--exec-id", "e", container, "sh", "-c", script]
    with on_terminal(ctr, *words, rows=33, columns=99) as (child, side):
        side.until("/dev/pts/0\r")
        side.type("\r")
        side.until("33 99\r")
        side.type("\x03")
        side.until("INT\r")
        assert child.wait(scaled(20)) == 3


def test_ctr_exec_in_the_background_and_its_kill(ctr):
    container = ctr.start(IMAGE, "sleep", "1000")
    ctr.ok("task", "exec", "--detach", "--exec-id", "back", container, "sh", "-c", "echo yes >/tmp/made; exec sleep 999")
    eventually(lambda: ctr.exec(container, "cat", "/tmp/made").stdout == "yes\n", "it ran")
    ctr.ok("task", "kill", "--exec-id", "back", "--signal", "KILL", container)
    eventually(lambda: "sleep 999" not in ctr.exec(container, "ps").stdout, "it ended")
    assert "sleep 1000" in ctr.exec(container, "ps").stdout


def test_ctr_pause_and_resume(ctr):
    container = ctr.start(IMAGE, "sleep", "1000")
    ctr.ok("task", "pause", container)
    assert ctr.tasks()[container][1] == "PAUSED"
    assert ctr.exec(container, "true").returncode == 1
    ctr.ok("task", "resume", container)
    assert ctr.tasks()[container][1] == "RUNNING"
    assert ctr.exec(container, "true").returncode == 0


def wait_stopped(ctr, container):
    eventually(lambda: ctr.tasks()[container][1] == "STOPPED", "it has stopped", 20)


@pytest.mark.parametrize("name", ["SIGUSR1", "10", "SIGTERM", "HUP"])
def test_ctr_kill(ctr, name):
    number = int(name) if name.isdigit() else signal.Signals["SIG" + name.replace("SIG", "")]
    script = f"trap 'exit 9' {int(number)}; echo ready >/tmp/ready; while :; do usleep 1000; done"
    container = ctr.start(IMAGE, "sh", "-c", script)
    eventually(lambda: ctr.exec(container, "cat", "/tmp/ready").stdout == "ready\n", "the trap is set")
    ctr.ok("task", "kill", "--signal", name, container)
    wait_stopped(ctr, container)
    assert "exit code 9" in ctr("task", "delete", container).stderr


def test_ctr_kill_ends_the_run_with_137(ctr):
    words = ctr.words("--rm", IMAGE, "sh", "-c", "echo ready; exec sleep 1000")
    with subprocess.Popen(ctr.argv(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ctr.env,
                          text=True) as child:
        assert child.stdout.readline() == "ready\n"
        ctr.ok("task", "kill", "--signal", "KILL", f"c{ctr.count}")
        assert child.wait(scaled(20)) == 137


def test_ctr_kill_all(ctr):
    """Every process of a container that has no pid namespace of its own."""
    container = ctr.start("--with-ns", HOST_PIDS, IMAGE, "sh", "-c", "sleep 1000 & sleep 1000 & wait")
    ctr.ok("task", "kill", "--all", "--signal", "KILL", container)
    wait_stopped(ctr, container)
    assert re.search("exit code 137", ctr("task", "delete", container).stderr)


def test_ctr_kill_of_a_stopped_task(ctr):
    container = ctr.start(IMAGE, "true")
    wait_stopped(ctr, container)
    result = ctr("task", "kill", container)
    assert result.returncode == 1 and "process already finished: not found" in result.stderr, result.stderr


def test_ctr_delete(ctr):
    container = ctr.start(IMAGE, "sleep", "1000")
    pid = ctr.tasks()[container][0]
    result = ctr("task", "delete", container)
    assert result.returncode == 1 and container in ctr.tasks(), "a running task stays"
    ctr("task", "delete", "--force", container)
    assert container not in ctr.tasks() and not os.path.exists(f"/proc/{pid}")


def test_ctr_ps(ctr):
    container = ctr.start(IMAGE, "sh", "-c", "sleep 1000 & sleep 1000 & wait")
    eventually(lambda: len(ctr.ok("task", "ps", container).split("\n")) == 5, "three processes and a heading")
    assert ctr.tasks()[container][0] in ctr.ok("task", "ps", container)
    ctr.ok("task", "kill", "--signal", "KILL", container)
    wait_stopped(ctr, container)
    result = ctr("task", "ps", container)
    assert (result.returncode, len(result.stdout.splitlines())) == (0, 1), f"of a stopped task: {result}"


def test_ctr_metrics(ctr):
    container = ctr.start("--memory-limit", "67108864", IMAGE, "sleep", "1000")
    values = dict(line.split(None, 1) for line in ctr.ok("task", "metrics", container).splitlines() if line[:1].islower())
    assert int(values[on("memory.limit_in_bytes", "memory.usage_limit")]) == 67108864 and int(values["pids.current"]) == 1
    assert int(values[on("memory.usage_in_bytes", "memory.usage")]) > 0


def test_ctr_create_then_start(ctr):
    """In two calls; the container takes the runtime from the daemon: one named runc, first in its path."""
    link = f"{ctr.dir}/bin/runc"
    os.symlink(ctr.runtime, link)
    ctr.ok("container", "create", IMAGE, "two", "grep", "x", "/none")
    assert ctr("task", "start", "two").returncode == 2
    os.unlink(link)


def test_ctr_with_a_runtime_of_another_name(ctr, named):
    ctr.runtime, own = named, ctr.runtime
    try:
        assert ctr.run(IMAGE, "sh", "-c", "exit 42").returncode == 42
        container = ctr.start(IMAGE, "sleep", "1000")
        assert ctr.exec(container, "sh", "-c", "exit 7").returncode == 7
        ctr.ok("task", "pause", container)
        ctr.ok("task", "resume", container)
    finally:
        ctr.runtime = own


def test_ctr_run_with_a_config(ctr, tmp):
    """A whole configuration: what containerd leaves as it is. Its root is given by --rootfs."""
    spec = json.loads(ctr.ok("oci", "spec"))
    spec["process"]["args"] = ["sh", "-c", "hostname; exit 7"]
    spec["hostname"] = "of-the-spec"
    spec["root"]["path"] = f"{ctr.dir}/rootfs"
    spec["linux"]["cgroupsPath"] = f"/{ctr.parent}/spec"
    (tmp / "config.json").write_text(json.dumps(spec))
    result = ctr("run", "--rm", "--runc-binary", ctr.runtime, "--runc-root", ctr.root, "--config", tmp / "config.json", "spec")
    assert (result.returncode, result.stdout) == (7, "of-the-spec\n"), result.stderr


def test_contrib_s_configuration_loads(ctr):
    """With it containerd's CRI plugin, which serves Kubernetes, starts and has the runtime."""
    plugins = {line.split()[1]: line.split()[-1] for line in ctr.ok("plugins", "ls").splitlines() if line.strip()}
    assert plugins["cri"] == "ok", ctr.log()
    dump = subprocess.run([*ctr.view.prefix, "containerd", "--config", f"{ctr.dir}/config.toml", "config", "dump"],
                          capture_output=True, text=True, check=True, env=ctr.env).stdout
    tables = re.findall(r"cri\"\.containerd\.runtimes\.(\w+)\]", dump)
    assert set(tables) == {"runc", "rundlet"} and 'BinaryName = "/usr/local/bin/rundlet"' in dump
