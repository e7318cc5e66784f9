# SPDX-License-Identifier: Apache-2.0
"""
The escapes of the textbooks, tried under the configuration that `rundlet spec` writes, and each under
one in which it works: a control, without which the refusal would tell nothing. No control changes the
host: a file that would is opened for writing, and not written.
"""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import pty
import socket
import stat
import subprocess
import termios

import pytest

from lib.payload import compile_static
from lib.prison import SOURCE, Prison


@pytest.fixture(scope="module")
def program(host):
    return compile_static(SOURCE, f"{host.dir}/escape")


@pytest.fixture
def prison(box, program, tmp):
    return Prison(box, program, tmp)


@pytest.fixture
def sleeper(host):
    """A process of the host."""
    with subprocess.Popen(["sleep", "1000"], stdin=subprocess.DEVNULL) as child:
        host.keep.add(child.pid)
        yield child.pid
        child.kill()
    host.keep.discard(child.pid)


def needs(path, flags=os.O_RDONLY):
    """The host has the file, and lets its root open it; its first byte, if it is read."""
    try:
        fd = os.open(path, flags)
    except OSError as e:
        pytest.skip(f"{path}: {e.strerror}")
    try:
        return os.read(fd, 1) if flags == os.O_RDONLY else None
    finally:
        os.close(fd)


def v1_controller():
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        kind, _, options = line.split(" - ")[1].split()[:3]
        names = [o for o in options.split(",") if o not in ("rw", "ro", "xattr") and "=" not in o]
        if kind == "cgroup" and names:
            return ",".join(names)
    return None


def test_release_agent(prison):
    prison.refuses("release_agent", v1_controller() or "memory")


def test_release_agent_works_with_cap_sys_admin(prison):
    if not v1_controller():
        pytest.skip("no controller of this host is in cgroup v1")
    prison.privileged().without_namespace("cgroup").lets("release_agent", v1_controller())


FILES = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/panic_on_oom", "/proc/sysrq-trigger",
         "/sys/kernel/uevent_helper", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/kernel/mm/ksm/run",
         "/proc/irq/default_smp_affinity"]


@pytest.mark.parametrize("path", FILES)
def test_a_file_of_the_kernel_cannot_be_written(prison, path):
    prison.refuses("can_write", path)


@pytest.mark.parametrize("path", FILES)
def test_a_file_of_the_kernel_can_be_written_by_the_privileged(prison, path):
    needs(path, os.O_WRONLY)
    prison.privileged().lets("can_write", path)


@pytest.mark.parametrize("path", ["/proc/sys", "/sys", "/proc/bus", "/sys/fs/cgroup"])
def test_what_is_read_only_stays_so(prison, path):
    prison.refuses("remount_rw", path)
    prison.refuses("remount_in_userns", path)


def test_what_is_read_only_does_not_with_cap_sys_admin(prison):
    readonly = prison.box.cfg.linux["readonlyPaths"]
    prison.privileged().box.cfg.linux["readonlyPaths"] = readonly
    prison.lets("remount_rw", "/proc/sys")


@pytest.mark.parametrize("path", ["/proc/kcore", "/proc/keys", "/proc/timer_list"])
def test_a_file_of_the_kernel_cannot_be_read(prison, path):
    prison.refuses("can_read", path)


@pytest.mark.parametrize("path", ["/proc/kcore", "/proc/keys", "/proc/timer_list"])
def test_a_file_of_the_kernel_can_be_read_by_the_privileged(prison, path):
    if not needs(path):
        pytest.skip(f"{path} is empty on this host")
    prison.privileged().lets("can_read", path)


def opens(device, path):
    """Whether this host's root may open the disk: we may be in a container ourselves."""
    try:
        os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(*map(int, device)))
        os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    return True


def disk():
    """The numbers of a disk of the host."""
    for name in sorted(os.listdir("/sys/class/block")):
        major, minor = pathlib.Path(f"/sys/class/block/{name}/dev").read_text().strip().split(":")
        if int(pathlib.Path(f"/sys/class/block/{name}/size").read_text()) and not name.startswith(("loop", "ram", "zram")):
            return major, minor
    return None


def test_a_raw_disk(prison):
    numbers = disk() or ("8", "0")
    prison.refuses("raw_disk", *numbers)
    for caps in prison.box.cfg.process["capabilities"].values():
        caps.append("CAP_MKNOD")
    prison.refuses("raw_disk", *numbers)    # the device rules


def test_a_raw_disk_for_the_privileged(prison, tmp):
    if not disk() or not opens(disk(), tmp / "disk"):
        pytest.skip("this host has no disk that it may open")
    prison.privileged().lets("raw_disk", *disk())


def test_a_file_by_its_handle(prison):
    prison.refuses("by_handle")
    for caps in prison.box.cfg.process["capabilities"].values():
        caps.append("CAP_DAC_READ_SEARCH")
    prison.lets("by_handle")


def test_a_module(prison):
    prison.refuses("load_module")


def test_a_module_for_the_privileged(prison):
    if not pathlib.Path("/proc/modules").exists() or needs("/proc/sys/kernel/modules_disabled") != b"0":
        pytest.skip("this kernel loads no modules")
    prison.privileged().lets("load_module")


@pytest.mark.parametrize("how", ["trace", "send_signal"])
def test_a_process_of_the_host(prison, sleeper, how):
    prison.refuses(how, sleeper)


@pytest.mark.parametrize("how", ["trace", "send_signal"])
def test_a_process_of_the_host_for_the_privileged(prison, sleeper, how):
    prison.privileged().without_namespace("pid").lets(how, sleeper)


