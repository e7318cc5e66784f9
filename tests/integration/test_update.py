# SPDX-License-Identifier: Apache-2.0
"""update: limits of a container that exists (cgroup v1 on this host), all that are asked for or none."""
import contextlib
import json
import os
import shutil

import pytest

from lib.box import FOREVER, eventually
from lib.runtime import Runtime
from lib.update import update

must = pytest.mark.must
MIB = 1 << 20
FILES = {
    "memory": ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes"],
    "cpu": ["cpu.shares", "cpu.cfs_quota_us", "cpu.cfs_period_us"],
    "cpuset": ["cpuset.cpus", "cpuset.mems"],
    "pids": ["pids.max"],
}


@pytest.fixture(autouse=True)
def needs_v1(host):
    if not os.path.isdir("/sys/fs/cgroup/memory"):
        pytest.skip("these limits are read from the files of cgroup v1")


@pytest.fixture
def box(box):
    box.cfg.resources(memory={"limit": 64 * MIB, "swap": 96 * MIB}, pids={"limit": 77},
                      cpu={"shares": 512, "quota": 50000, "period": 100000, "cpus": cpus("0")})
    return box


def cpus(one):
    """All the CPUs that there are, if `one` is among them."""
    with open("/sys/fs/cgroup/cpuset/cpuset.cpus") as f:
        return f.read().strip() or one


def put(path, value):
    with open(path, "wb", buffering=0) as f:
        f.write(value.encode())


def values(box):
    return {name: box.limit(controller, name) for controller, names in FILES.items() for name in names}


# each option

OPTIONS = [
    ("--memory 32M", "memory", "memory.limit_in_bytes", 32 * MIB),
    ("--memory=33554432", "memory", "memory.limit_in_bytes", 32 * MIB),
    ("--memory 32MiB --memory-swap 32mb", "memory", "memory.memsw.limit_in_bytes", 32 * MIB),
    ("--memory 1.5g --memory-swap=-1", "memory", "memory.limit_in_bytes", 1536 * MIB),
    ("--memory-swap -1", "memory", "memory.memsw.limit_in_bytes", 9223372036854771712),
    ("--memory-reservation 1m", "memory", "memory.soft_limit_in_bytes", MIB),
    ("--cpu-period 200000", "cpu", "cpu.cfs_period_us", 200000),
    ("--cpu-quota 60000", "cpu", "cpu.cfs_quota_us", 60000),
    ("--cpu-quota -1", "cpu", "cpu.cfs_quota_us", -1),
    ("--cpu-quota=10000 --cpu-period=20000", "cpu", "cpu.cfs_quota_us", 10000),
    ("--cpu-share 2000", "cpu", "cpu.shares", 2000),
    ("--cpu-shares=3000", "cpu", "cpu.shares", 3000),
    ("--cpuset-cpus 0", "cpuset", "cpuset.cpus", 0),
    ("--cpuset-mems 0", "cpuset", "cpuset.mems", 0),
    ("--cpu-burst 20000", "cpu", "cpu.cfs_burst_us", 20000),
    ("--cpu-quota 20000 --cpu-burst 20000", "cpu", "cpu.cfs_burst_us", 20000),
    ("--cpu-idle 1", "cpu", "cpu.idle", 1),
    ("--kernel-memory-tcp 8M", "memory", "memory.kmem.tcp.limit_in_bytes", 8 * MIB),
    ("--kernel-memory 0 --pids-limit 5", "pids", "pids.max", 5),
    ("--blkio-weight 300", "blkio", "blkio.bfq.weight", 300),
    ("--pids-limit 5", "pids", "pids.max", 5),
    ("--pids-limit -1", "pids", "pids.max", "max"),
    ("--pids-limit=0", "pids", "pids.max", 0),
    ("-pids-limit=6", "pids", "pids.max", 6),
]


@pytest.mark.parametrize("words, controller, name, expected", OPTIONS, ids=[o[0] for o in OPTIONS])
def test_an_option_changes_its_file(box, words, controller, name, expected):
    box.create().silent()
    if not os.path.exists(f"{box.cgroup_dir(controller)}/{name}"):
        pytest.skip(f"this kernel has no {name}")
    before = values(box)
    update(box, *words.split()).silent()
    assert box.limit(controller, name) == str(expected)
    others = [n for n in before if n.split(".")[0] != controller]
    assert [values(box)[n] for n in others] == [before[n] for n in others]


