# SPDX-License-Identifier: Apache-2.0
"""
Published attacks on runtimes that are not about the file tree (see test_tree.py) and need no race, by
their numbers in the table of the security reference. A runtime may refuse or run safely.
"""
import hashlib
import os

import pytest

from lib.attack import WHERE, assert_inside
from lib.box import ns_inode, run_or_refuse

attack = pytest.mark.attack

# S1: ids are numbers

@attack("S1")
@pytest.mark.parametrize("uid", ["1000", " 1", "1x", "root", "", -1, 4294967296, 1.5, None, True], ids=repr)
def test_s1_a_user_id_that_is_no_number_is_never_root(box, uid):
    box.write("/etc/passwd", "1000:x:0:0::/:/bin/sh\n")
    box.cfg.process["user"]["uid"] = uid
    out = run_or_refuse(box, "id -u")
    assert out is None or uid is None and out == "0\n"


@attack("S1")
def test_s1_the_passwd_file_of_the_image_does_not_decide_the_user(box):
    box.write("/etc/passwd", "1000:x:0:0::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n")
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000, "username": "root"}
    assert run_or_refuse(box, "id -u") in ("1000\n", None)


# S3: the runtime's own binary

@attack("S3")
@pytest.mark.parametrize("args", [["/proc/self/exe"], ["/evil"]], ids=" ".join)
def test_s3_the_runtime_s_binary_is_out_of_reach(box, args):
    def digest():
        with open(box.rt.path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest(), os.stat(box.rt.path).st_ino
    before = digest()
    box.write("/evil", "#!/proc/self/exe\n", 0o755)
    box.cfg.args(*args)
    box.run(timeout=15)
    assert digest() == before


# S8: sizes

@attack("S8")
@pytest.mark.parametrize("change", [
    lambda c: c.linux.update(uidMappings=[{"containerID": i, "hostID": i, "size": 1} for i in range(5000)]),
    lambda c: c["mounts"].extend({"destination": f"/data/{i}", "type": "bind", "options": ["bind"],
                                  "source": "/" + "x/" * 2040} for i in range(500)),
    lambda c: c.update(hostname="x" * 70000), lambda c: c.update(annotations={"a": "x" * 70000}),
    lambda c: c.process["env"].append("LARGE=" + "x" * 70000),
    lambda c: c.namespace("network", "/" + "x" * 70000), lambda c: c.process.update(cwd="/" + "x" * 70000),
    lambda c: c.process["args"].append("x" * 140000), lambda c: c.process["env"].extend(f"V{i}={i}" for i in range(20000)),
], ids=["maps", "mounts", "hostname", "annotation", "env", "namespace path", "cwd", "arg", "20000 variables"])
def test_s8_a_member_longer_than_16_bits_is_refused_or_right(box, change):
    change(box.cfg.shell("sleep 1000"))
    result = box.create()
    if result.rc:
        result.fails()
        box.host.assert_clean()
    else:
        for name in ("mnt", "net", "pid", "ipc", "uts"):
            assert ns_inode(name, box.pid) != ns_inode(name)


# S10: inheritable capabilities

@attack("S10")
@pytest.mark.parametrize("uid", [0, 1000])
def test_s10_inheritable_is_empty_unless_the_config_says_so(box, uid):
    box.cfg.process["user"] = {"uid": uid, "gid": uid}
    status = box.sh("cat /proc/self/status")
    assert "CapInh:\t0000000000000000" in status and "CapAmb:\t0000000000000000" in status


# S13: leaked descriptors

@pytest.fixture
def leaks():
    """Twenty descriptors of the host's root that the caller forgot to close."""
    fds = [os.open("/", os.O_RDONLY | os.O_DIRECTORY) for _ in range(20)]
    yield fds
    for fd in fds:
        os.close(fd)


@attack("S13")
@pytest.mark.parametrize("form", ["/proc/self/fd/{}", "/proc/self/fd/{}/../../..", "/proc/1/cwd", "/proc/thread-self/fd/{}/."])
def test_s13_no_working_directory_leads_outside(box, leaks, form):
    box.cfg.shell(WHERE)
    for fd in list(range(3, 41)) if "{" in form else [0]:
        box.cfg.process["cwd"] = form.format(fd)
        result = box.run(pass_fds=leaks)
        if result.rc:
            continue
        assert_inside(result.out)


@attack("S13")
@pytest.mark.parametrize("fd", range(3, 24))
def test_s13_no_program_is_executed_from_outside(box, leaks, fd, host):
    box.cfg.args(f"/proc/self/fd/{fd}{host.busybox}", "echo", "escaped")
    assert "escaped" not in box.run(pass_fds=leaks).out


# S24: sockets

@attack("S24")
def test_s24_there_is_no_abstract_socket(box):
    """In a network namespace where all others are absent."""
    box.rt.prefix = ["unshare", "--net"]
    box.cfg.no_namespace("network").no_mount("/sys").shell("cat /proc/net/unix")
    result = box.create().ok()
    with open(f"/proc/{box.init}/net/unix") as f:
        sockets = f.read()
    assert "@" not in sockets and "/start\n" in sockets
    box.rt.prefix = []
    box.start().silent()
    box.wait()
    assert "@" not in result.out


# S26: names that become paths

NAMES = ["../../x", "/x", "..", ".", "a/../b", "a\nb", "x" * 4096, ""]


@attack("S26")
@pytest.mark.parametrize("name", NAMES, ids=lambda n: repr(n)[:15])
@pytest.mark.parametrize("member", ["hugepage", "rdma", "unified", "closID", "sysctl"])
def test_s26_a_name_that_becomes_a_path_is_checked(box, member, name):
    if member == "hugepage":
        box.cfg.resources(hugepageLimits=[{"pageSize": name, "limit": 1}])
    elif member == "rdma":
        box.cfg.resources(rdma={name: {"hcaHandles": 1}})
    elif member == "unified":
        box.cfg.resources(unified={name: "1"})
    elif member == "closID":
        box.cfg.linux["intelRdt"] = {"closID": name, "l3CacheSchema": "L3:0=1"}
    else:
        box.cfg.linux["sysctl"] = {name: "1"}
    box.create().fails()
    box.host.assert_clean()


@attack("S26")
def test_s26_the_name_of_a_kernel_parameter_leads_to_no_file_of_the_host(box, canary):
    box.cfg.linux["sysctl"] = {f"net{'/..' * 30}{canary.dir}/marker": "1"}
    box.create().fails()
    canary.assert_unharmed()


@attack("S26")
@pytest.mark.parametrize("path", ["/dev/../../../x", "/dev/x/../../../../y", "/../x", "/proc/../x"])
def test_s26_a_device_path_stays_in_the_rootfs(box, canary, path):
    box.cfg.linux["devices"] = [{"path": path, "type": "c", "major": 1, "minor": 3}]
    before = sorted(os.listdir("/"))
    run_or_refuse(box, "true")
    assert sorted(os.listdir("/")) == before and not os.path.exists(f"{box.dir}/x")
