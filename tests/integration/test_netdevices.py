# SPDX-License-Identifier: Apache-2.0
"""linux.netDevices: devices of the caller's network namespace in the container. The caller is in one
that the test made, so no device of the host is ever touched."""
import contextlib
import json
import os
import signal

import pytest

from lib.box import FOREVER
from lib.netns import IP, Link, NetNs, run
from lib.paths import FAULTS, RUNDLET
from lib.runtime import Runtime

must = pytest.mark.must


@pytest.fixture
def outside(host):
    """The caller's network namespace."""
    place = NetNs(host)
    yield place
    place.close()


@pytest.fixture
def other(host):
    """Another one, to be joined."""
    place = NetNs(host)
    yield place
    place.close()


@pytest.fixture
def make(outside, other, boxes, host):
    """Makes containers-to-be, which go before the namespaces do."""
    def one(devices, path=RUNDLET, place=outside, **env):
        box = boxes(Runtime(path, host.root, place.prefix, {**os.environ, **env} if env else None))
        box.cfg.namespace("network").shell(FOREVER).no_mount("/sys").linux["netDevices"] = devices
        return box
    return one


@pytest.fixture
def box(make):
    return make({"t0": {}})


def inside(box, name):
    return Link(box.pid, name)


def gen_mode(pid, name):
    """How the device makes its link-local address."""
    return json.loads(run(pid, IP, "-d", "-j", "link", "show", name))[0]["inet6_addr_gen_mode"]


@must(100, 104)
def test_a_device_is_moved_and_set_up(box, outside):
    outside.device("t0", up=False)
    box.create().silent()
    assert inside(box, "t0").up and not outside.link("t0")


@must(100)
def test_a_device_is_there_before_the_hooks_and_the_program_run(box, outside, tmp):
    outside.device("t0", "192.0.2.1/24")
    box.cfg.shell("ip -o addr show t0").hook(
        "createRuntime", f"pid=$(grep -o '\"pid\":[0-9]*' | cut -d: -f2); cat /proc/$pid/net/dev > {tmp}/dev")
    result = box.run()
    assert result.rc == 0 and "192.0.2.1/24" in result.out
    assert "t0:" in (tmp / "dev").read_text()


def test_a_device_gets_a_new_name(box, outside):
    outside.device("t0", "192.0.2.1/24")
    box.cfg.linux["netDevices"] = {"t0": {"name": "net7"}}
    box.create().silent()
    assert inside(box, "net7").addresses == ["192.0.2.1/24"] and not inside(box, "t0")


def test_an_empty_name_is_no_name(box, outside):
    outside.device("t0")
    box.cfg.linux["netDevices"] = {"t0": {"name": ""}}
    box.create().silent()
    assert inside(box, "t0")


@must(102)
def test_a_template_gives_free_names(box, outside):
    outside.device("t0")
    outside.device("t1", "192.0.2.1/24")
    outside.device("net0")
    box.cfg.linux["netDevices"] = {"net0": {}, "t0": {"name": "net%d"}, "t1": {"name": "net%d"}}
    box.create().silent()
    assert inside(box, "net0") and inside(box, "net1")
    assert inside(box, "net2").addresses == ["192.0.2.1/24"]


@must(103)
def test_permanent_global_addresses_are_kept(box, outside):
    outside.device("t0", "192.0.2.1/24", "192.0.2.2/24", ("192.0.2.3/32", "metric", "77"), "2001:db8::1/64",
                   ("2001:db8::2/128", "noprefixroute"), ("198.51.100.1", "peer", "198.51.100.9/32"),
                   ("203.0.113.1/24", "broadcast", "203.0.113.255", "noprefixroute", "label", "t0:web"))
    before = outside.link("t0")
    box.cfg.linux["netDevices"] = {"t0": {"name": "net0"}}
    box.create().silent()
    after = inside(box, "net0")
    assert after.addresses == before.addresses and len(after.addresses) == 7
    assert after.address("203.0.113.1/24")["label"] == "net0:web"
    assert after.address("192.0.2.1/24")["label"] == "net0"
    assert after.address("203.0.113.1/24")["broadcast"] == "203.0.113.255"
    assert after.address("192.0.2.3/32")["metric"] == 77
    assert after.address("2001:db8::2/128")["noprefixroute"] and after.address("203.0.113.1/24")["noprefixroute"]
    assert next(a for a in after["addr_info"] if a["local"] == "198.51.100.1")["address"] == "198.51.100.9"