def test_real_time_is_given_where_the_cgroup_above_has_it(box, host):
    above = f"{host.cgroup_dir('cpu', host.cgroup)}/cpu.rt_runtime_us"
    if not os.path.exists(above):
        pytest.skip("the kernel does not share real-time out")
    box.create().silent()
    before = values(box)
    update(box, "--cpu-share", "9", "--cpu-rt-runtime", "1000").fails("resources: cpu.realtimeRuntime")
    assert values(box) == before
    put(above, "2000")
    try:
        update(box, "--cpu-rt-period", "500000", "--cpu-rt-runtime", "1000").silent()
        assert (box.limit("cpu", "cpu.rt_period_us"), box.limit("cpu", "cpu.rt_runtime_us")) == ("500000", "1000")
        update(box, "--cpu-rt-period", "600000", "--cpu-share", "9", "--cpu-rt-runtime", "100000").fails("realtime")
        assert (box.limit("cpu", "cpu.rt_period_us"), box.limit("cpu", "cpu.rt_runtime_us")) == ("500000", "1000")
        assert values(box) == before
        # Less of both: neither may be more than the other allows on the way.
        put(above, "800000")
        update(box, "--cpu-rt-period", "1000000", "--cpu-rt-runtime", "500000").silent()
        update(box, "--cpu-rt-period", "400000", "--cpu-rt-runtime", "200000").silent()
        update(box, "--cpu-rt-period", "1000000", "--cpu-rt-runtime", "700000").silent()
        assert (box.limit("cpu", "cpu.rt_period_us"), box.limit("cpu", "cpu.rt_runtime_us")) == ("1000000", "700000")
        put(f"{box.cgroup_dir('cpu')}/cpu.rt_runtime_us", "0")
    finally:
        put(above, "0")


def test_all_options_may_stand_behind_the_id(box):
    box.create().silent()
    box.rt("update", box.id, "--pids-limit", "5", "--cpu-share=8").silent()
    assert (box.limit("pids", "pids.max"), box.limit("cpu", "cpu.shares")) == ("5", "8")


@pytest.mark.parametrize("words, message", [
    ([], "nothing to change"), (["--memory", "1x"], "1x"), (["--memory=-2"], "-2"),
    (["--cpu-shares", "-1"], "-1"), (["--pids-limit", ""], "pids-limit"), (["--memory", "9999999p"], "9999999p"),
    (["--memory"], "flag needs an argument"), (["--frobnicate", "1"], "frobnicate"),
    (["--resources", "/no/such/file"], "/no/such/file")], ids=str)
def test_a_wrong_command_line(box, words, message):
    box.create().silent()
    before = values(box)
    box.rt("update", box.id, *words).fails(message)
    assert values(box) == before


# a document

@pytest.mark.parametrize("words", [["--resources", "-"], ["--resources=-"], ["-r", "-"], ["-r=-"], ["-r", "/dev/stdin"]],
                         ids=" ".join)
def test_resources_on_standard_input(box, words):
    box.create().silent()
    update(box, *words, resources={"pids": {"limit": 5}, "cpu": {"shares": 1000}}).silent()
    assert (box.limit("pids", "pids.max"), box.limit("cpu", "cpu.shares")) == ("5", "1000")
    assert box.limit("memory", "memory.limit_in_bytes") == str(64 * MIB)


@pytest.mark.parametrize("form", ["--resources={}", "--resources {}", "-r {}", "-r={}"])
def test_resources_in_a_file(box, tmp, form):
    (tmp / "r").write_text('{"memory": {"limit": 33554432, "swap": 50331648}, "foreign": [1, {"x": null}]}')
    box.create().silent()
    update(box, *form.format(tmp / "r").split()).silent()
    assert box.limit("memory", "memory.limit_in_bytes") == str(32 * MIB)
    assert box.limit("memory", "memory.memsw.limit_in_bytes") == str(48 * MIB)


def test_an_option_goes_before_the_document(box):
    box.create().silent()
    update(box, "-r", "-", "--pids-limit", "9", resources={"pids": {"limit": 5}, "cpu": {"shares": 1000}}).silent()
    assert (box.limit("pids", "pids.max"), box.limit("cpu", "cpu.shares")) == ("9", "1000")


