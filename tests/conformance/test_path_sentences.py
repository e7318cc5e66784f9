# SPDX-License-Identifier: Apache-2.0
"""
config-linux.md#masked-paths, #readonly-paths and #rootfs-mount-propagation, sentence by sentence, where
tests/integration (test_devices.py, test_mounts.py) does not test it already.
"""
import os

import pytest

from lib import kernel, variants
from lib.box import FOREVER, eventually
from lib.mountinfo import Mount

must = pytest.mark.must


# masked paths

@must(153)
@pytest.mark.parametrize("name", variants.ALL)
def test_masked_paths_cannot_be_read(box, tmp, name):
    """In the image, in a mount, in procfs and sysfs; files and directories."""
    options = variants.apply(name, box)
    for top in (box.rootfs + "/data", tmp):
        os.makedirs(f"{top}/dir")
        for file in ("file", "dir/inner"):
            with open(f"{top}/{file}", "w") as f:
                f.write("secret")
    box.cfg.bind(tmp, "/run")
    box.cfg.linux["maskedPaths"] = ["/data/file", "/data/dir", "/run/file", "/run/dir", "/proc/version", "/sys/kernel"]
    assert box.sh("cat /data/file /run/file /proc/version; ls -A /data/dir /run/dir /sys/kernel | grep -v :; "
                  "for f in /data/dir/x /run/dir/x; do touch $f 2>/dev/null && echo $f; done; true", *options).split() == []


def test_a_masked_path_behind_a_link_of_the_image_is_the_one_in_the_container(box):
    """The path is one of the container's namespace: links are followed there."""
    os.symlink("/etc", f"{box.rootfs}/data/link")
    box.write("/etc/secret", "secret")
    box.cfg.linux["maskedPaths"] = ["/data/link/secret"]
    assert box.sh("cat /etc/secret /data/link/secret; stat -c %t:%T /etc/secret") == "1:3\n"
    with open("/etc/passwd") as f:
        assert f.read()


def test_a_path_that_is_masked_and_read_only_is_masked(box):
    box.write("/data/dir/file", "secret")
    box.cfg.linux.update(maskedPaths=["/data/dir"], readonlyPaths=["/data", "/data/dir"])
    assert box.sh("ls -A /data/dir; touch /data/x 2>/dev/null || echo refused") == "refused\n"


def test_a_masked_path_below_another_is_masked_with_it(box):
    box.write("/data/dir/sub/file", "secret")
    for paths in (["/data/dir", "/data/dir/sub"], ["/data/dir/sub", "/data/dir"]):
        box.cfg.linux["maskedPaths"] = paths
        assert box.sh("ls -A /data/dir") == ""


# read-only paths

@must(154)
@pytest.mark.parametrize("name", variants.ALL)
def test_readonly_paths_are_read_only_and_can_be_read(box, tmp, name):
    """With the mounts below them; files and directories; what lies beside them stays as it is."""
    options = variants.apply(name, box)
    for top in (box.rootfs + "/data", tmp):
        os.makedirs(f"{top}/dir")
        os.chmod(f"{top}/dir", 0o777)
        os.chmod(top, 0o777)
        with open(f"{top}/file", "w") as f:
            f.write("text")
        os.chmod(f"{top}/file", 0o666)
    box.cfg.bind(tmp, "/run").mount("/run/dir", "tmpfs", "tmpfs", ["mode=777"])
    box.cfg.linux["readonlyPaths"] = ["/data/file", "/run", "/proc/sys"]
    out = box.sh("for f in /data/file /run/x /run/dir/x /run/file /proc/sys/net/ipv4/ip_forward; do "
                 "(echo 1 >> $f) 2>/dev/null && echo $f; done; cat /data/file /run/file /proc/sys/net/ipv4/ip_forward; "
                 "touch /data/y 2>/dev/null && echo beside; true", *options)
    assert out == "texttext0\n" + ("" if "readonly" in name else "beside\n")


# the propagation of the root and of mounts

PEERS = {"shared": {"shared"}, "slave": {"master"}, "private": set(), "unbindable": {"unbindable"}}


@pytest.fixture
def tree(host, tmp):
    """A shared mount of the host with another below it; both have names in the container's list."""
    kernel.mount("top", str(tmp), "tmpfs")
    kernel.mount("none", str(tmp), None, kernel.MS_SHARED)
    (tmp / "sub").mkdir()
    (tmp / "later").mkdir()
    kernel.mount("sub", str(tmp / "sub"), "tmpfs")
    yield tmp
    kernel.umount(str(tmp / "sub"), kernel.MNT_DETACH)
    kernel.umount(str(tmp), kernel.MNT_DETACH)


def kinds(mount):
    return {p.split(":")[0] for p in mount.peers}


