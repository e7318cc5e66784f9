# SPDX-License-Identifier: Apache-2.0
"""
Published attacks on runtimes, as far as they need no race (the table S1-S30 of the security
reference). A runtime may refuse or run safely; what is judged is that the canary outside the rootfs
stays as it was, and that the container is whole where it runs.
"""
import hashlib
import os
import stat
import threading

import pytest

from lib import kernel
from lib.box import FOREVER, ns_inode
from lib.host import make_dev

VARIANTS = ["plain", "no-pivot", "userns", "readonly"]


class Canary:
    """A directory outside of every rootfs, with files that attacks want to reach."""

    def __init__(self, path):
        self.dir = path / "dir"
        self.dir.mkdir(parents=True)
        for name in ("marker", "ptmx", "null", "console"):
            (self.dir / name).write_text(f"canary {name}\n")
        (self.dir / "sub").mkdir()
        self.before = self.look()

    def look(self):
        found = {}
        for path, dirs, files in os.walk(self.dir):
            for name in [".", *dirs, *files]:
                full = os.path.join(path, name)
                st = os.lstat(full)
                content = open(full).read() if stat.S_ISREG(st.st_mode) else None
                found[full] = (st.st_mode, st.st_uid, st.st_gid, st.st_size, st.st_mtime_ns, st.st_ino, content)
        return found

    def assert_unharmed(self):
        assert self.look() == self.before


@pytest.fixture
def canary(tmp):
    bird = Canary(tmp / "canary")
    yield bird
    bird.assert_unharmed()


@pytest.fixture(params=VARIANTS)
def variant(request, box):
    """The box in one of the variants; options for create."""
    if request.param == "userns":
        box.cfg.user_namespace()
    if request.param == "readonly":
        box.cfg["root"]["readonly"] = True
    return ["--no-pivot"] if request.param == "no-pivot" else []


def run_or_refuse(box, script, options=()):
    """The output of the script, or None when the container was refused cleanly."""
    box.cfg.shell(script)
    result = box.run(*options)
    if result.rc == 0:
        return result.out
    assert result.rc == 1 and result.err, str(result)
    box.host.assert_clean()
    return None


def link(box, path, target):
    """Put a symlink in the place of what is in the rootfs."""
    full = f"{box.rootfs}/{path.lstrip('/')}"
    if os.path.isdir(full) and not os.path.islink(full):
        os.rmdir(full)
    os.symlink(target, full)


def targets(canary):
    """Ways to write the canary's directory as the target of a link."""
    return [str(canary.dir), "../" * 12 + str(canary.dir).lstrip("/")]


# S1: ids are numbers

@pytest.mark.parametrize("uid", ["1000", " 1", "1x", "root", "", -1, 4294967296, 1.5, None, True], ids=repr)
def test_s1_a_user_id_that_is_no_number_is_never_root(box, uid):
    box.write("/etc/passwd", "1000:x:0:0::/:/bin/sh\n")
    box.cfg.process["user"]["uid"] = uid
    out = run_or_refuse(box, "id -u")
    assert out is None or uid is None and out == "0\n"


def test_s1_the_passwd_file_of_the_image_does_not_decide_the_user(box):
    box.write("/etc/passwd", "1000:x:0:0::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n")
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000, "username": "root"}
    assert run_or_refuse(box, "id -u") in ("1000\n", None)


# S3: the runtime's own binary

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


# S4: /proc that is none

@pytest.mark.parametrize("mount", [
    ("/proc", "tmpfs", "tmpfs", []), ("/proc", "bind", "/etc", ["rbind"]), ("/proc/self", "bind", "/etc", ["rbind"]),
    ("/proc/self/attr", "tmpfs", "tmpfs", []), ("/proc/sys/kernel", "bind", "/etc", ["rbind"])], ids=lambda m: f"{m[1]} on {m[0]}")
def test_s4_a_false_proc_does_not_deceive(box, mount):
    if mount[0] == "/proc":
        box.cfg.no_mount("/proc")
    box.cfg.mount(*mount)
    box.cfg.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    box.cfg.process["oomScoreAdj"] = 500
    box.cfg.shell(FOREVER)
    if box.create().rc == 0:
        assert box.proc("oom_score_adj") == "500\n"
        pid = box.pid
        seen = os.popen(f"nsenter -t {pid} -n cat /proc/sys/net/ipv4/ip_forward").read()
        assert seen == "1\n", "the value that was asked for is in the container's network"


@pytest.mark.parametrize("name", ["cpuinfo", "meminfo", "stat", "uptime", "loadavg", "diskstats", "swaps"])
def test_s4_files_that_lxcfs_offers_may_be_bound(box, tmp, name):
    (tmp / name).write_text("from lxcfs\n")
    box.cfg.bind(tmp / name, f"/proc/{name}")
    assert box.sh(f"cat /proc/{name}") == "from lxcfs\n"


# S5, S12, S20: links in the image

