# SPDX-License-Identifier: Apache-2.0
"""The session keyring: the caller's keys stay outside, unless he wants otherwise (keyctl(2), session-keyring(7))."""
import ctypes
import os
import platform

import pytest

from lib.box import FOREVER
from lib.payload import compile_static

SYS_KEYCTL = {"x86_64": 250, "aarch64": 219}[platform.machine()]
JOIN, NAME = 1, "rundlet-caller"
TELL = """
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The description of the session keyring: type;uid;gid;permissions;name. */
int main(void)
{
	char text[256] = "";
	long n = syscall(SYS_keyctl, 6, -3, text, sizeof(text));

	return n < 0 ? 1 : puts(text) < 0;
}
"""


def join():
    """The caller has a keyring with a name; it is the only one of its process."""
    if ctypes.CDLL(None, use_errno=True).syscall(SYS_KEYCTL, JOIN, NAME.encode()) < 0:
        raise OSError(ctypes.get_errno(), "keyctl")


@pytest.fixture(scope="module")
def tell(host):
    return compile_static(TELL, f"{host.dir}/tell")


@pytest.fixture
def keyed(box, tell):
    os.link(tell, f"{box.rootfs}/bin/tell")
    return box


@pytest.mark.parametrize("options, same", [([], False), (["--no-new-keyring"], True)], ids=["new", "caller's"])
def test_of_the_container_s_process(keyed, options, same):
    keyed.cfg.args("/bin/tell")
    result = keyed.run(*options, preexec_fn=join)
    assert result.rc == 0, str(result)
    assert result.out.endswith(f";{NAME}\n") == same


def test_of_exec(keyed):
    keyed.up(FOREVER)
    result = keyed.rt("exec", keyed.id, "/bin/tell", preexec_fn=join)
    assert result.rc == 0 and not result.out.endswith(f";{NAME}\n"), str(result)
