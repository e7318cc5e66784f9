# SPDX-License-Identifier: Apache-2.0
"""The systemd cgroup manager: units, annotations, a runtime that is killed, engines."""
import collections
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from lib.box import FOREVER, eventually
from lib.units import CGROUPS, other_unit, shown, state_of, systemctl, units
from lib.user import as_user

MIB = 1 << 20
PROPERTY = "org.systemd.property."


# the unit

def test_the_process_is_in_a_scope_of_the_slice(unit):
    unit.up()
    assert unit.file("cgroup.procs").split()[0] == str(unit.box.pid)
    assert unit.box.proc("cgroup") == f"0::/system.slice/{unit.name}\n"
    assert unit.shown("ActiveState", "Slice", "ControlGroup", "Description", "Delegate", "DefaultDependencies",
                      "CollectMode", "MemoryAccounting", "CPUAccounting", "IOAccounting", "TasksAccounting") == {
        "ActiveState": "active", "Slice": "system.slice", "ControlGroup": f"/system.slice/{unit.name}",
        "Description": f"rundlet container {unit.box.id}", "Delegate": "yes", "DefaultDependencies": "no",
        "CollectMode": "inactive-or-failed", "MemoryAccounting": "yes", "CPUAccounting": "yes",
        "IOAccounting": "yes", "TasksAccounting": "yes"}


def test_nothing_but_the_container_is_in_its_cgroup(unit):
    """Neither rundlet nor what kept the unit until the process came."""
    unit.create().silent()
    assert unit.file("cgroup.procs") == str(unit.box.pid)
    assert unit.file("pids.current") == "1"


def test_the_record_names_unit_and_bus(unit):
    unit.create().silent()
    record = unit.record()
    assert (record["unit"], record["bus"]) == (unit.name, "unix:path=/run/dbus/system_bus_socket")
    assert record["cgroups"] == [{"path": str(unit.path), "stop": str(unit.path.parent), "freezer": "v2"}]


def test_delete_leaves_no_unit_and_no_cgroup(unit):
    unit.up()
    unit.box.kill("KILL").silent()
    unit.box.wait()
    unit.delete().silent()
    unit.assert_gone()


def test_delete_by_force_of_a_running_container(unit):
    unit.up("mkdir -p /sys/fs/cgroup/x; sleep 1000 & " + FOREVER)
    unit.delete("--force").silent()
    unit.assert_gone()


def test_delete_needs_no_environment(unit):
    unit.up()
    unit.delete("--force", env={}).silent()
    unit.assert_gone()


def test_a_container_that_ended_by_itself(unit):
    unit.up("exit 0")
    unit.box.wait()
    eventually(lambda: not unit.path.exists(), "systemd removes the cgroup")
    unit.delete().silent()
    unit.assert_gone()


def test_a_successor_with_the_same_name_stays(make_unit):
    """Deleting a container that is over does not stop the unit of the one that came after it."""
    old, new = make_unit(), make_unit()
    old.up("exit 0")
    old.box.wait()
    eventually(lambda: units(old.name) == [], "the unit is gone")
    new.cfg.linux["cgroupsPath"], new.name, new.path = old.cfg.linux["cgroupsPath"], old.name, old.path
    new.up()
    result = old.delete("--force")
    assert result.rc == 0
    assert new.box.status == "running" and state_of(new.name) == "active"
    new.delete("--force").silent()
    new.assert_gone()


def test_the_same_name_many_times(unit):
    unit.cfg.args("/bin/true")
    for _ in range(3):
        unit.create().silent()
        unit.box.start().silent()
        unit.delete("--force").silent()
    unit.assert_gone()


def test_run_gives_the_status(unit):
    unit.cfg.shell("cat /proc/self/cgroup; exit 7")
    result = unit.box.save().rt("run", "--bundle", unit.box.dir, unit.box.id, before=["--systemd-cgroup"])
    assert (result.rc, result.out) == (7, "0::/\n")
    unit.assert_gone()


