# SPDX-License-Identifier: Apache-2.0
"""Hooks: six kinds, in order, in the right namespaces, with the state on stdin; and their failure."""
import json
import os
import resource
import signal
import subprocess
import time

import pytest

from lib.agent import Agent
from lib.box import FOREVER, ns_inode
from lib.timing import scaled

must = pytest.mark.must
KINDS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
IN_CREATE = KINDS[:3]


def run_through(box):
    box.cfg.shell("true")
    box.create().silent()
    box.start().silent()
    box.wait()
    box.delete().silent()


@must(8, 9, 10, 11, 13, 15, 79, 81, 82, 83, 84, 85, 86, 88)
def test_the_hooks_run_in_order(box, log):
    for kind in reversed(KINDS):
        for n in (1, 2):
            box.cfg.hook(kind, f"echo {kind} {n} >> {log}")
    run_through(box)
    assert log.read_text().splitlines() == [f"{kind} {n}" for kind in KINDS for n in (1, 2)]


@must(81, 86, 87, 88)
def test_the_hooks_run_in_the_command_they_belong_to(box, log):
    for kind in KINDS:
        box.cfg.hook(kind, f"echo {kind} >> {log}")
    box.cfg.shell(f"echo program >> {log}; " + FOREVER)
    box.create().silent()
    assert log.read_text().split() == IN_CREATE
    box.start().silent()
    seen = log.read_text().split()[3:]
    assert seen[0] == "startContainer" and "poststart" in seen
    box.delete("--force").silent()
    assert log.read_text().split()[-1] == "poststop"


@must(68, 70, 72, 74, 76, 78)
@pytest.mark.parametrize("kind", KINDS)
def test_the_namespaces_of_a_hook(box, log, kind):
    box.cfg.hook(kind, f"for n in mnt net uts ipc; do stat -L -c %i /proc/self/ns/$n; done >> {log}")
    box.cfg.shell("true")
    box.create().silent()
    inside = [ns_inode(n, box.init) for n in ("mnt", "net", "uts", "ipc")]
    host = [ns_inode(n) for n in ("mnt", "net", "uts", "ipc")]
    box.start().silent()
    box.wait()
    box.delete().silent()
    expected = inside if kind in ("createContainer", "startContainer") else host
    assert list(map(int, log.read_text().split())) == expected


@must(67, 69, 71, 75, 77)
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"startContainer"}))
def test_the_path_of_a_hook_is_one_of_the_host(box, tmp, log, kind):
    script = tmp / "hook-of-the-host"
    script.write_text(f"#!/bin/sh\necho ran >> {log}\n")
    script.chmod(0o755)
    box.cfg.no_mount(str(tmp))
    box.cfg.hook(kind, "")
    box.cfg["hooks"][kind][0] = {"path": str(script)}
    run_through(box)
    assert log.read_text() == "ran\n"


@must(73)
def test_the_path_of_a_startcontainer_hook_is_one_of_the_container(box):
    box.write("/bin/hook-of-the-container", "#!/bin/sh\necho ran > /tmp/log\n", 0o755)
    box.cfg["hooks"] = {"startContainer": [{"path": "/bin/hook-of-the-container"}]}
    run_through(box)
    assert box.read("/tmp/log") == "ran\n"


def test_a_startcontainer_hook_may_do_no_more_than_the_program(box):
    """It is a program of the image, too."""
    box.cfg.process.update(user={"uid": 1000, "gid": 1000}, noNewPrivileges=True, capabilities={})
    box.cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["sync"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}
    os.chmod(f"{box.rootfs}/tmp", 0o1777)
    look = "grep -E '^(Uid|Gid|Groups|Cap.*|NoNewPrivs|Seccomp):' /proc/self/status"
    box.cfg.hook("startContainer", f"{look} >/tmp/hook")
    assert box.sh(look) == box.read("/tmp/hook") != ""


def test_a_startcontainer_hook_has_the_limits_of_the_process(box):
    box.cfg.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 20, "hard": 21}]
    box.cfg.hook("startContainer", "ulimit -Sn > /tmp/hook; ulimit -Hn >> /tmp/hook")
    box.sh("true")
    assert box.read("/tmp/hook") == "20\n21\n"


