# SPDX-License-Identifier: Apache-2.0
"""
The annotation org.rundlet.landlock: what the process may read, write, execute, bind and connect to, in
addition to all else that confines it. The row without the annotation is the control of the others.
"""
import errno
import json
import os

import pytest

from lib.box import FOREVER
from lib.kernel import landlock_abi
from lib.payload import compile_static

ANNOTATION = "org.rundlet.landlock"
KEY = f'annotations["{ANNOTATION}"]'
ABI = landlock_abi()
needs_paths = pytest.mark.skipif(ABI < 3, reason=f"this kernel has version {ABI} of Landlock, paths need 3")
needs_ports = pytest.mark.skipif(ABI < 4, reason=f"this kernel has version {ABI} of Landlock, ports need 4")
# Read, write, make, truncate, delete, execute: the letters of what works are what the script says.
TRIES = {"r": "cat /data/b", "w": "echo >>/data/b", "m": "mkdir /data/new", "t": "echo -n >/data/b",
         "d": "rm /data/b", "x": "/home/busybox true"}
SCRIPT = "; ".join(f"({command}) >/dev/null 2>&1 && echo -n {name}" for name, command in TRIES.items()) + "; true"
PORTS = """
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* bind or connect PORT: the number of the error. */
int main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])),
				 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int s = socket(AF_INET, SOCK_STREAM, 0);
	int r = argv[1][0] == 'b' ? bind(s, (void *)&a, sizeof(a)) : connect(s, (void *)&a, sizeof(a));

	printf("%d ", r < 0 ? errno : 0);
	return 0;
}
"""


@pytest.fixture
def sandbox(box):
    """The container, with a value of the annotation."""
    box.write("/data/b", "b\n")
    os.link(f"{box.rootfs}/bin/busybox", f"{box.rootfs}/home/busybox")

    def make(value):
        if value is not None:
            box.cfg["annotations"] = {ANNOTATION: value}
        return box

    return make


@needs_paths
@pytest.mark.parametrize("value, works", [
    (None, "rwmtdx"), ("", "rwmtdx"),
    ("rw=/", "rwmtdx"), ("ro=/ rw=/dev", "rx"), ("ro=/bin rw=/dev", ""),
    ("ro=/ rw=/dev:/data", "rwmtdx"), ("ro=/ rw=/dev:/data/b", "rwtx"),
    ("x=/bin", "rwmtd"), ("x=/", "rwmtdx"), ("ro=/ rw=/dev x=/bin", "r"),
], ids=str)
@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
def test_what_works(sandbox, value, works, userns):
    box = sandbox(value)
    if userns:
        os.chmod(f"{box.rootfs}/data", 0o777)
        os.chmod(f"{box.rootfs}/data/b", 0o666)
        box.cfg.user_namespace()
    assert box.sh(SCRIPT) == works


@needs_paths
def test_exec_is_in_it_too(sandbox):
    box = sandbox("ro=/ rw=/dev x=/bin")
    box.up(FOREVER)
    assert box.rt("exec", box.id, "sh", "-c", SCRIPT).out == "r"


@needs_paths
def test_a_hook_of_the_container_is_in_it_too(sandbox):
    """It is a program of the image, as the process is."""
    box = sandbox("ro=/ rw=/dev x=/bin")
    box.cfg.hook("startContainer", "echo hook >/tmp/hook || true")
    assert box.sh("ls /tmp") == ""


@needs_paths
@pytest.mark.parametrize("nnp", [True, False])
def test_with_and_without_no_new_privs_and_never_with_more_capabilities(sandbox, nnp):
    box = sandbox("ro=/ rw=/dev")
    box.cfg.process.update(noNewPrivileges=nnp, capabilities={})
    box.cfg.args("/bin/grep", "-E", "^(Cap(Eff|Prm|Bnd)|NoNewPrivs)", "/proc/self/status")
    lines = dict(line.split(":\t") for line in box.run().ok().out.splitlines())
    assert int(lines.pop("NoNewPrivs")) == nnp
    assert {int(v, 16) for v in lines.values()} == {0}


@needs_paths
def test_programs_alone_leave_moves_alone(sandbox):
    assert sandbox("x=/bin").sh("mv /data/b /tmp/moved && cat /tmp/moved") == "b\n"


