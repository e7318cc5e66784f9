# SPDX-License-Identifier: Apache-2.0
"""
Published attacks on the file tree that need no race: links and false files in the image, mounts where
none may be. A runtime may refuse or run safely inside the rootfs; what is judged is that the canary
outside of it stays as it was, and that the container is whole where it runs.
"""
import os
import stat
import subprocess

import pytest

from lib import variants
from lib.box import FOREVER, run_or_refuse
from lib.host import make_dev
from lib.payload import compile_static
from lib.terminal import ConsoleSocket

attack = pytest.mark.attack

DEV = ("/dev", "/dev/pts", "/dev/shm")


def link(box, path, target):
    """Put a symlink in the place of what is in the rootfs."""
    full = f"{box.rootfs}/{path.lstrip('/')}"
    if os.path.isdir(full) and not os.path.islink(full):
        os.rmdir(full)
    os.symlink(target, full)


def give_dev(box):
    """To the root of the user namespace: else nothing could be made in it."""
    for map_ in box.cfg.linux.get("uidMappings", []):
        os.chown(f"{box.rootfs}/dev", map_["hostID"], -1)


WAYS = ["absolute", "relative"]


def out_to(canary, way):
    """The canary's directory as the target of a link in the rootfs."""
    return str(canary.dir) if way == "absolute" else "../" * 12 + str(canary.dir).lstrip("/")


def host_value(name):
    with open(f"/proc/sys/{name}") as f:
        return f.read()


def value_in(pid, name):
    """A kernel parameter of the network of a process, read by the host's own procfs."""
    return subprocess.run(["nsenter", "-t", str(pid), "-n", "cat", f"/proc/sys/{name}"], check=True,
                          capture_output=True, text=True).stdout


def assert_settings_arrived(box, options):
    """Where the container is made, what the runtime writes to procfs is in the right place."""
    box.cfg.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    box.cfg.process["oomScoreAdj"] = 500
    box.cfg.shell(FOREVER)
    kept = "kernel/core_pattern", "net/ipv4/ip_forward"
    before = [host_value(name) for name in kept]
    result = box.create(*options)
    if result.rc == 0:
        assert box.proc("oom_score_adj") == "500\n"
        assert value_in(box.pid, "net/ipv4/ip_forward") == "1\n"
    else:
        result.fails()
        box.host.assert_clean()
    assert [host_value(name) for name in kept] == before


# CVE-2019-16884: a /proc that is none

FALSE_PROCS = [("/proc", "tmpfs", "tmpfs", []), ("/proc", "bind", "/etc", ["rbind"]), ("/proc/self", "bind", "/etc", ["rbind"]),
               ("/proc/self/attr", "tmpfs", "tmpfs", []), ("/proc/sys/kernel", "bind", "/etc", ["rbind"])]


@attack("S4")
@pytest.mark.parametrize("mount", FALSE_PROCS, ids=lambda m: f"{m[1]} on {m[0]}")
def test_cve_2019_16884_a_false_proc_does_not_deceive(box, variant, mount):
    if mount[0] == "/proc":
        box.cfg.no_mount("/proc")
    box.cfg.mount(*mount)
    assert_settings_arrived(box, variant)


@attack("S4")
def test_cve_2019_16884_a_proc_made_of_files_gets_nothing(box, variant, tmp):
    """A directory with the names that the runtime writes to."""
    for name in ("sys/net/ipv4/ip_forward", "self/oom_score_adj", "self/attr/exec", "1/oom_score_adj"):
        (tmp / "proc" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp / "proc" / name).write_text("")
        (tmp / "proc" / name).chmod(0o666)
    box.cfg.no_mount("/proc").bind(tmp / "proc", "/proc")
    assert_settings_arrived(box, variant)
    assert (tmp / "proc/sys/net/ipv4/ip_forward").read_text() == ""


@attack("S4")
@pytest.mark.parametrize("name", [
    "cpuinfo", "meminfo", "stat", "uptime", "loadavg", "diskstats", "swaps", "slabinfo", "sys/kernel/ns_last_pid",
    "sys/crypto/fips_enabled"])
def test_cve_2019_16884_files_that_lxcfs_offers_may_be_bound(box, tmp, name):
    if not os.path.exists(f"/proc/{name}"):
        pytest.skip(f"this kernel has no /proc/{name}")
    (tmp / "file").write_text("from lxcfs\n")
    box.cfg.bind(tmp / "file", f"/proc/{name}")
    assert box.sh(f"cat /proc/{name}") == "from lxcfs\n"


# CVE-2025-52881: procfs on procfs, which a look at the type of the file system does not tell

PLACES = ["/proc/self/attr/exec", "/proc/thread-self/attr/exec", "/proc/self/oom_score_adj", "/proc/sys/net/ipv4/ip_forward",
          "/proc/sys", "/proc/1"]