def test_what_an_agent_would_answer_fails_in_a_startcontainer_hook(box, tmp):
    """Nobody hears of it."""
    box.cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": str(tmp / "agent"), "syscalls": [
        {"names": ["getpriority"], "action": "SCMP_ACT_NOTIFY"}]}
    box.cfg.hook("startContainer", "nice >/tmp/hook 2>&1 || true; grep ^Seccomp: /proc/self/status >>/tmp/hook")
    with Agent(tmp / "agent"):
        box.sh("true")
    assert "Seccomp:\t2\n" in box.read("/tmp/hook")


@must(80)
@pytest.mark.parametrize("kind, status", zip(KINDS, ["creating"] * 3 + ["created", "running", "stopped"]))
def test_the_state_is_on_stdin(box, log, kind, status):
    box.cfg["annotations"] = {"a": "b"}
    box.cfg.hook(kind, f"cat >> {log}")
    box.cfg.shell("usleep 200000" if kind == "poststart" else "true")
    box.create().silent()
    box.start().silent()
    box.wait()
    box.delete().silent()
    state = json.loads(log.read_text())
    assert (state["id"], state["status"], state["bundle"]) == (box.id, status, box.dir)
    assert state["ociVersion"] and state["annotations"] == {"a": "b"}
    if kind in ("prestart", "createRuntime", "poststart"):
        assert state["pid"] == box.init
    if kind in ("createContainer", "startContainer"):
        assert state["pid"] == 1, "as seen by the container"
    if kind == "poststop":
        assert not state.get("pid")


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_does_not_read_its_stdin(box, kind):
    box.cfg.hook(kind, "exec 0<&-; exit 0")
    box.cfg["annotations"] = {"large": "x" * 200000}    # more than a pipe holds
    run_through(box)


@pytest.mark.parametrize("kind", KINDS)
def test_the_environment_of_a_hook(box, log, kind):
    box.cfg.hook(kind, f"tr '\\0' '\\n' < /proc/self/environ >> {log}; true", env=["A=1", "PATH=/bin:/usr/bin"])
    run_through(box)
    assert "A=1\n" in log.read_text() and "RUNDLET" not in log.read_text() and "XDG" not in log.read_text()


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"startContainer"}))
def test_a_hook_without_env_has_an_empty_environment(box, log, kind):
    """The spec: execv semantics of what is given; the caller's variables are not given."""
    box.cfg.hook(kind, f"(/bin/cat /proc/$$/environ || cat /proc/self/environ) >> {log}")
    box.cfg.shell("true")
    env = {**os.environ, "SECRET_OF_THE_CALLER": "x"}
    box.create(env=env).silent()
    box.start(env=env).silent()
    box.wait()
    box.delete(env=env).silent()
    assert "SECRET_OF_THE_CALLER" not in log.read_text()


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"createContainer", "startContainer"}))
def test_a_hook_of_the_host_runs_in_the_bundle(box, log, kind):
    """No clause has it; crun and runc do so."""
    box.cfg.hook(kind, f"readlink /proc/self/cwd >> {log}", env=["PATH=/bin:/usr/bin"])
    run_through(box)
    assert log.read_text() == f"{os.path.realpath(box.dir)}\n"


def test_a_poststop_hook_runs_although_the_bundle_is_gone(box, log, tmp):
    box.cfg.hook("poststop", f"echo ran >> {log}")
    box.cfg.shell("true")
    box.create().silent()
    box.start().silent()
    box.wait()
    os.rename(box.dir, tmp / "elsewhere")
    box.delete().silent()
    os.rename(tmp / "elsewhere", box.dir)
    assert log.read_text() == "ran\n"


@pytest.mark.parametrize("kind", KINDS)
def test_the_args_of_a_hook(box, log, kind):
    box.cfg["hooks"] = {kind: [{"path": "/bin/sh", "args": ["sh", "-c", f'printf "%s|" "$@" >> {log}', "x", "y z", ""]}]}
    run_through(box)
    assert log.read_text() == "y z||"


