# SPDX-License-Identifier: Apache-2.0
"""
Debian's docker drives the runtime, with containerd below it. The configuration is that of contrib with this
session's folders; the daemon has a network namespace of its own and leaves its packet filter alone.
"""
import json
import os

import pytest

from lib.box import eventually
from lib.docker import Docker
from lib.engine import COMMON_EXECS, COMMON_RUNS, IMAGE, SIZE, an_engine
from lib.limitfiles import limit_file, on
from lib.terminal import on_terminal
from lib.timing import scaled


@pytest.fixture(scope="module")
def engine(host):
    with an_engine(Docker, host, "docker", "dockerd", "containerd", "docker-init") as place:
        yield place


@pytest.fixture
def docker(engine):
    return engine


RUNS = [
    *COMMON_RUNS,
    ("SIGTERM", ["--init", IMAGE, "sh", "-c", "kill -TERM $$"], 143, ""),
    ("SIGKILL", ["--init", IMAGE, "sh", "-c", "kill -KILL $$"], 137, ""),
    ("--init", ["--init", IMAGE, "sh", "-c", "cat /proc/1/comm; test $$ != 1 && echo child"], 0, "docker-init\nchild\n"),
    ("--read-only", ["--read-only", "--tmpfs", "/tmp", IMAGE, "sh", "-c", "touch /x 2>/dev/null || echo refused; touch /tmp/x && echo tmp"], 0, "refused\ntmp\n"),
    ("--cap-drop ALL", ["--cap-drop", "ALL", IMAGE, "grep", "CapEff", "/proc/self/status"], 0, "CapEff:\t0000000000000000\n"),
    ("--cap-add", ["--cap-drop", "ALL", "--cap-add", "CHOWN", IMAGE, "grep", "CapEff", "/proc/self/status"], 0, "CapEff:\t0000000000000001\n"),
    ("--domainname", ["--domainname", "example", IMAGE, "cat", "/proc/sys/kernel/domainname"], 0, "example\n"),
    ("--memory", ["--memory", "64m", IMAGE, "cat", limit_file("memory")], 0, "67108864\n"),
    ("--ulimit", ["--ulimit", "nofile=500:600", IMAGE, "sh", "-c", "ulimit -Sn; ulimit -Hn"], 0, "500\n600\n"),
    ("nnp", ["--security-opt", "no-new-privileges", IMAGE, "grep", "NoNewPrivs", "/proc/self/status"], 0, "NoNewPrivs:\t1\n"),
    ("-v", ["-v", "named:/data", IMAGE, "sh", "-c", "echo in > /data/x; cat /data/x"], 0, "in\n"),
]


@pytest.mark.parametrize("args, status, out", [r[1:] for r in RUNS], ids=[r[0] for r in RUNS])
def test_docker_run(docker, args, status, out):
    result = docker.run(*args)
    assert (result.returncode, result.stdout) == (status, out), result.stderr


def test_docker_run_in_the_host_s_network(docker):
    """Of the daemon, here."""
    result = docker("run", "--rm", "--network", "host", IMAGE, "ls", "/proc/sys/net/ipv4/conf")
    assert (result.returncode, result.stdout) == (0, "all\ndefault\nlo\n"), result.stderr


@pytest.mark.parametrize("program, status, words", [
    ("no-such-program", 127, 'exec: "no-such-program": executable file not found in $PATH'),
    ("/no/such/program", 127, 'exec: "/no/such/program": stat /no/such/program: no such file or directory'),
    ("/etc/passwd", 126, 'exec: "/etc/passwd": permission denied'), ("/etc", 126, 'exec: "/etc": is a directory')],
    ids=["not in path", "missing", "not executable", "directory"])
def test_docker_tells_why_a_program_cannot_run(docker, program, status, words):
    result = docker.run(IMAGE, program)
    assert result.returncode == status and docker.said(words, result.stderr), result.stderr
    result = docker("exec", docker.start(IMAGE, "sleep", "1000"), program)
    assert result.returncode in (status, 126), "126 is what docker 20.10 says of them all"
    assert docker.said(words, result.stdout)


def test_docker_s_own_mistake_is_125(docker):
    assert docker.run("--no-such-option", IMAGE, "true").returncode == 125


def test_docker_passes_input(docker):
    result = docker("run", "--rm", "-i", *docker.words(IMAGE, "cat"), input="through\n")
    assert result.stdout == "through\n", result.stderr


