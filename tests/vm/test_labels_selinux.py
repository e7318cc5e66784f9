# SPDX-License-Identifier: Apache-2.0
"""Labels of SELinux, in a guest where it is enforcing for containers (tests/vm/README.md)."""
import json
import os
import signal
import subprocess

import pytest

from lib.paths import FAULTS, RUNDLET
from lib.payload import compile_static
from lib.runtime import Runtime

LABEL = "system_u:system_r:container_t:s0:c1,c2"
FILES = "system_u:object_r:container_file_t:s0:c1,c2"
FOREIGN = "system_u:object_r:container_file_t:s0:c3,c4"
KEYRING = """
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The security label of the session keyring, into the file of the first argument. */
int main(int argc, char **argv)
{
	char text[256] = "";
	FILE *f = fopen(argv[1], "w");
	long n = syscall(SYS_keyctl, 17, -3, text, sizeof(text));

	return !f || n < 0 || fputs(text, f) < 0 || fclose(f);
}
"""


def chcon(label, *paths):
    subprocess.run(["chcon", "-R", "-h", label, *paths], check=True)


@pytest.fixture(autouse=True, scope="module")
def installed():
    """Containers may use descriptors of container engines, so rundlet has to be one to the policy."""
    chcon("system_u:object_r:container_engine_exec_t:s0", *filter(os.path.exists, (RUNDLET, FAULTS)))


@pytest.fixture(params=[None, "deny:lsm_attr"], ids=["by-call", "by-file"])
def labelled(request, box):
    """
    A container whose label is asked for by either way. What it finds out goes to /tmp: it may not write
    into a pipe of its caller.
    """
    if request.param:
        if not FAULTS.exists():
            pytest.skip(f"no build with fault points at {FAULTS}")
        box.rt = Runtime(FAULTS, box.rt.root).with_env(RUNDLET_FAULT=request.param)
    box.cfg.process["selinuxLabel"] = LABEL
    box.cfg.linux["mountLabel"] = FILES
    box.write("/secret", "secret\n")
    chcon(FILES, box.rootfs)
    chcon(FOREIGN, f"{box.rootfs}/secret")
    return box


def label_of(box):
    return box.proc("attr/current").rstrip("\0\n")


def found(box, script, *options):
    """What a process that exec starts finds out."""
    result = box.rt("exec", *options, box.id, "sh", "-c", f"({script}) >/tmp/found 2>&1")
    assert result.err == "", str(result)
    return box.read("/tmp/found")


def test_the_label_is_that_of_the_process_and_of_exec(labelled, tmp):
    labelled.up()
    assert label_of(labelled) == LABEL
    assert found(labelled, "cat /proc/self/attr/current").rstrip("\0\n") == LABEL
    (tmp / "p").write_text(json.dumps({"args": ["/bin/sh", "-c", "cat /proc/self/attr/current >/tmp/document"],
                                       "cwd": "/"}))
    labelled.rt("exec", "-p", tmp / "p", labelled.id).silent()
    assert labelled.read("/tmp/document").rstrip("\0\n") == LABEL, "a document without the member"


def test_another_label_for_exec(labelled, tmp):
    other = LABEL.replace("c1,c2", "c1")
    labelled.up()
    labelled.rt("exec", "--detach", "--pid-file", tmp / "pid", "--process-label", other, labelled.id,
                "sleep", "1000").silent()
    pid = int((tmp / "pid").read_text())
    with open(f"/proc/{pid}/attr/current", encoding="ascii") as f:
        assert f.read().rstrip("\0\n") == other
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_the_policy_denies(labelled):
    labelled.up()
    assert "ermission denied" in found(labelled, "cat /secret")


def test_without_a_label_the_policy_lets_it(labelled):
    """The control of the test above."""
    del labelled.cfg.process["selinuxLabel"]
    assert labelled.sh("cat /secret") == "secret\n"


def test_the_mounts_and_the_masks_have_the_context(labelled):
    labelled.cfg.linux["maskedPaths"] = ["/proc/acpi", "/sys/firmware", "/home"]
    labelled.up()
    mounts = {}
    for line in labelled.proc("mounts").splitlines():
        mounts[line.split()[1]] = line.split()[3]
    assert f'context="{FILES}"' in mounts["/dev"] or f"context={FILES}" in mounts["/dev"], mounts
    assert FILES in mounts["/home"] and "context" not in mounts["/proc"], mounts


@pytest.mark.parametrize("kind", ["fscontext", "rootcontext"])
def test_the_kind_of_context(labelled, kind):
    labelled.cfg["annotations"] = {"run.oci.mount_context_type": kind}
    labelled.up()
    assert f"{kind}=" in labelled.proc("mounts")


def test_the_keyring_has_the_label(labelled):
    compile_static(KEYRING, f"{labelled.rootfs}/bin/keyring")
    chcon(FILES, f"{labelled.rootfs}/bin/keyring")
    labelled.up("/bin/keyring /tmp/key; sleep 1000")
    labelled.rt("exec", labelled.id, "/bin/keyring", "/tmp/exec").silent()
    assert labelled.read("/tmp/exec").rstrip("\0") == LABEL
    assert labelled.read("/tmp/key").rstrip("\0") == LABEL


def test_a_label_that_the_policy_has_not(labelled):
    labelled.cfg.process["selinuxLabel"] = "system_u:system_r:rundlet_none_t:s0"
    labelled.create_fails("process.selinuxLabel")


def test_features_says_so(rt):
    features = rt("features").json()
    assert features["linux"]["selinux"] == {"enabled": True}
    assert features["linux"]["apparmor"] == {"enabled": False}
    assert "selinux" in features["annotations"]["org.rundlet.host.lsm"].split(",")
