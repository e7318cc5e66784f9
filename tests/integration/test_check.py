# SPDX-License-Identifier: Apache-2.0
"""
rundlet check --security: each row of spec/weakness.def finds what it is about, at the level and the line
that it says, and nothing else; the configuration of `rundlet spec` is the one that is weakened.
"""
import json
import re

import pytest

from lib.paths import TOP

FOUND = 2                               # the status
LEVELS = ["low", "medium", "high", "critical"]
TEXT = re.sub(r"/\*.*?\*/", "", (TOP / "src/spec/weakness.def").read_text(), flags=re.S)
ROWS = {kind: [[(text or word).strip(" '") for text, word in re.findall(r'"([^"]*)"|([^",]*[^", ][^",]*)', row)]
               for row in re.findall(rf"^{kind}\((.*)\)$", TEXT, re.M)]
        for kind in ("CAPABILITY", "NAMESPACE", "MASKED", "READONLY", "SOURCE", "OWN", "DEVICE", "RULE")}


def test_every_row_is_read():
    assert sum(map(len, ROWS.values())) == len(re.findall(r"^[A-Z]+\(", TEXT, re.M)) > 70


@pytest.fixture
def bundle(rt, tmp):
    rt("spec", "--bundle", tmp).silent()
    return tmp


class Checked:
    """What check finds in a configuration, by rule."""

    def __init__(self, rt, bundle):
        self.rt, self.bundle = rt, bundle
        self.config = json.loads((bundle / "config.json").read_text())
        self.config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO"}
        self.config["process"]["apparmorProfile"] = "web"
        self.user_namespace()
        assert self.found() == []

    def user_namespace(self, host=100000):
        linux = self.config["linux"]
        linux["namespaces"].append({"type": "user"})
        linux["uidMappings"] = linux["gidMappings"] = [{"containerID": 0, "hostID": host, "size": 65536}]

    def without_user_namespace(self):
        linux = self.config["linux"]
        linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "user"]
        del linux["uidMappings"], linux["gidMappings"]

    def found(self):
        (self.bundle / "config.json").write_text(json.dumps(self.config, indent="\t"))
        result = self.rt("check", "--security", "--format", "json", self.bundle, root="")
        found = json.loads(result.out)
        assert (result.rc, result.err) == (FOUND if found else 0, ""), str(result)
        levels = [LEVELS.index(f["level"]) for f in found]
        assert levels == sorted(levels, reverse=True), "the worst first"
        return found

    def finds(self, level, rule, where, *words):
        """This, and besides at most that there is no user namespace."""
        found = [f for f in self.found() if f["rule"] != "no-user-namespace" or rule == f["rule"]]
        if level == "NONE":
            assert found == []
            return None
        assert [(f["level"], f["rule"], f["where"]) for f in found] == [(level.lower(), rule, where)], found
        assert all(word in found[0]["what"] for word in words), found
        return found[0]


@pytest.fixture
def checked(rt, bundle):
    return Checked(rt, bundle)


@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
@pytest.mark.parametrize("name, level, in_userns, what", ROWS["CAPABILITY"], ids=[r[0] for r in ROWS["CAPABILITY"]])
def test_a_capability(checked, name, level, in_userns, what, userns):
    for names in ("permitted", "effective", "bounding"):
        checked.config["process"]["capabilities"][names] = ["CAP_KILL", name]
    if not userns:
        checked.without_user_namespace()
    checked.finds(in_userns if userns else level, "capability", "process.capabilities.bounding[1]", name, what)


@pytest.mark.parametrize("name", ["permitted", "effective"])
def test_a_capability_of_another_set(checked, name):
    checked.config["process"]["capabilities"][name] = ["CAP_SYS_ADMIN"]
    checked.finds("MEDIUM", "capability", f"process.capabilities.{name}[0]")


def test_a_capability_in_lower_case(checked):
    checked.config["process"]["capabilities"]["bounding"] = ["cap_sys_admin"]
    checked.finds("MEDIUM", "capability", "process.capabilities.bounding[0]", "CAP_SYS_ADMIN")


@pytest.mark.parametrize("kind, level, what", ROWS["NAMESPACE"], ids=[r[0] for r in ROWS["NAMESPACE"]])
def test_a_namespace_of_the_host(checked, kind, level, what):
    spaces = checked.config["linux"]["namespaces"]
    at = next(i for i, n in enumerate(spaces) if n["type"] == kind)
    spaces[at]["path"] = f"/proc/1/ns/{kind}"
    checked.finds(level, "host-namespace", f"linux.namespaces[{at}].path", kind)
    spaces[at]["path"] = "/run/netns/of-another-container"
    assert [f["rule"] for f in checked.found()] == (["joined-mounts"] if kind == "mount" else [])
    del spaces[at]
    checked.config.pop("hostname")      # which needs a uts namespace
    checked.finds(level, "host-namespace", "linux.namespaces", kind, what)


