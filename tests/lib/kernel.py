# SPDX-License-Identifier: Apache-2.0
"""The few system calls that Python 3.11 has no name for."""
import ctypes
import os
import signal

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_MOVE = 1, 2, 4, 8, 32, 4096, 8192
MS_NOATIME, MS_REC, MS_PRIVATE, MS_SHARED = 1024, 16384, 1 << 18, 1 << 20
MS_NOSYMFOLLOW, MS_NODIRATIME, MS_UNBINDABLE = 256, 2048, 1 << 17
MNT_DETACH = 2
PR_SET_CHILD_SUBREAPER = 36
AT_FDCWD = -100
SYS_CLONE3 = 435
RENAME_EXCHANGE = 2
IN_ALL_EVENTS = 0xfff


def _check(result, what):
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{what}: {os.strerror(errno)}")
    return result


def _bytes(text):
    return None if text is None else os.fsencode(text)


def unshare(flags):
    _check(_libc.unshare(flags), "unshare")


def mount(source, target, fstype=None, flags=0, data=None):
    _check(_libc.mount(_bytes(source), _bytes(target), _bytes(fstype), ctypes.c_ulong(flags),
                       _bytes(data)), f"mount {target}")


def umount(target, flags=0):
    _check(_libc.umount2(_bytes(target), flags), f"umount {target}")


def become_subreaper():
    _check(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def swap(one, other):
    """Exchange two names in one step."""
    _check(_libc.renameat2(AT_FDCWD, _bytes(one), AT_FDCWD, _bytes(other), RENAME_EXCHANGE),
           f"exchange {one} and {other}")


def inotify(*paths):
    """A descriptor that tells whatever happens to what these directories hold; it does not block."""
    fd = _check(_libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK), "inotify_init1")
    for path in paths:
        _check(_libc.inotify_add_watch(fd, _bytes(path), IN_ALL_EVENTS), f"watch {path}")
    return fd


def landlock_abi():
    """The version of Landlock's interface; 0: there is none."""
    return max(0, _libc.syscall(444, None, ctypes.c_size_t(0), 1))


class _CloneArgs(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in (
        "flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls",
        "set_tid", "set_tid_size", "cgroup")]


def start_with_pid(pid, *argv):
    """Start a program as a child that has this number: its pid."""
    number = ctypes.c_int(pid)
    args = _CloneArgs(exit_signal=signal.SIGCHLD, set_tid=ctypes.addressof(number), set_tid_size=1)
    child = _check(_libc.syscall(SYS_CLONE3, ctypes.byref(args), ctypes.c_size_t(ctypes.sizeof(args))), "clone3")
    if child == 0:
        try:
            os.execv(argv[0], argv)
        finally:
            os._exit(127)
    return child


def io_priority(pid):
    """The class and the priority in it."""
    number = 251 + 1 if os.uname().machine == "x86_64" else 31
    value = _check(_libc.syscall(number, 1, pid), "ioprio_get")
    return value >> 13, value & 7
