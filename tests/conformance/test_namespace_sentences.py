# SPDX-License-Identifier: Apache-2.0
"""
config-linux.md#namespaces, #user-namespace-mappings and #offset-for-time-namespace, sentence by
sentence, where tests/integration/test_namespaces.py does not test it already.
"""
import ctypes
import os
import re
import subprocess

import pytest

from lib import variants
from lib.box import FOREVER, eventually, ns_inode

must = pytest.mark.must
FILES = {"network": "net", "mount": "mnt"}


def in_namespace(pid, *command):
    """What a command of the host says in all namespaces of a process."""
    return subprocess.run(["nsenter", "-t", str(pid), *command], check=True, capture_output=True, text=True).stdout


# what each type is for

def test_pid_processes_inside_see_only_those_of_the_same_container(box):
    """The shell, and what it runs."""
    out = box.sh("cd /proc; for p in [0-9]*; do echo $p; done")
    assert out.split() == ["1"]


def test_network_the_container_has_its_own_network_stack(box):
    out = box.sh("ls /sys/class/net; cat /proc/net/route | wc -l; cat /proc/net/unix | wc -l")
    assert out.split() == ["lo", "1", "1"]


def test_mount_the_container_has_an_isolated_mount_table(box):
    box.cfg.mount("/data", "tmpfs", "of-the-container").shell(FOREVER)
    box.create().silent()
    with open("/proc/self/mountinfo") as f:
        host = f.read()
    assert "of-the-container" in box.proc("mountinfo") and "of-the-container" not in host
    assert not {line.split()[0] for line in box.proc("mountinfo").splitlines()} & {line.split()[0] for line in host.splitlines()}


@pytest.fixture
def segment():
    """A shared memory segment of the host."""
    libc = ctypes.CDLL(None, use_errno=True)
    segment = libc.shmget(0, ctypes.c_size_t(4096), 0o1600)
    assert segment >= 0
    yield segment
    libc.shmctl(segment, 0, None)


def test_ipc_the_container_has_system_level_ipc_of_its_own(box, segment):
    count = "cat /proc/sysvipc/shm | wc -l"
    assert int(box.sh(count)) == 1      # the heading
    box.cfg.no_namespace("ipc")
    assert int(box.sh(count)) > 1


def test_uts_the_container_has_its_own_names(box):
    for caps in box.cfg.process["capabilities"].values():
        caps.append("CAP_SYS_ADMIN")
    before = os.uname().nodename
    assert box.sh("hostname inside; hostname") == "inside\n"
    assert os.uname().nodename == before


def test_user_ids_of_the_host_are_local_ones_in_the_container(box):
    box.cfg.user_namespace(100000, 65536)
    for uid, name in ((100000, "root"), (101000, "user"), (0, "outside")):
        os.chown(box.write(f"/data/{name}"), uid, uid)
    assert box.sh("stat -c '%u %g' /data/root /data/user /data/outside").splitlines() == ["0 0", "1000 1000", "65534 65534"]


@pytest.mark.parametrize("name", ["plain", "userns", "no-pivot"])
def test_cgroup_the_view_is_rooted_at_the_container_s_own_cgroup(box, name):
    """In each hierarchy where it has one; what is outside is above the root."""
    options = variants.apply(name, box)
    out = box.sh("cat /proc/1/cgroup; echo ---; cat /proc/self/cgroup", *options)
    outer, own = [dict(line.split(":")[1:] for line in part.split()) for part in out.split("---")]
    mine = {line.split(":")[1] for line in open("/proc/self/cgroup").read().split()}
    assert set(own) == mine and outer == own
    entered = {c for c, path in own.items() if path == "/"}
    assert entered >= ({""} if box.host.is_v2 else {"pids", "memory"}), own


def test_cgroup_seen_from_outside_it_is_the_one_of_the_config(box):
    box.up()
    for line in box.proc("cgroup").split():
        controllers, path = line.split(":")[1:]
        if controllers in ("", "pids", "memory") and (controllers or box.host.is_v2):
            assert path == box.cfg.linux["cgroupsPath"]


def test_time_the_container_has_its_own_clocks(box):
    """See below for what they show."""
    box.cfg.namespace("time")
    box.up()
    assert ns_inode("time", box.pid) == ns_inode("time_for_children", box.pid) != ns_inode("time")