@pytest.mark.parametrize("path, level, what", ROWS["MASKED"], ids=[r[0] for r in ROWS["MASKED"]])
def test_a_path_that_is_not_masked(checked, path, level, what):
    checked.config["linux"]["maskedPaths"].remove(path)
    checked.finds(level, "unmasked-path", "linux.maskedPaths", path, what)
    checked.config["linux"]["maskedPaths"].append(path.rsplit("/", 1)[0] + "/")     # what it lies in is
    assert checked.found() == []


@pytest.mark.parametrize("userns", [False, True], ids=["", "userns"])
@pytest.mark.parametrize("path, level, in_userns, what", ROWS["READONLY"], ids=[r[0] for r in ROWS["READONLY"]])
def test_a_path_that_can_be_written(checked, path, level, in_userns, what, userns):
    checked.config["linux"]["readonlyPaths"].remove(path)
    if not userns:
        checked.without_user_namespace()
    checked.finds(in_userns if userns else level, "writable-path", "linux.readonlyPaths", path, what)
    next(m for m in checked.config["mounts"] if m["destination"] == "/proc")["options"].append("ro")
    assert [f for f in checked.found() if f["rule"] == "writable-path"] == []


def test_without_procfs_nothing_of_it_is_missed(checked):
    checked.config["mounts"] = [m for m in checked.config["mounts"] if m["destination"] not in ("/proc", "/sys")]
    checked.config["linux"].update(maskedPaths=[], readonlyPaths=[])
    assert [f["rule"] for f in checked.found() if "path" in f["rule"] and "sys/" not in f["what"]] == []


@pytest.mark.parametrize("path, level, readonly, what", ROWS["SOURCE"], ids=[r[0] for r in ROWS["SOURCE"]])
def test_a_path_of_the_host(checked, path, level, readonly, what):
    mounts = checked.config["mounts"]
    mounts.append({"destination": "/host", "type": "bind", "source": path + "/", "options": ["rbind"]})
    where = f"mounts[{len(mounts) - 1}].source"
    checked.finds(level, "host-path", where, path, what)
    mounts[-1].update(type="none", options=["bind", "ro"])
    checked.finds(readonly, "host-path", where, path)


def test_other_paths_of_the_host_are_fine(checked):
    checked.config["mounts"] += [
        {"destination": "/a", "type": "bind", "source": "/srv/web", "options": ["bind"]},
        {"destination": "/b", "type": "bind", "source": "/etc/resolv.conf", "options": ["bind", "ro"]},
        {"destination": "/c", "type": "tmpfs", "source": "/", "options": []},
        {"destination": "/d", "type": "bind", "source": "/etcetera", "options": ["bind"]},
        {"destination": "/e", "type": "bind", "source": "etc", "options": ["bind"]}]
    assert checked.found() == []


@pytest.mark.parametrize("source, level, readonly", [
    ("/etc/shadow", "CRITICAL", "HIGH"), ("/root" "/.ssh", "CRITICAL", "HIGH"), ("/var/lib/other", "CRITICAL", "HIGH"),
    ("/dev/sda", "CRITICAL", "CRITICAL"), ("/dev/mem", "CRITICAL", "CRITICAL"), ("/proc/1/root", "CRITICAL", "HIGH"),
    ("/var/run", "CRITICAL", "CRITICAL"), ("/var/run/docker.sock", "CRITICAL", "CRITICAL"), ("/run/podman", "CRITICAL", "CRITICAL"),
    ("/sys/fs/cgroup/system.slice", "HIGH", "LOW"), ("/dev/null", "NONE", "NONE"), ("//", "CRITICAL", "HIGH"),
    ("//etc", "CRITICAL", "HIGH"), ("/etc/.", "CRITICAL", "HIGH"), ("/usr/../etc", "CRITICAL", "HIGH"),
    ("/srv/../..//./etc/x/..", "CRITICAL", "HIGH")])
def test_a_path_of_the_host_below_a_row_or_spelt_otherwise(checked, source, level, readonly):
    mounts = checked.config["mounts"]
    mounts.append({"destination": "/host", "type": "bind", "source": source, "options": ["bind"]})
    where = f"mounts[{len(mounts) - 1}].source"
    checked.finds(level, "host-path", where)
    mounts[-1]["options"] = ["bind", "ro"]
    checked.finds(readonly, "host-path", where)