def test_in_the_host_s_pid_namespace_capabilities_protect_processes(prison, sleeper):
    """Who has fewer capabilities cannot trace who has more, though both are root."""
    prison.without_namespace("pid").refuses("trace", sleeper)


def test_the_root_of_process_1(prison, canary):
    prison.refuses("can_read", f"/proc/1/root{canary.dir}/marker")


def test_the_root_of_a_process_of_the_host(prison, sleeper, tmp):
    (tmp / "marker").write_text("here\n")
    path = f"/proc/{sleeper}/root{tmp}/marker"
    prison.without_namespace("pid").refuses("can_read", path)
    prison.privileged().lets("can_read", path)


@pytest.fixture
def abstract(host):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
        s.bind(f"\0{host.tag}")
        s.listen()
        yield host.tag


def test_an_abstract_socket(prison, abstract):
    prison.refuses("reach_abstract", abstract)


def test_an_abstract_socket_in_the_host_s_network_namespace(prison, abstract):
    prison.without_namespace("network").lets("reach_abstract", abstract)


SESSION, USER = -3, -4                  # keyrings
KEY = "rundlet-secret"


def keyctl(*arguments):
    number = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
    result = ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "keyctl")
    return result


def add_key(keyring):
    number = {"x86_64": 248, "aarch64": 217}[os.uname().machine]
    key = ctypes.CDLL(None, use_errno=True).syscall(number, b"user", KEY.encode(), b"x", 1, keyring)
    if key < 0:
        raise OSError(ctypes.get_errno(), "add_key")
    return key


def with_key():
    """The caller has a key in a session keyring."""
    keyctl(1, None)                     # a new one
    add_key(SESSION)


def test_a_key_of_the_caller_s_session(prison):
    prison.refuses("find_key", KEY, SESSION, preexec_fn=with_key)


def test_a_key_of_the_caller_s_session_without_a_new_keyring(prison):
    prison.box.cfg.args("/bin/escape", "find_key", KEY, str(SESSION))
    assert prison.box.run("--no-new-keyring", preexec_fn=with_key).ok().out == "works\n"


@pytest.mark.parametrize("closed_by", ["user namespace", "filter", None], ids=str)
def test_a_key_of_the_user(prison, closed_by):
    """The kernel gives it to who has the uid: to close that is up to the configuration (SECURITY.md)."""
    cfg = prison.box.cfg
    if closed_by == "user namespace":
        cfg.user_namespace()
    elif closed_by == "filter":
        cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["keyctl", "add_key", "request_key"], "action": "SCMP_ACT_ERRNO"}]}
    key = add_key(USER)
    try:
        (prison.refuses if closed_by else prison.lets)("find_key", KEY, USER)
    finally:
        keyctl(9, key, USER)            # unlink


@contextlib.contextmanager
def terminal():
    """The slave of a terminal of ours, and what makes it the one of the caller."""
    master, slave = pty.openpty()

    def take():
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

    try:
        yield slave, take
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("words", [(), ("take",)], ids=["", "taken"])
def test_typing_into_the_caller_s_terminal(prison, words):
    with terminal() as (slave, take):
        prison.refuses("type_in", *words, stdin=slave, preexec_fn=take)


def test_typing_into_the_caller_s_terminal_with_cap_sys_admin(prison):
    if pathlib.Path("/proc/sys/dev/tty/legacy_tiocsti").exists() and needs("/proc/sys/dev/tty/legacy_tiocsti") != b"1":
        pytest.skip("this kernel lets nobody type into terminals")
    with terminal() as (slave, take):
        prison.privileged().lets("type_in", stdin=slave, preexec_fn=take)


@pytest.mark.parametrize("path", ["/proc/kcore", "/sys/firmware", "/proc/sys"])
def test_masks_stay_in_a_user_namespace_of_the_payload(prison, path):
    prison.refuses("unmask", path, "here")
    prison.refuses("unmask", path, "userns")


def test_masks_do_not_stay_with_cap_sys_admin(prison):
    masked = prison.box.cfg.linux["maskedPaths"]
    prison.privileged().box.cfg.linux["maskedPaths"] = masked
    prison.lets("unmask", "/proc/keys", "here")


def test_a_new_procfs_without_masks(prison):
    prison.refuses("new_procfs")


def test_a_new_procfs_where_nothing_is_masked(prison):
    prison.box.cfg.linux.update(maskedPaths=[], readonlyPaths=[])
    prison.lets("new_procfs")


def test_a_mask_of_a_file_gives_no_hold_of_the_host_s_null_device(box):
    """Its inode is the host's: mode, owner and times are those that all programs of the host meet."""
    box.cfg.linux["maskedPaths"] = ["/proc/timer_list", "/masked"]
    box.write("/masked", "secret\n")
    box.cfg.process["capabilities"] = {s: ["CAP_CHOWN", "CAP_FOWNER"] for s in ("bounding", "permitted", "effective")}
    before = os.stat("/dev/null")
    out = box.sh("for f in /masked /proc/timer_list; do chmod 666 $f || chown 0:0 $f || touch $f || echo safe; "
                 "cat $f; echo text >$f && echo written; done 2>/dev/null")
    after = os.stat("/dev/null")
    assert out == "safe\nwritten\n" * 2
    assert (before.st_mode, before.st_uid, before.st_ctime_ns) == (after.st_mode, after.st_uid, after.st_ctime_ns)
