# SPDX-License-Identifier: Apache-2.0
"""Namespaces: made, joined by path, inherited; their names, maps, offsets and kernel parameters."""
import os
import subprocess

import pytest

from lib.box import FOREVER, ns_inode
from lib.namespaces import FILES, namespaces_of_another
from lib.runtime import Runtime

must = pytest.mark.must


@must(92)
@pytest.mark.parametrize("kind", sorted(FILES))
def test_a_namespace_without_a_path_is_new(box, kind):
    if kind == "user":
        box.cfg.user_namespace()
    else:
        box.cfg.namespace(kind)
    box.create().silent()
    assert ns_inode(FILES[kind], box.pid) != ns_inode(FILES[kind])


@must(93)
@pytest.mark.parametrize("kind", sorted(set(FILES) - {"mount"}))
def test_a_namespace_that_is_not_listed_is_inherited(box, kind):
    box.cfg.no_namespace(kind)
    if kind == "network":
        box.cfg.no_mount("/sys")        # sysfs belongs to the network namespace of its mounter
    box.create().silent()
    assert ns_inode(FILES[kind], box.pid) == ns_inode(FILES[kind])


@must(93)
def test_without_a_mount_namespace_the_host_s_mounts_stay_as_they_are(box):
    """Inherited by the spec; a runtime that cannot do it refuses."""
    box.cfg.no_namespace("mount")
    with open("/proc/self/mountinfo") as f:
        before = f.read()
    result = box.create()
    if result.rc:
        result.fails()
    else:
        assert ns_inode("mnt", box.pid) == ns_inode("mnt")
        box.delete("-f").silent()
    with open("/proc/self/mountinfo") as f:
        assert f.read() == before


@must(89, 90)
@pytest.mark.parametrize("kind", sorted(FILES))
def test_a_namespace_with_a_path_is_joined(box, host, kind):
    with namespaces_of_another(host, kind) as pid:
        if kind == "user":
            _map_everything(pid)
        box.cfg.namespace(kind, f"/proc/{pid}/ns/{FILES[kind]}")
        if kind == "mount":
            box.cfg.no_cap("CAP_SYS_CHROOT")    # see test_namespaces_mount.py
        box.cfg.shell(FOREVER)
        box.create().silent()
        box.start().silent()
        assert ns_inode(FILES[kind], box.pid) == ns_inode(FILES[kind], pid)
        box.delete("--force").silent()


def test_the_links_of_dev_are_made_in_a_joined_pid_namespace(box, host):
    """The stub that makes them is outside: for it, /proc/self of this namespace leads nowhere."""
    with namespaces_of_another(host, "pid") as pid:
        box.cfg.namespace("pid", f"/proc/{pid}/ns/pid")
        assert box.sh("for name in fd stdin stdout stderr; do readlink /dev/$name; done").split() == [
            "/proc/self/fd", *(f"/proc/self/fd/{n}" for n in range(3))]


def _map_everything(pid):
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{pid}/{name}", "w") as f:
            f.write("0 0 4294967295")


@pytest.mark.parametrize("kind", sorted(set(FILES) - {"user", "mount"}))
def test_a_namespace_is_joined_together_with_the_user_namespace_that_owns_it(box, host, kind):
    with namespaces_of_another(host, "user", kind) as pid:
        _map_everything(pid)
        box.cfg.namespace("user", f"/proc/{pid}/ns/user")
        box.cfg.namespace(kind, f"/proc/{pid}/ns/{FILES[kind]}")
        box.cfg.shell(FOREVER)
        box.create().silent()
        box.start().silent()
        for name in ("user", FILES[kind]):
            assert ns_inode(name, box.pid) == ns_inode(name, pid)
        box.delete("--force").silent()


@pytest.mark.parametrize("kind", sorted(set(FILES) - {"user", "mount"}))
def test_a_namespace_of_the_host_is_joined_with_a_new_user_namespace(box, host, kind):
    """What podman does for a container in a pod with --userns: the others are made inside the new
    user namespace, this one is joined with the privilege of the host."""
    with namespaces_of_another(host, kind) as pid:
        box.cfg.user_namespace()
        box.cfg.namespace(kind, f"/proc/{pid}/ns/{FILES[kind]}")
        if kind == "network":
            box.cfg.no_mount("/sys")
        if kind == "ipc":
            box.cfg.no_mount("/dev/mqueue")
        box.cfg.shell(FOREVER)
        if kind == "pid":
            box.cfg.no_mount("/proc")   # a procfs of a pid namespace that is not ours cannot be mounted
        result = box.create()
        if result.rc:
            pytest.skip(f"not possible here: {result.err}")
        assert ns_inode(FILES[kind], box.pid) == ns_inode(FILES[kind], pid)
        box.delete("--force").silent()


