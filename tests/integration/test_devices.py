# SPDX-License-Identifier: Apache-2.0
"""Device nodes and links of /dev, masked and read-only paths."""
import os
import stat

import pytest

from lib.box import FOREVER

must = pytest.mark.must


@must(97)
@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
@pytest.mark.parametrize("name, numbers", [("null", "1:3"), ("zero", "1:5"), ("full", "1:7"), ("random", "1:8"),
                                           ("urandom", "1:9"), ("tty", "5:0")])
def test_a_default_device(box, name, numbers, userns):
    if userns:
        box.cfg.user_namespace()
    assert box.sh(f"stat -c '%F %t:%T %a' /dev/{name}") == f"character special file {numbers} 666\n"


@must(98)
@pytest.mark.parametrize("name, target", [("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"),
                                          ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")])
def test_a_default_link(box, name, target):
    assert box.sh(f"readlink /dev/{name}") == target + "\n"


@must(97)
@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
def test_ptmx_is_the_one_of_the_container_s_devpts(box, userns):
    if userns:
        box.cfg.user_namespace()
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    assert box.sh("stat -L -c %t:%T /dev/ptmx; : < /dev/ptmx && ls /dev/pts") == "5:2\nptmx\n"


def test_the_default_devices_work(box):
    assert box.sh("echo x > /dev/null; head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c; "
                  "(echo x > /dev/full) 2>/dev/null || echo full").split() == ["3", "3", "full"]


def test_the_default_devices_are_made_in_a_dev_that_is_no_mount(box):
    box.cfg.no_mount("/dev", "/dev/pts", "/dev/shm")
    assert box.sh("stat -c %t:%T /dev/null; readlink /dev/fd") == "1:3\n/proc/self/fd\n"


def test_a_root_without_a_mount_on_dev_serves_again_in_a_user_namespace(box):
    """The device is the host's, on an empty file that stays in the root."""
    box.cfg.user_namespace().no_mount("/dev", "/dev/pts", "/dev/shm").shell("stat -c %t:%T /dev/null")
    os.makedirs(f"{box.rootfs}/dev", exist_ok=True)
    os.chown(f"{box.rootfs}/dev", box.cfg.linux["uidMappings"][0]["hostID"], -1)
    for _ in range(2):
        assert box.run().ok().out == "1:3\n"
        box.delete("--force")
    assert os.path.getsize(f"{box.rootfs}/dev/null") == 0


@pytest.mark.parametrize("node, made", [("c 1 3", True), ("c 5 2", True), ("c 1 11", False), ("b 8 0", False)])
@pytest.mark.parametrize("rules", [[], [{"allow": False, "access": "rwm"}]], ids=["none", "deny all"])
def test_a_node_is_made_of_a_device_that_a_rule_allows(box, rules, node, made):
    """With CAP_MKNOD those of every container, as for a chroot; others need a rule, which need not let them be opened."""
    for names in box.cfg.process["capabilities"].values():
        names.append("CAP_MKNOD")
    box.cfg.resources(devices=rules).shell(f"rm -f /tmp/node; mknod /tmp/node {node} 2>/dev/null && echo made")
    assert (box.run().out == "made\n") is made
    box.delete("--force")
    box.cfg.resources(devices=[*rules, {"allow": True, "type": "c", "access": "m"}, {"allow": True, "type": "b", "access": "m"}])
    assert box.run().out == "made\n"


@must(95)
@pytest.mark.parametrize("device, expected", [
    ({"path": "/dev/mine", "type": "c", "major": 1, "minor": 5, "fileMode": 0o640, "uid": 3, "gid": 4}, "1:5 640 3 4 character special file"),
    ({"path": "/dev/disk", "type": "b", "major": 7, "minor": 200, "fileMode": 0o600}, "7:c8 600 0 0 block special file"),
    ({"path": "/dev/docker", "type": "c", "major": 1, "minor": 5, "fileMode": 0o20660}, "1:5 660 0 0 character special file"),
    ({"path": "/dev/pipe", "type": "p", "fileMode": 0o622}, "0:0 622 0 0 fifo"),
    ({"path": "/dev/sub/dir/u", "type": "u", "major": 1, "minor": 9}, "1:9 666 0 0 character special file"),
    ({"path": "/data/null", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666}, "1:3 666 0 0 character special file"),
], ids=["c", "b", "mode with a type", "p", "u", "outside of dev"])
def test_a_device_of_the_config(box, device, expected):
    box.cfg.linux["devices"] = [device]
    assert box.sh(f"stat -c '%t:%T %a %u %g %F' {device['path']}") == expected + "\n"


def test_a_device_of_the_config_replaces_a_default_one(box):
    box.cfg.linux["devices"] = [{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 0o600, "uid": 5, "gid": 6}]
    assert box.sh("stat -c '%t:%T %a %u %g' /dev/null").split()[0] == "1:3"


@must(96)
@pytest.mark.parametrize("existing", ["file", "directory", "other device"])
def test_a_file_that_is_there_and_differs_is_an_error(box, existing):
    path = f"{box.rootfs}/data/dev"
    if existing == "file":
        open(path, "w").close()
    elif existing == "directory":
        os.mkdir(path)
    else:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    box.cfg.linux["devices"] = [{"path": "/data/dev", "type": "c", "major": 1, "minor": 3}]
    box.create_fails("linux.devices[0]", "/data/dev")


@pytest.mark.parametrize("device", [
    {"path": "dev/x", "type": "c", "major": 1, "minor": 3}, {"path": "/dev/x", "type": "q", "major": 1, "minor": 3},
    {"path": "/dev/x", "type": "c"}, {"type": "c", "major": 1, "minor": 3},
    {"path": "/dev/x", "type": "c", "major": -1, "minor": 3}, {"path": "/dev/x", "type": "c", "major": 1 << 32, "minor": 3},
], ids=["relative", "type", "no numbers", "no path", "negative", "large"])
def test_a_wrong_device_is_refused(box, device):
    box.cfg.linux["devices"] = [device]
    box.create_fails("linux.devices[0]")


# masked and read-only paths

def test_a_masked_directory_is_empty_and_read_only(box):
    box.write("/data/secret/file", "secret")
    box.cfg.linux["maskedPaths"] = ["/data/secret"]
    assert box.sh("ls /data/secret; touch /data/secret/x 2>/dev/null || echo refused") == "refused\n"
    assert not os.path.exists(f"{box.rootfs}/data/secret/x")


@pytest.mark.parametrize("path", ["/sys", "/sys/fs", "/dev"])
def test_a_masked_path_may_hold_mounts(box, path):
    box.cfg.mount("/sys/fs/cgroup", "cgroup", "cgroup", ["ro", "nosuid", "noexec", "nodev"])
    next(m for m in box.cfg["mounts"] if m["destination"] == "/dev")["options"].append("ro")
    box.cfg.linux["maskedPaths"] = [path]
    assert box.sh(f"ls -A {path}") == ""


def test_a_masked_file_is_dev_null(box):
    box.write("/data/secret", "secret")
    box.cfg.linux["maskedPaths"] = ["/data/secret"]
    assert box.sh("cat /data/secret; stat -c %t:%T /data/secret") == "1:3\n"


@pytest.mark.parametrize("path", ["/proc/timer_list", "/proc/keys", "/sys/firmware", "/proc/acpi"])
def test_a_masked_path_of_the_kernel(box, path):
    if not os.path.exists(path):
        pytest.skip(f"this kernel has no {path}")
    box.cfg.linux["maskedPaths"] = [path]
    assert box.sh(f"test -d {path} && ls -A {path} || cat {path}") == ""


@pytest.mark.parametrize("member", ["maskedPaths", "readonlyPaths"])
def test_a_path_that_is_not_there_is_skipped(box, member):
    box.cfg.linux[member] = ["/no/such/path", "/proc/no_such_file"]
    box.run().silent()


def test_many_masked_paths_and_the_same_twice(box):
    for i in range(50):
        box.write(f"/data/d{i}/file", "secret")
    box.cfg.linux["maskedPaths"] = [f"/data/d{i}" for i in range(50)] * 2
    assert box.sh("cat /data/d*/file 2>/dev/null | wc -c; ls -d /data/d* | wc -l").split() == ["0", "50"]


def test_a_read_only_path(box, tmp):
    (tmp / "sub").mkdir()
    box.cfg.bind(tmp, "/data")
    box.cfg.linux["readonlyPaths"] = ["/data", "/proc/sys"]
    assert box.sh("touch /data/x /data/sub/y 2>/dev/null; echo 1 > /proc/sys/net/ipv4/ip_forward || echo refused; "
                  "ls /data/sub").split() == ["refused"]
    assert sorted(os.listdir(tmp)) == ["sub"]


def test_a_read_only_path_keeps_the_other_options(box):
    box.cfg.mount("/data", "tmpfs", "tmpfs", ["nosuid", "noexec"])
    box.cfg.linux["readonlyPaths"] = ["/data"]
    line = [x for x in box.sh("cat /proc/self/mountinfo").splitlines() if x.split()[4] == "/data"][-1]
    assert {"ro", "nosuid", "noexec"} <= set(line.split()[5].split(","))


@must(153, 154)
@pytest.mark.parametrize("member", ["maskedPaths", "readonlyPaths"])
@pytest.mark.parametrize("path", ["relative", ""])
def test_a_relative_path_is_refused(box, member, path):
    box.cfg.linux[member] = [path]
    box.create_fails(f"linux.{member}[0]")


def test_masks_hold_in_a_user_namespace(box):
    box.cfg.user_namespace()
    box.write("/data/file", "secret")
    box.cfg.linux["maskedPaths"] = ["/data/file", "/proc/timer_list", "/sys/firmware"]
    box.cfg.linux["readonlyPaths"] = ["/proc/sys"]
    assert box.sh("cat /data/file /proc/timer_list; ls /sys/firmware; echo 1 > /proc/sys/net/ipv4/ip_forward "
                  "2>/dev/null || echo refused") == "refused\n"


def test_the_mask_is_the_host_s_null_device(box):
    box.write("/data/file", "secret")
    box.cfg.linux["maskedPaths"] = ["/data/file"]
    box.cfg.shell(FOREVER)
    box.create().silent()
    st = os.stat(f"/proc/{box.pid}/root/data/file")
    assert stat.S_ISCHR(st.st_mode) and st.st_rdev == os.makedev(1, 3)