def test_a_container_that_systemd_stops(unit):
    unit.up()                           # it ends at SIGTERM
    systemctl("stop", unit.name)
    assert unit.box.status == "stopped"
    unit.delete().silent()
    unit.assert_gone()


def test_kill_all(unit):
    unit.up("trap '' TERM; sleep 1000 & wait")
    eventually(lambda: len(unit.file("cgroup.procs").split()) == 2, "the second process is there")
    unit.box.kill("--all", "KILL").silent()
    unit.box.wait()
    unit.delete().silent()


def test_by_default_the_unit_is_named_by_the_id(unit):
    del unit.cfg.linux["cgroupsPath"]
    unit.name, unit.path = f"rundlet-{unit.box.id}.scope", CGROUPS / f"system.slice/rundlet-{unit.box.id}.scope"
    unit.create().silent()
    assert unit.file("cgroup.procs") == str(unit.box.pid)
    unit.delete().silent()
    unit.assert_gone()


def test_slices_of_slices(make_unit, host):
    """The slices stay: they are systemd's, and others may be in them."""
    unit = make_unit()
    unit.cfg.linux["cgroupsPath"] = f"rltest-a.slice::{unit.box.id}"
    unit.name = f"{unit.box.id}.scope"
    unit.path = CGROUPS / "rltest.slice/rltest-a.slice" / unit.name
    unit.create().silent()
    assert unit.file("cgroup.procs") == str(unit.box.pid)
    assert unit.shown("Slice") == {"Slice": "rltest-a.slice"}
    unit.delete().silent()
    assert not unit.path.exists() and state_of("rltest-a.slice") == "active"
    systemctl("stop", "rltest.slice")
    unit.assert_gone()


@pytest.mark.parametrize("name", ["memory", "cgroup", "_x"])
def test_a_name_that_the_kernel_uses(unit, name):
    """systemd puts '_' before it."""
    unit.cfg.linux["cgroupsPath"] = f"system.slice::{name}"
    unit.create().silent()
    assert unit.box.proc("cgroup") == f"0::/system.slice/_{name}.scope\n"
    unit.delete().silent()
    assert units(f"{name}.scope") == []


def test_a_unit_of_the_name_that_runs(unit, host):
    with other_unit(unit.name) as other:
        unit.create().fails("linux.cgroupsPath", unit.name)
        assert state_of(unit.name) == "active" and other.poll() is None
        assert not os.path.exists(f"{host.root}/{unit.box.id}")


def test_a_service_of_the_same_name_is_no_other_unit(unit):
    systemctl("start", "dbus.service")
    unit.cfg.linux["cgroupsPath"] = "system.slice::dbus"
    unit.create().silent()
    unit.delete().silent()
    assert state_of("dbus.service") == "active"


def test_a_failed_unit_of_the_name_is_forgotten(unit):
    with subprocess.Popen(["sleep", "1000"]) as victim:
        subprocess.run(["busctl", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                        "org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))", unit.name,
                        "fail", "2", "PIDs", "au", "1", str(victim.pid), "RuntimeMaxUSec", "t", "1", "0"],
                       check=True, stdout=subprocess.DEVNULL)
        victim.wait()
    eventually(lambda: state_of(unit.name) == "failed", "it failed")
    unit.create().silent()
    assert state_of(unit.name) == "active"
    unit.delete().silent()
    unit.assert_gone()


def test_without_a_bus_daemon(unit):
    """systemd has a socket of its own."""
    systemctl("stop", "dbus.socket", "dbus.service")
    try:
        unit.create().silent()
        assert unit.record()["bus"] == "unix:path=/run/systemd/private"
        assert unit.file("cgroup.procs") == str(unit.box.pid)
        unit.delete().silent()
        unit.assert_gone()
    finally:
        systemctl("start", "dbus.socket")