@attack("S18")
@pytest.mark.parametrize("variant", variants.PAIRS, indirect=True)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("source", ["/proc/self/sched", "/proc/sys/kernel/core_pattern", "/proc"])
def test_cve_2025_52881_a_file_of_procfs_on_another_is_not_written(box, variant, place, source):
    box.cfg.bind(source, place)
    assert_settings_arrived(box, variant)


@attack("S18")
@pytest.mark.parametrize("source", ["/proc/self/sched", "/proc/sys/kernel/core_pattern"])
@pytest.mark.parametrize("place", ["/data/attr/exec", "/data/link", "/data/sysctl"])
def test_cve_2025_52881_a_link_into_proc_is_no_way_around(box, variant, place, source):
    """The destination looks harmless; a link of the image leads it to where the runtime writes."""
    os.symlink("/proc/self/attr", f"{box.rootfs}/data/attr")
    os.symlink("/proc/self/oom_score_adj", f"{box.rootfs}/data/link")
    os.symlink("../proc/sys/net/ipv4/ip_forward", f"{box.rootfs}/data/sysctl")
    box.cfg.bind(source, place)
    assert_settings_arrived(box, variant)


# CVE-2019-18837: links in the place of a mount's destination

@attack("S5")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["tmpfs", "bind", "bind file", "missing below"])
def test_cve_2019_18837_a_mount_on_a_link_stays_in_the_rootfs(box, canary, variant, tmp, way, kind):
    (tmp / "source").mkdir()
    (tmp / "source/file").write_text("")
    link(box, "/data", out_to(canary, way))
    if kind == "tmpfs":
        box.cfg.mount("/data", "tmpfs", "tmpfs")
    elif kind == "bind":
        box.cfg.bind(tmp / "source", "/data/sub")
    elif kind == "bind file":
        box.cfg.bind(tmp / "source/file", "/data/new/file")
    else:
        box.cfg.mount("/data/new/dir", "tmpfs", "tmpfs")
    canary.guard(box)
    run_or_refuse(box, "touch /data/x /data/sub/x; true", variant)


# CVE-2023-27561, CVE-2023-28642, CVE-2025-54867: links in the place of a system directory

def expect_whole_masks(box, options=()):
    box.write("/etc/secret", "secret")
    box.cfg.linux.update(maskedPaths=["/proc/timer_list", "/etc/secret"], readonlyPaths=["/proc/sys"])
    out = run_or_refuse(box, "cat /etc/secret; test -e /proc/self && cat /proc/timer_list; "
                             "(echo 1 > /proc/sys/net/ipv4/ip_forward) 2>/dev/null && echo wrote; true", options)
    assert not out, "the masks hold"


@attack("S12")
@pytest.mark.parametrize("variant", variants.PAIRS, indirect=True)
@pytest.mark.parametrize("target", ["/foo", "foo", "dangling/x", "/", "..", "/tmp"])
@pytest.mark.parametrize("place", ["/proc", "/sys", "/dev"])
def test_cve_2023_27561_a_link_in_the_place_of_a_system_directory(box, variant, place, target):
    os.mkdir(f"{box.rootfs}/foo")
    link(box, place, target)
    expect_whole_masks(box, variant)


@attack("S12")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["/proc", "/sys", "/dev"])
def test_cve_2023_28642_a_system_directory_that_leads_out_of_the_rootfs(box, canary, variant, place, way):
    link(box, place, out_to(canary, way))
    canary.guard(box)
    expect_whole_masks(box, variant)


# CVE-2026-47766, CVE-2026-41579: a /dev of the image that leads out of it

@attack("S20")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["/dev", "/dev/pts", "/dev/sub", "/dev/fd", "/dev/ptmx", "/dev/null", "/dev/core", "/dev/stdin"])
def test_cve_2026_47766_devices_are_made_in_the_rootfs_alone(box, canary, variant, place, way):
    box.cfg.no_mount(*DEV)
    if place == "/dev/pts":
        box.cfg.mount("/dev/pts", "devpts", "devpts", ["newinstance", "ptmxmode=0666"])
    target = out_to(canary, way)
    link(box, place, target if place in ("/dev", "/dev/pts", "/dev/sub") else f"{target}/{os.path.basename(place)}")
    box.cfg.linux["devices"] = [{"path": "/dev/sub/x", "type": "c", "major": 1, "minor": 3},
                                {"path": "/outside-of-dev", "type": "c", "major": 1, "minor": 3}]
    canary.guard(box)
    run_or_refuse(box, "true", variant)


# CVE-2025-24965: the names that a runtime may want to write

