# SPDX-License-Identifier: Apache-2.0
"""The life of a container: create, start, kill, delete, state, and what is refused when."""
import os
import re
import signal
import subprocess

import pytest

from lib.box import FOREVER, eventually
from lib.timing import scaled

must = pytest.mark.must
RFC3339 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"


@must(5, 6, 24, 26)
def test_create_makes_the_environment_but_does_not_run_the_program(box):
    box.cfg.shell("touch /tmp/ran")
    box.create().silent()
    assert box.status == "created"
    assert os.path.samefile(f"/proc/{box.pid}/root/tmp", f"{box.rootfs}/tmp")
    assert not os.path.exists(f"{box.rootfs}/tmp/ran")


@must(12, 30)
def test_start_runs_the_program(box):
    box.up("echo hello; touch /tmp/ran; " + FOREVER)
    assert box.status == "running"
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ran"), "the program runs")


def test_the_program_writes_to_the_stdout_of_create(box):
    created = box.up("echo hello; echo oops >&2")
    assert box.wait() == 0
    assert (created.out, created.err) == ("hello\n", "oops\n")


def test_a_container_whose_program_ended_is_stopped(box):
    box.up("exit 3")
    assert box.wait() == 3
    state = box.state()
    assert state["status"] == "stopped"
    assert state.get("pid", 0) == 0


def test_an_init_that_nobody_waited_for_is_stopped(box):
    box.cfg.shell("exit 0")
    box.create().silent()
    stat = f"/proc/{box.init}/stat"
    box.start().silent()
    eventually(lambda: open(stat).read().rsplit(") ", 1)[1].startswith("Z"), "the program ends")
    assert box.status == "stopped"
    box.delete().silent()


@must(7)
def test_later_edits_of_the_config_have_no_effect(box):
    box.cfg.shell("echo first")
    created = box.create().silent()
    box.cfg.shell("echo second")
    box.save()
    box.start().silent()
    box.wait()
    assert created.out == "first\n"


def test_the_bundle_may_vanish_after_create(box):
    box.cfg.shell(FOREVER)
    box.create().silent()
    os.unlink(f"{box.dir}/config.json")
    box.start().silent()
    box.kill("KILL").silent()
    box.wait()
    box.delete().silent()


# delete

@must(14, 37)
def test_delete_removes_what_create_made(box):
    box.up("true")
    box.wait()
    box.delete().silent()
    box.host.assert_clean()


@must(38)
def test_delete_removes_nothing_that_create_did_not_make(box):
    mine = f"{box.cgroup_dir('pids')}-mine"
    os.mkdir(mine)
    try:
        box.write("/data/mine")
        box.up("true")
        box.wait()
        box.delete().silent()
        assert os.path.isdir(mine) and os.path.exists(f"{box.rootfs}/data/mine")
        assert os.path.exists(f"{box.dir}/config.json")
    finally:
        os.rmdir(mine)


@must(36)
def test_delete_of_a_running_container_is_refused(box):
    box.up()
    box.delete().fails(box.id)
    assert box.status == "running"


def test_delete_of_a_created_container_succeeds_or_says_why(box):
    """The spec refuses it, runc and crun (and so the engines) remove it."""
    box.create().silent()
    result = box.delete()
    if result.rc == 0:
        box.host.assert_clean()
    else:
        result.fails(box.id)
        assert box.status == "created"


@pytest.mark.parametrize("state", ["created", "running", "stopped"])
def test_delete_force_removes_a_container_in_any_state(box, state):
    box.cfg.shell(FOREVER if state == "running" else "exit 0")
    box.create().silent()
    if state != "created":
        box.start().silent()
    if state == "stopped":
        box.wait()
    box.delete("--force").silent()
    box.host.assert_clean()


def test_delete_force_kills_every_process_of_the_container(box):
    box.up("for i in 1 2 3 4 5; do sleep 1000 & done; trap '' TERM; wait; sleep 1000")
    box.delete("-f").silent()
    box.host.assert_clean()


def test_delete_force_of_an_unknown_id_is_silent(rt):
    rt("delete", "--force", "no-such-container").silent()


def test_delete_force_twice_is_silent(box):
    box.create().silent()
    box.delete("--force").silent()
    box.delete("--force").silent()


# what each command says to the wrong state

@must(20)
@pytest.mark.parametrize("args", [
    ["state"], ["start"], ["delete"], ["kill"]], ids=" ".join)
def test_an_unknown_id_does_not_exist(rt, host, args):
    rt(*args, "no-such-container").fails("does not exist")
    host.assert_clean()


