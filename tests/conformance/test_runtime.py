# SPDX-License-Identifier: Apache-2.0
"""What runtime.md and config.md demand beyond the subjects of the integration tests."""
import os
import sys

import pytest

from lib.agent import Agent
from lib.box import FOREVER
from lib.paths import RUNDLET
from lib.runtime import Runtime

must = pytest.mark.must


@must(1, 18)
def test_the_creator_can_use_every_operation(box):
    box.cfg.shell(FOREVER)
    box.create().silent()
    box.rt("state", box.id).ok()
    box.start().silent()
    box.kill("KILL").silent()
    box.wait()
    box.delete().silent()


@must(3)
def test_the_status_is_one_of_the_spec_s_words(box):
    seen = []
    box.cfg.shell(FOREVER)
    box.create().silent()
    seen.append(box.status)
    box.start().silent()
    seen.append(box.status)
    box.kill("KILL").silent()
    box.wait()
    seen.append(box.status)
    assert seen == ["created", "running", "stopped"]


@must(17)
def test_a_warning_does_not_change_the_flow(box):
    box.cfg.process["capabilities"]["bounding"].append("CAP_NO_SUCH_THING")
    box.cfg.shell("echo ran")
    result = box.create()
    assert result.rc == 0 and "warning" in result.err
    box.start().silent()
    assert box.wait() == 0 and result.out == "ran\n"


@must(27)
@pytest.mark.parametrize("member, value", [
    ("linux.sysctl", {"net.ipv4.no_such_key": "1"}), ("linux.resources.pids", {"limit": 1 << 62}),
    ("linux.rootfsPropagation", "sideways"), ("hostname", "x" * 65), ("mounts", [{"destination": "/x", "type": "no-such"}])])
def test_a_property_that_cannot_be_applied_is_an_error_and_makes_no_container(box, member, value):
    box.cfg.put(member, value)
    box.create_fails("config.json")
    box.rt("state", box.id).fails("does not exist")


@must(31)
def test_start_without_a_process_is_an_error(box):
    """A runtime that wants the process at create refuses there."""
    del box.cfg["process"]
    result = box.create()
    if result.rc == 0:
        result = box.start()
    result.fails("process")


@must(53)
def test_console_size_is_ignored_without_a_terminal(box):
    box.cfg.process["consoleSize"] = {"height": 10, "width": 20}
    box.run().silent()


@must(150)
@pytest.mark.parametrize("names", [[], None])
def test_a_seccomp_rule_has_names(box, names):
    rule = {"action": "SCMP_ACT_ERRNO", **({} if names is None else {"names": names})}
    box.cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}
    box.create_fails("linux.seccomp.syscalls[0]")


# features.md

@pytest.fixture(scope="module")
def features(host):
    return Runtime(RUNDLET, host.root)("features").json()


def numbers(version):
    return [int(n) for n in version.split("-")[0].split("+")[0].split(".")]


@must(157)
def test_the_newest_version_is_not_below_the_oldest(features):
    assert numbers(features["ociVersionMin"]) <= numbers(features["ociVersionMax"])


@must(155, 156)
@pytest.mark.parametrize("which", ["ociVersionMin", "ociVersionMax"])
def test_the_versions_are_accepted(features, box, which):
    box.cfg["ociVersion"] = features[which]
    box.run().silent()


@must(158, 159)
def test_features_has_no_null_and_no_unknown_member(features):
    assert set(features) <= {"ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux", "annotations",
                             "potentiallyUnsafeConfigAnnotations"}
    assert set(features["linux"]) <= {"namespaces", "capabilities", "cgroup", "seccomp", "apparmor", "selinux", "intelRdt",
                                      "memoryPolicy", "mountExtensions", "netDevices"}
    assert None not in features.values() and None not in features["linux"].values()


@must(160)
def test_every_hook_of_features_works(features, box, tmp):
    box.cfg.bind(tmp, str(tmp)).shell("usleep 50000")
    for kind in features["hooks"]:
        box.cfg.hook(kind, f"echo {kind} >> {tmp}/log")
    box.run().silent()
    assert sorted((tmp / "log").read_text().split()) == sorted(features["hooks"])