def test_two_containers_share_a_network(box, boxes):
    box.up()
    other = boxes()
    other.cfg.namespace("network", f"/proc/{box.pid}/ns/net")
    assert f"net:[{ns_inode('net', box.pid)}]" in other.sh("readlink /proc/self/ns/net")


def test_two_containers_share_processes(box, boxes):
    box.up("exec sleep 4321")
    other = boxes()
    other.cfg.namespace("pid", f"/proc/{box.pid}/ns/pid")
    assert "sleep 4321" in other.sh("ps")


@must(91)
@pytest.mark.parametrize("kind, wrong", [("network", "uts"), ("pid", "ipc"), ("user", "mnt"), ("mount", "net")])
def test_a_path_of_the_wrong_type_is_refused(box, kind, wrong):
    box.cfg.namespace(kind, f"/proc/{os.getpid()}/ns/{wrong}").no_cap("CAP_SYS_CHROOT")
    box.create_fails("linux.namespaces", f"/ns/{wrong}")


@must(91)
@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/null", "/", "/no/such/file", "relative/net"])
def test_a_path_that_is_no_namespace_is_refused(box, path):
    box.cfg.namespace("network", path)
    box.create_fails("linux.namespaces", path)


def test_the_loopback_interface_of_a_new_network_is_up(box):
    assert "UP" in box.sh("ip link show lo")


def test_the_program_is_process_1_of_a_new_pid_namespace(box):
    assert box.sh("echo $$; ls /proc | grep -c '^[0-9]*$'").split()[0] == "1"


# the host's own, given by path

WORDS = {"self": "rundlet itself", "1": "process 1"}
KEPT = ["kernel/hostname", "kernel/domainname", "net/ipv4/ip_default_ttl", "kernel/msgmax"]


class House:
    """Stands for the host, so that a runtime which changes "the host" changes this: a process 1 in
    namespaces of its own. The runtime lives in them, or only in its pid namespace."""

    def __init__(self, rt, pid):
        self.rt, self.pid = rt, pid
        subprocess.run([*self._enter("-m"), "mount", "-t", "proc", "proc", "/proc"], check=True)

    def _enter(self, *kinds):
        return ["nsenter", "-t", str(self.pid), "-p", *kinds]

    def runtime(self, owner):
        prefix = self._enter("-m", "-u", "-n", "-i")
        if owner == "1":
            prefix += ["unshare", "--mount", "--uts", "--net", "--ipc"]
        return Runtime(self.rt.path, self.rt.root, prefix)

    def look(self):
        values = [*self._enter("-m", "-u", "-n", "-i"), "cat", *(f"/proc/sys/{name}" for name in KEPT)]
        with open(f"/proc/{self.pid}/mountinfo") as f:
            return subprocess.run(values, check=True, capture_output=True).stdout, f.read()


@pytest.fixture
def house(host, rt):
    with namespaces_of_another(host, "pid", "mount", "uts", "network", "ipc") as pid:
        yield House(rt, pid)


@pytest.mark.parametrize("owner", sorted(WORDS))
@pytest.mark.parametrize("kind, member, value", [
    ("uts", "hostname", "taken"), ("uts", "domainname", "taken"), ("uts", "linux.sysctl", {"kernel.domainname": "taken"}),
    ("network", "linux.sysctl", {"net.ipv4.ip_default_ttl": "77"}), ("ipc", "linux.sysctl", {"kernel.msgmax": "4321"}),
    ("network", "linux.netDevices", {"none": {}})])
def test_what_a_container_would_change_in_the_host_s_namespace_is_refused(house, boxes, owner, kind, member, value):
    box, before = boxes(house.runtime(owner)), house.look()
    box.cfg.namespace(kind, f"/proc/{owner}/ns/{FILES[kind]}").put(member, value)
    box.create_fails(member, f"is the {kind} namespace of {WORDS[owner]}")
    assert house.look() == before


