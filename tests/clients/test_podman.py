# SPDX-License-Identifier: Apache-2.0
"""
Debian's podman drives the runtime: no network, an image made of busybox, in a view of the host with
cgroup v1 alone. Everything lives in the session's tmpfs and in one mount namespace.
"""
import json
import os
import signal
import subprocess

import pytest

from lib.box import eventually
from lib.engine import COMMON_RUNS, IMAGE, SIZE, an_engine
from lib.limitfiles import TELL_SHARES, limit_file, on
from lib.notify import Manager
from lib.podman import Podman
from lib.terminal import on_terminal
from lib.timing import scaled


@pytest.fixture(scope="module")
def engine(host):
    with an_engine(Podman, host, "podman", "conmon") as place:
        yield place


@pytest.fixture
def podman(engine):
    return engine


def test_the_runtime_is_the_one_under_test(podman):
    """By contrib's file it has a name."""
    info = json.loads(podman.ok("info", "--format", "json"))
    assert info["host"]["ociRuntime"]["path"] == podman.runtime


RUNS = [
    *COMMON_RUNS,
    ("true", [IMAGE, "true"], 0, ""),
    ("false", [IMAGE, "false"], 1, ""),
    ("--read-only", ["--read-only", IMAGE, "sh", "-c", "touch /x 2>/dev/null || echo refused; touch /tmp/x && echo tmp"], 0, "refused\ntmp\n"),
    ("--cap-drop all", ["--cap-drop", "all", IMAGE, "grep", "CapEff", "/proc/self/status"], 0, "CapEff:\t0000000000000000\n"),
    ("--cap-add", ["--cap-drop", "all", "--cap-add", "chown", IMAGE, "grep", "CapEff", "/proc/self/status"], 0, "CapEff:\t0000000000000001\n"),
    ("--memory", ["--memory", "64m", IMAGE, "cat", limit_file("memory")], 0, "67108864\n"),
    ("--cpu-shares", ["--cpu-shares", "300", IMAGE, *TELL_SHARES], 0, on("300\n", "")),
    ("--ulimit", ["--ulimit", "nofile=500:600", "--ulimit", "nproc=4096:4096", IMAGE, "sh", "-c", "ulimit -Sn; ulimit -Hn"], 0, "500\n600\n"),
    ("--security-opt nnp", ["--security-opt", "no-new-privileges", IMAGE, "grep", "NoNewPrivs", "/proc/self/status"], 0, "NoNewPrivs:\t1\n"),
    ("--uidmap", ["--uidmap", "0:100000:65536", IMAGE, "sh", "-c", "id -u; cat /proc/self/uid_map | tr -s ' '"], 0, "0\n 0 100000 65536\n"),
    ("--annotation", ["--annotation", "a=b", IMAGE, "true"], 0, ""),
    ("--umask", ["--umask", "0077", IMAGE, "sh", "-c", "umask"], 0, "0077\n"),
    ("--stop-signal", ["--stop-signal", "USR1", IMAGE, "true"], 0, ""),
    ("--init", ["--init", "--init-path", "/usr/bin/tini-static", IMAGE, "sh", "-c", "cat /proc/1/comm; test $$ != 1 && echo child"], 0, "podman-init\nchild\n"),
    ("SIGTERM", ["--init", "--init-path", "/usr/bin/tini-static", IMAGE, "sh", "-c", "kill -TERM $$"], 143, ""),
    ("SIGKILL", ["--init", "--init-path", "/usr/bin/tini-static", IMAGE, "sh", "-c", "kill -KILL $$"], 137, ""),
    ("--systemd", ["--systemd", "always", IMAGE, "sh", "-c", "echo $container; grep -c ' /run .* tmpfs ' /proc/self/mountinfo"], 0, "podman\n1\n"),
    ("--userns auto", ["--userns", "auto", IMAGE, "sh", "-c", "id -u; test $(stat -c %u /proc/1) = 0 && grep -c '^ *0 *0' /proc/self/uid_map"], 1, "0\n0\n"),
    ("--userns host", ["--userns", "host", IMAGE, "sh", "-c", "tr -s ' ' </proc/self/uid_map"], 0, " 0 0 4294967295\n"),
    ("--env-host", ["--env-host", "--unsetenv", "HOME", IMAGE, "sh", "-c", "echo $LC_ALL"], 0, "C.UTF-8\n"),
    ("processes of init", ["--pids-limit", "100", IMAGE, "sh", "-c", "for i in 1 2 3; do sleep 0 & done; wait; echo $$"], 0, "1\n"),
]


