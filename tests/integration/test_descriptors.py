# SPDX-License-Identifier: Apache-2.0
"""Descriptors of the program: 0, 1, 2, those of --preserve-fds, and sockets that are announced."""
import os

import pytest

# Without a redirection, for which the shell would keep a descriptor.
FDS = "ls /proc/$$/fd; echo; env | grep LISTEN_ | sort; true"
# What the service manager does: LISTEN_PID is the pid of the program that it becomes.
FOR_US = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"]


def sockets(count):
    """Make 3 .. 3+count-1 open, and 10 as well."""
    def make():
        for fd in (*range(3, 3 + count), 10):
            os.dup2(os.open("/dev/null", os.O_RDONLY), fd, inheritable=True)
    return {"preexec_fn": make, "pass_fds": [*range(3, 3 + count), 10]}


def call(box, verb, *options, count=0, env=None):
    """run, or create and start; the output of the program in either case."""
    box.cfg.shell(FDS)
    env = {"PATH": os.environ["PATH"], **(env or {})}
    if verb == "run":
        result = box.run(*options, env=env, **sockets(count))
    else:
        result = box.create(*options, env=env, **sockets(count))
        box.start().silent()
        box.wait()
    fds, _, rest = result.ok().out.partition("\n\n")
    return [" ".join(fds.split()), *rest.splitlines()]


@pytest.mark.parametrize("verb", ["run", "create"])
def test_announced_sockets_arrive(box, verb):
    box.rt.prefix = FOR_US
    out = call(box, verb, count=2, env={"LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:admin"})
    assert out[0] == "0 1 2 3 4"
    assert out[1:] == ["LISTEN_FDNAMES=web:admin", "LISTEN_FDS=2", "LISTEN_PID=1"]


def test_an_engine_may_leave_the_pid_out(box):
    out = call(box, "run", count=1, env={"LISTEN_FDS": "1"})
    assert out == ["0 1 2 3", "LISTEN_FDS=1", "LISTEN_PID=1"]


def test_the_pid_is_the_one_that_the_program_has(box):
    """In the host's pid namespace it is not 1."""
    box.cfg.no_namespace("pid")
    box.rt.prefix = FOR_US
    box.cfg.args("/bin/sh", "-c", "echo $$ $LISTEN_PID > /data/out")
    box.run(env={"PATH": os.environ["PATH"], "LISTEN_FDS": "1"}, **sockets(1)).silent()
    pids = box.read("/data/out").split()
    assert len(pids) == 2 and pids[0] == pids[1] != "1"


def test_sockets_for_somebody_else_do_not_arrive(box):
    out = call(box, "run", count=2, env={"LISTEN_FDS": "2", "LISTEN_PID": "1"})
    assert out == ["0 1 2"]


def test_preserved_descriptors_come_behind_the_sockets(box):
    box.rt.prefix = FOR_US
    out = call(box, "run", "--preserve-fds", "1", count=3, env={"LISTEN_FDS": "1"})
    assert out == ["0 1 2 3 4", "LISTEN_FDS=1", "LISTEN_PID=1"]


def test_the_announcement_takes_the_place_of_that_in_the_config(box):
    box.cfg.process["env"] += ["LISTEN_FDS=7", "LISTEN_PID=7", "LISTEN_FDNAMES=x"]
    assert call(box, "run", count=1, env={"LISTEN_FDS": "1"}) == ["0 1 2 3", "LISTEN_FDS=1", "LISTEN_PID=1"]


@pytest.mark.parametrize("value", ["x", "-1", "1x", "65537", "99999999999999999999"])
def test_a_wrong_number_of_sockets_is_an_error(box, value):
    box.create_fails("LISTEN_FDS", env={"LISTEN_FDS": value})


def test_a_socket_that_is_not_open_is_an_error(box):
    box.create_fails("LISTEN_FDS 3", "descriptor 5 is not open", env={"LISTEN_FDS": "3"}, **sockets(2))


def test_hooks_get_no_sockets(box, tmp):
    box.cfg.hook("prestart", f"ls /proc/$$/fd > {tmp}/fds; env > {tmp}/env")
    call(box, "run", count=2, env={"LISTEN_FDS": "2"})
    assert not {"3", "4"} & set((tmp / "fds").read_text().split())
    assert "LISTEN" not in (tmp / "env").read_text()


def test_nothing_depends_on_the_caller_s_path_and_home(box, tmp):
    """podman calls with XDG_RUNTIME_DIR alone, and that is empty."""
    for hook in ("prestart", "createContainer", "poststop"):
        box.cfg.hook(hook, f"echo {hook} >> {tmp}/log")
    box.cfg.args("sh", "-c", "echo $HOME > /data/out; env > /data/env")
    env = {"XDG_RUNTIME_DIR": ""}
    box.create(env=env).silent()
    box.start(env=env).silent()
    box.wait()
    box.delete(env=env).silent()
    assert box.read("/data/out") == "/root\n" and "XDG" not in box.read("/data/env")
    assert "poststop" in (tmp / "log").read_text()