@needs_paths
def test_a_path_with_a_space_and_a_colon(sandbox):
    box = sandbox(r"ro=/bin:/data/a\ b\:c")
    box.write("/data/a b:c/file", "there\n")
    assert box.sh("cat '/data/a b:c/file'; cat /data/b 2>&1 | grep -c denied") == "there\n1\n"


@needs_paths
def test_beside_a_filter(sandbox):
    """The filter comes last: it may deny what makes the sandbox."""
    box = sandbox("ro=/ rw=/dev")
    box.cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["landlock_restrict_self", "landlock_create_ruleset", "prctl"], "action": "SCMP_ACT_ERRNO"}]}
    assert box.sh(SCRIPT) == "rx"


@needs_ports
@pytest.mark.parametrize("value, bind, connect", [
    (None, "00", "00"), ("bind=8080", "0-", "00"), ("connect=8080", "00", "0-"),
    ("bind=8080:9090", "00", "00"), ("bind= connect=", "--", "--"), ("bind=8080 connect=9090", "0-", "-0")], ids=str)
def test_ports(sandbox, value, bind, connect):
    box = sandbox(value)
    compile_static(PORTS, f"{box.rootfs}/bin/ports")
    words = {"0": {"bind": 0, "connect": errno.ECONNREFUSED}, "-": {"bind": errno.EACCES, "connect": errno.EACCES}}
    wanted = [words[c]["bind"] for c in bind] + [words[c]["connect"] for c in connect]
    got = box.sh("for what in bind connect; do for port in 8080 9090; do ports $what $port; done; done")
    assert [int(n) for n in got.split()] == wanted


@pytest.mark.parametrize("value, words", [
    ("write=/", ['"write" is none of its words']), ("ro", ['"ro" is none']), ("ro=tmp", ['"tmp" is not an absolute path']),
    ("ro=/tmp:", ['"" is not an absolute path']), ("bind=65536", ['"65536" is not a port']), ("bind=x", ['"x" is not']),
    (" ", ["has no words"]), ("ro=/" + "a" * 5000, ["more than"]), ("ro=" + ":".join(["/a"] * 300), ["more than 256 entries"])],
    ids=lambda v: str(v)[:30])
def test_a_mistake_is_refused(sandbox, value, words):
    sandbox(value).create_fails("config.json", KEY, *words)


@needs_paths
def test_a_path_that_is_not_there_fails_the_start(sandbox):
    box = sandbox("ro=/none")
    box.cfg.shell("true")
    box.create().silent()
    box.start().fails(KEY, 'allow "/none"')


@needs_paths
@pytest.mark.parametrize("value, link, target", [
    ("ro=/bin rw=/link", "link", "/"), ("ro=/bin rw=/link/data", "link", "/"), ("ro=/bin rw=/link", "link", "/proc/self/root"),
    ("ro=/bin:/link", "link", "/proc/self/root"), ("x=/link/bin", "link", "/proc/self/root"),
    ("ro=/bin rw=/proc/self/cwd", "none", "/")], ids=str)
def test_the_image_does_not_widen_it(sandbox, tmp, value, link, target):
    box = sandbox(value)
    os.symlink(target, f"{box.rootfs}/{link}")
    box.cfg.shell("true")
    box.create().silent()
    box.rt("--log", f"{tmp}/log", "--log-format", "json", "start", box.id).fails(KEY, "allow ")
    assert "name the place itself" in json.loads((tmp / "log").read_text())["hint"]


@needs_paths
def test_links_are_followed_to_read_and_execute(sandbox):
    box = sandbox("ro=/to-data:/bin x=/to-bin rw=/dev")
    os.symlink("data", f"{box.rootfs}/to-data")
    os.symlink("/bin", f"{box.rootfs}/to-bin")
    assert box.sh(SCRIPT) == "r"


def test_what_the_kernel_lacks_is_refused(sandbox):
    if ABI >= 4:
        pytest.skip(f"this kernel has version {ABI} of Landlock, which is all: unit/test-landlock.c")
    sandbox("bind=80").create_fails(KEY, "Landlock")


def test_features_says_the_version(rt):
    assert rt("features").json()["annotations"]["org.rundlet.host.landlock"] == str(ABI)
