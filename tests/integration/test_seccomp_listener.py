# SPDX-License-Identifier: Apache-2.0
"""SCMP_ACT_NOTIFY: an agent outside gets the filter's listener and answers the system calls."""
import errno
import json
import os
import socket

import pytest

from lib.agent import AGENT_ENDS, Agent
from lib.box import eventually
from lib.execs import ex
from lib.payload import compile_static, directory_maker

MKDIR, RMDIR = ["mkdir", "mkdirat"], ["rmdir", "unlinkat"]
RECEIVER = "run.oci.seccomp.receiver"
KILLABLE = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"

# The descriptors that are open from 3 on.
COUNTER = """
#include <fcntl.h>
int main(void)
{
	int n = 0;

	for (int fd = 3; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}
"""


def notify(agent, *names, default="SCMP_ACT_ALLOW", **members):
    rules = [{"names": list(names), "action": "SCMP_ACT_NOTIFY"}] if names else []
    path = {"listenerPath": agent.path if isinstance(agent, Agent) else agent} if agent else {}
    return {"defaultAction": default, "syscalls": rules, **path, **members}


@pytest.fixture
def agent(tmp_path):
    with Agent(tmp_path / "agent") as a:
        yield a


@pytest.fixture
def maker(box):
    return directory_maker(box)


def fail_mkdir(call):
    """EDOM for a mkdir, whatever else is called goes on."""
    call.fail(errno.EDOM) if call.nr in (83, 34) else call.go_on()


@pytest.mark.must(145, 151)
def test_the_agent_answers(box, agent):
    """It fails the one call and lets the other go on."""
    agent.answer = lambda call: call.go_on() if call.nr in (84, 35, 263) else call.fail(errno.EDOM)
    os.mkdir(f"{box.rootfs}/data/old")
    box.cfg.linux["seccomp"] = notify(agent, *MKDIR, *RMDIR)
    out = box.sh("mkdir /data/new 2>&1; rmdir /data/old; ls /data; echo end")
    assert "Numerical" in out or "domain" in out
    assert out.endswith("\nend\n") and "old" not in out.splitlines()[1:]


def test_a_call_gets_a_descriptor_of_the_agent(box, agent, tmp_path):
    (tmp_path / "file").write_text("from outside")

    def answer(call):
        fd = os.open(tmp_path / "file", os.O_RDONLY)
        call.give(fd)
        os.close(fd)

    agent.answer = answer
    compile_static("""
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void)
{
	char text[64];
	int fd = mkdir("/gives/a/descriptor", 0);
	ssize_t n = read(fd, text, sizeof(text));

	return n < 0 || write(1, text, n) != n;
}
""", f"{box.rootfs}/bin/reader")
    box.cfg.args("/bin/reader")
    box.cfg.linux["seccomp"] = notify(agent, *MKDIR)
    assert box.run().ok().out == "from outside"


@pytest.mark.must(146, 147, 152)
def test_the_process_state(maker, agent):
    """One text and one descriptor to a connection, as runtime.md and config-linux.md say; then it ends."""
    maker.cfg["annotations"] = {"org.test.key": "a \"value\""}
    maker.cfg.linux["seccomp"] = notify(agent, *MKDIR, listenerMetadata='m\n"x"')
    maker.create().ok()
    pid = maker.pid
    assert not agent.states
    maker.start().ok()
    assert maker.wait() == 100
    eventually(lambda: agent.after, "the end of the connection")
    version = maker.cfg["ociVersion"]
    assert agent.states == [{
        "ociVersion": version, "fds": ["seccompFd"], "pid": pid, "metadata": 'm\n"x"', "_fds": 1,
        "state": {"ociVersion": version, "id": maker.id, "status": "created", "pid": pid, "bundle": maker.dir,
                  "annotations": {"org.test.key": "a \"value\""}}}]
    assert agent.after == [b""]
    assert [call.pid for call in agent.calls] == [pid]


def test_the_state_of_another_process(maker, agent):
    """exec: its own listener, with its own pid and that of the container."""
    maker.cfg.linux["seccomp"] = notify(agent, *MKDIR)
    maker.up()
    agent.answer = fail_mkdir
    assert ex(maker, "/bin/maker").rc == errno.EDOM
    state = agent.states[-1]
    assert len(agent.states) == 2 and "metadata" not in state
    assert state["state"]["pid"] == maker.pid and state["state"]["status"] == "running"
    assert state["pid"] == agent.calls[-1].pid != maker.pid