def test_a_document_that_asks_for_nothing(box):
    box.create().silent()
    before = values(box)
    update(box, resources={}).silent()
    update(box, resources={"memory": {"limit": 0}, "cpu": {"shares": 0, "quota": 0}}).silent()
    assert values(box) == before


@pytest.mark.parametrize("text, words", [
    (b"", ["standard input"]), (b"{", ["standard input", "line 1"]), (b"[]", ["standard input"]),
    (b'{"pids": 5}', ["resources: pids:"]), (b'{"pids": {"limit": "5"}}', ["resources: pids.limit", "integer"]),
    (b'{"pids": {}}', ["resources: pids.limit"]), (b'{"memory": {"limit": 1e3}}', ["resources: memory.limit"]),
    (b'{"memory": {"limit": 9223372036854775808}}', ["resources: memory.limit"]),
    (b'{"pids": {"limit": 5}, "pids": {"limit": 6}}', ["resources: pids"]),
    (b'{"pids": {"limit": -2}}', ["resources: pids.limit", "-2"]),
    (b'{"cpu": {"cpus": "all"}}', ["resources: cpu.cpus", "all"]),
    (b'{"memory": {"useHierarchy": false}}', ["resources: memory.useHierarchy"]),
    (b'{"pids": {"limit": 5}, "memory": {"limit": -5}}', ["resources: memory.limit", "-5"]),
], ids=lambda x: x.decode() if isinstance(x, bytes) else "")
def test_a_wrong_document_changes_nothing(box, text, words):
    box.create().silent()
    before = values(box)
    update(box, resources=text).fails(*words)
    assert values(box) == before


def test_the_log_tells_member_and_place(box, tmp):
    box.create().silent()
    update(box, "-r", "-", resources=b'{"pids":\n  {"limit": -2}}',
           before=["--log", f"{tmp}/log", "--log-format", "json"]).fails("resources: pids.limit")
    lines = (tmp / "log").read_text().splitlines()
    assert len(lines) == 1
    record = json.loads(lines[0])
    assert (record["config"], record["line"], record["column"]) == ("pids.limit", 2, 13)
    assert record["level"] == "error" and record["msg"].startswith("resources: pids.limit: ")


# all or nothing

@pytest.mark.parametrize("words, message", [
    ("--pids-limit 5 --cpu-share 9 --cpuset-cpus 5000", "cpu.cpus: write \"5000\""),
    ("--memory 32M --memory-swap 48M --cpu-quota 1", "cpu.quota"),
    ("--memory 32M --memory-swap 48M --cpu-share 9 --cpuset-mems 63", "cpu.mems"),
    ("--memory 32M --memory-swap 48M --pids-limit 99999999999999", "pids.limit"),
])
def test_an_update_that_fails_changes_nothing(box, words, message):
    box.up()
    before = values(box)
    update(box, *words.split()).fails("resources: ", message)
    assert values(box) == before
    assert box.status == "running"


def test_a_signal_leaves_no_half_of_an_update(box):
    if not shutil.which("strace"):
        pytest.skip("no strace on this host")
    box.create().silent()
    words = "--pids-limit=5", "--cpu-shares=128", "--cpu-quota=25000"
    plain, before = box.rt.prefix, values(box)
    update(box, *words).silent()
    after = values(box)
    for n in range(1, 20):
        update(box, "--pids-limit=77", "--cpu-shares=512", "--cpu-quota=50000").silent()
        assert values(box) == before
        box.rt.prefix = [*plain, "strace", "-qq", "-o", "/dev/null", "-e", "trace=write",
                         "-e", f"inject=write:signal=TERM:when={n}"]
        result = update(box, *words)
        box.rt.prefix = plain
        assert values(box) in (before, after), f"{n}: {result}"
        if result.rc == 0:
            break
    assert n > 3 and result.rc == 0, str(result)


def test_a_memory_limit_below_what_is_in_use_changes_nothing(box):
    """busybox's tail keeps what it reads."""
    box.up("(head -c 30000000 /dev/zero; " + FOREVER + ") | tail -c 30000000")
    eventually(lambda: int(box.limit("memory", "memory.usage_in_bytes")) > 30000000, "memory is in use")
    before = values(box)
    result = update(box, "--memory", "8M", "--pids-limit", "5")
    assert result.rc == 1, str(result)
    result.fails("resources: memory.limit: write \"8388608\"")
    assert values(box) == before
    assert box.status == "running"