# path

def test_a_network_namespace_that_is_joined_is_left_as_it_is(box, boxes):
    """Only one that is made gets its loopback interface up."""
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep 1000"], stdout=subprocess.PIPE) as other:
        box.host.keep.add(other.pid)
        try:
            other.stdout.readline()
            box.cfg.namespace("network", f"/proc/{other.pid}/ns/net")
            assert "UP" not in box.sh("ip link show lo")
        finally:
            other.kill()
    box.host.keep.discard(other.pid)


def test_the_loopback_interface_of_a_new_network_carries_traffic(box):
    out = box.sh("ip addr show lo; echo text | nc -l -p 7 & until nc 127.0.0.1 7 < /dev/null 2>/dev/null; do usleep 1000; done; wait")
    assert "127.0.0.1/8" in out and "text" in out


@must(89)
@pytest.mark.parametrize("kind", ["network", "ipc", "user", "time"])
def test_path_is_an_absolute_path(box, kind):
    """One that leads to a namespace, from the caller's directory and from the bundle, will not do."""
    path = f"proc/{os.getpid()}/ns/{FILES.get(kind, kind)}"
    for top in (os.getcwd(), box.dir):
        box.cfg.namespace(kind, os.path.relpath(f"/{path}", top))
        box.create_fails("linux.namespaces", "absolute")
        box.cfg.no_namespace(kind)


@must(89, 90)
@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
@pytest.mark.parametrize("kinds", [("time",), ("pid", "time"), ("pid", "time", "network", "ipc", "uts", "cgroup")], ids="+".join)
def test_the_process_is_in_all_the_namespaces_of_another_container(box, boxes, kinds, userns):
    box.cfg.namespace("time")
    box.cfg.linux["timeOffsets"] = {"boottime": {"secs": 5000000}}
    other = boxes()
    if userns:
        box.cfg.user_namespace()
    box.up()
    for kind in (*kinds, *(["user"] if userns else [])):
        other.cfg.namespace(kind, f"/proc/{box.init}/ns/{FILES.get(kind, kind)}")
    other.up("cut -d. -f1 /proc/uptime > /dev/shm/uptime; " + FOREVER)
    for kind in (*kinds, *(["user"] if userns else [])):
        assert ns_inode(FILES.get(kind, kind), other.init) == ns_inode(FILES.get(kind, kind), box.init), kind
    shown = eventually(lambda: open(f"/proc/{other.init}/root/dev/shm/uptime").read(), "it looks at its clock")
    assert int(shown) > 5000000
    other.delete("--force").silent()
    box.host.children()                 # the pid namespace ends when all of its processes are waited for