@pytest.mark.parametrize("kind", KINDS)
def test_the_descriptors_of_the_runtime_do_not_reach_a_hook(box, log, kind):
    script = f"ls /proc/$$/fd >> {log}; true"
    box.cfg.hook(kind, script, env=["PATH=/bin:/usr/bin"])
    if kind in ("createContainer", "startContainer"):
        box.cfg.no_namespace("pid")     # so that $$ is right in every procfs
    run_through(box)
    found = set(log.read_text().split())
    subprocess.run(["sh", "-c", script], stdin=subprocess.DEVNULL, check=True)
    assert found <= set(log.read_text().split()[len(found):]), "more than the shell's own"


# failure

@must(8, 9, 10, 16)
@pytest.mark.parametrize("kind", IN_CREATE)
def test_a_failing_hook_of_create_fails_it_and_leaves_nothing(box, log, kind):
    box.cfg.hook(kind, "exit 3").hook(kind, f"echo second >> {log}").hook("poststop", f"echo poststop >> {log}")
    box.create_fails(f"hooks.{kind}[0]", "3")
    assert log.read_text() == "poststop\n", "poststop runs after a failure, and no further hook does"


@must(11)
def test_a_failing_startcontainer_hook_fails_start_and_stops_the_container(box, log):
    box.cfg.hook("startContainer", "exit 3").hook("poststop", f"echo poststop >> {log}")
    box.cfg.shell(f"echo program >> {log}")
    box.create().silent()
    box.start().fails("hooks.startContainer[0]")
    box.delete("--force").silent()
    box.host.assert_clean()
    assert log.read_text() == "poststop\n"


@pytest.mark.parametrize("wrong, ran", [({"args": ["/no/such/program"]}, IN_CREATE), ({"cwd": "/etc/passwd"}, IN_CREATE),
                                        (None, [])])
def test_what_fails_after_the_hooks_of_create_goes_on_with_those_of_poststop(box, log, wrong, ran):
    for kind in [*IN_CREATE, "poststop"]:
        box.cfg.hook(kind, f"echo {kind} >> {log}")
    if wrong:
        box.cfg["process"].update(wrong)
    else:
        box.cfg.mount("/nowhere", "no-such-type")
    box.create_fails()
    assert log.read_text().split() == (ran + ["poststop"] if ran else [])


def test_poststop_hooks_run_once_where_what_failed_cannot_be_removed(box, boxes, log):
    """What is mounted there keeps the cgroup, until the command's mount namespace goes: delete owes the hooks then."""
    first = boxes(box.rt.with_prefix("unshare", "--mount", "--propagation", "private"))
    place = f"{first.cgroup_dir('pids')}/kept"
    first.cfg.hook("createRuntime", f"mkdir {place} && mount -t tmpfs none {place}; exit 3")
    first.cfg.hook("poststop", f"echo poststop >> {log}")
    result = first.create()
    assert result.rc == 1 and "hooks.createRuntime[0]" in result.err and "ignoring" in result.err, str(result)
    assert log.read_text() == ""
    first.delete("--force").silent()
    assert log.read_text() == "poststop\n"


@must(13)
def test_a_failing_poststart_hook_fails_start_and_stops_the_container(box, log):
    box.cfg.hook("poststart", "exit 3").hook("poststop", f"echo poststop >> {log}")
    box.cfg.shell(FOREVER)
    box.create().silent()
    box.start().fails("hooks.poststart[0]")
    box.delete("--force").silent()
    box.host.assert_clean()
    assert log.read_text() == "poststop\n"


@must(15)
def test_a_failing_poststop_hook_only_warns_and_the_next_one_runs(box, log):
    box.cfg.hook("poststop", "exit 3").hook("poststop", f"echo second >> {log}")
    box.cfg.shell("true")
    box.create().silent()
    box.start().silent()
    box.wait()
    result = box.delete()
    assert result.rc == 0 and "hooks.poststop[0]" in result.err and "ignoring" in result.err, str(result)
    assert log.read_text() == "second\n"
    box.host.assert_clean()


