# SPDX-License-Identifier: Apache-2.0
"""state.json may say anything: what it cannot make a command do."""
import json
import os
import pathlib
import threading

import pytest


def change(box, **members):
    path = pathlib.Path(f"{box.rt.root}/{box.id}/state.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **members}))


@pytest.fixture
def needs_systemd(box):
    if "+SYSTEMD" not in box.rt("--version").out:
        pytest.skip("built without systemd")


@pytest.mark.usefixtures("needs_systemd")
@pytest.mark.parametrize("unit", ["ssh.service", "system.slice", ".scope"])
def test_a_unit_is_a_scope(box, unit):
    box.create().silent()
    change(box, unit=unit, bus="unix:path=/nowhere")
    box.rt("update", "--pids-limit", "5", box.id).fails(f"{unit} as its unit: that is no scope")
    result = box.delete("--force")
    assert result.rc == 0 and "that is no scope" in result.err, str(result)


@pytest.mark.usefixtures("needs_systemd")
@pytest.mark.parametrize("before", ["", "unix:path=/nowhere;"])
def test_an_address_of_systemd_is_that_of_a_socket(box, tmp, before):
    """D-Bus knows addresses, too, that are programs to run."""
    box.create().silent()
    change(box, unit="x.scope", bus=f"{before}unixexec:path=/usr/bin/touch,argv1={tmp}/ran")
    result = box.delete("--force")
    assert not os.path.exists(f"{tmp}/ran")
    assert result.rc == 0 and "is not the address of a socket" in result.err, str(result)


@pytest.mark.parametrize("rest", ["", "/gone", "/gone/deep"])
def test_delete_removes_no_directories_outside_the_cgroups(box, tmp, rest):
    box.create().silent()
    place = tmp / "a/b"
    place.mkdir(parents=True)
    path = pathlib.Path(f"{box.rt.root}/{box.id}/state.json")
    good = path.read_text()
    change(box, cgroups=[*json.loads(good)["cgroups"], {"path": f"{place}{rest}", "stop": str(tmp)}])
    result = box.delete("--force")
    assert place.is_dir()
    if not rest:
        assert result.rc and "no cgroup" in result.err, str(result)
        path.write_text(good)


def test_a_number_that_a_thread_has_by_now_is_of_no_process(box):
    """Numbers are used again, and for threads too; pidfd_open(2) says that in its own way."""
    box.up()
    pid, release = box.pid, threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    try:
        change(box, pid=thread.native_id)
        assert box.status == "stopped"
        assert box.rt("list", "-q").ok().out == f"{box.id}\n"
        box.kill("KILL").fails("container not running")
        change(box, pid=pid)
        assert box.status == "running"
    finally:
        release.set()
        thread.join()


OF_ONE = ["state", "kill", "delete", "delete --force"]


@pytest.mark.parametrize("what, command", [("root", c) for c in [*OF_ONE, "list", "create"]] + [("container", c) for c in OF_ONE])
def test_the_state_of_another_user_is_not_used(box, host, what, command):
    """He could have written any process and any cgroup into it."""
    box.up()
    path = host.root if what == "root" else f"{host.root}/{box.id}"
    os.chown(path, 4321, 4321)
    try:
        words = [*command.split(), *([] if command == "list" else [box.id])]
        result = box.rt(*words, *(["--bundle", box.dir] if command == "create" else []))
        result.fails("belongs to another user, uid 4321")
    finally:
        os.chown(path, 0, 0)
    assert box.status == "running"


def test_a_state_directory_that_is_a_symlink_is_not_followed(box, host, tmp):
    box.up()
    os.rename(f"{host.root}/{box.id}", tmp / "moved")
    os.symlink(tmp / "moved", f"{host.root}/{box.id}")
    try:
        for command in ("state", "kill", "delete"):
            box.rt(command, box.id).fails(box.id)
    finally:
        os.unlink(f"{host.root}/{box.id}")
        os.rename(tmp / "moved", f"{host.root}/{box.id}")
    assert box.status == "running"
