# SPDX-License-Identifier: Apache-2.0
"""linux.intelRdt: groups of resctrl, on a directory that stands for it (lib/resctrl.py)."""
import json
import os
import shutil
import subprocess

import pytest

from lib import kernel
from lib.box import FOREVER, eventually
from lib.paths import FAULTS, RUNDLET
from lib.resctrl import SCHEMATA, Resctrl

must = pytest.mark.must


@pytest.fixture
def fs(host):
    """The file system, as after mounting; it is put right again at the end."""
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    yield host.resctrl
    host.resctrl.reset()


@pytest.fixture
def box(boxes, host, fs):
    return boxes(fs.runtime(host.root))


def rdt(box, **members):
    box.cfg.linux["intelRdt"] = members
    return box


def refused(box, *words):
    """create fails with these words, and the groups are what they were."""
    before = box.host.resctrl.content()
    box.create().fails("config.json: linux.intelRdt", *words)
    assert box.host.resctrl.content() == before


# which group

@must(124)
@pytest.mark.parametrize("namespaces", ["new", "user", "bridge"])
def test_the_process_enters_the_group(box, host, fs, namespaces):
    """It writes 0, which is the writer: proven by a `tasks` of version 1, which means the same."""
    top = next((t for t in host.hierarchies() if os.path.exists(f"{t}{host.cgroup}/tasks")), None)
    if not top:
        pytest.skip("no cgroup hierarchy of version 1, which has a file `tasks` too")
    if namespaces == "user":
        box.cfg.user_namespace()
    elif namespaces == "bridge":
        box.cfg.namespace("time").linux["timeOffsets"] = {"boottime": {"secs": 1}}
    cgroup = f"{top}{host.cgroup}/resctrl"
    os.mkdir(cgroup)
    if "cpuset" in top:
        host._init_cpuset(f"{top}{host.cgroup}/resctrl".removesuffix(host.cgroup))
    fs.group("gold")
    os.unlink(f"{fs.path}/gold/tasks")
    os.symlink(f"{cgroup}/tasks", f"{fs.path}/gold/tasks")
    try:
        rdt(box, closID="gold").create().silent()
        with open(f"{cgroup}/cgroup.procs") as f:
            assert f.read().split() == [str(box.init)]
        box.delete("--force").silent()
    finally:
        eventually(lambda: not open(f"{cgroup}/cgroup.procs").read(), "the cgroup is empty")
        os.rmdir(cgroup)


@must(125)
def test_without_resctrl_it_is_an_error(boxes, rt):
    with open("/proc/self/mountinfo") as f:
        if " - resctrl " in f.read():
            pytest.skip("this host has resctrl")
    rdt(boxes(rt), closID="/").create_fails("config.json: linux.intelRdt: the file system resctrl is not mounted")
    boxes(rt).save().rt("plan", "--bundle", rdt(boxes(rt)).save().dir).fails("linux.intelRdt", "not mounted")


def test_an_ordinary_build_takes_no_directory_for_resctrl(boxes, rt, fs):
    if b"RUNDLET_FAULT" in RUNDLET.read_bytes():
        pytest.skip(f"{RUNDLET} is a build with fault points")
    before = fs.content()
    box = rdt(boxes(rt.with_env(RUNDLET_TEST_RESCTRL=fs.path)), l3CacheSchema="L3:0=f")
    box.create().fails("resctrl is not mounted")
    assert fs.content() == before
    assert b"RUNDLET_TEST" in FAULTS.read_bytes(), "this test can fail"
    assert b"RUNDLET_TEST" not in RUNDLET.read_bytes()


@must(126)
def test_without_intel_rdt_it_is_not_touched(box, fs, tmp):
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    before = fs.content()
    box.rt.prefix = ["strace", "-f", "-qq", "-o", f"{tmp}/trace", "-e", "trace=%file"]
    box.cfg.shell("exit 0")
    box.run().silent()
    assert fs.content() == before
    trace = (tmp / "trace").read_text()
    assert fs.path not in trace
    assert trace.count("/proc/self/mountinfo") == 1, "nobody looks for resctrl"
    rdt(box).run().silent()
    assert fs.path in (tmp / "trace").read_text(), "this test can fail"