@pytest.mark.parametrize("args, status, out", [r[1:] for r in RUNS], ids=[r[0] for r in RUNS])
def test_podman_run(podman, args, status, out):
    result = podman.run(*args)
    assert (result.returncode, result.stdout) == (status, out), result.stderr


@pytest.mark.parametrize("args, status, words", [
    (["no-such-program"], 127, "executable file not found in $PATH"),
    (["/no/such/program"], 127, "no such file or directory"),
    (["/etc/passwd"], 126, "permission denied"),
    (["/etc"], 126, "is a directory"),
    (["./none"], 127, "no such file or directory"),
    (["/etc/passwd/x"], 127, "not a directory"),
    (["/bin/script"], 127, "the interpreter it names"),
], ids=["not in path", "missing", "not executable", "directory", "relative", "below a file", "no interpreter"])
def test_podman_tells_why_a_program_cannot_run(podman, args, status, words):
    """The same by run and by exec."""
    script = "printf '#!/none\\n' >/bin/script; chmod +x /bin/script; exec sleep 1000"
    container = podman.start(IMAGE, "sh", "-c", script)
    eventually(lambda: podman("exec", container, "test", "-x", "/bin/script").returncode == 0, "the script is there")
    result = podman("exec", container, *args)
    assert result.returncode == status and podman.said(words, result.stderr), result.stderr
    if args != ["/bin/script"]:         # which the image does not have
        result = podman.run(IMAGE, *args)
        assert result.returncode == status and podman.said(words, result.stderr), result.stderr


def test_podman_s_own_mistake_is_125(podman):
    assert podman.run("--no-such-option", IMAGE, "true").returncode == 125


def test_podman_volumes(podman, tmp):
    (tmp / "file").write_text("of the host\n")
    out = podman.run("-v", f"{tmp}:/data", IMAGE, "sh", "-c", "cat /data/file; echo new > /data/new")
    assert out.stdout == "of the host\n" and (tmp / "new").read_text() == "new\n", out.stderr
    out = podman.run("-v", f"{tmp}:/data:ro", IMAGE, "sh", "-c", "touch /data/x 2>/dev/null || echo refused")
    assert out.stdout == "refused\n", out.stderr
    out = podman.run("-v", "named:/data", IMAGE, "sh", "-c", "echo in > /data/x; cat /data/x")
    assert out.stdout == "in\n", out.stderr


def test_podman_volumes_with_mapped_ids(podman, tmp):
    """-v SOURCE:PLACE:idmap with a user namespace: the files have the ids in the container that they have on the host."""
    (tmp / "file").write_text("from the host\n")
    os.chown(tmp / "file", 7, 8)
    os.chmod(tmp, 0o755)
    maps = ["--uidmap", "0:100000:5000", "--gidmap", "0:200000:5000"]
    script = "cat /proc/self/uid_map; stat -c '%u %g' /with/file /without/file; touch /with/new"
    os.chmod(tmp, 0o777)
    result = podman.run(*maps, "-v", f"{tmp}:/with:idmap", "-v", f"{tmp}:/without", IMAGE, "sh", "-c", script)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["0", "100000", "5000", "7", "8", "65534", "65534"]
    assert (os.stat(tmp / "new").st_uid, os.stat(tmp / "new").st_gid) == (0, 0)