def test_a_bus_that_is_gone_at_delete(unit):
    """The cgroup goes all the same, and systemd sees that."""
    unit.up()
    path = pathlib.Path(f"{unit.box.rt.root}/{unit.box.id}/state.json")
    path.write_text(path.read_text().replace("/run/dbus/system_bus_socket", "/run/none"))
    result = unit.delete("--force")
    assert result.rc == 0 and "/run/none" in result.err and result.err.endswith("ignoring\n"), str(result)
    assert not unit.path.exists()
    eventually(lambda: units(unit.name) == [], "systemd removes the unit")
    unit.assert_gone()


@pytest.mark.parametrize("path, words", [
    ("/machine/x", "slice:prefix:name"), ("a.slice:b", "slice:prefix:name"), ("a.slice:b:c:d", "slice:prefix:name"),
    ("a:b:c", "the name of a slice"), ("a--b.slice:c:d", "the name of a slice"), ("a.slice:b:", "names no unit"),
    ("a.slice:b:c.slice", "names a slice"), ("a.slice:b:c d", "the name of a unit")])
def test_a_path_that_is_refused(unit, path, words):
    unit.cfg.linux["cgroupsPath"] = path
    unit.create().fails("linux.cgroupsPath", words)
    unit.assert_gone()


def test_a_step_that_fails_later_leaves_no_unit(unit):
    unit.cfg.hook("createRuntime", "exit 3")
    unit.create().fails("createRuntime")
    unit.assert_gone()


def test_a_limit_that_the_kernel_refuses_leaves_no_unit(unit):
    unit.cfg.resources(cpu={"cpus": "4095"})
    unit.create().fails("linux.resources.cpu.cpus")
    unit.assert_gone()


# annotations

def test_annotations_as_podman_sends_them(unit):
    unit.cfg["annotations"] = {PROPERTY + "KillSignal": "37", PROPERTY + "TimeoutStopUSec": "uint64 7000000",
                               "io.container.manager": "libpod"}
    unit.create().silent()
    assert unit.shown("KillSignal", "TimeoutStopUSec") == {"KillSignal": "37", "TimeoutStopUSec": "7s"}


def test_annotations_of_every_type(unit):
    unit.cfg["annotations"] = {
        PROPERTY + "TimeoutStopSec": "2.5", PROPERTY + "SendSIGHUP": "true",
        PROPERTY + "Description": "'a description'", PROPERTY + "After": "['a.service', \"b.service\"]",
        PROPERTY + "CollectMode": "'inactive'", PROPERTY + "ManagedOOMMemoryPressureLimit": "uint32 429496729"}
    unit.create().silent()
    got = unit.shown("TimeoutStopUSec", "SendSIGHUP", "Description", "After", "CollectMode")
    assert (got["SendSIGHUP"], got["Description"], got["CollectMode"]) == ("yes", "a description", "inactive")
    assert re.fullmatch(r"2\.50*s", got["TimeoutStopUSec"])
    assert {"a.service", "b.service"} <= set(got["After"].split())


@pytest.mark.parametrize("name, value, words", [
    ("ExecStartPre", "['{}']", "would run programs"), ("ExecStop", "'{}'", "would run programs"),
    ("PIDs", "5", "processes of the unit"), ("Slice", "'a.slice'", "linux.cgroupsPath"),
    ("Delegate", "false", "cgroups"), ("DeviceAllow", "['/dev/sda']", "linux.resources.devices"),
    ("Nonsense", "5", "Nonsense"), ("CollectMode", "'nonsense'", "CollectMode"), ("KillSignal", "SIGTERM", "value"),
    ("TimeoutStopSec", "soon", "seconds"), ("a-b", "1", "letters and digits")])
def test_an_annotation_that_is_refused(unit, host, name, value, words):
    """It is named, and nothing of it happens (CVE-2024-3154)."""
    mark = f"{host.dir}/ran"
    unit.cfg["annotations"] = {PROPERTY + name: value.format("/bin/touch " + mark)}
    unit.create().fails(f'annotations["{PROPERTY}{name}"]', words)
    assert not os.path.exists(mark)
    unit.assert_gone()