@must(103)
def test_addresses_that_are_not_permanent_or_not_global_are_not_taken_along(box, outside):
    outside.device("t0", "192.0.2.1/24", ("192.0.2.2/24", "valid_lft", "1000", "preferred_lft", "1000"),
                   ("203.0.113.1/24", "scope", "link"), ("2001:db8::2/64", "valid_lft", "1000", "preferred_lft", "1000"))
    box.create().silent()
    assert inside(box, "t0").addresses == ["192.0.2.1/24"]


@must(103)
@pytest.mark.parametrize("mode", ["none", "eui64", "random"])
def test_attributes_are_kept(box, outside, mode):
    outside.device("t0", kind="veth")
    outside.ip("link", "set", "t0", "mtu", "1400", "address", "02:00:00:00:be:ef", "alias", "uplink", "txqueuelen", "77")
    outside.ip("link", "set", "t0", "addrgenmode", mode)
    outside.ip("link", "property", "add", "dev", "t0", "altname", "the-uplink")
    box.create().silent()
    link = inside(box, "t0")
    assert (link["mtu"], link["address"], link["ifalias"], link["txqlen"]) == (1400, "02:00:00:00:be:ef", "uplink", 77)
    assert gen_mode(box.pid, "t0") == mode and link["altnames"] == ["the-uplink"]


def test_the_other_end_of_a_pair_is_reached(box, outside):
    outside.ip("link", "add", "t0", "type", "veth", "peer", "name", "peer")
    outside.ip("addr", "add", "192.0.2.1/24", "dev", "peer")
    outside.ip("addr", "add", "192.0.2.2/24", "dev", "t0")
    outside.ip("link", "set", "peer", "up")
    box.up()
    assert " 0% packet loss" in run(box.pid, "/bin/busybox", "ping", "-c", "1", "192.0.2.1")


def test_a_kernel_parameter_of_the_device_is_set_after_the_move(box, outside):
    outside.device("t0")
    box.cfg.linux["sysctl"] = {"net.ipv4.conf.t0.forwarding": "1"}
    assert box.sh("cat /proc/sys/net/ipv4/conf/t0/forwarding") == "1\n"


def test_features_says_that_it_is_there(rt):
    assert rt("features").json()["linux"]["netDevices"] == {"enabled": True}


# what is refused; every device is then as it was


@must(101)
def test_a_missing_device_is_refused(box):
    box.create_fails('config.json: linux.netDevices["t0"]: there is no network device "t0"')


@must(101)
def test_the_loopback_device_is_refused(box, outside):
    box.cfg.linux["netDevices"] = {"lo": {}}
    box.create_fails('linux.netDevices["lo"]', "loopback")


@must(101)
def test_a_device_that_cannot_leave_is_refused(box, outside):
    """Which they are, the kernel knows: a bridge is one."""
    outside.device("t0", "192.0.2.1/24", kind="bridge")
    box.create_fails('linux.netDevices["t0"]', "move it into the container: ")
    assert outside.link("t0").addresses == ["192.0.2.1/24"]


@must(101)
def test_a_port_of_a_bridge_is_refused(box, outside):
    outside.device("br0", kind="bridge")
    outside.device("t0", kind="veth")
    outside.ip("link", "set", "t0", "master", "br0")
    box.create_fails('linux.netDevices["t0"]', "port")
    assert outside.link("t0")["master"] == "br0"


@must(101)
@pytest.mark.parametrize("devices", [{"t0": {}}, {"t1": {}, "t0": {"name": "x"}}], ids=["own", "renamed"])
def test_a_name_that_is_taken_inside_is_refused(box, outside, other, devices):
    name = devices["t0"].get("name", "t0")
    before = [outside.device(n, "192.0.2.1/24", "2001:db8::1/64").all for n in devices]
    other.device(name)
    box.cfg.namespace("network", other.path).linux["netDevices"] = devices
    box.create_fails('linux.netDevices["t0"]', f'has a device "{name}" already')
    assert [outside.link(n).all for n in devices] == before


def test_two_devices_with_one_name_are_refused(box, outside):
    outside.device("t0")
    outside.device("t1")
    box.cfg.linux["netDevices"] = {"t0": {"name": "x"}, "t1": {"name": "x"}}
    box.create_fails('linux.netDevices["t1"]', 'linux.netDevices["t0"]')


def test_one_device_by_two_names_is_refused(box, outside):
    outside.device("t0")
    outside.ip("link", "property", "add", "dev", "t0", "altname", "alt")
    box.cfg.linux["netDevices"] = {"t0": {}, "alt": {"name": "x"}}
    box.create_fails('linux.netDevices["alt"]', 'linux.netDevices["t0"]')


@pytest.mark.parametrize("name", ["a/b", "a:b", "a b", "0123456789abcdef", ".", "..", "%s", "%d%d", "%", "x%dy%"])
def test_a_name_that_no_device_can_have_is_refused(box, outside, name):
    outside.device("t0")
    box.cfg.linux["netDevices"] = {"t0": {"name": name}}
    box.create_fails('linux.netDevices["t0"].name', f'"{name}"')


