# SPDX-License-Identifier: Apache-2.0
"""run.oci.seccomp_bpf_data: a filter that comes compiled is loaded instead of the rules."""
import base64
import errno
import platform
import struct

import pytest

from lib.agent import Agent
from lib.execs import ex
from lib.payload import directory_maker

DATA = "run.oci.seccomp_bpf_data"
MKDIR = {"x86_64": 83, "aarch64": 34}.get(platform.machine())
ALLOW, ERRNO, NOTIFY = 0x7fff0000, 0x00050000, 0x7fc00000


def program(action):
    """For mkdir the action, everything else is allowed."""
    code = [(0x20, 0, 0, 0), (0x15, 0, 1, MKDIR), (6, 0, 0, action), (6, 0, 0, ALLOW)]
    return base64.b64encode(b"".join(struct.pack("=HBBI", *i) for i in code)).decode()


@pytest.fixture
def maker(box):
    return directory_maker(box)


@pytest.mark.parametrize("rules", [None, {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EXDEV}]}], ids=["alone", "with rules"])
def test_it_is_the_filter(maker, rules):
    if rules:
        maker.cfg.linux["seccomp"] = rules
    maker.cfg["annotations"] = {DATA: program(ERRNO | errno.EDOM)}
    assert maker.run().rc == errno.EDOM


def test_another_process_has_it_too(maker):
    maker.cfg["annotations"] = {DATA: program(ERRNO | errno.EDOM)}
    maker.up()
    assert ex(maker, "/bin/maker").rc == errno.EDOM


def test_it_may_notify(maker, tmp_path):
    with Agent(tmp_path / "agent", lambda call: call.fail(errno.EDOM)) as agent:
        maker.cfg["annotations"] = {DATA: program(NOTIFY), "run.oci.seccomp.receiver": agent.path}
        assert maker.run().rc == errno.EDOM


@pytest.mark.parametrize("value", ["", "no base64!", "BgAAAAAA/w==", "BgAAAAAA/38=" * 2, "FQAAAQAAAAA="],
                         ids=["empty", "text", "size", "padding", "jump"])
def test_what_is_no_filter_is_refused(box, value):
    box.cfg["annotations"] = {DATA: value}
    box.create_fails(DATA)


def test_a_listener_for_nobody(box):
    box.cfg["annotations"] = {DATA: program(NOTIFY)}
    box.create_fails("linux.seccomp.listenerPath")