@pytest.fixture
def marker(host):
    """A service that leaves a mark when it is started, and where that is."""
    file = pathlib.Path(f"/run/systemd/system/{host.tag}-marker.service")
    mark = f"{host.dir}/started"
    file.write_text(f"[Service]\nType=oneshot\nExecStart=/bin/touch {mark}\n")
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    yield file.name, mark
    file.unlink()
    subprocess.run(["systemctl", "daemon-reload"], check=True)


@pytest.mark.parametrize("name", ["Wants", "Requires", "BindsTo", "Upholds"])
def test_an_annotation_starts_no_unit_of_the_host(unit, marker, name):
    service, mark = marker
    unit.cfg["annotations"] = {f"{PROPERTY}{name}": f"['{service}']"}
    unit.create().fails(f'annotations["{PROPERTY}{name}"]', "would start units of the host")
    assert not os.path.exists(mark)
    unit.assert_gone()


def test_an_annotation_of_the_wrong_type(unit):
    unit.cfg["annotations"] = {PROPERTY + "KillSignal": "'TERM'"}
    unit.create().fails("start the unit", "systemd says")
    unit.assert_gone()


def test_a_limit_is_not_set_twice(unit):
    unit.cfg.resources(pids={"limit": 5})
    unit.cfg["annotations"] = {PROPERTY + "TasksMax": "uint64 9"}
    unit.create().fails("linux.resources.pids.limit")
    unit.assert_gone()


def test_annotations_do_nothing_with_another_manager(box):
    box.cfg["annotations"] = {PROPERTY + "ExecStartPre": "'x'", PROPERTY + "Nonsense": "["}
    box.create().silent()
    assert "unit" not in json.loads(pathlib.Path(f"{box.rt.root}/{box.id}/state.json").read_text())


# a runtime that is killed

MOMENTS = 14
NO_FILES = {key: subprocess.DEVNULL for key in ("stdin", "stdout", "stderr")}   # that a container would keep


def create_traced(unit, host, *strace):
    return subprocess.run(["strace", "-qq", *strace, unit.box.rt.path, "--root", host.root, "--systemd-cgroup",
                           "create", "--bundle", unit.box.dir, unit.box.id], **NO_FILES, check=False).returncode


def create_killed_at(unit, host, name, number):
    """The call is not made any more; returns whether it came to it."""
    return create_traced(unit, host, "-o", "/dev/null", "-e", f"trace={name}", "-e",
                         f"inject={name}:signal=KILL:when={number}") == -signal.SIGKILL


def calls_of_create(unit, host):
    """Its system calls as (name, how many of that name so far), in order."""
    trace, calls, seen = f"{host.dir}/trace", [], collections.Counter()
    create_traced(unit, host, "-o", trace)
    for name in re.findall(r"^(\w+)\(", pathlib.Path(trace).read_text(), re.M):
        seen[name] += 1
        if name not in ("clock_gettime", "ppoll"):      # as many as the wait is long
            calls.append((name, seen[name]))
    unit.delete("--force").silent()
    return calls