@must(94)
@pytest.mark.parametrize("kind", ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"])
@pytest.mark.parametrize("path", [False, True], ids=["", "path"])
def test_duplicated_namespaces_of_one_type_are_an_error(box, kind, path):
    second = {"type": kind, **({"path": f"/proc/{os.getpid()}/ns/{FILES.get(kind, kind)}"} if path else {})}
    box.cfg.user_namespace() if kind == "user" else box.cfg.namespace(kind)
    box.cfg.linux["namespaces"].append(second)
    box.create_fails(f"linux.namespaces[{len(box.cfg.linux['namespaces']) - 1}].type")


@pytest.mark.parametrize("entry", [{}, {"path": "/proc/self/ns/net"}, {"type": ""}, {"type": "net"}, {"type": "Pid"}, {"type": None}],
                         ids=str)
def test_type_is_required_and_one_of_the_words(box, entry):
    box.cfg.linux["namespaces"].append(entry)
    box.create_fails("linux.namespaces[6]")


# user namespace mappings

@pytest.mark.parametrize("member", ["uidMappings", "gidMappings"])
@pytest.mark.parametrize("key", ["containerID", "hostID", "size"])
@pytest.mark.parametrize("value", [None, -1, 1 << 32, "0", 0.5], ids=["missing", "negative", "33 bits", "text", "fraction"])
def test_container_id_host_id_and_size_are_required_and_uint32(box, member, key, value):
    box.cfg.user_namespace()
    entry = box.cfg.linux[member][0]
    if value is None:
        del entry[key]
    else:
        entry[key] = value
    box.create_fails(f"linux.{member}[0]")


def test_uids_and_gids_are_mapped_apart(box):
    box.cfg.user_namespace()
    box.cfg.linux["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 10}]
    box.cfg.linux["gidMappings"] = [{"containerID": 0, "hostID": 200000, "size": 20}]
    os.chmod(f"{box.rootfs}/data", 0o777)
    box.sh("touch /data/file; chown 3:14 /data/file")
    st = os.stat(f"{box.rootfs}/data/file")
    assert (st.st_uid, st.st_gid) == (100003, 200014)


def owners(top):
    found = {}
    for path, dirs, files in os.walk(top):
        for name in [".", *dirs, *files]:
            st = os.lstat(os.path.join(path, name))
            found[os.path.join(path, name)] = st.st_uid, st.st_gid
    return found


def test_the_ownership_of_referenced_file_systems_is_not_modified(box, tmp):
    box.cfg.user_namespace().bind(tmp, "/data")
    (tmp / "file").write_text("")
    os.chown(box.write("/etc/of-another"), 42, 43)
    before = owners(box.rootfs), owners(tmp)
    box.run().silent()
    assert (owners(box.rootfs), owners(tmp)) == before


# time offsets

def clock(pid, name):
    """What a clock of a process's time namespace shows beyond that of the host, in seconds."""
    script = f"import time; print(time.clock_gettime(time.{name}))"
    inside = float(in_namespace(pid, "--time", "/usr/bin/python3", "-c", script))
    return inside - float(subprocess.run(["/usr/bin/python3", "-c", script], check=True, capture_output=True, text=True).stdout)


@pytest.mark.parametrize("offsets", [
    {"monotonic": {"secs": 86400, "nanosecs": 500000000}, "boottime": {"secs": 864000}},
    {"monotonic": {"secs": 7200}}, {"boottime": {"nanosecs": 999999999}}, {"boottime": {"secs": -1}},
    {"monotonic": {}}, {}], ids=str)
def test_time_offsets_set_the_clocks_by_seconds_and_nanoseconds(box, offsets):
    """secs may be negative; each member may be missing; the name of the clock is the key."""
    box.cfg.namespace("time")
    box.cfg.linux["timeOffsets"] = offsets
    box.up()
    expected = {n: [offsets.get(n, {}).get("secs", 0), offsets.get(n, {}).get("nanosecs", 0)] for n in ("monotonic", "boottime")}
    found = {line.split()[0]: list(map(int, line.split()[1:])) for line in box.proc("timens_offsets").splitlines()}
    assert found == expected
    for name, number in (("monotonic", "CLOCK_MONOTONIC"), ("boottime", "CLOCK_BOOTTIME")):
        wanted = expected[name][0] + expected[name][1] / 1e9
        assert abs(clock(box.pid, number) - wanted) < 3600, "seconds pass while we look, hours do not"


@pytest.mark.parametrize("offsets", [
    {"realtime": {"secs": 1}}, {"boottime": {"nanosecs": 1000000000}}, {"boottime": {"nanosecs": -1}},
    {"boottime": {"secs": 1 << 63}}, {"boottime": {"secs": 1 << 62}}, {"boottime": {"secs": "1"}},
    {"monotonic": {"secs": -1000000000}}, {"boottime": 5}], ids=str)
def test_an_offset_that_no_clock_can_have_is_refused(box, offsets):
    box.cfg.namespace("time")
    box.cfg.linux["timeOffsets"] = offsets
    box.create_fails("linux.timeOffsets")


@pytest.mark.parametrize("name", ["userns", "no-pivot", "no-pivot-userns-readonly"])
def test_time_offsets_go_with_a_user_namespace(box, name):
    options = variants.apply(name, box)
    box.cfg.namespace("time")
    box.cfg.linux["timeOffsets"] = {"boottime": {"secs": 5000000}}
    box.up(FOREVER, *options)
    assert re.search(r"^boottime +5000000 ", box.proc("timens_offsets"), re.M)


def test_offsets_for_a_time_namespace_that_is_joined_are_refused(box, boxes):
    box.cfg.namespace("time")
    box.up()
    other = boxes()
    other.cfg.namespace("time", f"/proc/{box.init}/ns/time").linux["timeOffsets"] = {"boottime": {"secs": 1}}
    other.create().fails("linux.timeOffsets")
