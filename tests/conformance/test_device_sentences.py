# SPDX-License-Identifier: Apache-2.0
"""
config-linux.md#devices and #default-devices, #default-filesystems and runtime-linux.md#dev-symbolic-links,
sentence by sentence, where tests/integration/test_devices.py does not test it already.
"""
import os
import stat

import pytest

from lib import variants
from lib.box import FOREVER
from lib.host import make_dev
from lib.mountinfo import Mount

must = pytest.mark.must
NULL = {"type": "c", "major": 1, "minor": 3}


def stat_inside(box, path):
    """What the host sees of a path of the container."""
    return os.lstat(f"/proc/{box.init}/root{path}")


# devices

@must(95)
@pytest.mark.parametrize("name", variants.ALL)
def test_devices_that_are_listed_are_available(box, name):
    """By mknod, or in a user namespace as the host's own; also where the root is read-only."""
    options = variants.apply(name, box)
    os.chmod(box.rootfs, 0o777)
    box.cfg.linux["devices"] = [{"path": "/dev/mine", **NULL, "major": 1, "minor": 5}, {"path": "/new/dir/null", **NULL},
                                {"path": "/dev/sub/full", **NULL, "minor": 7}, {"path": "/dev/fifo", "type": "p"}]
    out = box.sh("head -c 2 /dev/mine | wc -c; : > /new/dir/null && echo opened; (echo x > /dev/sub/full) 2>/dev/null || echo full; "
                 "test -p /dev/fifo && echo fifo; stat -c %t:%T /dev/mine /new/dir/null /dev/sub/full", *options)
    assert out.split() == ["2", "opened", "full", "fifo", "1:5", "1:3", "1:7"]


@must(95)
@pytest.mark.parametrize("mode", [0o600, 0o666, 0o000, 0o755])
def test_file_mode_is_the_mode_of_the_device_whatever_the_umask(box, mode):
    box.cfg.process["user"]["umask"] = 0o77
    box.cfg.linux["devices"] = [{"path": "/dev/mine", **NULL, "fileMode": mode}]
    box.cfg.shell(FOREVER)
    old = os.umask(0o27)
    try:
        box.create().silent()
    finally:
        os.umask(old)
    assert stat.S_IMODE(stat_inside(box, "/dev/mine").st_mode) == mode


@must(95)
def test_uid_and_gid_are_those_of_the_owner_in_the_container(box):
    box.cfg.linux["devices"] = [{"path": "/dev/mine", **NULL, "uid": 1000, "gid": 7, "fileMode": 0o600},
                                {"path": "/dev/fifo", "type": "p", "uid": 3, "gid": 4}]
    assert box.sh("stat -c '%u %g' /dev/mine /dev/fifo").splitlines() == ["1000 7", "3 4"]


@must(95)
def test_uid_and_gid_of_a_fifo_are_ids_of_the_user_namespace(box):
    box.cfg.user_namespace()
    box.cfg.linux["devices"] = [{"path": "/dev/fifo", "type": "p", "uid": 3, "gid": 4}]
    box.cfg.shell(FOREVER)
    box.create().silent()
    st = stat_inside(box, "/dev/fifo")
    assert (st.st_uid, st.st_gid) == (100003, 100004)


@must(96)
@pytest.mark.parametrize("name", variants.ALL)
@pytest.mark.parametrize("existing", ["file", "directory", "link to the device", "other numbers", "other type"])
def test_a_file_that_exists_at_path_and_does_not_match_is_an_error(box, existing, name):
    options = variants.apply(name, box)
    path = f"{box.rootfs}/data/dev"
    if existing == "file":
        open(path, "w").close()
    elif existing == "directory":
        os.mkdir(path)
    elif existing == "link to the device":
        os.symlink("/dev/null", path)
    else:
        os.mknod(path, 0o666 | (stat.S_IFBLK if existing == "other type" else stat.S_IFCHR),
                 os.makedev(1, 3 if existing == "other type" else 5))
    box.cfg.linux["devices"] = [{"path": "/data/dev", **NULL}]
    result = box.create(*options)
    if existing == "link to the device" and result.rc == 0:
        return                          # "using symlinks" is a way to supply it
    result.fails("linux.devices[0]", "/data/dev")
    box.host.assert_clean()


@must(96)
def test_a_file_that_exists_at_path_and_matches_is_none(box):
    os.mknod(f"{box.rootfs}/data/dev", 0o640 | stat.S_IFCHR, os.makedev(1, 3))
    os.mkfifo(f"{box.rootfs}/data/fifo")
    box.cfg.linux["devices"] = [{"path": "/data/dev", **NULL}, {"path": "/data/fifo", "type": "p"}]
    assert box.sh("stat -c %t:%T /data/dev; test -p /data/fifo && echo fifo") == "1:3\nfifo\n"