def test_podman_passes_input(podman):
    result = subprocess.run([*podman.command, "run", "--rm", "-i", *podman.options(), IMAGE, "cat"], env=podman.env,
                            input="through\n", capture_output=True, text=True, timeout=60)
    assert result.stdout == "through\n", result.stderr


def test_podman_run_t(podman):
    """conmon has the other side of the terminal."""
    result = podman.run("-t", "--user", "1000", IMAGE, "sh", "-c", "tty; stat -c %u:%t /dev/console; : < /dev/tty && echo controlling; exit 4")
    assert (result.returncode, result.stdout) == (4, "/dev/pts/0\n1000:88\ncontrolling\n"), result.stderr


def test_podman_run_it(podman):
    """What is typed arrives, Control-C among it, and the size of the window."""
    script = f"trap 'echo INT; exit 3' INT; read line; echo got $line; {SIZE}; while :; do sleep 1000 & wait $!; done"
    words = ["run", "--rm", *podman.options(), "-it", IMAGE, "sh", "-c", script]
    with on_terminal(podman, *words, rows=33, columns=99) as (child, side):
        side.type("hello\r")
        side.until("got hello\r\n")
        side.until("33 99\r\n")
        side.type("\x03")
        side.until("INT\r\n")
        assert child.wait(scaled(20)) == 3


@pytest.mark.parametrize("args, status, out", [
    (["sh", "-c", "echo out; exit 5"], 5, "out\n"), (["sh", "-c", "kill -TERM $$"], 143, ""), (["none"], 127, ""),
    (["/etc/passwd"], 126, ""), (["--user", "7", "-e", "A=b", "-w", "/tmp"], 0, "7 b /tmp\n")],
    ids=["status", "signal", "not found", "cannot run", "options"])
def test_podman_exec(podman, args, status, out):
    container = podman.start(IMAGE, "sleep", "1000")
    if args[0] == "--user":
        result = podman("exec", *args, container, "sh", "-c", "echo $(busybox id -u) $A $PWD")
    else:
        result = podman("exec", container, *args)
    assert (result.returncode, result.stdout) == (status, out), result.stderr


def test_podman_exec_with_input_and_in_the_background(podman):
    container = podman.start(IMAGE, "sleep", "1000")
    result = subprocess.run(podman.argv("exec", "-i", container, "cat"), env=podman.env, input="through\n", capture_output=True,
                            text=True, timeout=scaled(60), check=False)
    assert (result.returncode, result.stdout) == (0, "through\n"), result.stderr
    podman.ok("exec", "-d", container, "sh", "-c", "echo yes >/tmp/made")
    eventually(lambda: podman("exec", container, "cat", "/tmp/made").stdout == "yes\n", "it ran")


def test_podman_exec_it(podman):
    """On a terminal of its own, with Control-C and the size of the window."""
    container = podman.start(IMAGE, "sleep", "1000")
    script = f"trap 'echo INT; exit 3' INT; tty; {SIZE}; while :; do sleep 1000 & wait $!; done"
    with on_terminal(podman, "exec", "-it", container, "sh", "-c", script, rows=33, columns=99) as (child, side):
        assert side.until("/dev/pts/0\r\n")
        side.until("33 99\r\n")
        side.type("\x03")
        side.until("INT\r\n")
        assert child.wait(scaled(20)) == 3


def test_podman_in_the_background(podman):
    container = podman.start(IMAGE, "sh", "-c", "echo started; exec sleep 1000")
    eventually(lambda: podman.ok("logs", container) == "started\n", "the log is there")
    state = json.loads(podman.ok("inspect", container))[0]["State"]
    assert state["Status"] == "running" and os.path.exists(f"/proc/{state['Pid']}")


def test_podman_kill(podman):
    container = podman.start(IMAGE, "sleep", "1000")
    podman.ok("kill", container)
    assert podman.ok("wait", container).strip() == str(128 + signal.SIGKILL)