@pytest.mark.parametrize("kind", IN_CREATE)
def test_a_hook_that_is_killed_by_a_signal_fails(box, kind):
    box.cfg.hook(kind, "kill -9 $$")
    box.create_fails(f"hooks.{kind}[0]", "9")


@pytest.mark.parametrize("kind", IN_CREATE + ["startContainer", "poststart", "poststop"])
def test_a_hook_that_takes_longer_than_its_timeout_is_killed(box, kind):
    box.cfg.hook(kind, "sleep 1000", timeout=1)
    started = time.monotonic()
    box.cfg.shell(FOREVER)
    results = [box.create()]
    if results[0].rc == 0:
        results += [box.start(), box.delete("--force")]
    assert time.monotonic() - started < scaled(20)
    assert any(f"hooks.{kind}[0]" in r.err and "time" in r.err for r in results), "\n".join(map(str, results))
    box.host.assert_clean()


@pytest.mark.parametrize("kind", ["prestart", "createRuntime"])
@pytest.mark.parametrize("how", ["killed", "deleted"])
def test_a_hook_of_a_container_that_has_ended_is_ended(box, tmp, kind, how):
    """There is nothing to make any more: create undoes what it has done, and a delete --force need not kill it."""
    os.mkfifo(tmp / "there")
    box.cfg.hook(kind, f"cat > {tmp}/state; echo $$ > {tmp}/there; exec sleep 1000")
    with box.save().rt.begin("create", "--bundle", box.dir, box.id) as child:
        hook = int((tmp / "there").read_text())
        if how == "killed":
            os.kill(json.loads((tmp / "state").read_text())["pid"], signal.SIGKILL)
        else:
            box.delete("--force").silent()
        assert child.wait(20) == 1
    assert not os.path.exists(f"/proc/{hook}")
    box.host.assert_clean()


@must(65, 66)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hook", [
    {"path": "relative"}, {"path": ""}, {"args": ["x"]}, {"path": "/bin/true", "timeout": 0},
    {"path": "/bin/true", "timeout": -1}, {"path": "/bin/true", "timeout": "1"}],
    ids=["relative", "empty", "no path", "timeout 0", "timeout -1", "timeout text"])
def test_a_wrong_hook_is_refused(box, kind, hook):
    box.cfg["hooks"] = {kind: [hook]}
    box.create_fails(f"hooks.{kind}[0]")


@pytest.mark.parametrize("kind", IN_CREATE)
def test_a_hook_that_does_not_exist_fails_create(box, kind):
    box.cfg["hooks"] = {kind: [{"path": "/no/such/hook"}]}
    result = box.create_fails(f"hooks.{kind}[0]", "/no/such/hook")
    assert "no such file or directory" not in result.err, "podman would say that the program is missing"


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_runs_when_the_container_is_run(box, log, kind):
    box.cfg.hook(kind, f"echo {kind} >> {log}")
    box.cfg.shell("usleep 50000; echo done")
    assert box.run().ok().out == "done\n"
    assert log.read_text() == kind + "\n"


# what a hook has of its own