@pytest.mark.parametrize("owner", sorted(WORDS))
def test_the_host_s_mount_namespace_is_refused(house, boxes, owner):
    """The container would have its mounts there, and its root could be left by who can change it."""
    box, before = boxes(house.runtime(owner)), house.look()
    box.cfg.namespace("mount", f"/proc/{owner}/ns/mnt").no_cap("CAP_SYS_CHROOT")
    box.create_fails("linux.namespaces", f"is the mount namespace of {WORDS[owner]}")
    assert house.look() == before


@pytest.mark.parametrize("owner", sorted(WORDS))
@pytest.mark.parametrize("kind", ["uts", "network", "ipc"])
def test_the_host_s_namespace_is_shared_when_nothing_in_it_changes(house, boxes, owner, kind):
    box, before = boxes(house.runtime(owner)), house.look()
    box.cfg.namespace(kind, f"/proc/{owner}/ns/{FILES[kind]}")
    assert f"[{ns_inode(FILES[kind], house.pid)}]" in box.sh(f"readlink /proc/self/ns/{FILES[kind]}")
    assert house.look() == before


# names

def test_hostname(box):
    box.cfg["hostname"] = "box.example"
    assert box.sh("hostname") == "box.example\n"
    assert os.uname().nodename != "box.example"


def test_domainname(box):
    box.cfg["domainname"] = "example.org"
    assert box.sh("cat /proc/sys/kernel/domainname") == "example.org\n"


@pytest.mark.parametrize("member", ["hostname", "domainname"])
def test_a_name_without_a_uts_namespace_is_refused(box, member):
    """It would be the host's name."""
    box.cfg.no_namespace("uts")[member] = os.uname().nodename
    box.create_fails(member)


@pytest.mark.parametrize("member", ["hostname", "domainname"])
def test_a_name_longer_than_64_is_refused(box, member):
    box.cfg[member] = "x" * 65
    box.create_fails(member)


# user namespaces

def test_the_id_maps_are_those_of_the_config(box):
    box.cfg.user_namespace()
    box.cfg.linux["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 1000},
                                    {"containerID": 1000, "hostID": 300000, "size": 10}]
    box.cfg.linux["gidMappings"] = [{"containerID": 0, "hostID": 200000, "size": 65536}]
    box.create().silent()
    assert box.proc("uid_map").split() == "0 100000 1000 1000 300000 10".split()
    assert box.proc("gid_map").split() == "0 200000 65536".split()


def test_root_of_a_user_namespace_is_not_root_outside(box):
    box.cfg.user_namespace()
    box.up("id -u > /dev/shm/id; " + FOREVER)
    assert os.stat(f"/proc/{box.pid}").st_uid == 100000
    assert "Uid:\t100000\t100000\t100000\t100000" in box.proc("status")


def test_a_container_in_a_user_namespace_is_whole(box):
    box.cfg.user_namespace()
    os.chmod(f"{box.rootfs}/data", 0o777)
    out = box.sh("id -u; mount | grep -c '^'; echo x > /dev/null; ls -l /dev/zero; stat -c %u /proc/self; touch /data/x")
    assert out.split()[0] == "0" and "1,   5" in out
    assert os.stat(f"{box.rootfs}/data/x").st_uid == 100000


@pytest.mark.parametrize("uid", [0, 1000])
def test_a_user_in_a_user_namespace(box, uid):
    box.cfg.user_namespace()
    box.cfg.process["user"] = {"uid": uid, "gid": uid, "additionalGids": [7]}
    assert box.sh("id -u; id -g; id -G").split() == [str(uid), str(uid), str(uid), "7"]


def test_a_rootfs_below_a_directory_that_the_container_s_root_cannot_pass(box):
    box.cfg.user_namespace()
    os.chmod(box.dir, 0o700)
    assert box.sh("echo in") == "in\n"


def test_a_map_without_id_0_works(box):
    box.cfg.user_namespace()
    for key in ("uidMappings", "gidMappings"):
        box.cfg.linux[key] = [{"containerID": 1000, "hostID": 100000, "size": 10}]
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    box.cfg.no_mount("/dev/pts")        # its default gid and uid would have to be mapped
    result = box.save().run()
    if result.rc:
        result.fails()                  # a clear refusal will do
    box.host.assert_clean()