def test_a_limit_of_memory_above_that_of_memory_and_swap(box, tmp):
    box.create().silent()
    before = values(box)
    update(box, "--cpu-share", "9", "--memory", "128M",
           before=["--log", f"{tmp}/log", "--log-format", "json"]).fails("resources: memory.limit")
    assert values(box) == before
    assert json.loads((tmp / "log").read_text())["hint"]


def test_rates_of_a_disk_that_were_changed_are_taken_back(box):
    """Files with a line for each disk: it has the line of before, or none."""
    with open("/sys/block/" + sorted(os.listdir("/sys/block"))[0] + "/dev") as f:
        major, minor = map(int, f.read().split(":"))

    def rates(read, write):
        return {"throttleReadBpsDevice": [{"major": major, "minor": minor, "rate": read}],
                "throttleWriteBpsDevice": [{"major": major, "minor": minor, "rate": write}]}

    def look():
        return [box.limit("blkio", f"blkio.throttle.{way}_bps_device") for way in ("read", "write")]

    nobody = {"throttleReadIOPSDevice": [{"major": 4000, "minor": 0, "rate": 1}]}
    box.create().silent()
    update(box, resources={"blockIO": {**rates(MIB, MIB), **nobody}}).fails("throttleReadIOPSDevice[0]")
    assert look() == ["", ""]
    update(box, resources={"blockIO": rates(MIB, 2 * MIB)}).silent()
    assert look() == [f"{major}:{minor} {MIB}", f"{major}:{minor} {2 * MIB}"]
    update(box, resources={"blockIO": {**rates(5, 6), **nobody}}).fails("throttleReadIOPSDevice[0]")
    assert look() == [f"{major}:{minor} {MIB}", f"{major}:{minor} {2 * MIB}"]


def test_a_controller_of_v2_is_enabled_when_it_is_needed(box, host):
    """hugetlb, on a hybrid host; a failure switches it off again, in the cgroups above too."""
    with open("/sys/fs/cgroup/unified/cgroup.controllers") as f:
        if "hugetlb" not in f.read().split() or not os.path.isdir("/sys/kernel/mm/hugepages/hugepages-2048kB"):
            pytest.skip("cgroup v2 has no hugetlb, or the host no huge pages of 2 MiB")
    pages = {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}]}
    box.cfg.linux["cgroupsPath"] = f"{host.cgroup}/x/{box.id}"
    box.create().silent()
    controls = [f"/sys/fs/cgroup/unified{path}/cgroup.subtree_control"
                for path in (f"{host.cgroup}/x", host.cgroup)]
    for path in controls:               # create enabled all; where that could not be, update has to
        with open(path, "w") as f:
            f.write("-hugetlb")

    def passed_on():
        return [open(path).read() for path in controls]

    # As it is where create could not enable it.
    put(f"/sys/fs/cgroup/unified{host.cgroup}/x/cgroup.subtree_control", "-hugetlb")
    before = passed_on()
    assert before == ["", ""]
    update(box, resources={"cpu": {"quota": 1}, **pages}).fails("cpu.quota")
    assert passed_on() == before
    update(box, resources=pages).silent()
    assert box.limit("unified", "hugetlb.2MB.max") == str(4 * MIB)
    assert box.limit("unified", "hugetlb.2MB.rsvd.max") == str(4 * MIB)
    update(box, resources={"hugepageLimits": [{"pageSize": "2MB", "limit": 8 * MIB},
                                              {"pageSize": "3MB", "limit": 0}]}).fails("hugepageLimits[1]")
    assert box.limit("unified", "hugetlb.2MB.max") == str(4 * MIB)


# the container's status

def test_update_of_a_container_that_is_only_created(box):
    box.create().silent()
    update(box, "--pids-limit", "5").silent()
    assert box.limit("pids", "pids.max") == "5"
    assert box.status == "created"
    box.start().silent()
    assert box.wait() == 0


def test_update_of_a_running_container(box):
    box.up()
    update(box, "--pids-limit", "5").silent()
    assert box.limit("pids", "pids.max") == "5"
    assert box.status == "running"


def test_the_new_limit_holds(box):
    box.up("while :; do (sleep 1000 & sleep 1000 & sleep 1000 & wait) 2>/tmp/err; sleep 0.01; done")
    update(box, "--pids-limit", "3").silent()
    assert int(box.limit("pids", "pids.max")) == 3


