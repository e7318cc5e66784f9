# SPDX-License-Identifier: Apache-2.0
"""The program that waits in the container: small, static, and not the runtime's binary."""
import os
import subprocess

import pytest

from lib.elf import readelf
from lib.paths import STUB


def test_the_stub_has_no_interpreter():
    assert "INTERP" not in readelf("-l", STUB)


def test_the_stub_needs_no_library():
    assert "NEEDED" not in readelf("-d", STUB)


def test_the_stub_is_small():
    assert STUB.stat().st_size < 80 * 1024


@pytest.fixture
def waiting(box):
    box.cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW",
                                "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
    box.create().silent()
    return box


def test_the_executable_of_the_waiting_init_is_not_the_runtime(waiting):
    exe = os.stat(f"/proc/{waiting.pid}/exe")
    runtime = os.stat(waiting.rt.path)
    assert (exe.st_dev, exe.st_ino) != (runtime.st_dev, runtime.st_ino)
    with open(f"/proc/{waiting.pid}/exe", "rb") as image:
        assert image.read() == STUB.read_bytes()


def test_the_executable_of_the_waiting_init_cannot_be_written(waiting):
    with pytest.raises(OSError):
        os.close(os.open(f"/proc/{waiting.pid}/exe", os.O_WRONLY))


def test_the_waiting_init_has_at_most_150_kib_of_private_memory(waiting):
    sizes = {}
    for line in waiting.proc("smaps_rollup").splitlines()[1:]:
        name, value = line.split(":")
        sizes[name] = int(value.split()[0])
    assert sizes["Private_Clean"] + sizes["Private_Dirty"] <= 150


def test_the_waiting_init_is_one_thread_and_has_no_library(waiting):
    assert os.listdir(f"/proc/{waiting.pid}/task") == [str(waiting.pid)]
    assert ".so" not in waiting.proc("maps")


def test_the_waiting_init_holds_no_directory_of_the_host(waiting):
    """S13: what it has open leads nowhere outside."""
    fds = {fd: os.readlink(f"/proc/{waiting.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{waiting.pid}/fd")}
    for fd, target in fds.items():
        if os.path.isdir(f"/proc/{waiting.pid}/fd/{fd}"):
            st = os.stat(f"/proc/{waiting.pid}/fd/{fd}")
            assert st.st_dev != os.stat("/").st_dev, f"{fd} -> {target}"


def test_the_environment_of_the_runtime_does_not_arrive_in_the_waiting_init(box):
    box.create(env={**os.environ, "SECRET_OF_THE_CALLER": "x"}).silent()
    assert "SECRET_OF_THE_CALLER" not in box.proc("environ")


def test_where_files_in_memory_cannot_be_executed(box, tmp):
    """A policy of a pid namespace; then it is a file of the state directory, which has no name."""
    if not os.path.exists("/proc/sys/vm/memfd_noexec"):
        pytest.skip("this kernel has no vm.memfd_noexec")
    box.cfg.shell("echo ran")
    box.save()
    script = tmp / "script"
    script.write_text(f"echo 2 >/proc/sys/vm/memfd_noexec; {box.rt.path} --root {box.rt.root} run -b {box.dir} {box.id}")
    done = subprocess.run(["unshare", "--pid", "--fork", "--mount", "--mount-proc", "sh", script], check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
    box.host.assert_clean()