@pytest.mark.parametrize("which", [0, 1], ids=["absolute", "relative"])
@pytest.mark.parametrize("kind", ["tmpfs", "bind", "bind file", "missing below"])
def test_s5_a_mount_on_a_link_stays_in_the_rootfs(box, canary, variant, tmp, which, kind):
    (tmp / "source").mkdir()
    (tmp / "source/file").write_text("")
    link(box, "/data", targets(canary)[which])
    if kind == "tmpfs":
        box.cfg.mount("/data", "tmpfs", "tmpfs")
    elif kind == "bind":
        box.cfg.bind(tmp / "source", "/data/sub")
    elif kind == "bind file":
        box.cfg.bind(tmp / "source/file", "/data/new/file")
    else:
        box.cfg.mount("/data/new/dir", "tmpfs", "tmpfs")
    run_or_refuse(box, "touch /data/x /data/sub/x; true", variant)
    canary.assert_unharmed()


@pytest.mark.parametrize("target", ["/foo", "foo", "dangling/x", "CANARY", "/", "..", "/tmp"])
@pytest.mark.parametrize("place", ["/proc", "/sys", "/dev"])
def test_s12_a_link_in_the_place_of_a_system_directory(box, canary, place, target):
    os.mkdir(f"{box.rootfs}/foo")
    box.write("/etc/secret", "secret")
    link(box, place, target.replace("CANARY", str(canary.dir)))
    box.cfg.linux.update(maskedPaths=["/proc/timer_list", "/etc/secret"], readonlyPaths=["/proc/sys"])
    out = run_or_refuse(box, "cat /etc/secret; test -e /proc/self && cat /proc/timer_list; "
                             "(echo 1 > /proc/sys/net/ipv4/ip_forward) 2>/dev/null && echo wrote; true")
    assert not out, "the masks hold"
    canary.assert_unharmed()


@pytest.mark.parametrize("which", [0, 1], ids=["absolute", "relative"])
@pytest.mark.parametrize("place", ["/dev", "/dev/pts", "/dev/sub", "/dev/fd", "/dev/ptmx", "/dev/null", "/dev/core", "/dev/stdin"])
def test_s20_devices_are_made_in_the_rootfs_alone(box, canary, variant, place, which):
    box.cfg.no_mount("/dev", "/dev/pts", "/dev/shm")
    if place == "/dev/pts":
        box.cfg.mount("/dev/pts", "devpts", "devpts", ["newinstance", "ptmxmode=0666"])
    target = targets(canary)[which]
    link(box, place, target if place in ("/dev", "/dev/pts", "/dev/sub") else f"{target}/{os.path.basename(place)}")
    box.cfg.linux["devices"] = [{"path": "/dev/sub/x", "type": "c", "major": 1, "minor": 3},
                                {"path": "/outside-of-dev", "type": "c", "major": 1, "minor": 3}]
    run_or_refuse(box, "true", variant)
    canary.assert_unharmed()


# S8: sizes

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


@pytest.mark.parametrize("form", ["/proc/self/fd/{}", "/proc/self/fd/{}/../../..", "/proc/1/cwd", "/proc/thread-self/fd/{}/."])
def test_s13_no_working_directory_leads_outside(box, leaks, form):
    box.cfg.shell("pwd; ls -d rundlet-test* 2>/dev/null; stat -c %i . / ; readlink /proc/self/cwd")
    for fd in list(range(3, 41)) if "{" in form else [0]:
        box.cfg.process["cwd"] = form.format(fd)
        result = box.run(pass_fds=leaks)
        if result.rc:
            continue
        place = result.out.splitlines()[-1]
        assert os.path.isdir(f"{box.rootfs}{place}") or place.startswith("/proc"), str(result)
        assert not place.startswith("(unreachable)")


@pytest.mark.parametrize("fd", range(3, 24))
def test_s13_no_program_is_executed_from_outside(box, leaks, fd, host):
    box.cfg.args(f"/proc/self/fd/{fd}{host.busybox}", "echo", "escaped")
    assert "escaped" not in box.run(pass_fds=leaks).out


# S16: masks made of the container's own /dev/null

@pytest.mark.parametrize("kind", ["link to core_pattern", "link to passwd", "file", "fifo", "other device", "none"])
def test_s16_a_mask_is_the_host_s_null(box, variant, kind):
    box.cfg.no_mount("/dev", "/dev/pts", "/dev/shm")
    box.write("/file", "secret")
    null = f"{box.rootfs}/dev/null"
    if kind.startswith("link"):
        os.symlink({"core_pattern": "/proc/sys/kernel/core_pattern", "passwd": "/etc/passwd"}[kind.split()[-1]], null)
    elif kind == "file":
        open(null, "w").close()
    elif kind == "fifo":
        os.mkfifo(null)
    elif kind == "other device":
        os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    box.cfg.linux["maskedPaths"] = ["/file", "/proc/timer_list"]
    with open("/proc/sys/kernel/core_pattern") as f:
        before = f.read()
    out = run_or_refuse(box, "stat -c %t:%T /file /proc/timer_list; echo x > /file; cat /file", variant)
    assert out in (None, "1:3\n1:3\n")
    with open("/proc/sys/kernel/core_pattern") as f:
        assert f.read() == before
    assert "secret" == box.read("/file")