@must(162)
def test_the_annotations_of_features_are_strings(features):
    assert all(key and isinstance(value, str) for key, value in features.get("annotations", {}).items())


@must(163)
def test_every_namespace_of_features_can_be_made(features, box):
    for kind in features["linux"]["namespaces"]:
        box.cfg.user_namespace() if kind == "user" else box.cfg.namespace(kind)
    box.run().silent()


@must(164)
def test_every_capability_of_features_is_known(features, box):
    """Those that this process has itself can be given as well."""
    with open("/proc/self/status") as f:
        own = next(int(line.split()[1], 16) for line in f if line.startswith("CapBnd"))
    box.cfg.process["capabilities"] = {"bounding": features["linux"]["capabilities"]}
    box.cfg.shell("grep CapBnd /proc/self/status")
    result = box.run()
    assert result.rc == 0 and int(result.out.split()[1], 16) == own, str(result)
    assert "not known" not in result.err


BIG_ENDIAN = {f"SCMP_ARCH_{n}" for n in ("MIPS", "MIPS64", "MIPS64N32", "PPC", "PPC64", "S390", "S390X", "PARISC", "PARISC64",
                                         "M68K", "SHEB")}


@pytest.fixture
def agent(tmp_path):
    with Agent(tmp_path / "agent") as a:
        yield a


@must(165, 166, 167)
def test_every_word_of_seccomp_in_features_is_accepted(features, box, agent):
    words = features["linux"]["seccomp"]
    assert "SCMP_ACT_NOTIFY" in words["actions"]
    box.cfg.linux["seccomp"] = {
        "listenerPath": agent.path,
        "defaultAction": "SCMP_ACT_ALLOW",
        # one filter cannot serve both byte orders
        "architectures": [a for a in words["archs"] if (a in BIG_ENDIAN) == (sys.byteorder == "big")],
        "syscalls": [{"names": ["mkdir"], "action": action, "args": [{"index": n % 6, "value": 1, "valueTwo": 1, "op": op}]}
                     for n, action in enumerate(words["actions"]) for op in words["operators"]]}
    box.run().silent()


@must(168, 169)
def test_the_flags_of_seccomp_in_features(features, box, agent):
    words = features["linux"]["seccomp"]
    assert set(words["supportedFlags"]) <= set(words["knownFlags"])
    for flag in words["supportedFlags"]:
        action = "SCMP_ACT_NOTIFY" if flag.endswith("_RECV") else "SCMP_ACT_ERRNO"
        box.cfg.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "flags": [flag], "listenerPath": agent.path,
                                    "syscalls": [{"names": ["mkdir"], "action": action}]}
        box.run().silent()


@must(170, 171)
@pytest.mark.skipif(not os.path.exists("/proc/self/numa_maps"), reason="the kernel has no CONFIG_NUMA")
def test_every_word_of_memory_policies_in_features_is_known(features, box):
    """The kernel may not know a mode that is newer, or not together with a flag: then it is named."""
    words = features["linux"]["memoryPolicy"]
    assert {"MPOL_BIND", "MPOL_LOCAL"} <= set(words["modes"]) and "MPOL_F_STATIC_NODES" in words["flags"]
    for policy in [{"mode": mode, **({} if mode in ("MPOL_DEFAULT", "MPOL_LOCAL") else {"nodes": "0"})}
                   for mode in words["modes"]] + [{"mode": "MPOL_BIND", "nodes": "0", "flags": [flag]} for flag in words["flags"]]:
        box.cfg.linux["memoryPolicy"] = policy
        result = box.run()
        if result.rc:
            result.fails("linux.memoryPolicy", policy["mode"], "does not know")


@must(172)
def test_features_says_whether_idmapped_mounts_work(features, box):
    enabled = features["linux"].get("mountExtensions", {}).get("idmap", {}).get("enabled", False)
    box.cfg.user_namespace().mount("/data", "bind", "/tmp", ["bind", "idmap"])
    assert (box.run().rc == 0) == enabled


@must(97)
def test_only_what_is_in_the_image_and_the_config_is_there(box):
    assert sorted(box.sh("ls -a /").split()[2:]) == sorted(os.listdir(box.rootfs))