@must(127)
def test_a_slash_is_the_root_group(box, fs):
    rdt(box, closID="/").create().silent()
    assert fs.read("tasks") == "0" and not fs.groups()
    box.delete("--force").silent()
    assert fs.read("schemata") == SCHEMATA


@must(134, 133)
def test_the_default_is_the_id(box, fs):
    rdt(box).create().silent()
    assert fs.groups() == {box.id}
    assert fs.read(f"{box.id}/tasks") == "0"
    assert fs.read(f"{box.id}/schemata") == SCHEMATA, "no schema: nothing is written"


NAMES = ["../../x", "/x", "..", ".", "a/../b", "a\nb", "x" * 4096, "info", "mon_groups", "mon_data", "//"]


@pytest.mark.parametrize("name", NAMES, ids=lambda n: repr(n)[:15])
def test_s26_a_name_is_one_directory(box, name):
    refused(rdt(box, closID=name, l3CacheSchema="L3:0=1"), "linux.intelRdt.closID", "cannot be the name of a group")


def test_a_name_of_a_file_of_resctrl(box):
    refused(rdt(box, closID="tasks", l3CacheSchema="L3:0=1"), "closID", "open the group", "Not a directory")


# its shares

@must(128)
@pytest.mark.parametrize("value", ["L3:0=f", "MB:0=10\nL3:0=f", "", "mb:0=10", " MB:0=10"])
def test_mem_bw_schema_is_one_line_for_mb(box, value):
    refused(rdt(box, memBwSchema=value), "memBwSchema", "one line that starts with MB:")


@must(129)
@pytest.mark.parametrize("value", ["L3:0=f\nMB:0=10", "L3:0=f\n", ""])
def test_an_element_of_schemata_is_one_line(box, value):
    refused(rdt(box, schemata=["L3:0=1", value]), "linux.intelRdt.schemata[1]", "one line")


@must(130, 131, 132, 135)
@pytest.mark.parametrize("members, written", [
    ({"memBwSchema": "MB:0=50", "l3CacheSchema": "L3:0=f"}, "L3:0=f\nMB:0=50\n"),
    ({"l3CacheSchema": "L3:0=f"}, "L3:0=f\n"),
    ({"memBwSchema": "MB:0=50"}, "MB:0=50\n"),
    ({"l3CacheSchema": "L3CODE:0=f\nMB:0=10\nL3DATA:0=1", "memBwSchema": "MB:0=50"},
     "L3CODE:0=f\nL3DATA:0=1\nMB:0=50\n"),
    ({"l3CacheSchema": "L3:0=f\nMB:0=10"}, "L3:0=f\nMB:0=10\n"),
    ({"schemata": ["L2:0=3", "L3:0=1"], "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=50"},
     "L3:0=f\nMB:0=50\nL2:0=3\nL3:0=1\n"),
    ({"schemata": ["L3:0=1"]}, "L3:0=1\n"),
], ids=str)
@pytest.mark.parametrize("clos", [None, "gold"])
def test_the_schemata_of_a_group_that_is_made(box, fs, clos, members, written):
    rdt(box, **members, **({"closID": clos} if clos else {})).create().silent()
    assert fs.groups() == {clos or box.id}
    assert fs.read(f"{clos or box.id}/schemata") == written


def test_schemata_is_a_write_of_its_own(box, fs, tmp):
    """The kernel refuses a resource that comes twice in one write."""
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    box.rt.prefix = ["strace", "-qq", "-o", f"{tmp}/trace", "-e", "trace=write", "-P", f"{fs.path}/{box.id}/schemata"]
    rdt(box, l3CacheSchema="L3:0=f", memBwSchema="MB:0=10", schemata=["L3:0=1", "L2:0=1"]).save()
    box.rt("create", "--bundle", box.dir, box.id).silent()
    writes = (tmp / "trace").read_text().splitlines()
    assert [w.split('"')[1] for w in writes] == [r"L3:0=f\nMB:0=10\n", r"L3:0=1\nL2:0=1\n"]