@must(48)
@pytest.mark.parametrize("recursive", [False, True], ids=["", "recursive"])
@pytest.mark.parametrize("word", sorted(PEERS))
def test_a_propagation_word_is_for_the_mount_and_with_r_for_those_below(box, tree, word, recursive):
    """Without a word, a mount of the host is a slave: what it is not made remains."""
    box.cfg.bind(tree, "/data", ("r" if recursive else "") + word).shell(FOREVER)
    box.create().silent()
    mounts = {m.point: m for m in map(Mount, box.proc("mountinfo").splitlines())}
    # a slave that is made shared, too, keeps its master
    of_top = {"shared", "master"} if word == "shared" else PEERS[word]
    assert kinds(mounts["/data"]) == of_top
    assert kinds(mounts["/data/sub"]) == (of_top if recursive else {"master"})


@pytest.mark.parametrize("word, expected", [
    (None, {"master"}), ("slave", {"master"}), ("rslave", {"master"}), ("private", set()), ("rprivate", set()),
    ("unbindable", set()), ("shared", {"shared"}), ("rshared", {"shared"})])
def test_rootfs_propagation_is_where_mounts_of_the_host_begin(box, tree, word, expected):
    if word:
        box.cfg.linux["rootfsPropagation"] = word
    box.cfg.bind(tree, "/data").shell(FOREVER)
    box.create().silent()
    mounts = {m.point: m for m in map(Mount, box.proc("mountinfo").splitlines())}
    assert kinds(mounts["/data"]) == kinds(mounts["/data/sub"]) == expected


@pytest.fixture
def shared_root(box):
    """The rootfs is a shared mount of the host."""
    kernel.mount(box.rootfs, box.rootfs, None, kernel.MS_BIND)
    kernel.mount("none", box.rootfs, None, kernel.MS_SHARED)
    yield box.rootfs
    kernel.umount(box.rootfs, kernel.MNT_DETACH)


def points(pid):
    with open(f"/proc/{pid}/mountinfo") as f:
        return {m.point: m for m in map(Mount, f)}


@pytest.mark.parametrize("name", ["plain", "no-pivot", "userns"])
@pytest.mark.parametrize("word, arrives", [("slave", True), ("private", False), ("unbindable", False), ("shared", True)])
def test_the_root_receives_mounts_of_the_host_as_a_slave_and_not_as_private(box, shared_root, word, arrives, name):
    """What "shared" does is not said: its group is new, and a slave of the host's."""
    options = variants.apply(name, box)
    box.cfg.linux["rootfsPropagation"] = word
    box.up(FOREVER, *options)
    kernel.mount("late", f"{shared_root}/data", "tmpfs")
    try:
        assert ("/data" in points(box.pid)) == arrives
    finally:
        kernel.umount(f"{shared_root}/data", kernel.MNT_DETACH)


def with_cap_sys_admin(box):
    for caps in box.cfg.process["capabilities"].values():
        caps.append("CAP_SYS_ADMIN")


@pytest.mark.parametrize("word", sorted(PEERS))
def test_no_mount_of_the_container_s_root_reaches_the_host(box, shared_root, word):
    """"Note this does not mean that it's shared with the host"; "but not the other way around"."""
    with_cap_sys_admin(box)
    box.cfg.linux["rootfsPropagation"] = word
    assert "from-inside" in box.sh("mount -t tmpfs from-inside /data && cat /proc/self/mountinfo")
    box.up("mount -t tmpfs from-inside /data; touch /run/ready; " + FOREVER)
    eventually(lambda: os.path.exists(f"{shared_root}/run/ready"), "the mount is made")
    assert not [m for m in points("self").values() if m.source == "from-inside"]


NESTED = "unshare -m --propagation shared sh -c 'mount -t tmpfs nested /data && echo mounted'; grep -c nested /proc/self/mountinfo; true"


@pytest.mark.parametrize("word, seen", [("shared", "1"), ("slave", "0"), ("private", "0"), ("unbindable", "0")])
def test_further_mounts_belong_to_the_group_of_a_shared_root_and_of_no_other(box, word, seen):
    """As a nested container would mount whose own root is shared: in a copy of this mount namespace."""
    with_cap_sys_admin(box)
    box.cfg.linux["rootfsPropagation"] = word
    assert box.sh(NESTED) == f"mounted\n{seen}\n"


@pytest.mark.parametrize("word, allowed", [("shared", True), ("slave", True), ("private", True), ("unbindable", False)])
def test_an_unbindable_root_cannot_be_bind_mounted(box, word, allowed):
    with_cap_sys_admin(box)
    box.cfg.linux["rootfsPropagation"] = word
    assert box.sh("mount -o bind / /data 2>/dev/null && echo bound || echo refused") == ("bound\n" if allowed else "refused\n")