def test_podman_kill_with_a_signal(podman):
    container = podman.start(IMAGE, "sh", "-c", "trap 'exit 9' USR1; echo ready; while :; do usleep 1000; done")
    eventually(lambda: podman.ok("logs", container) == "ready\n", "the trap is set")
    podman.ok("kill", "--signal", "USR1", container)
    assert podman.ok("wait", container).strip() == "9"


def test_podman_update(podman):
    if podman("update", "--help").returncode:
        pytest.skip("this podman has no update")
    container = podman.start("--memory", "256m", IMAGE, "sleep", "1000")
    pid = podman.ok("inspect", "--format", "{{.State.Pid}}", container).strip()
    with open(f"/proc/{pid}/cgroup") as f:
        path = next(path for _, c, path in (line.split(":", 2) for line in f.read().split()) if c == on("memory", ""))

    def limit(name):
        with open(limit_file(name, path)) as f:
            return f.read().strip()

    assert limit("memory") == str(256 << 20)
    podman.ok("update", "--memory", "64m", "--memory-swap", "96m", "--cpu-shares", "512", "--cpuset-cpus", "0",
              container)
    assert (limit("memory"), limit("swap")) == (str(64 << 20), str(on(96, 32) << 20))
    shares = limit("shares")
    assert (shares, limit("cpus")) == (on("512", shares), "0")
    result = podman("update", "--cpu-shares", "9", "--cpuset-cpus", "5000", container)
    assert result.returncode and "cpu.cpus" in result.stderr, result.stderr
    assert limit("shares") == shares


def test_podman_stop_and_start_again(podman):
    container = podman.start(IMAGE, "sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do usleep 1000; done")
    eventually(lambda: podman.ok("logs", container) == "ready\n", "the trap is set")
    podman.ok("stop", container)
    assert podman.ok("inspect", "--format", "{{.State.ExitCode}} {{.State.Status}}", container).strip() == "5 exited"
    podman.ok("start", container)
    assert podman.ok("inspect", "--format", "{{.State.Status}}", container).strip() == "running"
    podman.ok("rm", "--force", "--time", "0", container)


def test_podman_create_then_start(podman):
    container = podman.ok("create", *podman.options(), IMAGE, "echo", "later").strip()
    assert podman.ok("start", "--attach", container) == "later\n"


def test_podman_rm_force_of_a_running_container(podman):
    container = podman.start(IMAGE, "sleep", "1000")
    pid = int(podman.ok("inspect", "--format", "{{.State.Pid}}", container))
    podman.ok("rm", "--force", "--time", "0", container)
    assert not os.path.exists(f"/proc/{pid}")


def status(podman, container):
    return podman.ok("inspect", "--format", "{{.State.Status}}", container).strip()


def test_podman_pause_and_unpause(podman):
    container = podman.start(IMAGE, "sh", "-c", "while :; do echo x; usleep 1000; done")
    podman.ok("pause", container)
    assert status(podman, container) == "paused"
    log = podman.ok("logs", container)
    assert podman.ok("logs", container) == log
    podman.ok("unpause", container)
    assert status(podman, container) == "running"
    eventually(lambda: len(podman.ok("logs", container)) > len(log), "it goes on")
    podman.ok("rm", "--force", "--time", "0", container)


def test_podman_rm_force_of_a_paused_container(podman):
    container = podman.start(IMAGE, "sleep", "1000")
    pid = int(podman.ok("inspect", "--format", "{{.State.Pid}}", container))
    podman.ok("pause", container)
    podman.ok("rm", "--force", "--time", "0", container)
    assert not os.path.exists(f"/proc/{pid}")