@must(136, 139)
@pytest.mark.parametrize("members", [
    {"l3CacheSchema": "L3:0=f"}, {"l3CacheSchema": "L3:0=0x0F;1=fffff"}, {"memBwSchema": "MB:1=70;0=100"},
    {"memBwSchema": "MB:1=65"}, {"schemata": ["L3:1=fffff", "MB:1=70"]},
    {"l3CacheSchema": "L3:0=3", "schemata": ["L3:0=f"]}], ids=str)
def test_a_group_that_fits_is_taken_and_kept(box, fs, members):
    schemata = "    L3:0=0000f;1=fffff\n    MB:0= 100;1=  70\n"
    fs.group("gold", schemata)
    rdt(box, closID="gold", **members).create().silent()
    assert fs.read("gold/tasks") == "0"
    assert fs.read("gold/schemata") == schemata
    box.delete("--force").silent()
    assert fs.has("gold/schemata") and fs.read("gold/schemata") == schemata


@must(136)
@pytest.mark.parametrize("members, first", [
    ({"l3CacheSchema": "L3:0=ff"}, "0=ff"), ({"l3CacheSchema": "L3:0=f;1=f"}, "1=f"), ({"memBwSchema": "MB:0=10"}, "0=10"),
    ({"schemata": ["L3:0=f", "L2:0=1"]}, "0=1"), ({"l3CacheSchema": "L3:0=f", "schemata": ["L3:0=1"]}, "0=f")], ids=str)
@pytest.mark.parametrize("clos", ["gold", "/"])
def test_a_group_that_differs_is_an_error(box, fs, members, first, clos):
    fs.group("gold" if clos == "gold" else "", "L3:0=0000f;1=fffff\n    MB:0= 100;1= 100\n")
    refused(rdt(box, closID=clos, enableMonitoring=True, **members), "closID", f'differs: "{first}" is not in force')


@must(137)
def test_clos_id_without_a_schema_must_exist(box, fs):
    refused(rdt(box, closID="gold"), "closID", "/gold does not exist")
    fs.group("gold")
    rdt(box, closID="gold").create().silent()
    assert fs.read("gold/tasks") == "0" and fs.read("gold/schemata") == SCHEMATA


# its end

@must(138)
@pytest.mark.parametrize("clos", [None, "gold"])
@pytest.mark.parametrize("way", ["delete", "delete --force", "run"])
def test_a_group_that_was_made_goes_with_the_container(box, host, fs, clos, way):
    rdt(box, l3CacheSchema="L3:0=f", enableMonitoring=True, **({"closID": clos} if clos else {}))
    if way == "run":
        box.cfg.shell("exit 0")
        box.run().silent()
    else:
        box.up(FOREVER)
        assert fs.groups()
        if way == "delete":
            box.kill("KILL").silent()
            box.wait()
        box.delete(*way.split()[1:]).silent()
    assert not fs.groups()


@must(139)
@pytest.mark.parametrize("closing", ["delete", "failure"])
def test_a_group_that_was_there_stays(box, fs, closing):
    fs.group("gold")
    rdt(box, closID="gold")
    if closing == "failure":
        box.cfg.args("/no/such/program")
        box.create().fails("/no/such/program")
    else:
        box.create().silent()
        box.delete("--force").silent()
    assert fs.groups() == {"gold"}


def test_groups_that_are_gone_are_no_obstacle(box, fs):
    rdt(box, l3CacheSchema="L3:0=f", enableMonitoring=True).create().silent()
    shutil.rmtree(f"{fs.path}/{box.id}")
    box.delete("--force").silent()