@pytest.mark.parametrize("options, level, words", [
    (["rbind", "ro"], "CRITICAL", "/etc of the host: "), (["rbind", "rro"], "HIGH", "/etc of the host, read-only: "),
    (["bind", "ro"], "HIGH", "/etc of the host, read-only: ")], ids=str)
def test_what_is_mounted_below_stays_writable(checked, options, level, words):
    mounts = checked.config["mounts"]
    mounts.append({"destination": "/host", "type": "bind", "source": "/etc", "options": options})
    checked.finds(level, "host-path", f"mounts[{len(mounts) - 1}].source", words)


@pytest.mark.parametrize("place", [row[0] for row in ROWS["OWN"]])
def test_what_an_engine_keeps_for_one_container(checked, place):
    mounts = checked.config["mounts"]
    mounts.append({"destination": "/host", "type": "bind", "source": f"{place}/one/file", "options": ["rbind"]})
    assert checked.found() == []
    mounts[-1]["source"] = place
    checked.finds("CRITICAL", "host-path", f"mounts[{len(mounts) - 1}].source", place)


@pytest.mark.parametrize("path", ["/proc/self/ns/net", "//proc/1/ns/net", "/proc/thread-self/ns/net", "/proc/1/task/1/ns/net",
                                  "/proc/./self/../1/ns/net"])
def test_a_namespace_of_the_host_by_another_path(checked, path):
    spaces = checked.config["linux"]["namespaces"]
    at = next(i for i, n in enumerate(spaces) if n["type"] == "network")
    spaces[at]["path"] = path
    checked.finds("HIGH", "host-namespace", f"linux.namespaces[{at}].path", "network is the host's:")


def test_a_namespace_of_a_process_may_be_the_hosts(checked):
    """Engines join the namespaces of a pod so."""
    spaces = checked.config["linux"]["namespaces"]
    at = next(i for i, n in enumerate(spaces) if n["type"] == "network")
    spaces[at]["path"] = "/proc/4711/ns/net"
    checked.finds("LOW", "host-namespace", f"linux.namespaces[{at}].path", "if the process is")


@pytest.mark.parametrize("destination", ["//proc", "proc", "/x/../proc/."])
def test_procfs_at_a_destination_spelt_otherwise(checked, destination):
    next(m for m in checked.config["mounts"] if m["destination"] == "/proc")["destination"] = destination
    checked.config["linux"]["maskedPaths"].remove("/proc/kcore")
    checked.finds("HIGH", "unmasked-path", "linux.maskedPaths", "/proc/kcore")
    checked.config["linux"]["maskedPaths"].append("//proc/./kcore")
    assert checked.found() == []


@pytest.mark.parametrize("path, readonly, level", [("/", False, "CRITICAL"), ("//", True, "HIGH"), ("/x/..", True, "HIGH")])
def test_a_root_that_is_the_hosts(checked, path, readonly, level):
    checked.config["root"] = {"path": path, "readonly": readonly}
    assert (level.lower(), "host-files", "root.path") in [(f["level"], f["rule"], f["where"]) for f in checked.found()]


@pytest.mark.parametrize("kind, major, minor, level, what", ROWS["DEVICE"], ids=["".join(r[:3]) for r in ROWS["DEVICE"]])
def test_a_device(checked, kind, major, minor, level, what):
    numbers = {"major": max(int(major), 8), "minor": 0} if major == "-1" else {"major": int(major), "minor": int(minor)}
    checked.config["linux"]["devices"] = [{"path": "/dev/x", "type": kind, **numbers}]
    checked.finds(level, "device", "linux.devices[0]", "/dev/x", what)
    del checked.config["linux"]["devices"]
    rules = checked.config["linux"]["resources"] = {"devices": [{"allow": True, "type": kind, **numbers, "access": "r"}]}
    checked.finds(level, "device", "linux.resources.devices[0]", what)
    rules["devices"][0]["access"] = "m"
    assert checked.found() == []
    rules["devices"][0].update(access="rwm", allow=False)
    assert checked.found() == []


MEM = {"/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg"}


@pytest.mark.parametrize("rule, named", [
    ({"type": "a", "major": -1, "minor": -1}, {"all devices"}), ({"type": "", "major": -1}, {"all devices"}),
    ({"type": "c", "major": -1, "minor": -1}, {"all character"}), ({"type": "b", "major": -1}, {"all block"}),
    ({"type": "c", "major": 1}, MEM), ({"type": "c", "major": 1, "minor": -1}, MEM),
    ({"type": "a", "major": 1, "minor": 1}, {"a disk", "/dev/mem"}), ({"major": 1, "minor": 1}, {"a disk", "/dev/mem"}),
    ({"type": "c", "major": 1, "minor": 3}, set()), ({"type": "c", "major": 136, "minor": -1}, set())], ids=str)