def test_update_of_a_paused_container(box):
    box.up()
    state = f"{box.cgroup_dir('freezer')}/freezer.state"
    with open(state, "w") as f:
        f.write("FROZEN")
    try:
        eventually(lambda: box.status == "paused", "it is frozen")
        update(box, "--memory", "32M", "--memory-swap", "32M", "--pids-limit", "5").silent()
        assert box.limit("pids", "pids.max") == "5"
        assert box.limit("memory", "memory.limit_in_bytes") == str(32 * MIB)
        assert box.status == "paused"
    finally:
        with open(state, "w") as f:
            f.write("THAWED")


def test_update_of_a_stopped_container_is_refused(box):
    box.up("true")
    box.wait()
    before = values(box)
    update(box, "--pids-limit", "5").fails("container not running")
    assert values(box) == before


def test_update_of_a_container_that_does_not_exist(rt):
    rt("update", "--pids-limit", "5", "nobody").fails("does not exist")
    rt("update", "--pids-limit", "5").fails("ID")
    rt("update", "--pids-limit", "5", "a/b").fails("a/b")


def test_update_of_a_container_without_a_cgroup(box):
    box.cfg.linux.pop("resources")
    box.create(before=["--cgroup-manager", "disabled"]).silent()
    update(box, "--pids-limit", "5").fails("no cgroup")


def test_shares_of_cache_need_a_group(box):
    box.create().silent()
    before = values(box)
    update(box, "--pids-limit", "5", "--l3-cache-schema", "L3:0=f").fails("linux.intelRdt")
    update(box, "--mem-bw-schema", "MB:0=20").fails("linux.intelRdt")
    assert values(box) == before


def test_the_configuration_of_create_is_kept(box):
    box.create().silent()
    with open(f"{box.rt.root}/{box.id}/config.json") as f:
        before = f.read()
    state = box.state()
    update(box, "--pids-limit", "5").silent()
    with open(f"{box.rt.root}/{box.id}/config.json") as f:
        assert f.read() == before
    assert box.state() == state
    assert sorted(os.listdir(box.dir)) == ["config.json", "rootfs"]


def test_update_waits_for_nothing_but_the_lock(box):
    """While run waits for the end of the program, the container can be updated."""
    box.save()
    box.cfg.shell(FOREVER)
    box.save()
    with box.rt.begin("run", "--bundle", box.dir, box.id):
        eventually(lambda: box.rt("state", box.id).rc == 0 and box.status == "running", "it runs")
        update(box, "--pids-limit", "5").silent()
        assert box.limit("pids", "pids.max") == "5"
        box.delete("--force").silent()


def test_an_empty_environment_will_do(box):
    box.create().silent()
    update(box, resources={"pids": {"limit": 5}}, env={"XDG_RUNTIME_DIR": ""}).silent()
    assert box.limit("pids", "pids.max") == "5"


# the other views of the hierarchies

def test_on_a_host_with_v1_alone(boxes, views, rt):
    box = boxes(Runtime(rt.path, rt.root, views("v1").prefix))
    box.create().silent()
    update(box, "--pids-limit", "5", "--memory", "32M").silent()
    assert (box.limit("pids", "pids.max"), box.limit("memory", "memory.limit_in_bytes")) == ("5", str(32 * MIB))
    box.delete("--force").silent()


def test_a_limit_whose_controller_is_missing_is_refused(boxes, views, rt):
    box = boxes(Runtime(rt.path, rt.root, views("v2").prefix))
    box.cfg.linux["cgroupsPath"] = f"/{box.id}"
    box.create().silent()
    update(box, "--memory", "32M").fails("resources: memory.limit", "memory controller")
    box.delete("--force").silent()


def test_a_cgroup_that_vanished_is_told(box):
    """Nothing but its processes keeps a cgroup."""
    box.up("exec sleep 1000")
    os.makedirs(box.cgroup_dir("pids") + "-other")
    with open(box.cgroup_dir("pids") + "-other/cgroup.procs", "w") as f:
        f.write(str(box.pid))
    try:
        eventually(lambda: not box.limit("pids", "cgroup.procs"), "it is empty")
        os.rmdir(box.cgroup_dir("pids"))
        update(box, "--pids-limit", "5").fails("is gone")
    finally:
        box.delete("--force").silent()
        with contextlib.suppress(OSError):
            os.rmdir(box.cgroup_dir("pids") + "-other")