def test_docker_run_it(docker):
    """What is typed arrives, Control-C among it, and the size of the window."""
    script = f"trap 'echo INT; exit 3' INT; read line; echo got $line; {SIZE}; while :; do sleep 1000 & wait $!; done"
    with on_terminal(docker, "run", "--rm", "-it", *docker.words(IMAGE, "sh", "-c", script), rows=33, columns=99) as (child, side):
        side.type("hello\r")
        side.until("got hello\r")
        side.until("33 99\r")
        side.type("\x03")
        side.until("INT\r")
        assert child.wait(scaled(20)) == 3


@pytest.mark.parametrize("options, script, status, out", [
    *(([], *row) for row in COMMON_EXECS),
    (["-u", "7:8", "-e", "A=b", "-w", "/tmp"], "echo $(id -u) $(id -g) $A $PWD", 0, "7 8 b /tmp\n"),
    (["--privileged"], "ip link set lo mtu 1280", 0, "")],
    ids=["status", "SIGTERM", "SIGKILL", "options", "--privileged"])
def test_docker_exec(docker, options, script, status, out):
    container = docker.start(IMAGE, "sleep", "1000")
    result = docker("exec", *options, container, "sh", "-c", script)
    assert (result.returncode, result.stdout) == (status, out), result.stderr


def test_docker_exec_with_input_and_in_the_background(docker):
    container = docker.start(IMAGE, "sleep", "1000")
    result = docker("exec", "-i", container, "cat", input="through\n")
    assert (result.returncode, result.stdout) == (0, "through\n"), result.stderr
    docker.ok("exec", "-d", container, "sh", "-c", "echo yes >/tmp/made")
    eventually(lambda: docker("exec", container, "cat", "/tmp/made").stdout == "yes\n", "it ran")


def test_docker_exec_it(docker):
    container = docker.start(IMAGE, "sleep", "1000")
    script = f"trap 'echo INT; exit 3' INT; tty; read line; {SIZE}; while :; do sleep 1000 & wait $!; done"
    with on_terminal(docker, "exec", "-it", container, "sh", "-c", script, rows=33, columns=99) as (child, side):
        side.until("/dev/pts/0\r")
        side.type("\r")
        side.until("33 99\r")
        side.type("\x03")
        side.until("INT\r")
        assert child.wait(scaled(20)) == 3


def test_docker_stop_and_start_again(docker):
    container = docker.start(IMAGE, "sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do usleep 1000; done")
    eventually(lambda: docker.ok("logs", container) == "ready\n", "the trap is set")
    docker.ok("stop", container)
    assert docker.inspect(container, ".State.ExitCode") == "5"
    docker.ok("start", container)
    assert docker.inspect(container, ".State.Status") == "running"
    docker.ok("restart", "--time", "0", container)
    assert docker.inspect(container, ".State.Status") == "running"


def test_docker_stop_kills_what_does_not_end(docker):
    container = docker.start(IMAGE, "sleep", "1000")
    docker.ok("stop", "--time", "0", container)
    assert docker.ok("wait", container).strip() == "137"


@pytest.mark.parametrize("name, status", [("USR1", "9"), ("KILL", "137")])
def test_docker_kill(docker, name, status):
    container = docker.start(IMAGE, "sh", "-c", "trap 'exit 9' USR1; echo ready; while :; do usleep 1000; done")
    eventually(lambda: docker.ok("logs", container) == "ready\n", "the trap is set")
    docker.ok("kill", "--signal", name, container)
    assert docker.ok("wait", container).strip() == status


def test_docker_pause_and_unpause(docker):
    container = docker.start(IMAGE, "sleep", "1000")
    docker.ok("pause", container)
    assert docker.inspect(container, ".State.Status") == "paused"
    result = docker("exec", container, "true")
    assert result.returncode == 1 and "is paused" in result.stderr, result.stderr
    docker.ok("unpause", container)
    assert docker("exec", container, "true").returncode == 0


def test_docker_rm_force_of_a_paused_container(docker):
    container = docker.start(IMAGE, "sleep", "1000")
    pid = docker.inspect(container, ".State.Pid")
    docker.ok("pause", container)
    docker.ok("rm", "--force", container)
    assert not os.path.exists(f"/proc/{pid}")


def test_docker_update(docker):
    container = docker.start("--memory", "256m", IMAGE, "sleep", "1000")
    docker.ok("update", "--memory", "64m", "--memory-swap", "96m", "--cpu-shares", "512", "--cpuset-cpus", "0",
              "--pids-limit", "44", container)
    names = ["memory", "swap", "cpus", "pids", *on(["shares"], [])]
    values = docker.ok("exec", container, "cat", *map(limit_file, names))
    assert values.split() == ["67108864", on("100663296", "33554432"), "0", "44", *on(["512"], [])]
    result = docker("update", "--cpuset-cpus", "5000", container)
    assert result.returncode == 1