ATTRIBUTES = "umask; ulimit -Sn; ulimit -Hn; grep -E '^Sig(Blk|Ign)' /proc/self/status"


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_has_the_caller_s_umask_and_limits_and_no_signals_blocked(box, log, kind):
    """
    Not those of the process, nor those that the runtime works with; but a startContainer hook is limited as the
    process is.
    """
    box.cfg.process["user"]["umask"] = 0o077
    box.cfg.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 20, "hard": 21}]
    box.cfg.hook(kind, f"({ATTRIBUTES}) >> {log}")
    box.cfg.shell("true")

    def caller():
        os.umask(0o031)
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGCHLD, signal.SIGTERM})
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    box.create(preexec_fn=caller).silent()
    box.start(preexec_fn=caller).silent()
    box.wait()
    box.delete(preexec_fn=caller).silent()
    got = log.read_text().split()
    assert got[:3] == ["0031", *(["20", "21"] if kind == "startContainer" else ["100", "200"])]
    assert got[3:5] == ["SigBlk:", "0" * 16]
    # The shell ignores some itself, and posix_spawn(3) two that are glibc's own.
    assert not int(got[6], 16) & (1 << signal.SIGHUP - 1 | 1 << signal.SIGPIPE - 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_closes_its_stdin_and_writes_much(box, kind):
    """Nobody waits for the other end of a pipe, so that no SIGPIPE comes, here or there."""
    box.cfg.hook(kind, "exec <&-; i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done")
    run_through(box)
    box.host.assert_clean()


# what a hook leaves behind

@pytest.mark.parametrize("kind", ["prestart", "createRuntime", "poststart", "poststop"])
def test_a_child_of_a_hook_of_the_host_goes_on(box, log, tmp, kind):
    """It may be a helper of the container's network: it is the caller's, and nobody waits for it."""
    box.cfg.hook(kind, f"sleep 1000 & echo $! > {tmp}/child")
    run_through(box)
    child = int((tmp / "child").read_text())
    assert os.path.exists(f"/proc/{child}")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.parametrize("kind", ["createContainer", "startContainer"])
def test_a_child_of_a_hook_of_the_container_ends_with_it(box, log, kind):
    """It is a process of the container: in its cgroup, and its pid namespace."""
    box.cfg.hook(kind, "sleep 1000 & true")
    box.cfg.shell(FOREVER)
    box.create().silent()
    box.start().silent()
    assert len(box.rt("ps", "--format", "json", box.id).json()) >= 2
    box.delete("--force").silent()
    box.host.assert_clean()


@pytest.mark.parametrize("kind", KINDS)
def test_a_hook_that_takes_too_long_ends_with_its_children(box, log, tmp, kind):
    box.cfg.hook(kind, f"sleep 1000 & echo $! > {tmp}/child; wait", timeout=1)
    box.cfg.shell(FOREVER)
    results = [box.create()]
    if results[0].rc == 0:
        results += [box.start(), box.delete("--force")]
    assert any(f"hooks.{kind}[0]" in r.err for r in results)
    box.host.assert_clean()
    if kind in ("prestart", "createRuntime", "poststart", "poststop"):
        assert not os.path.exists(f"/proc/{(tmp / 'child').read_text().strip()}/exe")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pid", ["own", "joined"])
def test_the_output_of_hooks_is_appended_to_a_file(box, tmp, kind, pid):
    """The stub holds the files over the change of root, and over that of the pid namespace."""
    (tmp / "out").write_text("before\n")
    box.cfg["annotations"] = {"run.oci.hooks.stdout": f"{tmp}/out", "run.oci.hooks.stderr": f"{tmp}/err"}
    box.cfg.hook(kind, "echo to out; echo to err >&2")
    if pid == "joined":
        box.cfg.namespace("pid", "/proc/self/ns/pid")
    run_through(box)
    assert (tmp / "out").read_text() == "before\nto out\n"
    assert (tmp / "err").read_text() == "to err\n"


def test_what_no_file_takes_is_shown_when_a_hook_fails(box, tmp):
    box.cfg["annotations"] = {"run.oci.hooks.stdout": f"{tmp}/out"}
    box.cfg.hook("createContainer", "echo to out; echo to err >&2; false")
    result = box.save().rt("create", "--bundle", box.dir, box.id, before=["--log", f"{tmp}/log"])
    result.fails("hooks.createContainer[0]")
    assert "to err" in (tmp / "log").read_text() and "to out" not in (tmp / "log").read_text()


@pytest.mark.parametrize("kind", ["prestart", "startContainer"])
@pytest.mark.parametrize("path", ["relative", "/no/such/directory/file"])
def test_a_file_for_output_that_cannot_be_opened_fails_create(box, kind, path):
    box.cfg["annotations"] = {"run.oci.hooks.stderr": path}
    box.cfg.hook(kind, "true")
    box.create_fails("config.json", "run.oci.hooks.stderr", path)