@must(29)
def test_start_of_a_running_container_has_no_effect(box):
    box.up()
    box.start().fails(box.id)
    assert box.status == "running"


@must(29)
def test_start_of_a_stopped_container_is_refused(box):
    box.up("true")
    box.wait()
    box.start().fails(box.id)
    assert box.status == "stopped"


def test_start_of_a_container_whose_init_was_killed_does_not_block(box):
    box.create().silent()
    os.kill(box.init, signal.SIGKILL)
    box.wait()
    box.start(timeout=10).fails(box.id)


@must(33)
def test_kill_of_a_stopped_container_says_not_running(box):
    box.up("true")
    box.wait()
    box.kill("TERM").fails("container not running")


def test_kill_all_of_a_stopped_container_succeeds(box):
    box.up("true")
    box.wait()
    box.rt("kill", "--all", box.id, "KILL").silent()


@must(23)
def test_an_id_that_exists_is_refused_and_the_container_lives_on(box, boxes):
    box.up()
    other = boxes()
    other.id = box.id
    other.create().fails(box.id)
    assert box.status == "running"


@must(19, 22, 28, 32, 35)
@pytest.mark.parametrize("args", [
    ["create"], ["create", "--bundle", "/tmp"], ["run"], ["start"], ["state"], ["kill"], ["delete"]],
    ids=" ".join)
def test_a_command_without_an_id_is_refused(rt, host, args):
    assert rt(*args).rc == 1
    host.assert_clean()


@pytest.mark.parametrize("args", [
    ["create", "--no-such-option", "id"], ["create", "a", "b"], ["kill", "a", "TERM", "c"],
    ["state", "a", "b"], ["no-such-command"], ["--no-such-option", "list"], ["--log-format", "xml", "list"],
    ["create", "--bundle"], ["create", "--preserve-fds", "x", "id"], ["create", "--preserve-fds", "-1", "id"]],
    ids=" ".join)
def test_a_wrong_command_line_is_refused(rt, host, args):
    result = rt(*args)
    assert result.rc not in (0, 255) and result.rc < 128 and result.err != ""
    host.assert_clean()


# kill

@must(34)
@pytest.mark.parametrize("word", ["TERM", "SIGTERM", "15", "term", None])
def test_kill_sends_the_signal(box, word):
    """No word means TERM."""
    box.up("trap 'exit 42' TERM; touch /tmp/ready; while :; do usleep 1000; done")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "the trap is set")
    box.kill(*([word] if word else [])).silent()
    assert box.wait() == 42


@pytest.mark.parametrize("word, number", [
    ("KILL", 9), ("SIGKILL", 9), ("9", 9), ("USR1", 10), ("SIGHUP", 1), ("RTMIN", 34), ("RTMIN+1", 35),
    ("SIGRTMIN+3", 37), ("rtmin+3", 37), ("37", 37)])
def test_kill_knows_the_signal(box, word, number):
    box.up("touch /tmp/ready; while :; do usleep 1000; done" if number == 9 else
           f"trap 'exit 42' {number}; touch /tmp/ready; while :; do usleep 1000; done")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "the trap is set")
    box.kill(word).silent()
    assert box.wait() == (-9 if number == 9 else 42)


@pytest.mark.parametrize("word", ["NOSUCH", "0x9", "65", "-1", "", "9x", "SIG", " 9", "SIGSIGKILL"])
def test_an_unknown_signal_is_refused(box, word):
    box.create().silent()
    result = box.rt("kill", box.id, "--", word) if word.startswith("-") else box.kill(word)
    assert result.rc == 1 and result.err != ""
    assert box.status == "created"


def test_kill_ends_a_created_container(box):
    box.create().silent()
    box.kill("KILL").silent()
    box.wait()
    assert box.status == "stopped"


def test_kill_all_reaches_every_process(box):
    """Without a pid namespace the init's end does not end the others."""
    box.cfg.no_namespace("pid")
    box.up("sleep 1000 & sleep 1000 & : >/tmp/ready; wait")
    eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "processes are there")
    pids = box.limit("pids", "cgroup.procs").split()
    assert len(pids) == 3
    box.rt("kill", "-a", box.id, "9").silent()
    eventually(lambda: box.limit("pids", "cgroup.procs") == "", "all are gone")
    box.wait()


# run

@pytest.mark.parametrize("status", [0, 1, 42, 125, 126, 127, 255])
def test_run_returns_the_status_of_the_program(box, status):
    box.cfg.shell(f"exit {status}")
    result = box.run()
    assert (result.rc, result.out, result.err) == (status, "", "")