@pytest.mark.parametrize("member", ["group", "monitor"])
def test_a_damaged_record_removes_nothing(box, fs, tmp, member):
    (tmp / "victim").mkdir()
    rdt(box, l3CacheSchema="L3:0=f", enableMonitoring=True).create().silent()
    path = f"{box.rt.root}/{box.id}/state.json"
    with open(path) as f:
        good = f.read()
    record = json.loads(good)
    record["resctrl"][member] = f"{tmp}/victim"
    with open(path, "w") as f:
        json.dump(record, f)
    box.delete("--force").fails("victim", "no group of resctrl")
    assert (tmp / "victim").exists()
    with open(path, "w") as f:
        f.write(good)


@pytest.mark.parametrize("others", [False, True])
def test_an_interrupted_create_leaves_the_group_to_others(box, fs, others):
    """Killed after the record and before the group; then somebody else made one of that name."""
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    rdt(box, closID="gold", l3CacheSchema="L3:0=f")
    box.rt.prefix = ["strace", "-qq", "-o", "/dev/null", "-e", "trace=socketpair", "-e", "inject=socketpair:signal=KILL"]
    assert box.create().rc not in (0, 1)
    box.rt.prefix = []
    assert fs.groups() == {"gold"}
    fs.write("gold/tasks", f"{os.getpid()}\n" if others else "")
    result = box.delete("--force")
    assert result.rc == 0 and ("in use by processes" in result.err) == others, str(result)
    assert fs.groups() == ({"gold"} if others else set())


# monitoring

@must(140, 141, 142)
@pytest.mark.parametrize("clos", [None, "gold", "/"])
def test_a_monitoring_group_named_by_the_id(box, fs, clos):
    fs.group("gold")
    rdt(box, enableMonitoring=True, **({"closID": clos} if clos else {})).create().silent()
    group = {None: f"{box.id}/", "gold": "gold/", "/": ""}[clos]
    assert fs.read(f"{group}tasks") == "0"
    assert fs.read(f"{group}mon_groups/{box.id}/tasks") == "0"
    box.start().silent()
    box.wait()
    box.delete().silent()
    assert fs.groups() == {"gold"}


def test_no_monitoring_group_unless_it_is_asked_for(box, fs):
    rdt(box, enableMonitoring=False).create().silent()
    assert fs.groups() == {box.id}


@must(143)
@pytest.mark.parametrize("why", ["no hardware", "exists"])
def test_a_monitoring_group_that_cannot_be_made_is_an_error(box, fs, why):
    fs.group("gold")
    if why == "exists":
        fs.write(f"gold/mon_groups/{box.id}/tasks")
    else:
        shutil.rmtree(f"{fs.path}/gold/mon_groups")
    refused(rdt(box, closID="gold", enableMonitoring=True), "linux.intelRdt.enableMonitoring", "mon_groups")


# errors

def hint(box, tmp):
    """The hint of the one record in the log of a create that fails."""
    box.save().rt("create", "--bundle", box.dir, box.id, before=["--log", f"{tmp}/log", "--log-format", "json"]).fails()
    return json.loads((tmp / "log").read_text())["hint"]


def test_what_the_kernel_says_is_repeated(box, fs):
    os.unlink(f"{fs.path}/.new/schemata")
    os.symlink("/dev/full", f"{fs.path}/.new/schemata")
    fs.write("info/last_cmd_status", "mask f5 has non-consecutive 1-bits\n")
    box.host.assert_clean()
    rdt(box, l3CacheSchema="L3:0=f5").create_fails(
        "linux.intelRdt.l3CacheSchema", 'write "L3:0=f5"', "(mask f5 has non-consecutive 1-bits)")


def test_hardware_that_has_no_more_classes(box, boxes, host, tmp):
    """A file system without room for another directory stands for it."""
    (tmp / "full").mkdir()
    kernel.mount("none", str(tmp / "full"), "tmpfs", 0, "nr_inodes=40")
    full = Resctrl(tmp / "full/resctrl")
    try:
        for n in range(40):
            try:
                full.write(f"info/filler{n}")
            except OSError:
                break
        other = rdt(boxes(full.runtime(host.root)), closID="gold", l3CacheSchema="L3:0=f")
        assert "CLOSIDs" in hint(other, tmp)
        assert not full.groups()
    finally:
        kernel.umount(str(tmp / "full"))