@attack("S15")
def test_cve_2025_24965_a_file_to_mount_on_is_made_in_the_rootfs_alone(box, canary, variant, tmp):
    for name in ("etc/hosts", "etc/resolv.conf", "etc/mtab", ".rundlet", ".krun_config.json", "run/.containerenv"):
        os.symlink(canary.dir / os.path.basename(name), f"{box.rootfs}/{name}")
    link(box, "etc/hostname", canary.dir / "marker")
    (tmp / "hostname").write_text("x\n")
    box.cfg.bind(tmp / "hostname", "/etc/hostname").update(hostname="x")
    canary.guard(box)
    run_or_refuse(box, "true", variant)


@attack("S15")
@pytest.mark.parametrize("name", ["null", "new"], ids=["existing", "dangling"])
@pytest.mark.parametrize("place", ["null", "tty", "zero", "full", "random"])
def test_cve_2025_24965_a_file_to_bind_a_device_on_is_made_in_the_rootfs_alone(box, canary, variant, place, name):
    box.cfg.no_mount(*DEV)
    os.symlink(canary.dir / name, f"{box.rootfs}/dev/{place}")
    give_dev(box)
    canary.open_to_all()
    canary.guard(box)
    run_or_refuse(box, "true", variant)


# CVE-2025-31133, CVE-2025-62161: masks made of the container's own /dev/null

@attack("S16")
@pytest.mark.parametrize("kind", ["link to core_pattern", "link to passwd", "link to canary", "file", "fifo", "other device", "none"])
def test_cve_2025_31133_a_mask_is_the_host_s_null(box, canary, variant, kind):
    box.cfg.no_mount(*DEV)
    box.write("/file", "secret")
    null = f"{box.rootfs}/dev/null"
    if kind.startswith("link"):
        os.symlink({"core_pattern": "/proc/sys/kernel/core_pattern", "passwd": "/etc/passwd",
                    "canary": canary.dir / "null"}[kind.split()[-1]], null)
    elif kind == "file":
        open(null, "w").close()
    elif kind == "fifo":
        os.mkfifo(null)
    elif kind == "other device":
        os.mknod(null, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    box.cfg.linux["maskedPaths"] = ["/file", "/proc/timer_list"]
    before = host_value("kernel/core_pattern")
    out = run_or_refuse(box, "stat -c %t:%T /file /proc/timer_list; (echo x > /file) 2>/dev/null; head -c 99 /file", variant)
    assert out in (None, "1:3\n1:3\n")
    assert host_value("kernel/core_pattern") == before
    assert box.read("/file") == "secret"


# CVE-2025-52565, CVE-2026-88264: the console

@attack("S21")
@pytest.mark.parametrize("existing", [True, False], ids=["existing", "dangling"])
def test_cve_2026_88264_a_console_of_the_image_leads_nowhere(box, canary, variant, existing):
    box.cfg.no_mount(*DEV)
    os.symlink(canary.dir / ("console" if existing else "new"), f"{box.rootfs}/dev/console")
    canary.guard(box)
    run_or_refuse(box, "true", variant)


@attack("S21")
@pytest.mark.parametrize("existing", [True, False], ids=["existing", "dangling"])
def test_cve_2026_88264_a_terminal_is_not_put_where_the_image_leads(box, canary, variant, tmp, existing):
    box.cfg.no_mount(*DEV).mount("/dev/pts", "devpts", "devpts", ["newinstance", "ptmxmode=0666"])
    os.symlink(canary.dir / ("console" if existing else "new"), f"{box.rootfs}/dev/console")
    give_dev(box)
    canary.guard(box)
    box.cfg.process["terminal"] = True
    console = ConsoleSocket(tmp)
    box.create("--console-socket", console.path, *variant).fails("process.terminal", "/dev/console")
    console.close()


@attack("S17")
@pytest.mark.parametrize("devpts", [True, False], ids=["devpts", "no devpts"])
@pytest.mark.parametrize("image", ["console", "ptmx", "pts"])
def test_cve_2025_52565_a_terminal_is_a_pseudoterminal(box, canary, variant, tmp, image, devpts):
    """/dev/console, /dev/ptmx or the names in /dev/pts are links of the image."""
    box.cfg.no_mount(*DEV)
    if devpts:
        box.cfg.mount("/dev/pts", "devpts", "devpts", ["newinstance", "ptmxmode=0666"])
    if image == "pts":
        os.mkdir(f"{box.rootfs}/dev/pts")
        for n in range(64):
            os.symlink("/proc/sys/kernel/core_pattern", f"{box.rootfs}/dev/pts/{n}")
        os.symlink(canary.dir / "ptmx", f"{box.rootfs}/dev/pts/ptmx")
    else:
        os.symlink(canary.dir / image, f"{box.rootfs}/dev/{image}")
    give_dev(box)
    box.cfg.process["terminal"] = True
    before = host_value("kernel/core_pattern")
    console = ConsoleSocket(tmp)
    box.cfg.shell("stat -c %t /dev/console")
    created = box.create("--console-socket", console.path, *variant)
    canary.assert_unharmed()
    assert host_value("kernel/core_pattern") == before
    if devpts and image != "console":
        side = console.take()
        box.start().silent()
        assert side.rest() == "88\r\n"
    else:
        created.fails("process.terminal", "/dev/console" if devpts else "devpts")
        box.host.assert_clean()
    console.close()


# CVE-2026-88265: stdio

@attack("S22")
@pytest.mark.parametrize("uid", [0, 1000])
def test_cve_2026_88265_a_null_device_of_the_image_is_not_attached_to_stdio(box, canary, variant, uid):
    box.cfg.no_mount(*DEV)
    os.symlink(canary.dir / "null", f"{box.rootfs}/dev/null")
    box.cfg.process["user"] = {"uid": uid, "gid": uid}
    out = run_or_refuse(box, "stat -L -c %t:%T /proc/self/fd/0", variant)
    assert out in (None, "1:3\n")


@attack("S22")
def test_cve_2026_88265_the_host_s_null_device_keeps_its_owner(box):
    """What crun 1.8.1 does: with a user namespace it gives /dev/null of the host to the container's root."""
    box.cfg.user_namespace()
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    box.run().silent()
    st = os.stat("/dev/null")
    assert (st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)) == (0, 0, 0o666)