# S22: stdio

@pytest.mark.parametrize("uid", [0, 1000])
def test_s22_a_null_device_of_the_image_is_not_attached_to_stdio(box, canary, uid):
    box.cfg.no_mount("/dev", "/dev/pts", "/dev/shm")
    os.symlink(canary.dir / "null", f"{box.rootfs}/dev/null")
    box.cfg.process["user"] = {"uid": uid, "gid": uid}
    out = run_or_refuse(box, "stat -L -c %t:%T /proc/self/fd/0")
    assert out in (None, "1:3\n")
    canary.assert_unharmed()


def test_s22_the_host_s_null_device_keeps_its_owner(box):
    """What crun 1.8.1 does: with a user namespace it gives /dev/null of the host to the container's root."""
    box.cfg.user_namespace()
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    box.run().silent()
    st = os.stat("/dev/null")
    assert (st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)) == (0, 0, 0o666)


def test_s22_regular_files_on_stdio_keep_their_owner(box, tmp):
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    (tmp / "in").write_text("")
    with open(tmp / "in") as f:
        box.run(stdin=f).silent()
    assert (tmp / "in").stat().st_uid == 0


# S24: sockets

def test_s24_there_is_no_abstract_socket(box):
    box.create().silent()
    with open("/proc/net/unix") as f:
        assert not [line for line in f if "@" in line.split()[-1] and "rundlet" in line]


# S26: names that become paths

NAMES = ["../../x", "/x", "..", ".", "a/../b", "a\nb", "x" * 4096, ""]


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


@pytest.mark.parametrize("path", ["/dev/../../../x", "/dev/x/../../../../y", "/../x", "/proc/../x"])
def test_s26_a_device_path_stays_in_the_rootfs(box, canary, path):
    box.cfg.linux["devices"] = [{"path": path, "type": "c", "major": 1, "minor": 3}]
    before = sorted(os.listdir("/"))
    run_or_refuse(box, "true")
    assert sorted(os.listdir("/")) == before and not os.path.exists(f"{box.dir}/x")


# a hostile rootfs as a whole

def test_a_rootfs_full_of_links_to_the_host(box, canary, variant):
    """S15: the names that a runtime may want to write."""
    box.cfg.no_mount("/dev/pts", "/dev/shm", "/dev")
    for name in ("etc/hostname", "etc/resolv.conf", "etc/mtab", ".rundlet", "run/.containerenv", "dev/console", "dev/shm",
                 "dev/mqueue", "dev/tty", "dev/zero"):
        os.symlink(canary.dir / os.path.basename(name), f"{box.rootfs}/{name}")
    box.cfg.update(hostname="x")
    run_or_refuse(box, "true", variant)
    canary.assert_unharmed()


def test_a_dev_of_the_image_with_the_right_nodes_is_used(box):
    box.cfg.no_mount("/dev", "/dev/pts", "/dev/shm")
    make_dev(f"{box.rootfs}/dev")
    assert box.sh("stat -c %t:%T /dev/null") == "1:3\n"


def test_a_mount_on_the_root_itself_is_refused_or_harmless(box, tmp):
    (tmp / "mine").write_text("")
    box.cfg.bind(tmp, "/")
    out = run_or_refuse(box, "ls /")
    assert out is None or "mine" in out


@pytest.mark.parametrize("destination", ["/../../x", "/data/../../../x", "..", "/."])
def test_a_destination_with_dots_stays_in_the_rootfs(box, tmp, destination):
    box.cfg.mount(destination, "tmpfs", "tmpfs")
    run_or_refuse(box, "true")
    assert not os.path.exists(f"{box.dir}/x") and not os.path.exists("/x")


def test_s29_two_hundred_links_in_a_row_end(box):
    for i in range(200):
        os.symlink(f"l{i + 1}", f"{box.rootfs}/data/l{i}")
    os.mkdir(f"{box.rootfs}/data/l200")
    box.cfg.mount("/data/l0", "tmpfs", "tmpfs")
    box.create(timeout=10).fails("mounts[5]")
    box.host.assert_clean()


def test_a_rename_of_the_destination_while_mounting_is_harmless(box, boxes, canary, tmp):
    """S7 in its short form: twenty creates while two names are exchanged all the time."""
    os.makedirs(f"{box.rootfs}/data/a/etc")
    os.symlink(str(canary.dir), f"{box.rootfs}/data/b")
    stop = threading.Event()

    def exchange():
        while not stop.is_set():
            kernel.swap(f"{box.rootfs}/data/a", f"{box.rootfs}/data/b")
    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        box.cfg.mount("/data/a/etc", "tmpfs", "tmpfs").mount("/data/a/new/dir", "tmpfs", "tmpfs")
        box.save()
        for _ in range(20):
            box.rt("create", "--bundle", box.dir, box.id)
            box.rt("delete", "--force", box.id).silent()
    finally:
        stop.set()
        thread.join()
    canary.assert_unharmed()