@pytest.mark.parametrize("key", ["", "a/b", "0123456789abcdef", "t%d"])
def test_a_key_that_no_device_can_have_is_refused(box, key):
    box.cfg.linux["netDevices"] = {key: {}}
    box.create_fails(f'linux.netDevices["{key}"]')


def test_without_a_network_namespace_it_is_refused(box, outside):
    outside.device("t0")
    box.cfg.no_namespace("network")
    box.create_fails('linux.netDevices["t0"]', "network namespace")


def test_the_caller_s_own_network_namespace_is_refused(box, outside):
    outside.device("t0")
    box.cfg.namespace("network", outside.path)
    box.create_fails('linux.netDevices["t0"]', "is the network namespace of rundlet itself")
    assert outside.link("t0").up


# namespaces that are joined, and of users


def test_a_device_is_moved_into_a_namespace_that_is_joined_and_stays_there(box, outside, other):
    outside.device("t0", "192.0.2.1/24", "2001:db8::1/64")
    box.cfg.namespace("network", other.path)
    box.create().silent()
    assert other.link("t0").addresses == ["192.0.2.1/24", "2001:db8::1/64"] and other.link("t0").up
    box.delete("--force").silent()
    assert other.link("t0").addresses == ["192.0.2.1/24", "2001:db8::1/64"] and not outside.link("t0")


def test_a_number_that_another_device_has_inside_does_not_matter(box, outside, other):
    index = outside.device("t0", "192.0.2.1/24")["ifindex"]
    other.ip("link", "add", "taken", "index", str(index), "type", "ifb")
    box.cfg.namespace("network", other.path)
    box.create().silent()
    assert other.link("t0").addresses == ["192.0.2.1/24"] and other.link("t0")["ifindex"] != index


def test_a_device_is_moved_into_a_new_user_namespace(box, outside):
    outside.device("t0", "192.0.2.1/24", "2001:db8::1/64")
    box.cfg.user_namespace()
    box.create().silent()
    assert inside(box, "t0").addresses == ["192.0.2.1/24", "2001:db8::1/64"] and inside(box, "t0").up


def test_a_namespace_of_the_host_is_joined_by_one_with_a_user_namespace(box, outside, other):
    outside.device("t0", "192.0.2.1/24")
    box.cfg.user_namespace().namespace("network", other.path)
    box.create().silent()
    assert other.link("t0").addresses == ["192.0.2.1/24"]


def test_root_of_a_user_namespace_moves_the_devices_of_its_own_network(make, host):
    """As rootless engines call it: in a user, mount and network namespace of theirs."""
    place = NetNs(host, "--user", "--map-root-user", "--mount")
    place.prefix = ["nsenter", "--preserve-credentials", f"--user=/proc/{place.pid}/ns/user",
                    f"--mount=/proc/{place.pid}/ns/mnt", *place.prefix[1:]]
    try:
        place.device("t0", "192.0.2.1/24")
        box = make({"t0": {"name": "eth0"}}, place=place)
        result = box.save().rt("create", "--bundle", box.dir, box.id, before=["--cgroup-manager", "disabled"])
        result.silent()
        assert inside(box, "eth0").addresses == ["192.0.2.1/24"]
        box.delete("--force").silent()
    finally:
        place.close()


# the end of the container


@must(105, 106)
def test_nothing_is_moved_back_at_the_end(box, outside):
    """The device is the container's: a virtual one goes with the namespace."""
    outside.device("t0", "192.0.2.1/24")
    box.up()
    run(box.pid, IP, "addr", "add", "198.51.100.1/24", "dev", "t0")
    box.rt("pause", box.id).silent()
    box.rt("resume", box.id).silent()
    assert inside(box, "t0").addresses == ["192.0.2.1/24", "198.51.100.1/24"]
    box.kill("KILL").silent()
    box.wait()
    box.delete().silent()
    assert not outside.link("t0")


# failures: back as it was


def rich_devices(outside):
    """Two devices, one of them down; what they are."""
    outside.device("t0", "192.0.2.1/24", ("192.0.2.2/24", "label", "t0:x"), "2001:db8::1/64",
                   ("198.51.100.1/24", "valid_lft", "10000", "preferred_lft", "5000"), ("203.0.113.1/32", "scope", "link"))
    outside.device("t1", "192.0.2.9/24", "2001:db8::9/64", kind="veth", up=False)
    outside.ip("link", "set", "t1", "addrgenmode", "none")
    return look(outside)


