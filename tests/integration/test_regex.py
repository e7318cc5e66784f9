# SPDX-License-Identifier: Apache-2.0
"""kill --regex and delete --regex: all containers whose id an expression matches."""
import os

import pytest


@pytest.fixture
def three(boxes):
    made = [boxes() for _ in range(3)]
    for box in made:
        box.up("sleep 1000")
    return made


def either(*boxes):
    return f"^({'|'.join(b.id for b in boxes)})$"


def statuses(boxes):
    return [b.status if os.path.isdir(f"{b.rt.root}/{b.id}") else "deleted" for b in boxes]


def test_kill_signals_all_that_match(three, rt):
    rt("kill", "--regex", either(*three[:2]), "KILL").silent()
    assert [box.wait() for box in three[:2]] == [-9, -9]
    assert statuses(three) == ["stopped", "stopped", "running"]


def test_an_expression_is_not_anchored(three, host, rt):
    rt("kill", "-r", f"{host.tag}-[[:digit:]]+", "9").silent()
    assert [box.wait() for box in three] == [-9, -9, -9]


def test_kill_goes_on_after_one_that_has_stopped(three, rt):
    three[0].kill("KILL").silent()
    three[0].wait()
    rt("kill", "-r", either(*three), "KILL").fails(f"kill {three[0].id}: container not running")
    assert [box.wait() for box in three[1:]] == [-9, -9]


def test_kill_all_has_nothing_against_one_that_has_stopped(three, rt):
    three[0].kill("KILL").silent()
    three[0].wait()
    rt("kill", "--all", "--regex", either(*three), "KILL").silent()
    assert [box.wait() for box in three[1:]] == [-9, -9]


def test_delete_goes_on_after_one_that_runs(three, rt):
    for box in three[1:]:
        box.kill("KILL").silent()
        box.wait()
    result = rt("delete", "--regex", either(*three))
    result.fails(f"delete {three[0].id}: cannot delete container", "not stopped")
    assert statuses(three) == ["running", "deleted", "deleted"]


def test_each_failure_is_told(three, rt, tmp):
    log = tmp / "log"
    result = rt("delete", "--regex", either(*three[:2]), before=("--log", log, "--log-format", "json"))
    assert result.rc == 1 and len(result.err.splitlines()) == 2, str(result)
    assert [box.id in line for box, line in zip(three, log.read_text().splitlines())] == [True, True]
    assert statuses(three) == ["running"] * 3


def test_delete_force_deletes_all_that_match(three, rt):
    rt("delete", "--force", "--regex", either(*three[1:])).silent()
    assert statuses(three) == ["running", "deleted", "deleted"]


def test_delete_force_takes_what_an_interrupted_create_left(box, rt, host):
    os.makedirs(f"{host.root}/{box.id}", mode=0o700)
    rt("delete", "--regex", either(box)).fails(f"delete {box.id}: ", "has no record")
    rt("delete", "--force", "--regex", either(box)).silent()
    assert statuses([box]) == ["deleted"]


@pytest.mark.parametrize("command", ["kill", "delete", "delete --force"])
def test_no_match_is_no_failure(three, rt, command):
    rt(*command.split(), "--regex", "^nobody$").silent()
    assert statuses(three) == ["running"] * 3


@pytest.mark.parametrize("command", ["kill", "delete", "delete --force"])
def test_no_root_is_no_failure(rt, host, tmp, command):
    rt(*command.split(), "--regex", ".", root=tmp / "absent").silent()


@pytest.mark.parametrize("command", ["kill", "delete", "delete --force"])
@pytest.mark.parametrize("expression, part", [("web[0-9", "[0-9"), ("(a)b(c", "(c"), ("a**{3,2}", "{3,2}")])
def test_an_invalid_expression_is_refused(box, rt, command, expression, part):
    box.up("sleep 1000")
    rt(*command.split(), "--regex", expression).fails("invalid regular expression", f'at "{part}"')
    assert box.status == "running"


def test_an_id_is_no_expression_without_the_option(box, rt):
    box.up("sleep 1000")
    rt("kill", f"{box.id[:-1]}.").fails("does not exist")
    rt("kill", ".*").fails("invalid container ID")
    assert box.status == "running"
