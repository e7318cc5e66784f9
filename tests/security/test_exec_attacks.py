# SPDX-License-Identifier: Apache-2.0
"""What a container could do to exec, or by it: named after the CVEs of other runtimes."""
import os
import signal

import pytest

from lib.attack import WHERE, assert_inside
from lib.box import FOREVER, eventually
from lib.config import CAPS, mask
from lib.execs import caps_of, detached, ex, reap, sh, status_of

attack = pytest.mark.attack


@attack("S13", "exec")
@pytest.mark.parametrize("words", [
    ["--cwd", "/proc/self/fd/N"], ["--cwd", "/proc/self/fd/N/../../.."], ["--cwd", "/proc/1/cwd/../../../../.."],
    ["--cwd", "/link"]], ids=str)
def test_cve_2024_21626_the_working_directory_is_in_the_container(box, words):
    os.symlink("/proc/self/fd/N", f"{box.rootfs}/link-n")
    os.symlink("/proc/1/cwd", f"{box.rootfs}/link")
    box.up()
    for n in range(0, 24):
        options = [word.replace("N", str(n)) for word in words]
        result = sh(box, WHERE, *options)
        assert result.rc in (0, 255), str(result)
        if result.rc == 0:
            assert_inside(result.out)
        if "N" not in "".join(words):
            break


@attack("S13", "exec")
def test_cve_2024_21626_nor_is_the_program_outside(box):
    box.up()
    for n in range(3, 24):
        result = ex(box, "--", f"/proc/self/fd/{n}/bin/busybox", "true")
        assert result.rc == 127, str(result)


@attack("S3", "exec")
def test_cve_2019_5736_the_runtime_is_out_of_reach(box, tmp):
    """/proc/PID/exe of who comes in is a sealed copy of the stub, or the container's."""
    box.write("evil", "#!/proc/self/exe\n", 0o755)
    box.cfg.shell("while :; do for p in /proc/[0-9]*; do "
                  "{ echo x >> $p/exe; } 2>/dev/null && echo $p >> /tmp/written; done; done")
    box.create().silent()
    box.start().silent()
    with open(box.rt.path, "rb") as f:
        before = f.read()
    for _ in range(20):
        ex(box, "--", "/bin/true").silent()
    for program in ("/proc/self/exe", "/evil"):
        assert ex(box, "--", program).rc != 0, program        # the stub without a plan ends
    with open(box.rt.path, "rb") as f:
        assert f.read() == before
    written = f"{box.rootfs}/tmp/written"
    assert not os.path.exists(written)


SPY = ("while :; do for p in /proc/[0-9]*; do test $p = /proc/1 || test $p = /proc/$$ || "
       "for f in $p/fd/* $p/root; do i=$(stat -L -c %d:%i $f 2>/dev/null) && echo $f $i >> /tmp/seen; done; done; done")


@attack("S2", "exec")
def test_cve_2016_9962_nothing_of_the_host_is_seen_of_who_comes_in(box, tmp):
    """Also by a container that may trace processes."""
    caps = CAPS + ["CAP_SYS_PTRACE", "CAP_SYS_ADMIN"]
    box.cfg.process["capabilities"] = {s: caps for s in ("bounding", "effective", "permitted")}
    box.cfg.shell(SPY)
    box.create().silent()
    box.start().silent()
    host = {f"{s.st_dev}:{s.st_ino}" for s in (os.stat("/"), os.stat("/proc"), os.stat(box.rt.root), os.stat(tmp),
                                               os.stat(f"{box.rt.root}/{box.id}"))}
    for _ in range(40):
        ex(box, "--", "/bin/true").silent()
    path = f"{box.rootfs}/tmp/seen"
    seen = open(path).read().split() if os.path.exists(path) else []
    assert not host & set(seen[1::2])


@attack("S10", "exec")
def test_cve_2022_29162_nothing_is_inheritable(box):
    box.up()
    for uid in (None, "1000"):
        caps = caps_of(status_of(box, "--cap", "CAP_SYS_ADMIN", uid=uid))
        assert caps["Inh"] == 0 and caps["Amb"] == 0
        assert caps["Bnd"] == mask(CAPS + ["CAP_SYS_ADMIN"])


def test_after_execve_it_is_an_ordinary_process_of_the_container(box, tmp):
    """Nothing of the stub stays: the program is its own, in the container's root."""
    box.up(FOREVER)
    pid = detached(box, "exec sleep 1000", tmp)
    eventually(lambda: os.readlink(f"/proc/{pid}/exe").endswith("busybox"), "it is the program")
    assert os.stat(f"/proc/{pid}/root").st_ino == os.stat(f"/proc/{box.init}/root").st_ino
    os.kill(pid, signal.SIGKILL)
    reap(pid)


def test_a_record_of_another_process_is_not_entered(box):
    """The pid in the record may be somebody else's by now: its inode or start time tells."""
    box.up()
    path = f"{box.rt.root}/{box.id}/state.json"
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace(f'"pid": {box.init}' if f'"pid": {box.init}' in text else f'"pid":{box.init}', f'"pid":{os.getpid()}'))
    sh(box, "true").fails("cannot exec in a stopped container", rc=255)
    with open(path, "w") as f:
        f.write(text)