@attack("S22")
def test_cve_2026_88265_regular_files_on_stdio_keep_their_owner(box, tmp):
    box.cfg.process["user"] = {"uid": 1000, "gid": 1000}
    (tmp / "in").write_text("")
    with open(tmp / "in") as f:
        box.run(stdin=f).silent()
    assert (tmp / "in").stat().st_uid == 0


# CVE-2023-25809: cgroups below a read-only /sys

@attack("S11", "userns")
@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
def test_cve_2023_25809_read_only_cgroups_without_a_cgroup_namespace(box, userns):
    if userns:
        box.cfg.user_namespace()
    box.cfg.no_namespace("cgroup").mount("/sys/fs/cgroup", "cgroup", "cgroup", ["ro", "nosuid", "noexec", "nodev"])
    out = run_or_refuse(box, "for d in /sys/fs/cgroup /sys/fs/cgroup/*; do test -e $d/cgroup.procs || continue; echo seen; "
                             "mkdir $d/new 2>/dev/null && echo made; (echo 1 > $d/cgroup.procs) 2>/dev/null && echo wrote; done; true")
    assert out is None or set(out.split()) == {"seen"}


# what belongs to none of them alone

CLIMB = """
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Out of a chroot by the old way: the working directory stays outside of a second one. */
int main(int argc, char **argv)
{
	mkdir("/tmp/below", 0755);
	if (chroot("/tmp/below") < 0)
		return 1;
	for (int i = 0; i < 100; i++)
		if (chdir("..") < 0)
			return 2;
	if (chroot(".") < 0)
		return 3;
	return printf("%s %s\\n", access("/bin/climb", F_OK) ? "lost" : "in", access(argv[1], F_OK) ? "safe" : "out") < 0;
}
"""


@pytest.fixture(scope="module")
def climb(host):
    return compile_static(CLIMB, f"{host.dir}/climb")


def test_nobody_climbs_out_of_the_root(box, canary, variant, climb):
    """Without pivot_root the old root lies below the new one."""
    os.link(climb, f"{box.rootfs}/bin/climb")
    box.cfg.mount("/tmp", "tmpfs", "tmpfs").args("/bin/climb", str(canary.dir / "marker"))
    result = box.run(*variant)
    assert (result.rc, result.out) == (0, "in safe\n"), str(result)


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
@pytest.mark.parametrize("options", [[], ["--no-pivot"]], ids=["pivot", "no-pivot"])
def test_a_mask_holds_against_a_new_procfs(box, options, userns, masked):
    """In a user namespace the kernel allows one only where another is seen as a whole: no old one may be left."""
    if userns:
        box.cfg.user_namespace()
    for caps in box.cfg.process["capabilities"].values():
        caps.append("CAP_SETFCAP")      # to map root
    box.cfg.linux["maskedPaths"] = ["/proc/version"] if masked else []
    box.cfg.shell("unshare -U -r -m -p -f sh -c 'mount -t proc new /data && cat /data/version' 2>/dev/null || echo refused")
    assert (box.run(*options).out == "refused\n") == masked


def test_a_dev_of_the_image_with_the_right_nodes_is_used(box):
    box.cfg.no_mount(*DEV)
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


def test_two_hundred_links_in_a_row_end(box):
    for i in range(200):
        os.symlink(f"l{i + 1}", f"{box.rootfs}/data/l{i}")
    os.mkdir(f"{box.rootfs}/data/l200")
    box.cfg.mount("/data/l0", "tmpfs", "tmpfs")
    box.create(timeout=10).fails("mounts[5]")
    box.host.assert_clean()
