# SPDX-License-Identifier: Apache-2.0
"""
A state.json that is cut, is noise or of a later rundlet: clear errors, list goes on, and
delete --force removes what can be known.

    RUNDLET_DAMAGE_STRIDE  cut after every nth byte (default 101; the measure of the project: 1)
"""
import json
import os
import pathlib
import random

import pytest

from lib.box import eventually

STRIDE = int(os.environ.get("RUNDLET_DAMAGE_STRIDE", 101))
NOISE = {"empty": b"", "zeros": bytes(4096), "noise": random.Random(1).randbytes(4096), "no object": b"[1, 2]",
         "deep": b"[" * 100000, "other": b'{"format": "one"}', "null": b"null", "long": b'{"id": "' + b"x" * (17 << 20)}


@pytest.fixture
def path(box):
    box.up()
    return pathlib.Path(f"{box.rt.root}/{box.id}/state.json")


def check_answers(box):
    """Who only looks gets a clear line; who looks at all containers gets the others."""
    for command in (["state"], ["kill"], ["delete"], ["pause"], ["ps"], ["update", "--pids-limit", "5"]):
        box.rt(*command, box.id).fails("state.json")
    box.rt("start", box.id).fails("state.json")
    result = box.rt("list", "-f", "json")
    assert (result.rc, json.loads(result.out)) == (0, None) or json.loads(result.out) == [], str(result)
    assert "state.json" in result.err and len(result.err.splitlines()) == 1, str(result)


def delete_force(box):
    result = box.rt("delete", "--force", box.id)
    assert result.rc == 0 and result.out == "", str(result)
    assert "state.json" in result.err and "only what can be read is removed, ignoring" in result.err, str(result)
    assert not os.path.exists(f"{box.rt.root}/{box.id}")


def is_gone(box):
    return not box.host.leftovers()


def test_cut_at_any_byte(box, path):
    whole = path.read_bytes()
    for n in range(0, len(whole) - 1, STRIDE):
        path.write_bytes(whole[:n])
        check_answers(box)
    path.write_bytes(whole)
    assert box.status == "running"


def identity(whole):
    """The member by which this record tells the process from others."""
    return "pidInode" if b'"pidInode"' in whole else "startTime"


@pytest.mark.parametrize("member", ["pid", "identity", "cgroups", "ownPids", "creatorStart"])
def test_delete_of_one_that_is_cut(box, path, member):
    """All that its process has been given goes with it; without its cgroups, those stay."""
    whole, init = path.read_bytes(), box.init
    same = identity(whole)
    end = whole.index(b'"%s":' % (same if member == "identity" else member).encode())
    path.write_bytes(whole[:end])
    known = [name for name in (same, "cgroups") if whole.index(b'"%s":' % name.encode()) < end]
    delete_force(box)
    if known:
        box.wait()
    else:
        assert os.path.exists(f"/proc/{init}")
    if "cgroups" in known:
        eventually(lambda: is_gone(box), "nothing is left")
    box.host.clear()


@pytest.mark.parametrize("noise", NOISE)
def test_noise(box, path, noise):
    path.write_bytes(NOISE[noise])
    if noise != "long":                 # is refused before it is read
        check_answers(box)
        delete_force(box)
    else:
        box.rt("state", box.id).fails("state.json")
        box.rt("delete", "--force", box.id).fails("state.json")
        path.unlink()
        box.rt("delete", "--force", box.id).silent()
    box.host.clear()


def test_a_later_format(box, path):
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2, "new": {"a": [1]}}))
    box.rt("state", box.id).fails("has format 2, this rundlet knows 1")
    check_answers(box)
    delete_force(box)
    box.wait()
    box.host.assert_clean()


def test_a_later_format_of_which_a_member_is_something_else(box, path):
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "format": 2, "hooks": {"poststop": 1}}))
    delete_force(box)
    box.wait()
    box.host.assert_clean()


def test_no_process_is_taken_for_the_container_by_half_a_number(box, path):
    """A pid that is cut, or whose process nothing tells from others, kills nobody."""
    whole = path.read_bytes()
    number = b'"%s":' % identity(whole).encode()
    end = whole.index(number) + len(number) + 2
    path.write_bytes(whole[:end])
    delete_force(box)
    assert os.path.exists(f"/proc/{box.init}")
    box.host.clear()


def test_a_record_that_tells_no_process_from_others(box, path):
    """Nothing says that the process has ended: it goes with its cgroup."""
    record = json.loads(path.read_text())
    record.pop(identity(path.read_bytes()))
    path.write_text(json.dumps(record))
    check_answers(box)
    delete_force(box)
    box.wait()
    box.host.assert_clean()


def test_half_a_group_of_resctrl_is_none(box, path):
    whole = json.loads(path.read_text())
    text = json.dumps({**whole, "resctrl": {"own": True}})
    path.write_text(text)
    delete_force(box)
    box.wait()
    box.host.assert_clean()