def test_podman_hooks(podman, tmp):
    for kind in ("prestart", "createRuntime", "poststart", "poststop"):
        (tmp / f"{kind}.json").write_text(json.dumps({
            "version": "1.0.0", "hook": {"path": "/bin/sh", "args": ["sh", "-c", f"echo {kind} >> {tmp}/log"]},
            "when": {"always": True}, "stages": [kind]}))
    result = subprocess.run([*podman.command, "--hooks-dir", str(tmp), "run", "--rm", *podman.options(), IMAGE, "true"],
                            env=podman.env, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    ran = (tmp / "log").read_text().split()
    # podman 5 makes a createRuntime hook of that for prestart: their order is that of the files' names.
    assert sorted(ran[:2]) == ["createRuntime", "prestart"] and ran[2:] == ["poststart", "poststop"]


def test_podman_a_failing_hook_fails_the_container(podman, tmp):
    (tmp / "fail.json").write_text(json.dumps({
        "version": "1.0.0", "hook": {"path": "/bin/false"}, "when": {"always": True}, "stages": ["createRuntime"]}))
    result = subprocess.run([*podman.command, "--hooks-dir", str(tmp), "run", "--rm", *podman.options(), IMAGE, "true"],
                            env=podman.env, capture_output=True, text=True, timeout=60)
    assert result.returncode == 126 and "createRuntime" in result.stderr, result.stderr


def test_podman_healthcheck(podman):
    container = podman.start("--health-cmd", "test -e /tmp/well", "--health-interval", "disable", IMAGE, "sleep", "1000")
    assert podman("healthcheck", "run", container).returncode == 1
    podman.ok("exec", container, "touch", "/tmp/well")
    podman.ok("healthcheck", "run", container)


def test_podman_stats_and_top(podman):
    container = podman.start("--memory", "64m", IMAGE, "sh", "-c", "sleep 1000 & wait")

    def stats():
        return json.loads(podman.ok("stats", "--no-stream", "--format", "json", container))[0]

    eventually(lambda: stats()["pids"] == "2", "both processes are counted")
    assert stats()["mem_usage"].endswith("/ 67.11MB"), stats()
    assert "sleep 1000" in podman.ok("top", container)


def test_podman_cp(podman, tmp):
    """Into a running container and out of it."""
    (tmp / "file").write_text("of the host\n")
    container = podman.start(IMAGE, "sleep", "1000")
    podman.ok("cp", str(tmp / "file"), f"{container}:/data/file")
    assert podman.ok("exec", container, "cat", "/data/file") == "of the host\n"
    podman.ok("cp", f"{container}:/etc/passwd", str(tmp / "passwd"))
    assert "user:x:1000" in (tmp / "passwd").read_text()


def test_podman_secrets(podman, tmp):
    (tmp / "secret").write_text("do not tell\n")
    podman.ok("secret", "create", "word", str(tmp / "secret"))
    result = podman.run("--secret", "word", "--secret", "word,type=env,target=WORD", IMAGE, "sh", "-c",
                        "cat /run/secrets/word; echo $WORD")
    podman.ok("secret", "rm", "word")
    assert result.stdout == "do not tell\ndo not tell\n", result.stderr


def test_podman_without_a_cgroup_of_its_own(podman):
    """--cgroups=disabled: podman offers it to runtimes that its configuration, here contrib's file, lists."""
    result = podman("run", "--rm", "--network", "none", "--cgroups", "disabled", IMAGE, "cat", "/proc/self/cgroup")
    assert result.returncode == 0 and podman.parent not in result.stdout and "libpod" not in result.stdout, result.stderr


def test_podman_stop_kills_what_does_not_end(podman):
    container = podman.start(IMAGE, "sleep", "1000")
    podman.ok("stop", "--time", "0", container)
    assert podman.ok("inspect", "--format", "{{.State.ExitCode}}", container).strip() == "137"


def test_podman_logs(podman):
    """Streams apart; what is followed ends with the container."""
    container = podman.start(IMAGE, "sh", "-c", "echo one; echo two >&2; mkfifo /tmp/go; read x </tmp/go; echo $x")
    eventually(lambda: podman("logs", container).stderr == "two\n", "both have come")
    with subprocess.Popen(podman.argv("logs", "--follow", container), stdout=subprocess.PIPE, text=True, env=podman.env) as child:
        assert child.stdout.readline() == "one\n"
        podman.ok("exec", container, "sh", "-c", "echo three >/tmp/go")
        assert child.stdout.read() == "three\n" and child.wait(scaled(30)) == 0
    assert podman.ok("logs", "--tail", "1", container) == "three\n"


def test_podman_restarts(podman):
    """By command, and by policy."""
    container = podman.start(IMAGE, "sleep", "1000")
    before = podman.ok("inspect", "--format", "{{.State.Pid}}", container)
    podman.ok("restart", "--time", "0", container)
    assert podman.ok("inspect", "--format", "{{.State.Pid}}", container) != before
    container = podman.start("--restart", "on-failure:2", IMAGE, "sh", "-c", "echo begun; exit 4")
    eventually(lambda: podman.ok("logs", container).split() == ["begun"] * 3, "it was tried again twice", 30)
    eventually(lambda: status(podman, container) == "exited", "and no more")


def test_podman_exec_in_a_paused_container(podman):
    container = podman.start(IMAGE, "sleep", "1000")
    podman.ok("pause", container)
    assert podman("exec", container, "true").returncode
    podman.ok("unpause", container)
    podman.ok("exec", container, "true")


def test_podman_kill_all_of_the_host_s_process_ids(podman):
    """Without a pid namespace the container's cgroup says who is in it."""
    seconds = str(900000 + os.getpid())         # no other's
    container = podman.start("--pid", "host", IMAGE, "sh", "-c", f"sleep {seconds} & sleep {seconds}")
    eventually(lambda: podman.ok("top", container).count(seconds) >= 2, "both run")
    podman.ok("rm", "--force", "--time", "0", container)
    assert not subprocess.run(["pgrep", "-f", f"sleep {seconds}"], capture_output=True, check=False).stdout


def test_podman_userns_of_another_container(podman):
    first = podman.start("--userns", "auto", IMAGE, "sleep", "1000")
    maps = podman.ok("exec", first, "cat", "/proc/self/uid_map")
    result = podman.run("--userns", f"container:{first}", IMAGE, "cat", "/proc/self/uid_map")
    assert result.stdout == maps and "4294967295" not in maps, result.stderr


def test_podman_cgroups_no_conmon(podman):
    result = podman.run("--cgroups", "no-conmon", "--cgroupns", "host", IMAGE, "cat", "/proc/self/cgroup")
    assert result.returncode == 0 and "libpod" in result.stdout, result.stderr


def test_podman_healthcheck_that_kills(podman):
    container = podman.start("--health-cmd", "false", "--health-interval", "disable", "--health-retries", "1",
                             "--health-on-failure", "kill", IMAGE, "sleep", "1000")
    assert podman("healthcheck", "run", container).returncode == 1
    assert podman.ok("wait", container).strip() == "137"


def test_podman_pods(podman):
    """The first container of a pod has the namespaces of all of them."""
    podman.pod = podman.ok("pod", "create", "--name", "group", "--network", "none", "--infra-image", IMAGE, "--infra-command", "sleep 1000",
              "--cgroup-parent", f"/{podman.parent}", "--share", "ipc,pid,uts", "--hostname", "together").strip()
    podman.ok("run", "-d", "--pod", "group", "--name", "member", IMAGE, "sleep", "2000")
    out = podman.ok("run", "--rm", "--pod", "group", IMAGE, "sh", "-c", "hostname; ps")
    assert out.startswith("together\n") and "sleep 1000" in out and "sleep 2000" in out
    podman.ok("pod", "pause", "group")
    assert status(podman, "member") == "paused"
    podman.ok("pod", "unpause", "group")
    podman.ok("pod", "stop", "--time", "0", "group")
    assert status(podman, "member") in ("stopped", "exited"), "the second is after podman cleaned up in the background"
    podman.ok("pod", "rm", "--force", "group")


@pytest.fixture
def podman_by_name(podman, named):
    podman.use(named)
    yield podman
    podman.use(podman.chosen)


@pytest.mark.parametrize("args, status, out", [
    (["--memory", "64m", IMAGE, "sh", "-c", "exit 42"], 42, ""), ([IMAGE, "none"], 127, ""), ([IMAGE, "/etc"], 126, ""),
    (["--systemd", "always", IMAGE, "sh", "-c", "echo $container"], 0, "podman\n"),
    (["--userns", "auto", IMAGE, "id", "-u"], 0, "0\n"), (["--privileged", IMAGE, "ls", "/dev/full"], 0, "/dev/full\n")],
    ids=["status", "not found", "cannot run", "--systemd", "--userns", "--privileged"])
def test_podman_run_with_a_runtime_of_a_name_that_it_knows(podman_by_name, args, status, out):
    result = podman_by_name.run(*args)
    assert (result.returncode, result.stdout) == (status, out), result.stderr


def test_podman_with_a_runtime_of_a_name_that_it_knows(podman_by_name):
    """What it does by the name alone works, too."""
    podman = podman_by_name
    container = podman.start(IMAGE, "sleep", "1000")
    assert podman.states() == [container], "its state is where it is under its own name"
    assert podman("exec", container, "sh", "-c", "exit 7").returncode == 7
    podman.ok("pause", container)
    podman.ok("unpause", container)
    podman.ok("update", "--cpu-shares", "512", container)
    podman.ok("stop", "--time", "0", container)
    podman.ok("rm", container)
    if podman.command[-1].endswith("/crun"):
        podman.ok("run", "--rm", "--network", "none", "--cgroups", "disabled", IMAGE, "true")


def test_podman_pods_share_namespaces(podman):
    first = podman.start("--name", "first", IMAGE, "sleep", "1000")
    result = podman("run", "--rm", "--cgroup-parent", f"/{podman.parent}", "--network", "container:first", "--ipc",
                    "container:first", "--pid", "container:first", IMAGE, "ps")
    assert "sleep 1000" in result.stdout, result.stderr
    podman.ok("rm", "--force", "--time", "0", first)


def test_podman_keeps_descriptors(podman):
    reader, writer = os.pipe()
    os.write(writer, b"through 3\n")
    os.close(writer)

    def third():
        os.dup2(reader, 3, inheritable=True)
    result = subprocess.run([*podman.command, "run", "--rm", "--preserve-fds", "1", *podman.options(), IMAGE, "sh", "-c", "cat <&3"],
                            env=podman.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                            pass_fds=[3, reader], preexec_fn=third)
    os.close(reader)
    assert result.stdout == "through 3\n", result.stderr


def test_podman_ten_at_once(podman):
    children = [subprocess.Popen([*podman.command, "run", "--rm", *podman.options(), IMAGE, "sh", "-c", f"exit {i}"],
                                 env=podman.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL) for i in range(10)]
    assert [child.wait(120) for child in children] == list(range(10))


@pytest.mark.parametrize("mode", ["conmon", "container", "ignore"])
def test_sdnotify(podman, say, tmp, mode):
    """With "container", podman and conmon have a socket of their own, which the configuration names."""
    place = Manager(f"{tmp}/notify")
    env = {**podman.env, "NOTIFY_SOCKET": place.address}
    command = ["if [ $NOTIFY_SOCKET ]; then /say READY=1; fi; echo ${NOTIFY_SOCKET:-none}"]
    with place.reads() as got:
        out = subprocess.run(podman.argv("run", "--rm", *podman.options(), f"--sdnotify={mode}", "-v", f"{say}:/say:ro",
                                         IMAGE, "sh", "-c", *command), env=env, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=scaled(60))
    place.close()
    assert out.returncode == 0, out.stderr
    ready = [line for message in got for line in message if line == "READY=1"]
    assert ready == ([] if mode == "ignore" else ["READY=1"]), got
    assert (out.stdout == "none\n") == (mode != "container"), out.stdout