# Calls of the set-up after the load, of the thread that gives the listener away, and of the program.
@pytest.mark.parametrize("names", [
    ["sendmsg", "sendto", "write", "close", "futex", "exit", "nanosleep", "clock_nanosleep", "sched_yield"],
    ["execve", "execveat"], ["exit_group"]], ids=lambda n: n[0])
@pytest.mark.parametrize("uid", [0, 1000])
def test_calls_that_notify_do_not_hang_the_set_up(maker, agent, names, uid):
    maker.cfg.process["user"] = {"uid": uid, "gid": uid}
    maker.cfg.linux["seccomp"] = notify(agent, *names, *MKDIR)
    agent.answer = fail_mkdir
    assert maker.run().rc == errno.EDOM


@pytest.mark.parametrize("nnp", [True, False], ids=["no_new_privs", "new_privs"])
def test_every_call_notifies(maker, agent, nnp):
    maker.cfg.process["noNewPrivileges"] = nnp
    maker.cfg.linux["seccomp"] = notify(agent, default="SCMP_ACT_NOTIFY")
    agent.answer = fail_mkdir
    assert maker.run().rc == errno.EDOM


def test_what_the_giving_needs_may_kill(maker, agent):
    maker.cfg.linux["seccomp"] = notify(agent, *MKDIR)
    maker.cfg.linux["seccomp"]["syscalls"].append(
        {"names": ["sendmsg", "sendto", "nanosleep", "sched_setscheduler", "clone3", "exit", "futex"],
         "action": "SCMP_ACT_KILL_PROCESS"})
    agent.answer = fail_mkdir
    assert maker.run().rc == errno.EDOM


def test_nothing_of_it_is_left_to_the_program(box, agent):
    """No descriptor, no second thread, no child that it did not make."""
    compile_static(COUNTER, f"{box.rootfs}/bin/counter")
    box.cfg.linux["seccomp"] = notify(agent, *MKDIR)
    box.up("sleep 1000 & echo $! > /data/child; exec sleep 1000")
    assert os.listdir(f"/proc/{box.pid}/task") == [str(box.pid)]
    eventually(lambda: os.path.exists(f"{box.rootfs}/data/child") and box.read("data/child"),
               "the child of the program")
    with open(f"/proc/{box.pid}/task/{box.pid}/children") as f:
        assert len(f.read().split()) == 1
    assert ex(box, "/bin/counter").rc == 0


@pytest.mark.parametrize("flags", [[KILLABLE], ["SECCOMP_FILTER_FLAG_TSYNC"], [], ["SECCOMP_FILTER_FLAG_LOG", KILLABLE]])
def test_flags(maker, agent, flags):
    maker.cfg.linux["seccomp"] = notify(agent, *MKDIR, flags=flags)
    agent.answer = fail_mkdir
    assert maker.run().rc == errno.EDOM


def test_a_flag_of_listeners_without_one(maker):
    maker.cfg.linux["seccomp"] = notify(None, flags=[KILLABLE])
    result = maker.run()
    assert result.rc == 100 and KILLABLE in result.err


def test_the_annotation_names_the_socket(maker, agent):
    maker.cfg.linux["seccomp"] = notify(None, *MKDIR)
    maker.cfg["annotations"] = {RECEIVER: agent.path}
    agent.answer = fail_mkdir
    assert maker.run().rc == errno.EDOM


def test_a_path_longer_than_an_address(maker, tmp_path):
    os.makedirs(tmp_path / ("x" * 120))
    at = os.open(tmp_path / ("x" * 120), os.O_PATH)
    with Agent(f"/proc/self/fd/{at}/agent", fail_mkdir):
        maker.cfg.linux["seccomp"] = notify(f"{tmp_path}/{'x' * 120}/agent", *MKDIR)
        assert maker.run().rc == errno.EDOM
    os.close(at)


@pytest.mark.parametrize("members, words", [
    ({}, "linux.seccomp.listenerPath"),
    ({"listenerPath": ""}, "linux.seccomp.listenerPath"),
    ({"listenerPath": "relative"}, "linux.seccomp.listenerPath"),
    ({"listenerPath": "/nobody/listens"}, "linux.seccomp.listenerPath")], ids=str)
def test_no_agent(box, members, words):
    box.cfg.linux["seccomp"] = notify(None, *MKDIR, **members)
    box.create_fails(words)