@pytest.mark.parametrize("value", [None, "x", "", "cb", "C", "a"], ids=repr)
def test_the_type_of_a_device_is_required_and_one_of_c_b_u_p(box, value):
    box.cfg.linux["devices"] = [{"path": "/dev/mine", "major": 1, "minor": 3, **({} if value is None else {"type": value})}]
    box.create_fails("linux.devices[0]")


@pytest.mark.parametrize("kind", ["c", "u", "b"])
@pytest.mark.parametrize("missing", ["major", "minor"])
def test_major_and_minor_are_required_unless_type_is_p(box, kind, missing):
    device = {"path": "/dev/mine", **NULL, "type": kind}
    del device[missing]
    box.cfg.linux["devices"] = [device]
    box.create_fails(f"linux.devices[0].{missing}")


def test_one_device_may_have_two_paths(box):
    """It should not, says the specification; no reason to fail."""
    box.cfg.linux["devices"] = [{"path": "/dev/one", **NULL}, {"path": "/dev/two", **NULL}]
    assert box.sh("stat -c %t:%T /dev/one /dev/two").split() == ["1:3", "1:3"]


# default devices

@must(97)
@pytest.mark.parametrize("name", variants.ALL)
def test_the_default_devices_are_supplied_and_work(box, name):
    options = variants.apply(name, box)
    out = box.sh("for d in null zero full random urandom tty; do stat -c %F:%t:%T:%a /dev/$d; done; echo x > /dev/null; "
                 "head -c 1 /dev/null | wc -c; for d in zero full random urandom; do head -c 9 /dev/$d | wc -c; done; "
                 "(echo x > /dev/full) 2>/dev/null || echo full; (: < /dev/tty) 2>/dev/null || echo no terminal", *options)
    nodes = [f"character special file:{n}:666" for n in ("1:3", "1:5", "1:7", "1:8", "1:9", "5:0")]
    assert out.splitlines() == [*nodes, "0", "9", "9", "9", "9", "full", "no terminal"]


@must(97)
@pytest.mark.parametrize("where", ["tmpfs", "image"])
def test_the_default_devices_are_there_in_addition_to_those_of_the_config(box, where):
    if where == "image":
        box.cfg.no_mount("/dev", "/dev/pts", "/dev/shm")
    box.cfg.linux["devices"] = [{"path": "/dev/mine", **NULL}]
    names = set(box.sh("ls /dev").split())
    assert names >= {"mine", "null", "zero", "full", "random", "urandom", "tty", "ptmx", "fd", "stdin", "stdout", "stderr"}


@must(97)
@pytest.mark.parametrize("name", variants.ALL)
def test_ptmx_is_a_bind_mount_or_symlink_of_the_container_s_own(box, name):
    options = variants.apply(name, box)
    assert box.sh("stat -L -c %i:%t:%T /dev/ptmx; stat -c %i:%t:%T /dev/pts/ptmx", *options).split() == ["2:5:2"] * 2


def test_there_is_no_console_without_a_terminal(box):
    assert box.sh("test -e /dev/console || echo none") == "none\n"


def test_a_dev_that_is_bound_from_the_host_is_not_changed(box, tmp):
    make_dev(tmp)
    before = sorted(os.listdir(tmp))
    box.cfg.no_mount("/dev", "/dev/pts", "/dev/shm").bind(tmp, "/dev")
    assert box.sh("stat -c %t:%T /dev/null") == "1:3\n"
    assert sorted(os.listdir(tmp)) == before


# /dev symbolic links

@must(98)
@pytest.mark.parametrize("name", variants.ALL)
def test_the_links_of_dev_are_made_when_their_source_exists_after_the_mounts(box, name):
    options = variants.apply(name, box)
    out = box.sh("for l in fd stdin stdout stderr; do readlink /dev/$l; done; (echo through > /dev/stdout) | cat /dev/fd/0", *options)
    assert out.splitlines() == ["/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2", "through"]


@must(98)
def test_the_links_of_dev_are_not_made_when_their_source_is_missing(box):
    box.cfg.no_mount("/proc").shell(FOREVER)
    box.create().silent()
    assert not {"fd", "stdin", "stdout", "stderr", "core"} & set(os.listdir(f"/proc/{box.init}/root/dev"))


# default file systems

@must(25)
def test_the_config_that_spec_writes_has_the_default_file_systems(box, tmp):
    box.rt("spec", "--bundle", tmp).silent()
    with open(tmp / "config.json") as f:
        text = f.read()
    with open(f"{box.dir}/config.json", "w") as f:
        f.write(text.replace('"terminal": true', '"terminal": false').replace('"sh"', '"cat", "/proc/self/mountinfo"'))
    result = box.rt("run", "--bundle", box.dir, box.id)
    assert result.rc == 0, str(result)
    mounts = {m.point: m.type for m in map(Mount, result.out.splitlines())}
    for point, fstype in (("/proc", "proc"), ("/sys", "sysfs"), ("/dev/pts", "devpts"), ("/dev/shm", "tmpfs")):
        assert mounts[point] == fstype