@pytest.mark.parametrize("number", [1, 9, 11, 15])
def test_run_returns_128_plus_the_signal(box, number):
    box.cfg.no_namespace("pid").args("/bin/sh", "-c", f"kill -{number} $$")
    assert box.run().rc == 128 + number


def test_run_passes_input_and_output_through(box):
    box.cfg.args("/bin/cat")
    reader, writer = os.pipe()
    os.write(writer, b"through the container\n")
    os.close(writer)
    result = box.run(stdin=reader)
    os.close(reader)
    assert result.ok().out == "through the container\n"


def test_run_leaves_nothing(box):
    box.run().silent()
    box.host.assert_clean()


def test_run_passes_a_signal_on(box):
    box.cfg.shell("trap 'echo got it; exit 7' TERM; touch /tmp/ready; while :; do usleep 1000; done")
    box.save()
    with subprocess.Popen([*box.rt.prefix, box.rt.path, "--root", box.rt.root, "run", "--bundle",
                           box.dir, box.id], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as child:
        eventually(lambda: os.path.exists(f"{box.rootfs}/tmp/ready"), "the trap is set")
        child.terminate()
        assert child.communicate(timeout=scaled(20))[0] == b"got it\n"
    assert child.returncode == 7


def test_run_detach_returns_while_the_program_runs(box):
    box.cfg.shell(FOREVER)
    box.run("--detach").silent()
    assert box.status == "running"


def test_run_detached_is_a_child_of_the_caller_s_reaper(box):
    box.cfg.shell(FOREVER)
    box.run("-d").silent()
    box.init = box.pid
    assert int(box.proc("stat").rsplit(") ", 1)[1].split()[1]) == os.getpid()
    box.kill("KILL")
    assert box.wait() == -9


def test_run_keep_leaves_a_stopped_container(box):
    box.cfg.shell("exit 5")
    assert box.run("--keep").rc == 5
    assert box.status == "stopped"
    box.delete().silent()


def test_the_caller_s_death_signal_is_not_inherited(box):
    """Engines start the runtime with PR_SET_PDEATHSIG; the container must outlive it."""
    box.cfg.shell(FOREVER)
    box.save()
    subprocess.run(["setpriv", "--pdeathsig", "KILL", *box.rt.prefix, box.rt.path, "--root", box.rt.root,
                    "run", "-d", "--bundle", box.dir, box.id], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, check=True, timeout=scaled(30))
    assert box.status == "running"


# pid file

@pytest.mark.parametrize("command", [["create"], ["run", "--detach"]], ids=" ".join)
def test_the_pid_file_has_digits_and_no_newline(box, command):
    box.cfg.shell(FOREVER)
    box.save()
    box.rt(*command, "--bundle", box.dir, "--pid-file", f"{box.dir}/pid", box.id).silent()
    with open(f"{box.dir}/pid") as f:
        assert f.read() == str(box.pid)
    assert sorted(os.listdir(box.dir)) == ["config.json", "pid", "rootfs"]


def test_a_failed_create_writes_no_pid_file(box):
    box.cfg.args("/no/such/program")
    box.create("--pid-file", f"{box.dir}/pid").fails()
    assert sorted(os.listdir(box.dir)) == ["config.json", "rootfs"]
    box.host.assert_clean()


def test_a_pid_file_that_cannot_be_written_fails_create(box):
    box.create("--pid-file", f"{box.dir}/no/such/dir/pid").fails("pid")
    box.host.assert_clean()


def test_a_relative_pid_file_is_relative_to_the_caller(box, tmp):
    box.create("--pid-file", "pid", cwd=tmp).silent()
    assert (tmp / "pid").read_text() == str(box.pid)


# state and list

@must(4, 21)
def test_state_has_the_shape_of_the_spec(box):
    box.cfg["annotations"] = {"org.example.key": "value", "empty": ""}
    box.up()
    state = box.state()
    assert state["ociVersion"] == "1.0.2"
    assert state["id"] == box.id
    assert state["status"] == "running"
    assert state["bundle"] == box.dir
    assert state["rootfs"] == box.rootfs
    assert state["annotations"] == {"org.example.key": "value", "empty": ""}
    assert re.fullmatch(RFC3339, state["created"])
    assert isinstance(state["owner"], str)
    assert os.path.isdir(f"/proc/{state['pid']}")


def test_state_of_a_relative_bundle_is_absolute(box):
    box.save()
    box.rt("create", "--bundle", "rootfs/..", box.id, cwd=box.dir).silent()
    assert os.path.isabs(box.state()["bundle"]) and os.path.samefile(box.state()["bundle"], box.dir)


def test_the_bundle_is_the_current_directory_by_default(box):
    box.save()
    box.rt("create", box.id, cwd=box.dir).silent()
    assert box.state()["bundle"] == box.dir


def test_the_pid_is_the_one_of_the_caller_s_namespace(box):
    box.up("touch /tmp/marker; " + FOREVER)
    assert os.path.samefile(f"/proc/{box.pid}/root/bin", f"{box.rootfs}/bin")


def test_list_shows_all_containers(boxes, rt):
    one, two = sorted((boxes(), boxes()), key=lambda b: b.id)
    one.create().silent()
    two.up("true")
    two.wait()
    found = rt("list", "--format", "json").json()
    assert [(c["id"], c["status"], c["bundle"]) for c in found] == [
        (one.id, "created", one.dir), (two.id, "stopped", two.dir)]
    assert all({"ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "owner"} <= set(c)
               for c in found)
    table = rt("list").ok().out.splitlines()
    assert len(table) == 3 and one.id in table[1] and "created" in table[1] and "stopped" in table[2]
    assert table[0].split()[:3] == ["ID", "PID", "STATUS"]
    assert rt("list", "-q").ok().out == f"{one.id}\n{two.id}\n"


def test_list_of_nothing(rt):
    os.makedirs(rt.root, exist_ok=True)
    assert rt("list", "--format=json").json() in ([], None)
    assert len(rt("list").ok().out.splitlines()) <= 1
    assert rt("list", "--quiet").ok().out == ""


def test_list_of_a_root_that_does_not_exist_makes_none(rt, tmp):
    result = rt("list", "-f", "json", root=f"{tmp}/none")
    assert result.rc in (0, 1)
    assert not (tmp / "none").exists()


# the errors of a missing program, which engines classify by their words

@pytest.mark.parametrize("program, words, status", [
    ("no-such-program", 'exec: "no-such-program": executable file not found in $PATH', 127),
    ("", 'exec: "": executable file not found in $PATH', 127),
    ("/no/such/program", 'exec: "/no/such/program": stat /no/such/program: no such file or directory', 127),
    ("/etc/passwd", 'exec: "/etc/passwd": permission denied', 126),
    ("/etc", 'exec: "/etc": is a directory: permission denied', 126),
    ("./bin/none", 'exec: "./bin/none": stat ./bin/none: no such file or directory', 127),
])
def test_the_words_of_a_program_that_cannot_run(box, program, words, status):
    """create fails as with any mistake; run, whose status is the program's, with that of a shell."""
    box.cfg.args(program)
    box.create_fails(words)
    box.run().fails(words, rc=status)


def test_run_of_what_is_no_program(box):
    """What only execve(2) finds."""
    box.write("/bin/junk", "junk", 0o755)
    box.cfg.args("/bin/junk")
    box.run().fails("exec /bin/junk: exec format error", rc=126)


def test_a_missing_interpreter_is_named(box):
    box.write("/bin/script", "#!/no/interpreter\n", 0o755)
    box.cfg.args("/bin/script")
    result = box.create()
    if result.rc == 0:
        result = box.start()
    result.fails("/bin/script")


def test_a_missing_bind_source_does_not_look_like_a_missing_program(box):
    """podman reads "no such file or directory" as 127, the status of a missing program."""
    box.cfg.bind("/no/such/source", "/data")
    result = box.create_fails("/no/such/source", "mounts[5]")
    assert "no such file or directory" not in result.err.lower()


def test_a_start_that_nobody_answers_leaves_the_container(box):
    """The process is stopped, and as many have asked it whether it waits as a socket keeps."""
    box.cfg.shell("exit 7")
    box.create().silent()
    os.kill(box.init, signal.SIGSTOP)
    for _ in range(200):
        assert box.status == "created"
    box.start().fails("reach the container's process")
    assert box.status == "created"
    os.kill(box.init, signal.SIGCONT)
    eventually(lambda: box.start().rc == 0, "it answers again")
    assert box.wait() == 7
    box.delete().silent()


def test_a_run_that_fails_leaves_no_pid_file(box, tmp):
    box.write("/bin/broken", "no program\n", 0o755)
    box.cfg.args("/bin/broken")
    for options in (["-d"], []):
        assert "broken" in box.run("--pid-file", tmp / "pid", *options).err
        assert not (tmp / "pid").exists()
