# SPDX-License-Identifier: Apache-2.0
"""Profiles of AppArmor, in a guest where it is in force."""
import json
import pathlib
import subprocess

import pytest

from lib.box import FOREVER
from lib.paths import FAULTS
from lib.runtime import Runtime

NAME = "rundlet-test"
# Everything, but for two files; the second profile is for what the caller is confined by.
PROFILES = """
abi <abi/4.0>,
profile rundlet-test flags=(attach_disconnected,mediate_deleted) {
  file, capability, network, mount, remount, umount, pivot_root, signal, ptrace, unix, userns,
  change_profile,
  deny /**/secret rwklm,
  deny /secret rwklm,
}
profile rundlet-other flags=(attach_disconnected,mediate_deleted) {
  file, capability, network, mount, remount, umount, pivot_root, signal, ptrace, unix, userns,
  change_profile,
  deny /**/other rwklm,
  deny /other rwklm,
}
profile rundlet-free flags=(unconfined) {
  userns,
}
"""
TELL = "cat /proc/self/attr/apparmor/current; cat /secret; cat /other"
READ = f"{NAME} (enforce)\nsecond\n"


@pytest.fixture(autouse=True, scope="module")
def profiles(tmp_path_factory):
    file = tmp_path_factory.mktemp("apparmor") / "profiles"
    file.write_text(PROFILES)
    subprocess.run(["apparmor_parser", "--replace", "--skip-cache", file], check=True)
    yield
    subprocess.run(["apparmor_parser", "--remove", file], check=True)


@pytest.fixture
def web(box):
    box.write("/secret", "first\n")
    box.write("/other", "second\n")
    box.cfg.process["apparmorProfile"] = NAME
    return box


@pytest.fixture(params=[None, "deny:lsm_attr"], ids=["by-call", "by-file"])
def by(request, web):
    """The container, whose profile is asked for by either way."""
    if request.param:
        if not FAULTS.exists():
            pytest.skip(f"no build with fault points at {FAULTS}")
        web.rt = Runtime(FAULTS, web.rt.root).with_env(RUNDLET_FAULT=request.param)
    return web


def under(profile, *command):
    """The command, confined by that profile from the start."""
    return ["aa-exec", "-p", profile, "--", *command]


def tell(box, *options, prefix=()):
    """What the container sees of its profile and of the files that profiles deny."""
    box.cfg.shell(TELL)
    result = (box if not prefix else through(box, prefix)).run(*options)
    return result.out


def through(box, prefix):
    box.rt = Runtime(box.rt.path, box.rt.root, prefix, box.rt.env)
    return box


def test_without_a_profile_it_is_unconfined_and_reads_all(web):
    web.cfg.process["apparmorProfile"] = ""
    assert tell(web) == "unconfined\nfirst\nsecond\n"


@pytest.mark.parametrize("nnp", [True, False])
@pytest.mark.parametrize("userns", [True, False])
def test_the_profile_is_that_of_the_process_and_denies(by, nnp, userns):
    by.cfg.process["noNewPrivileges"] = nnp
    if userns:
        by.cfg.user_namespace()
    assert tell(by) == READ


def test_seen_from_the_host_and_at_exec(by, tmp):
    by.up()
    assert by.proc("attr/apparmor/current") == f"{NAME} (enforce)\n"
    assert by.rt("exec", by.id, "sh", "-c", TELL).out == READ
    (tmp / "p").write_text(json.dumps({"args": ["/bin/sh", "-c", TELL], "cwd": "/"}))
    assert by.rt("exec", "-p", tmp / "p", by.id).out == READ, "a document without the member"
    assert by.rt("exec", "--apparmor", "rundlet-other", by.id, "sh", "-c", TELL).out == \
        "rundlet-other (enforce)\nfirst\n"
    (tmp / "p").write_text(json.dumps({"args": ["/bin/sh", "-c", TELL], "cwd": "/", "apparmorProfile": ""}))
    assert by.rt("exec", "-p", tmp / "p", by.id).out == "unconfined\nfirst\nsecond\n"


def test_a_joined_pid_namespace(by, boxes):
    """The stub lets its procfs go and clones itself before the program."""
    other = boxes()
    other.up(FOREVER)
    by.cfg.namespace("pid", f"/proc/{other.pid}/ns/pid")
    assert tell(by) == READ


def test_a_hook_of_the_container_is_confined_too(web):
    web.cfg.hook("startContainer", "cat /secret /other >/tmp/hook; true")
    web.cfg.shell("cat /tmp/hook")
    assert web.run().out == "second\n"


def test_stacked_with_no_new_privs_below_a_confined_caller(web):
    web.cfg.process["noNewPrivileges"] = True
    out = tell(web, prefix=under("rundlet-other"))
    lines = out.splitlines()
    assert len(lines) == 1 and lines[0].endswith("(enforce)"), out
    assert set(lines[0].removesuffix(" (enforce)").split("//&")) == {NAME, "rundlet-other"}


def test_exchanged_without_no_new_privs_below_a_confined_caller(web):
    web.cfg.process["noNewPrivileges"] = False
    assert tell(web, prefix=under("rundlet-other")) == READ


def test_alone_below_a_caller_in_a_profile_that_confines_nothing(web):
    """Distributions attach such a profile to runtimes, for user namespaces."""
    web.cfg.process["noNewPrivileges"] = True
    assert tell(web, prefix=under("rundlet-free")) == READ


def test_stacked_when_the_configuration_says_so(web):
    web.cfg.process["apparmorProfile"] = f"&{NAME}"
    web.cfg.shell(TELL)
    out = web.run().out
    assert NAME in out and "first" not in out


def test_a_profile_that_is_not_loaded(web):
    web.cfg.process["apparmorProfile"] = "rundlet-none"
    web.create_fails("process.apparmorProfile", "rundlet-none")


def test_a_step_that_fails(web):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}")
    web.rt = Runtime(FAULTS, web.rt.root).with_env(RUNDLET_FAULT="step:labels_set")
    web.create_fails()


def test_features_says_so(rt):
    features = rt("features").json()
    assert features["linux"]["apparmor"] == {"enabled": True}
    assert features["linux"]["selinux"] == {"enabled": False}
    assert "apparmor" in features["annotations"]["org.rundlet.host.lsm"].split(",")
    assert pathlib.Path("/sys/module/apparmor/parameters/enabled").read_text() == "Y\n"