def test_a_socket_that_nobody_listens_at(box, tmp_path):
    with Agent(tmp_path / "agent") as agent:
        pass
    box.cfg.linux["seccomp"] = notify(agent, *MKDIR)
    box.create_fails("linux.seccomp.listenerPath", agent.path)


@pytest.mark.must(149)
def test_metadata_for_nobody(box):
    box.cfg.linux["seccomp"] = notify(None, listenerMetadata="m")
    box.create_fails("linux.seccomp.listenerMetadata")


def test_two_sockets(box, agent):
    box.cfg.linux["seccomp"] = notify(agent, *MKDIR)
    box.cfg["annotations"] = {RECEIVER: "/another"}
    box.create_fails(RECEIVER)


def test_a_path_without_the_action_is_ignored(maker):
    maker.cfg.linux["seccomp"] = notify("/nobody/listens")
    assert maker.run().rc == 100


@pytest.mark.must(148)
def test_an_agent_that_went_away_before_start(maker, tmp_path):
    """start fails and says of what; the program does not run."""
    with Agent(tmp_path / "agent") as agent:
        maker.cfg.linux["seccomp"] = notify(agent, *MKDIR)
        maker.create().ok()
    maker.start().fails("linux.seccomp.listenerPath", agent.path)
    assert maker.wait() != 100
    assert not os.path.exists(f"{maker.rootfs}/tmp/made")


def test_an_agent_that_dies_is_not_a_way_past_the_filter(maker, tmp_path):
    """Without a listener the calls fail with ENOSYS."""
    with Agent(tmp_path / "agent", lambda call: None) as agent:
        maker.cfg.linux["seccomp"] = notify(agent, *MKDIR)
        maker.create().ok()
        maker.start().ok()
        eventually(lambda: agent.calls, "the call")
    assert maker.wait() == errno.ENOSYS


def test_scheduled_first_in_first_out_on_one_cpu(maker, agent):
    """The one that waits does not keep the CPU from the one that it waits for."""
    maker.cfg.process["scheduler"] = {"policy": "SCHED_FIFO", "priority": 1}
    maker.cfg.linux["seccomp"] = notify(agent, *MKDIR)
    agent.answer = fail_mkdir
    all_cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_cpus)})    # our children have it from us
    try:
        result = maker.run()
    finally:
        os.sched_setaffinity(0, all_cpus)
    if "Operation not permitted" in result.err:
        pytest.skip("no real-time scheduling for this caller")
    assert result.rc == errno.EDOM, str(result)


def test_an_agent_that_ends_at_execve(maker, agent):
    """Who waits for the answer is not who keeps the listener open."""
    agent.answer = AGENT_ENDS
    maker.cfg.linux["seccomp"] = notify(agent, "execve", "execveat")
    maker.create().ok()
    maker.start().fails('execute "/bin/maker"')
    assert len(agent.calls) == 1


def test_an_agent_that_accepts_nobody(box, tmp_path):
    """create does not wait for it without end."""
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as first:
        busy.bind(str(tmp_path / "agent"))
        busy.listen(0)
        first.connect(str(tmp_path / "agent"))
        box.cfg.linux["seccomp"] = notify(str(tmp_path / "agent"), *MKDIR)
        box.create_fails("linux.seccomp.listenerPath")


@pytest.mark.parametrize("limit", [0, 1])
def test_one_process_is_too_few(maker, agent, tmp_path, limit):
    maker.cfg.linux["seccomp"] = notify(agent, *MKDIR)
    maker.cfg.linux["resources"] = {"pids": {"limit": limit}}
    maker.create().ok()
    maker.rt("start", maker.id, before=["--log", tmp_path / "log"]).fails("linux.seccomp.listenerPath")
    assert "linux.resources.pids.limit" in (tmp_path / "log").read_text()


def test_exec_with_a_deadline_starts_nobody(maker, agent, tmp_path):
    maker.cfg.linux["seccomp"] = notify(agent, *MKDIR)
    maker.up()
    (tmp_path / "process.json").write_text(json.dumps({
        "args": ["/bin/maker"], "cwd": "/", "user": {"uid": 0, "gid": 0},
        "scheduler": {"policy": "SCHED_DEADLINE", "runtime": 1000000, "deadline": 500000000, "period": 1000000000}}))
    maker.rt("exec", "--process", tmp_path / "process.json", maker.id).fails("linux.seccomp", "SCHED_DEADLINE", rc=255)