def look(place):
    """All of both devices that has to come back; lifetimes run."""
    def pick(name):
        link = place.link(name)
        addresses = [{k: v for k, v in a.items() if not k.endswith("life_time") and k != "tentative"}
                     for a in link["addr_info"]]
        return {**{k: link[k] for k in ("ifname", "ifindex", "mtu", "address")}, "up": link.up,
                "mode": gen_mode(place.pid, name), "addr_info": sorted(addresses, key=str)}
    return [pick("t0"), pick("t1")]


DEVICES = {"t0": {"name": "net%d"}, "t1": {"name": "up0"}}


def faulty(make, fault):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    return make(DEVICES, FAULTS, RUNDLET_FAULT=fault)


@pytest.mark.parametrize("step", ["netdevices_move", "mounts_attach", "root_pivot", "created"])
@pytest.mark.parametrize("where", ["new", "joined"])
def test_when_a_later_step_fails_the_devices_come_back(make, host, outside, other, step, where):
    before = rich_devices(outside)
    box = faulty(make, f"step:{step}")
    if where == "joined":
        box.cfg.namespace("network", other.path)
    assert box.create().rc == 1
    host.assert_clean()
    assert look(outside) == before


def test_when_a_hook_fails_the_devices_come_back(box, outside):
    before = rich_devices(outside)
    box.cfg.hook("createRuntime", "exit 3").linux["netDevices"] = DEVICES
    box.create_fails("createRuntime")
    assert look(outside) == before


def test_whichever_call_to_the_kernel_fails_the_devices_come_back(make, host, outside):
    """host:N makes the Nth call fail; those of the way back may be among them, then delete --force helps."""
    before, failed = rich_devices(outside), 0
    for n in range(1, 400):
        result = faulty(make, f"host:{n}").create()
        Runtime(FAULTS, host.root, outside.prefix)("delete", "--force", result.argv[-1]).silent()
        host.assert_clean()
        if result.rc == 0:
            if "fault: " not in result.err:
                break
            before = rich_devices(outside)      # one was lived with: the old ones were the container's
        failed += 1
        assert look(outside) == before, f"host:{n}: {result}"
    assert failed > 30


def test_a_name_that_was_taken_meanwhile_is_said_and_delete_tries_again(box, outside):
    before = rich_devices(outside)
    box.cfg.linux["netDevices"] = DEVICES
    box.cfg.hook("createRuntime", f"{IP} link add t0 type ifb; exit 3")
    assert "move it back: File exists, ignoring" in box.create().err
    box.delete("--force").fails('network device "t0"')
    outside.ip("link", "del", "t0")
    box.delete("--force").silent()
    assert look(outside) == before


# killed


@contextlib.contextmanager
def create_hangs(box, tmp):
    """A create that hangs in a hook, with its devices inside."""
    for name in ("there", "end"):
        os.mkfifo(tmp / name)
    box.cfg.hook("createRuntime", f"exec < {tmp}/end; echo > {tmp}/there; exec cat").linux["netDevices"] = DEVICES
    end = os.open(tmp / "end", os.O_RDWR)
    with box.save().rt.begin("create", "--bundle", box.dir, box.id) as child:
        (tmp / "there").read_text()
        yield child
    os.close(end)


def create_killed(box, tmp):
    """One that was killed there; its record."""
    with create_hangs(box, tmp) as child:
        with open(f"{box.rt.root}/{box.id}/state.json") as f:
            record = json.load(f)
        os.kill(record["creator"], signal.SIGKILL)
        child.wait()
    return record


@pytest.mark.parametrize("where", ["new", "joined"])
def test_delete_brings_back_the_devices_of_a_create_that_was_killed(box, host, outside, other, tmp, where):
    before = rich_devices(outside)
    if where == "joined":
        box.cfg.namespace("network", other.path)
    record = create_killed(box, tmp)
    assert [d["name"] for d in record["netDevices"]] == ["t0", "t1"]
    assert not outside.link("t0") and not outside.link("t1")
    box.delete("--force").silent()
    assert look(outside) == before


def test_delete_brings_devices_back_to_no_other_namespace(box, host, outside, other, tmp):
    before = rich_devices(outside)
    create_killed(box, tmp)
    Runtime(RUNDLET, host.root, other.prefix)("delete", "--force", box.id).fails("network namespace", "net:[")
    assert not other.link("t0") and not other.link("net0")
    box.delete("--force").silent()
    assert look(outside) == before


def test_delete_force_of_a_create_that_hangs_brings_them_back(box, outside, tmp):
    before = rich_devices(outside)
    with create_hangs(box, tmp) as child:
        box.delete("--force").silent()
        assert child.wait() == 1, "it undoes by itself what it has done, and is not killed"
    assert look(outside) == before