def test_docker_stats_and_top(docker):
    container = docker.start("--memory", "64m", IMAGE, "sh", "-c", "sleep 1000 & wait")

    def stats():
        return json.loads(docker.ok("stats", "--no-stream", "--format", "{{json .}}", container))

    eventually(lambda: stats()["PIDs"] == "2", "both processes are counted", 30)
    assert stats()["MemUsage"].endswith("/ 64MiB"), stats()
    assert docker.ok("top", container).count("sleep 1000") >= 1


def test_docker_healthcheck(docker):
    container = docker.start("--health-cmd", "test -e /tmp/well", "--health-interval", "200ms", "--health-retries", "1",
                             IMAGE, "sleep", "1000")
    eventually(lambda: docker.inspect(container, ".State.Health.Status") == "unhealthy", "it is ill", 30)
    docker.ok("exec", container, "touch", "/tmp/well")
    eventually(lambda: docker.inspect(container, ".State.Health.Status") == "healthy", "it is well", 30)


def test_docker_cp(docker, tmp):
    (tmp / "file").write_text("of the host\n")
    container = docker.start(IMAGE, "sleep", "1000")
    docker.ok("cp", tmp / "file", f"{container}:/data/file")
    assert docker.ok("exec", container, "cat", "/data/file") == "of the host\n"


def test_docker_shares_namespaces(docker):
    docker.start("--name", "first", "--ipc", "shareable", IMAGE, "sleep", "1000")
    out = docker.ok("run", "--rm", "--network", "container:first", "--pid", "container:first", "--ipc", "container:first", IMAGE, "ps")
    assert "sleep 1000" in out


def test_docker_reports_the_oom_killer(docker):
    container = docker.start("--memory", "8m", "--memory-swap", "8m", IMAGE, "sh", "-c", "tail /dev/zero")
    docker.ok("wait", container)
    eventually(lambda: docker.inspect(container, ".State.OOMKilled") == "true", "it is told", 30)


def test_docker_logs_and_attach(docker):
    """Streams apart; input arrives at a container that runs, and its exit status comes back."""
    container = docker.ok("create", "-i", *docker.words(IMAGE, "sh", "-c", "echo err >&2; read x; echo got $x; exit 3")).strip()
    docker.ok("start", container)
    result = docker("attach", container, input="words\n")
    assert (result.returncode, result.stdout) == (3, "got words\n"), result.stderr
    result = docker("logs", container)
    assert (result.stdout, result.stderr) == ("got words\n", "err\n")


def test_docker_restarts_by_policy(docker):
    container = docker.start("--restart", "on-failure:2", IMAGE, "sh", "-c", "exit 4")
    eventually(lambda: docker.inspect(container, ".RestartCount") == "2", "it was tried again twice", 30)
    eventually(lambda: docker.inspect(container, ".State.Status") == "exited", "and no more", 30)


def test_docker_live_restore(docker):
    """Containers outlive the daemon, and the next one has them again."""
    container = docker.start(IMAGE, "sh", "-c", "trap 'exit 5' TERM; while :; do usleep 1000; done")
    pid = docker.inspect(container, ".State.Pid")
    docker.stop_daemons()
    assert os.path.exists(f"/proc/{pid}")
    docker.serve()
    assert docker.inspect(container, ".State.Pid") == pid
    assert docker.ok("exec", container, "echo", "here") == "here\n"
    docker.ok("stop", container)
    assert docker.inspect(container, ".State.ExitCode") == "5"


@pytest.mark.parametrize("named", ["runc"], indirect=True)
def test_docker_s_own_runtime_by_a_link(docker, named):
    """It looks for a program runc in its path."""
    assert docker("run", "--rm", "--runtime", "runc", *docker.words(IMAGE, "sh", "-c", "exit 42")).returncode == 42
    result = docker("run", "--rm", "--runtime", "runc", *docker.words(IMAGE, "none"))
    assert result.returncode == 127 and 'exec: "none": executable file not found in $PATH' in result.stderr, named


def test_docker_knows_the_runtime(docker):
    info = json.loads(docker.ok("info", "--format", "{{json .}}"))
    assert info["DefaultRuntime"] == "rundlet" and info["Runtimes"]["rundlet"]["path"] == docker.runtime