def test_device_rules_for_more_than_one_device(checked, rule, named):
    checked.config["linux"]["resources"] = {"devices": [{"allow": True, "access": "rwm", **rule}]}
    found = checked.found()
    assert {name for name in named if any(f"allows {name}" in f["what"] for f in found)} == named
    assert len(found) == len(named) and {f["where"] for f in found} <= {"linux.resources.devices[0]"}


def test_a_device_by_its_old_type(checked):
    checked.config["linux"]["devices"] = [{"path": "/dev/x", "type": "u", "major": 1, "minor": 1}]
    checked.finds("CRITICAL", "device", "linux.devices[0]", "/dev/mem")


def member(path, value):
    def change(checked):
        where = checked.config
        *parents, last = path.split(".")
        for name in parents:
            where = where.setdefault(name, {})
        where[last] = value
    return change


def option(destination, *options):
    def change(checked):
        next(m for m in checked.config["mounts"] if m["destination"] == destination)["options"] = list(options)
    return change


def host_root(checked):
    checked.config["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 0, "size": 1}]


def joined_pids(change):
    """In a pid namespace that is joined."""
    def both(checked):
        namespaces = {n["type"]: n for n in checked.config["linux"]["namespaces"]}
        namespaces["pid"]["path"] = "/run/netns/pids-of-another"
        change(checked, namespaces)
    return both


def joined_hook(checked, namespaces):
    namespaces["user"]["path"] = "/run/netns/ids-of-another"
    del checked.config["linux"]["uidMappings"], checked.config["linux"]["gidMappings"]
    checked.config["hooks"] = {"createContainer": [{"path": "/bin/true"}]}


def user(checked):
    checked.without_user_namespace()
    checked.config["process"]["user"] = {"uid": 1000, "gid": 1000}


def joined_mounts(checked):
    for ns in checked.config["linux"]["namespaces"]:
        if ns["type"] == "mount":
            ns["path"] = "/run/netns/pod"


COMPILED = "run.oci.seccomp_bpf_data"


def compiled_filter(checked):
    """It stands in the place of the rules, whatever they are."""
    checked.config["linux"]["seccomp"]["defaultAction"] = "SCMP_ACT_ALLOW"
    checked.config["annotations"] = {COMPILED: "BgAAAAAA/38="}


RULES = [
    ("no-seccomp", lambda c: c.config["linux"].pop("seccomp"), "HIGH", "linux.seccomp"),
    ("open-seccomp", member("linux.seccomp.defaultAction", "SCMP_ACT_ALLOW"), "HIGH", "linux.seccomp.defaultAction"),
    ("open-seccomp", member("linux.seccomp", {"defaultAction": "SCMP_ACT_LOG", "syscalls": [
        {"names": ["bpf"], "action": "SCMP_ACT_ERRNO"}]}), "MEDIUM", "linux.seccomp.defaultAction"),
    ("compiled-seccomp", compiled_filter, "MEDIUM", f'annotations["{COMPILED}"]'),
    ("no-user-namespace", Checked.without_user_namespace, "MEDIUM", "linux.namespaces"),
    ("no-user-namespace", user, "LOW", "linux.namespaces"),
    ("host-root-mapped", host_root, "MEDIUM", "linux.uidMappings[0].hostID"),
    ("hook-in-joined-pids", joined_pids(joined_hook), "MEDIUM", "hooks.createContainer"),
    ("joined-mounts", joined_mounts, "HIGH", "linux.namespaces"),
    ("all-devices", member("linux.resources.devices", [{"allow": True, "access": "rwm"}]), "CRITICAL",
     "linux.resources.devices[0]"),
    ("all-devices", member("linux.resources.devices", [{"allow": True, "type": "b"}]), "CRITICAL", "linux.resources.devices[0]"),
    ("all-devices", member("linux.resources.devices", [{"allow": True, "type": "c", "access": "w"}]), "HIGH",
     "linux.resources.devices[0]"),
    ("new-privileges", member("process.noNewPrivileges", False), "MEDIUM", "process.noNewPrivileges"),
    ("inherited-capabilities", member("process.capabilities.ambient", ["CAP_KILL"]), "LOW", "process.capabilities.ambient"),
    ("inherited-capabilities", member("process.capabilities.inheritable", ["CAP_KILL"]), "LOW",
     "process.capabilities.inheritable"),
    ("writable-sysfs", option("/sys", "nosuid"), "LOW", "mounts[5].options"),
    ("writable-cgroups", option("/sys/fs/cgroup", "ro", "rw"), "LOW", "mounts[6].options"),
    ("shared-propagation", member("linux.rootfsPropagation", "rshared"), "MEDIUM", "linux.rootfsPropagation"),
    ("shared-propagation", option("/dev/shm", "shared"), "MEDIUM", "mounts[3].options[0]"),
    ("no-security-module", member("process.apparmorProfile", ""), "LOW", "process"),
    ("no-security-module", member("process.apparmorProfile", "unconfined"), "LOW", "process"),
    ("host-path", lambda c: c.config["mounts"].append({"destination": "/x", "type": "bind", "source": "/etc"}), "CRITICAL",
     "mounts[7].source"),
    ("host-files", member("root", {"path": "/", "readonly": True}), "HIGH", "root.path"),
    ("writable-root", member("root.readonly", False), "LOW", "root.readonly"),
]


@pytest.mark.parametrize("rule, change, level, where", RULES, ids=[f"{i}-{r[0]}" for i, r in enumerate(RULES)])
def test_a_rule(checked, rule, change, level, where):
    change(checked)
    checked.finds(level, rule, where)


def test_each_rule_has_a_test():
    assert {row[0] for row in ROWS["RULE"]} == {rule[0] for rule in RULES}


@pytest.mark.parametrize("annotation", [{"org.rundlet.landlock": "ro=/"}])
def test_landlock_is_a_security_module(checked, annotation):
    checked.config["process"]["apparmorProfile"] = ""
    checked.config["annotations"] = annotation
    assert checked.found() == []


def test_the_line_is_that_of_the_member(checked):
    checked.config["process"]["capabilities"]["bounding"].append("CAP_SYS_ADMIN")
    found = checked.found()[0]
    lines = (checked.bundle / "config.json").read_text().splitlines()
    assert lines[found["line"] - 1][found["column"] - 1:].startswith('"CAP_SYS_ADMIN"')


def test_of_too_many_the_worst_are_told(checked):
    """Each home is told before the rules that come last."""
    checked.config["mounts"] += [{"destination": f"/h{i}", "type": "bind", "source": f"/home/{i}", "options": ["bind", "ro"]}
                                 for i in range(600)]
    checked.config["mounts"].append({"destination": "/x", "type": "bind", "source": "/etc", "options": ["bind"]})
    checked.config["root"] = {"path": "/", "readonly": True}
    found = checked.found()
    assert [(f["level"], f["rule"]) for f in found[:3]] == [("critical", "host-path"), ("high", "host-files"),
                                                            ("medium", "host-path")]
    assert len(found) == 512 and found[2]["what"].startswith("/home/0 ") and found[-1]["what"].startswith("/home/509 ")


def test_a_terminal_gets_no_control_characters(rt, checked):
    checked.config["linux"]["devices"] = [{"path": "/dev/\x1b[2J", "type": "c", "major": 1, "minor": 1}]
    checked.config["process"]["\x1b]0;x"] = 1
    (checked.bundle / "config.json").write_text(json.dumps(checked.config))
    out = rt("check", "--security", checked.bundle, root="").out
    assert "\x1b" not in out and "/dev/\\x1b[2J" in out and "process.\\x1b]0;x" in out


def test_text(rt, bundle):
    """As it comes from spec: with nothing critical."""
    result = rt("check", "--security", bundle, root="")
    assert (result.rc, result.err) == (FOUND, "")
    assert re.fullmatch(r"(high|medium|low) +config\.json:\d+: [\w.]+: .* \([\w-]+\)", result.out.splitlines()[0])
    assert [line.split()[0] for line in result.out.splitlines()] == ["high", "medium", "low"]


def test_without_the_option_only_what_has_no_effect(rt, checked):
    checked.config["process"]["noNewPrivilege"] = False
    checked.config["process"]["noNewPrivileges"] = False
    (checked.bundle / "config.json").write_text(json.dumps(checked.config))
    result = rt("check", checked.bundle, root="")
    assert result.rc == FOUND and "process.noNewPrivilege: is unknown" in result.out
    assert '"noNewPrivileges"' in result.out and len(result.out.splitlines()) == 1


def test_nothing_to_tell(rt, checked):
    checked.found()
    rt("check", checked.bundle, root="").silent()


def test_what_create_refuses_is_an_error(rt, bundle):
    (bundle / "config.json").write_text('{"ociVersion": "1.0.0", "root": {"path": "r"}, "process": {"cwd": "x", "args": ["x"]}}')
    result = rt("check", "--security", bundle, root="")
    assert result.rc == 1 and "process.cwd" in result.err and result.out == ""
