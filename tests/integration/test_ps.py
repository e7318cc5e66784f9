# SPDX-License-Identifier: Apache-2.0
"""ps: the processes of a container, as JSON for engines and as a table by the host's ps."""
import os
import shutil

import pytest

from lib.box import FOREVER, children, eventually
from lib.freezer import Freezer

THREE = "sleep 1000 & sleep 1000 & " + FOREVER          # with the one that it waits for: four


def family(pid):
    """A process and all that come from it."""
    return [pid] + [p for child in children(pid) for p in family(child)]


def up(box, script=THREE, n=4):
    box.up(script)
    eventually(lambda: len(family(box.init)) == n, f"{n} processes are there")
    return sorted(family(box.init))


def table(result):
    lines = [line.split() for line in result.ok().out.splitlines()]
    return lines[0], lines[1:]


@pytest.fixture
def needs_ps():
    if not shutil.which("ps", path="/usr/bin:/bin"):
        pytest.skip("no ps on this host")


@pytest.mark.parametrize("words", [["--format", "json"], ["-f", "json"], ["--format=json"]], ids=" ".join)
def test_the_pids_as_json_on_one_line(box, words):
    pids = up(box)
    result = box.rt("ps", *words, box.id)
    assert result.json() == pids and result.out == f"[{','.join(map(str, pids))}]\n"


def test_the_table_is_that_of_ps(box, needs_ps):
    pids = up(box)
    heading, rows = table(box.rt("ps", box.id))
    assert heading[:3] == ["UID", "PID", "PPID"] and heading[-1] == "CMD"
    assert sorted(int(row[1]) for row in rows) == pids


def test_what_stands_behind_the_id_is_for_ps(box, needs_ps):
    pids = up(box)
    heading, rows = table(box.rt("ps", "-f", "table", box.id, "-e", "-o", "pid,comm", "--sort=-pid"))
    assert heading == ["PID", "COMMAND"]
    assert [int(row[0]) for row in rows] == pids[::-1]


def test_a_table_without_pids_is_refused(box, needs_ps):
    box.create().silent()
    box.rt("ps", box.id, "-eo", "ppid,comm").fails("PID")
    box.rt("ps", box.id, "--no-heading").fails("PID")


def test_a_mistake_of_the_caller_is_told_by_ps_itself(box, needs_ps):
    box.create().silent()
    result = box.rt("ps", box.id, "--no-such-option")
    assert result.rc == 1 and "option" in result.err and result.err.endswith("ps printed nothing\n"), str(result)


def test_a_created_container_has_one_process(box):
    box.create().silent()
    assert box.rt("ps", "--format", "json", box.id).json() == [box.init]


def test_a_paused_container_has_its_processes(box):
    pids = up(box)
    box.rt("pause", box.id).silent()
    assert box.rt("ps", "-f", "json", box.id).json() == pids


def test_a_stopped_container_has_none(box, needs_ps):
    box.up("true")
    box.wait()
    assert box.rt("ps", "--format", "json", box.id).json() == []
    heading, rows = table(box.rt("ps", box.id))
    assert "PID" in heading and not rows


def test_what_outlives_the_first_process_is_listed(box):
    box.cfg.no_namespace("pid")
    pids = up(box)
    box.kill("KILL").silent()
    box.wait()
    assert box.status == "stopped"
    assert box.rt("ps", "--format", "json", box.id).json() == [p for p in pids if p != box.init]


def test_processes_in_cgroups_below_are_listed(box):
    pids = up(box)
    top = Freezer(box.cfg.linux["cgroupsPath"]).dir
    for name, pid in zip(("b", "a"), pids[1:], strict=False):
        os.mkdir(f"{top}/{name}")
        with open(f"{top}/{name}/cgroup.procs", "w") as f:
            f.write(str(pid))
    assert box.rt("ps", "--format", "json", box.id).json() == pids


def create_without_cgroup(box):
    box.save()
    box.rt("create", "--bundle", box.dir, box.id, before=["--cgroup-manager", "disabled", "--log-level", "error"]).silent()
    box.init = box.pid
    box.start().silent()


def test_without_a_cgroup_it_is_those_of_the_pid_namespace(box):
    """And of the pid namespaces that the container made."""
    for names in box.cfg.process["capabilities"].values():
        names.append("CAP_SYS_ADMIN")
    box.cfg.shell("unshare -p -f sh -c 'sleep 1000 & wait' & wait")
    create_without_cgroup(box)
    eventually(lambda: len(family(box.init)) == 4, "four processes are there")
    assert box.rt("ps", "--format", "json", box.id).json() == sorted(family(box.init))
    box.kill("KILL").silent()
    box.wait()
    assert box.rt("ps", "--format", "json", box.id).json() == []


def test_with_neither_cgroup_nor_pid_namespace_nobody_knows(box):
    box.cfg.no_namespace("pid").shell("exec sleep 1000")
    create_without_cgroup(box)
    box.rt("ps", "--format", "json", box.id).fails("are not known")


def test_an_unknown_container(box):
    box.rt("ps", "--format", "json", box.id).fails("does not exist")


def test_without_ps_there_is_json(box):
    box.create().silent()
    rt = box.rt.with_env(PATH="/nonexistent")
    rt("ps", box.id).fails("ps", "PATH")
    assert rt("ps", "-f", "json", box.id).json() == [box.init]


def test_an_empty_environment_will_do(box, needs_ps):
    box.create().silent()
    result = box.rt("ps", box.id, env={"PATH": "", "XDG_RUNTIME_DIR": ""})
    assert [row[1] for row in table(result)[1]] == [str(box.init)]