def test_a_create_killed_at_any_moment_leaves_what_one_delete_removes(unit, host):
    unit.cfg.args("/bin/true")
    unit.box.save()
    calls = calls_of_create(unit, host)
    # From the start of the unit, which the first child holds, to the end.
    begin = next(i for i, (name, _) in enumerate(calls) if name in ("clone", "clone3", "fork"))
    killed = 0
    for name, number in calls[begin - 3::max(1, (len(calls) - begin) // MOMENTS)]:
        killed += create_killed_at(unit, host, name, number)
        unit.delete("--force").silent()
        eventually(lambda: units(unit.name) == [] and not host.leftovers(), f"nothing is left after {name} {number}")
    assert killed >= MOMENTS / 2


def test_a_killed_create_does_not_stop_the_unit_of_another(unit, host):
    """It was killed before it came to its own."""
    unit.box.save()
    with other_unit(unit.name) as other:
        calls = calls_of_create(unit, host)
        recorded = [i for i, (name, _) in enumerate(calls) if name.startswith("rename")][1]
        assert create_killed_at(unit, host, *calls[recorded + 1])
        assert unit.record()["status"] == "creating"
        unit.delete("--force").silent()
        assert state_of(unit.name) == "active" and other.poll() is None


# a user's manager

USER_UNIT = """
set -e
mkdir -p {dir}/rootfs/bin {dir}/rootfs/proc {dir}/rootfs/dev {dir}/rootfs/sys
cp {busybox} {dir}/rootfs/bin/busybox
ln -sf busybox {dir}/rootfs/bin/sh
cp {config} {dir}/config.json
cd {dir}
run() {{ podman unshare {rundlet} --root {dir}/state --systemd-cgroup "$@"; }}
run create u1
systemctl --user show rundlet-u1.scope -p ControlGroup,MemoryMax,TasksMax,DevicePolicy
cat /sys/fs/cgroup$(systemctl --user show rundlet-u1.scope -p ControlGroup --value)/memory.max
env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS podman unshare {rundlet} --root {dir}/state delete --force u1
systemctl --user list-units --all --plain --no-legend 'rundlet-u1*'
echo end
"""


def test_the_manager_of_a_user(box, host):
    place = f"/var/tmp/{host.tag}-user"
    box.cfg.resources(memory={"limit": 64 * MIB}, pids={"limit": 9})
    box.cfg.args("/bin/sh", "-c", "exit 0").no_namespace("network").no_mount("/sys", "/dev/pts")
    del box.cfg.linux["cgroupsPath"]
    config = pathlib.Path(f"/var/tmp/{host.tag}-config.json")
    config.write_text(json.dumps(box.cfg))
    try:
        out = as_user("sh", "-c", USER_UNIT.format(dir=place, busybox="/usr/bin/busybox", config=config,
                                                   rundlet=box.rt.path)).splitlines()
        assert "ControlGroup=/user.slice/user-1000.slice/user@1000.service/user.slice/rundlet-u1.scope" in out
        assert {f"MemoryMax={64 * MIB}", "TasksMax=9", "DevicePolicy=auto", str(64 * MIB)} <= set(out)
        assert out[-2:] == [str(64 * MIB), "end"], "the unit is gone"
    finally:
        config.unlink()
        subprocess.run(["rm", "-rf", place], check=True)


# podman

def podman(rt, *args, run=subprocess.run):
    return run(["nsenter", "--mount=/proc/1/ns/mnt", "--", "podman", "--runtime", str(rt.path), "--cgroup-manager",
                "systemd", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_podman_with_the_systemd_manager(rt, host):
    name = f"{host.tag}-podman"
    started = podman(rt, "run", "-d", "--network", "none", "--name", name, "--memory", "64m", "--pids-limit", "20",
                     "localhost/busybox", "sleep", "1000")
    assert started.returncode == 0, started.stderr
    scope = f"libpod-{started.stdout.strip()}.scope"
    try:
        assert shown(scope, "Slice", "MemoryMax", "TasksMax", "KillSignal", "TimeoutStopUSec") == {
            "Slice": "machine.slice", "MemoryMax": str(64 * MIB), "TasksMax": "20", "KillSignal": "15",
            "TimeoutStopUSec": "10s"}
        assert (CGROUPS / "machine.slice" / scope / "memory.max").read_text() == f"{64 * MIB}\n"
    finally:
        removed = podman(rt, "rm", "-f", "-t", "0", name)
    assert removed.returncode == 0, removed.stderr
    assert units(scope) == [] and not (CGROUPS / "machine.slice" / scope).exists()
    eventually(lambda: units("libpod") == [] and not host.children(), "podman's own processes end", 60)


def test_rootless_podman(rt):
    out = as_user("podman", "--runtime", str(rt.path), "--cgroup-manager", "systemd", "run", "--rm", "--network", "none",
                  "--cgroupns", "host", "localhost/busybox", "cat", "/proc/self/cgroup")
    assert re.fullmatch(r"0::/user\.slice/user-1000\.slice/user@1000\.service/user\.slice/libpod-[0-9a-f]+\.scope"
                        r"(/container)?\n", out)