def test_two_containers_of_one_class(boxes, host, fs):
    """The first makes it, and it is gone with the first; the second is not harmed by that."""
    one, two = (rdt(boxes(fs.runtime(host.root)), closID="gold", l3CacheSchema="L3:0=f", enableMonitoring=True)
                for _ in range(2))
    one.create().silent()
    two.create().silent()
    assert fs.groups() == {"gold", f"gold/mon_groups/{one.id}", f"gold/mon_groups/{two.id}"}
    two.delete("--force").silent()
    assert fs.groups() == {"gold", f"gold/mon_groups/{one.id}"}
    two.create().silent()
    one.delete("--force").silent()
    assert not fs.groups()
    two.delete("--force").silent()


def test_the_plan_tells_it(box, fs):
    plan = rdt(box, closID="gold", l3CacheSchema="L3:0=f", schemata=["L2:0=1"], enableMonitoring=True).save().rt(
        "plan", "--format", "json", "--bundle", box.dir, box.id).json()
    assert plan["resctrl"]["group"] == f"{fs.path}/gold"
    assert plan["resctrl"]["monitoring_group"] == f"{fs.path}/gold/mon_groups/{box.id}"
    assert [w["value"] for w in plan["resctrl"]["writes"]] == ["L3:0=f\n", "L2:0=1\n"]
    assert not fs.groups()


def test_features_say_so(rt):
    assert rt("features").json()["linux"]["intelRdt"] == {"enabled": True, "schemata": True, "monitoring": True}


def test_it_needs_no_cgroup(box, fs):
    rdt(box, l3CacheSchema="L3:0=f").create(before=["--cgroup-manager", "disabled"]).ok()
    assert fs.read(f"{box.id}/tasks") == "0"


def test_the_real_file_system(boxes, rt):
    """On a host that has the hardware."""
    mounts = subprocess.run(["findmnt", "-n", "-t", "resctrl", "-o", "TARGET"], capture_output=True, text=True, check=False)
    top = mounts.stdout.strip().splitlines()
    if not top:
        pytest.skip("resctrl is not mounted here")
    box = rdt(boxes(rt))
    box.up(FOREVER)
    with open(f"{top[0]}/{box.id}/tasks") as f:
        assert str(box.init) in f.read().split()
    box.delete("--force").silent()
    assert not os.path.exists(f"{top[0]}/{box.id}")


# update

def update(box, *words):
    return box.rt("update", *words, box.id)


def test_update_changes_the_shares(box, host):
    rdt(box, l3CacheSchema="L3:0=ff", memBwSchema="MB:0=50").create().silent()
    update(box, "--l3-cache-schema", "L3:0=f", "--mem-bw-schema=MB:0=20").silent()
    assert host.resctrl.read(f"{box.id}/schemata") == "L3:0=f\nMB:0=20\n"


def test_an_update_that_fails_takes_the_shares_back(box, host):
    """What restores them is a second write: this tree keeps what was written last, as the group had it."""
    rdt(box, l3CacheSchema="L3:0=ff").create().silent()
    before = host.resctrl.read(f"{box.id}/schemata")
    update(box, "--l3-cache-schema", "L3:0=f", "--pids-limit", "5", "--cpuset-cpus", "5000").fails("cpu.cpus")
    assert host.resctrl.read(f"{box.id}/schemata").split() == before.split()


def test_a_group_that_others_share_is_not_updated(box, host):
    host.resctrl.group("gold", "L3:0=ff\n")
    rdt(box, closID="gold").create().silent()
    update(box, "--l3-cache-schema", "L3:0=f").fails("gold")
    assert host.resctrl.read("gold/schemata") == "L3:0=ff\n"