@pytest.mark.parametrize("member", ["uidMappings", "gidMappings"])
def test_a_user_namespace_without_a_map_is_refused(box, member):
    box.cfg.user_namespace()
    del box.cfg.linux[member]
    box.create_fails("linux." + member)


def test_maps_without_a_user_namespace_are_refused(box):
    box.cfg.user_namespace().no_namespace("user")
    box.create_fails("linux.uidMappings")


@pytest.mark.parametrize("entries", [
    [{"containerID": 0, "hostID": 1, "size": 0}],
    [{"containerID": 0, "hostID": 1, "size": 10}, {"containerID": 5, "hostID": 100, "size": 10}],
    [{"containerID": 4294967295, "hostID": 1, "size": 2}],
    [{"containerID": n, "hostID": 100000 + n, "size": 1} for n in range(400)],
], ids=["size 0", "overlap", "overflow", "400 lines"])
def test_a_map_that_the_kernel_cannot_take_is_refused(box, entries):
    box.cfg.user_namespace()
    box.cfg.linux["uidMappings"] = entries
    box.create_fails("linux.uidMappings")


def test_a_map_of_340_lines(box):
    box.cfg.user_namespace()
    entries = [{"containerID": n, "hostID": 1 + 2 * n, "size": 1} for n in range(340)]
    box.cfg.linux["uidMappings"] = box.cfg.linux["gidMappings"] = entries
    box.create().silent()
    assert len(box.proc("uid_map").splitlines()) == 340


# time

def test_the_offsets_of_a_time_namespace(box):
    box.cfg.namespace("time")
    box.cfg.linux["timeOffsets"] = {"monotonic": {"secs": 86400, "nanosecs": 5}, "boottime": {"secs": 864000}}
    uptime = float(box.sh("cat /proc/uptime; cat /proc/self/timens_offsets").split()[0])
    with open("/proc/uptime") as f:
        assert 863000 < uptime - float(f.read().split()[0]) < 865000


def test_offsets_without_a_time_namespace_are_refused(box):
    box.cfg.linux["timeOffsets"] = {"boottime": {"secs": 864000}}
    box.create_fails("linux.timeOffsets")


# sysctl

@pytest.mark.parametrize("key, value", [
    ("net.ipv4.ip_forward", "1"), ("net.ipv4.ping_group_range", "0 100"), ("net.core.somaxconn", "1234"),
    ("kernel.msgmax", "12345"), ("kernel.shm_rmid_forced", "1"), ("kernel.sem", "32000 1024000000 500 32000"),
    ("fs.mqueue.msg_max", "20"), ("net/ipv4/ip_unprivileged_port_start", "80")])
def test_a_kernel_parameter_of_a_namespace(box, key, value):
    box.cfg.linux["sysctl"] = {key: value}
    path = "/proc/sys/" + key.replace(".", "/")
    with open(path) as f:
        before = f.read()
    assert box.sh(f"cat {path}").split() == value.split()
    with open(path) as f:
        assert f.read() == before


@pytest.mark.parametrize("key, namespace", [
    ("net.ipv4.ip_forward", "network"), ("kernel.msgmax", "ipc"), ("fs.mqueue.msg_max", "ipc"), ("vm.swappiness", None),
    ("kernel.core_pattern", None), ("fs.file-max", None), ("kernel.domainname", "uts")])
def test_a_kernel_parameter_of_the_host_is_refused(box, key, namespace):
    """The value is the one that the host has, so that a runtime which writes it does no harm."""
    with open("/proc/sys/" + key.replace(".", "/")) as f:
        box.cfg.linux["sysctl"] = {key: f.read().strip()}
    if namespace:
        box.cfg.no_namespace(namespace)
    if namespace == "network":
        box.cfg.no_mount("/sys")
    box.create_fails("linux.sysctl", key)


@pytest.mark.parametrize("key", ["net.ipv4.no_such_key", "net", "", "net..ipv4", "net/../kernel/core_pattern",
                                 "net.ipv4.conf.all/../../../../kernel/msgmax"])
def test_a_kernel_parameter_that_is_not_there_is_refused(box, key):
    box.cfg.linux["sysctl"] = {key: "1"}
    box.create_fails("linux.sysctl")
