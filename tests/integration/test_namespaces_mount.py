# SPDX-License-Identifier: Apache-2.0
"""
A mount namespace that is joined: who lives there keeps all that is theirs, the container has its root at the path of
the bundle's, and nothing of it stays.
"""
import json
import os
import signal
import subprocess
import threading

import pytest

from lib import fuse
from lib.box import FOREVER, eventually, ns_inode
from lib.config import NUMBERS
from lib.kernel import swap
from lib.namespaces import mounts_of, namespaces_of_another


class Resident:
    """Who lives in a mount namespace that a container joins. It has a tmpfs on /srv, and a link like /etc/os-release
    of most hosts."""

    def __init__(self, pid):
        self.pid, self.ns = pid, f"/proc/{pid}/ns/mnt"
        self.sh("mount -t tmpfs none /srv; mkdir /srv/dir; ln -s ../../etc/passwd /srv/dir/link")

    def sh(self, script, *args):
        """Run a script with its root and its working directory, as its shell would; what that says."""
        result = subprocess.run(["nsenter", "-t", str(self.pid), "-m", "-r", "-w", "sh", "-c", script, "sh", *args],
                                capture_output=True, text=True, check=False)
        return result.stdout + result.stderr

    @property
    def mounts(self):
        return mounts_of(self.pid)

    def lines(self, *points):
        """The lines of mountinfo for these places."""
        with open(f"/proc/{self.pid}/mountinfo") as f:
            return [line for line in f if line.split()[4] in points]

    def roots(self):
        """What it has as its root, and the proc and sys that it finds there."""
        root = f"/proc/{self.pid}/root"
        return [(st.st_dev, st.st_ino) for st in (os.stat(root), os.stat(f"{root}/proc"), os.stat(f"{root}/sys"))]


@pytest.fixture
def resident(host):
    with namespaces_of_another(host, "mount") as pid:
        yield Resident(pid)


@pytest.fixture
def joined(box, resident):
    box.cfg.join_mounts(resident.pid)
    box.write("/data/ours")
    return box


def record_of(box):
    with open(f"{box.rt.root}/{box.id}/state.json") as f:
        return json.load(f)


# who lives there

def test_who_lives_there_keeps_its_root(joined, resident):
    """pivot_root(2) would move all of them."""
    before = resident.roots()
    joined.up()
    assert resident.roots() == before
    joined.delete("--force").silent()
    assert resident.roots() == before


def test_a_link_with_dots_leads_who_lives_there_to_its_own_file(joined, resident):
    """Each ".." that arrives at "/" goes on to what is mounted on top of it."""
    joined.write("/etc/passwd", "of the container")
    with open("/etc/passwd") as f:
        own = f.read()
    joined.up()
    assert resident.sh("cat /srv/dir/link") == own
    assert resident.sh("cat /../etc/passwd; cd /; cat ../etc/passwd") == own * 2


def test_who_enters_the_namespace_has_its_root(joined, resident):
    joined.up()
    seen = subprocess.run(["nsenter", "-t", str(resident.pid), "-m", "stat", "-c", "%d %i", "/"], check=True,
                          capture_output=True)
    assert tuple(map(int, seen.stdout.split())) == resident.roots()[0]


@pytest.mark.parametrize("words", ["private", "shared", "slave"])
def test_the_root_there_and_its_propagation_stay_as_they_are(joined, resident, words):
    resident.sh(f"mount --make-r{words} /")
    before = resident.lines("/", "/srv", "/proc")
    joined.up()
    assert resident.lines("/", "/srv", "/proc") == before
    joined.delete("--force").silent()
    assert resident.lines("/", "/srv", "/proc") == before


def test_the_container_s_root_is_at_its_path(joined, resident):
    joined.up()
    own = os.stat(f"/proc/{joined.pid}/root")
    seen = resident.sh('stat -c "%d %i" "$1"; ls "$1/data"; ls "$1/proc/1"', joined.rootfs)
    assert seen.startswith(f"{own.st_dev} {own.st_ino}\nours\n") and "cmdline" in seen


def test_a_mount_that_was_shared_gives_its_peers_nothing(joined, resident):
    """The one that the bundle is on."""
    resident.sh("mount --make-rshared /")
    with subprocess.Popen(["nsenter", "-t", str(resident.pid), "-m", "unshare", "--mount", "--propagation", "unchanged",
                           "sh", "-c", "echo; exec sleep 1000"], stdout=subprocess.PIPE) as peer:
        try:
            joined.host.keep.add(peer.pid)
            peer.stdout.readline()
            before = mounts_of(peer.pid)
            joined.up()
            assert mounts_of(peer.pid) == before
        finally:
            peer.kill()
    joined.host.keep.discard(peer.pid)


def test_hooks_of_create_container_find_the_mounts_at_the_root_s_path(joined, resident, log):
    """As they do in a namespace of the container's own."""
    joined.cfg.mount("/data", "tmpfs", "of-the-container")
    joined.cfg.hook("createContainer", f"cd {joined.rootfs} && ls data proc/self > {log}; cat /proc/self/mounts >> {log}")
    joined.up()
    text = log.read_text()
    assert "ours" not in text and "cmdline" in text and f" {joined.rootfs}/data tmpfs" in text


# the container

def test_the_container_has_its_root(joined, resident):
    assert joined.sh("ls /data /../../data; pwd; cat /proc/self/mountinfo | cut -d' ' -f5 | head -n1").split() == [
        "/../../data:", "ours", "/data:", "ours", "/", "/"]


def test_exec_lands_in_the_container_s_root(joined, resident):
    joined.cfg.process["cwd"] = "/data"
    joined.up()
    assert joined.rt("exec", joined.id, "pwd").ok().out == "/data\n"
    assert joined.rt("exec", joined.id, "ls", "/data").ok().out == "ours\n"
    assert joined.rt("exec", joined.id, "ls", "/../../data").ok().out == "ours\n"
    root = joined.rt("exec", joined.id, "stat", "-L", "-c", "%i", "/proc/self/root").ok().out
    assert int(root) == os.stat(joined.rootfs).st_ino
    with open(f"/proc/{resident.pid}/mountinfo") as f:
        everything = len(f.readlines())
    assert 5 <= len(joined.rt("exec", joined.id, "cat", "/proc/self/mountinfo").out.splitlines()) < everything


def test_exec_in_a_container_that_is_created(joined, resident):
    joined.cfg.shell(FOREVER)
    joined.create().silent()
    assert joined.rt("exec", joined.id, "ls", "/data").ok().out == "ours\n"


def test_exec_that_is_detached(joined, resident, tmp):
    joined.up()
    joined.rt("exec", "--detach", "--pid-file", tmp / "pid", joined.id, "sh", "-c", "echo in > /data/in; " + FOREVER).silent()
    eventually(lambda: joined.read("/data/in") == "in\n", "exec runs")
    pid = int((tmp / "pid").read_text())
    assert os.stat(f"/proc/{pid}/root").st_ino == os.stat(joined.rootfs).st_ino
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_exec_where_process_1_has_another_root_is_refused(joined, resident, boxes):
    """It cannot have: the record is changed, so that it names another mount."""
    joined.up()
    record = record_of(joined)
    record["mountNamespace"]["mount"] += 1
    with open(f"{joined.rt.root}/{joined.id}/state.json", "w") as f:
        json.dump(record, f)
    joined.rt("exec", joined.id, "true").fails("another root", rc=255)


def test_exec_where_the_record_does_not_tell_the_root_is_refused(joined):
    joined.up()
    record = record_of(joined)
    del record["mountNamespace"]
    with open(f"{joined.rt.root}/{joined.id}/state.json", "w") as f:
        json.dump(record, f)
    joined.rt("exec", joined.id, "true").fails("look at the container's root", rc=255)


def test_a_procfs_is_added_in_the_container_s_root(joined, resident, tmp):
    """By a helper in the container's pid namespace: see pid-enter-guest.c."""
    joined.up()
    before = resident.lines("/")
    (tmp / "mounts.json").write_text(json.dumps([{"destination": "/data", "type": "proc", "source": "proc"}]))
    joined.rt("mounts", "add", joined.id, tmp / "mounts.json").silent()
    assert joined.rt("exec", joined.id, "cat", "/data/1/comm").ok().out == joined.proc("comm")
    assert resident.lines("/") == before

@pytest.mark.parametrize("verb", ["add", "remove"])
def test_mounts_are_changed_in_the_container_s_root(joined, resident, tmp, verb):
    joined.up()
    before = resident.lines("/", "/data")
    for what in ["add"] if verb == "add" else ["add", "remove"]:
        (tmp / "mounts.json").write_text(json.dumps([{"destination": "/data", "type": "tmpfs", "source": "none"}]))
        joined.rt("mounts", what, joined.id, tmp / "mounts.json").silent()
    assert resident.lines("/", "/data") == before
    assert joined.rt("exec", joined.id, "ls", "/data").ok().out == ("" if verb == "add" else "ours\n")


# who can call chroot(2) can leave such a root; and who can make a mount namespace, by a descriptor from before

LEAVING = ["CAP_SYS_CHROOT", "CAP_SYS_ADMIN"]


@pytest.mark.parametrize("cap", LEAVING)
@pytest.mark.parametrize("name", ["bounding", "permitted", "inheritable"])
def test_a_capability_to_leave_the_root_is_withheld(joined, name, cap):
    """config.md#linux-process: what cannot be granted is logged as a warning, and no reason to fail."""
    joined.cfg.process["capabilities"].setdefault(name, []).append(cap)
    joined.cfg.shell("grep ^Cap /proc/self/status")
    result = joined.run()
    assert result.rc == 0 and f"process.capabilities: {cap} cannot be granted" in result.err
    sets = [int(line.split()[1], 16) for line in result.out.splitlines()]
    assert len(sets) == 5 and not any(mask >> NUMBERS[cap] & 1 for mask in sets)


def test_these_capabilities_are_no_matter_elsewhere(box):
    for names in box.cfg.process["capabilities"].values():
        names.append("CAP_SYS_ADMIN")
    assert box.sh("chroot / echo in") == "in\n"


@pytest.mark.parametrize("cap", LEAVING)
def test_a_capability_to_leave_the_root_is_withheld_from_exec(joined, tmp, cap):
    joined.up()
    process = {"args": ["grep", "^CapBnd", "/proc/self/status"], "cwd": "/", "user": {"uid": 0, "gid": 0}}
    (tmp / "process.json").write_text(json.dumps({**process, "capabilities": {"bounding": [cap, "CAP_KILL"]}}))
    for call in [["--cap", cap, joined.id, *process["args"]], ["--process", tmp / "process.json", joined.id]]:
        result = joined.rt("exec", *call)
        assert result.rc == 0 and f"process.capabilities: {cap} cannot be granted" in result.err, str(result)
        assert not int(result.out.split()[1], 16) >> NUMBERS[cap] & 1


@pytest.mark.parametrize("command", ["chroot /data true", "unshare --user true", "unshare -Ur chroot /data true",
                                     "unshare --mount true"])
def test_the_root_cannot_be_left(joined, resident, command):
    """By another root and the way up from it; or by a user namespace, which would give the right to."""
    joined.up()
    for call in [["exec", joined.id], ["exec", "--user", "1000", joined.id]]:
        assert "Operation not permitted" in joined.rt(*call, *command.split()).err


# what stays

@pytest.mark.parametrize("fails", [False, True])
def test_nothing_stays(joined, resident, fails):
    before = resident.mounts
    for _ in range(2):
        if fails:
            joined.cfg.args("/no/such/program")
            joined.create().fails("process.args")
        else:
            joined.up()
            assert resident.mounts != before
            joined.delete("--force").silent()
        assert resident.mounts == before


@pytest.mark.parametrize("name", ["a b\\040c\n", "x" * 250])
def test_nothing_stays_of_a_root_with_a_path_like(joined, resident, name):
    joined.cfg["root"]["path"] = name
    os.rename(joined.rootfs, f"{joined.dir}/{name}")
    before = resident.mounts
    joined.up()
    joined.delete("--force").silent()
    assert resident.mounts == before


def test_nothing_stays_of_a_root_behind_a_link(joined, resident):
    os.rename(joined.rootfs, f"{joined.dir}/there")
    os.symlink("there", joined.rootfs)
    before = resident.mounts
    joined.up()
    os.unlink(joined.rootfs)
    joined.delete("--force").silent()
    assert resident.mounts == before


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_nothing_stays_of_two_containers_at_the_same_time(joined, resident, boxes, order):
    other = boxes()
    other.cfg.join_mounts(resident.pid)
    other.write("/data/theirs")
    before, both = resident.mounts, [joined, other]
    for box in both:
        box.up()
    assert other.rt("exec", other.id, "ls", "/data").ok().out == "theirs\n"
    both[order[0]].delete("--force").silent()
    left = both[order[1]]
    assert left.rt("exec", left.id, "ls", "/data").ok().out == ("ours\n" if left is joined else "theirs\n")
    left.delete("--force").silent()
    assert resident.mounts == before


def test_what_is_mounted_beside_stays(joined, resident):
    before = resident.mounts
    joined.up()
    resident.sh("mount -t tmpfs beside /srv/dir")
    joined.delete("--force").silent()
    assert resident.mounts.startswith(before) and "beside /srv/dir" in resident.mounts


def test_what_is_mounted_over_the_root_s_path_is_left_with_a_warning(joined, resident):
    joined.up()
    resident.sh('mount -t tmpfs over "$1"', joined.rootfs)
    over = resident.mounts
    result = joined.delete("--force")
    assert result.rc == 0 and f'root "{joined.rootfs}" stays' in result.err and resident.ns in result.err, str(result)
    assert len(result.err.splitlines()) == 1
    assert resident.mounts == over
    resident.sh('umount "$1"; umount -l "$1"', joined.rootfs)


def test_what_is_mounted_over_the_root_of_the_namespace_is_left_with_a_warning(joined, resident):
    """Then the container's root is out of reach, and only Linux 6.8 tells whether it is there."""
    joined.up()
    resident.sh("mkdir /srv/top; mount --bind /srv/top /")
    over, knows = resident.mounts, record_of(joined)["mountNamespace"]["mountUnique"]
    result = joined.delete("--force")
    assert result.rc == 0 and (f'root "{joined.rootfs}" stays' in result.err or not knows), str(result)
    assert resident.mounts == over


def test_a_root_that_who_lives_there_has_unmounted_is_no_matter(joined, resident):
    before = resident.mounts
    joined.up()
    resident.sh('umount -l "$1"', joined.rootfs)
    joined.delete("--force").silent()
    assert resident.mounts == before


def test_a_root_that_who_lives_there_has_moved_is_found(joined, resident):
    before = resident.mounts
    joined.up()
    resident.sh('mkdir /srv/moved; mount --move "$1" /srv/moved', joined.rootfs)
    assert "/srv/moved" in resident.mounts
    joined.delete("--force").silent()
    assert resident.mounts == before


def test_a_namespace_that_has_gone_is_no_matter(box, host):
    with namespaces_of_another(host, "mount") as pid:
        box.cfg.join_mounts(pid)
        box.up()
        box.kill("KILL")
        box.wait()
    box.delete().silent()


def test_a_root_on_a_file_system_that_does_not_answer_is_unmounted(box, host, tmp):
    """FUSE: whoever asks its server for the root itself waits for ever."""
    (tmp / "fuse").mkdir()
    with fuse.mounted(tmp / "fuse", ["bin", "proc", "dev", "sys"]) as server, namespaces_of_another(host, "mount") as pid:
        before = mounts_of(pid)
        box.cfg.join_mounts(pid).bind(f"{box.rootfs}/bin", "/bin")["root"]["path"] = str(tmp / "fuse")
        box.up("exec sleep 1000")
        assert mounts_of(pid) != before
        eventually(lambda: box.proc("comm") == "sleep\n", "the program runs")
        server.stop()
        box.delete("--force").silent()
        assert mounts_of(pid) == before


@pytest.fixture
def link(box, tmp):
    """What is no path of the process whose namespace it is."""
    box.cfg.namespace("mount", tmp / "ns").no_cap("CAP_SYS_CHROOT")
    return lambda pid: [(tmp / "ns").unlink(missing_ok=True), (tmp / "ns").symlink_to(f"/proc/{pid}/ns/mnt")]


def test_another_namespace_at_the_path_is_left_alone(box, host, link):
    """And the one that was there is found by those who live in it."""
    with namespaces_of_another(host, "mount") as pid, namespaces_of_another(host, "mount") as other:
        link(pid)
        before = mounts_of(pid), mounts_of(other)
        box.up()
        link(other)
        box.delete("--force").silent()
        assert (mounts_of(pid), mounts_of(other)) == before


def test_a_namespace_whose_first_process_has_ended_is_found(box, host):
    with namespaces_of_another(host, "mount") as pid:
        before = mounts_of(pid)
        with subprocess.Popen(["nsenter", "-t", str(pid), "-m", "sleep", "1000"]) as other:
            host.keep.add(other.pid)
            eventually(lambda: ns_inode("mnt", other.pid) == ns_inode("mnt", pid), "it is in there")
            box.cfg.join_mounts(other.pid)
            box.up()
            other.kill()
        host.keep.discard(other.pid)
        box.delete("--force").silent()
        assert mounts_of(pid) == before


# what is refused

@pytest.mark.parametrize("path", ["rootfs", "other", "rootfs/data", ".", "linked"])
def test_a_root_in_the_way_of_another_container_s_is_refused(joined, resident, boxes, path):
    """In the same namespace: the same directory, one below the other, the same by another name."""
    other = boxes()
    other.cfg.join_mounts(resident.pid)
    os.symlink(joined.rootfs, f"{joined.dir}/linked")
    other.cfg["root"]["path"] = other.rootfs if path == "other" else f"{joined.dir}/{path}"
    joined.up()
    before = resident.mounts
    if path == "other":
        other.create().silent()
        other.delete("--force").silent()
    else:
        other.create().fails("root.path", joined.id, joined.rootfs)
    assert resident.mounts == before
    assert joined.rt("exec", joined.id, "ls", "/data").ok().out == "ours\n"


def test_a_namespace_that_is_exchanged_meanwhile_is_refused_or_the_recorded_one(box, host, link, tmp):
    """At whatever moment: it is opened more than once."""
    with namespaces_of_another(host, "mount") as pid, namespaces_of_another(host, "mount") as other:
        before = mounts_of(pid), mounts_of(other)
        link(pid)
        (tmp / "other").symlink_to(f"/proc/{other}/ns/mnt")
        over = threading.Event()
        exchanges = threading.Thread(target=lambda: [swap(tmp / "ns", tmp / "other") for _ in iter(over.is_set, True)])
        exchanges.start()
        try:
            for _ in range(20):
                result = box.create()
                if result.rc:
                    result.fails("linux.namespaces", "as it was a moment ago")
                else:
                    box.delete("--force").silent()
                assert (mounts_of(pid), mounts_of(other)) == before
        finally:
            over.set()
            exchanges.join()


@pytest.mark.parametrize("path", ["/", "/proc/..", "link"])
def test_the_root_of_the_namespace_as_root_is_refused(joined, resident, path):
    if path == "link":
        path = f"{joined.dir}/link"
        os.symlink("/", path)
    before = resident.lines("/", "/srv"), resident.mounts
    joined.cfg["root"]["path"] = path
    joined.create().fails("root.path", 'leads to "/" of the mount namespace that is joined')
    assert (resident.lines("/", "/srv"), resident.mounts) == before


def test_the_root_of_a_container_with_the_same_rootfs_is_never_removed(box, boxes):
    box.up()
    before, other = box.proc("mountinfo"), boxes()
    other.cfg.join_mounts(box.pid)["root"]["path"] = box.rootfs
    other.create().fails("root.path")
    assert box.proc("mountinfo") == before
    assert box.rt("exec", box.id, "ls", "/data").rc == 0


@pytest.mark.parametrize("path", ["none", "another directory"])
def test_the_mount_namespace_of_another_container_is_refused(box, boxes, path):
    """It has a root of its own; who is executed in that container later would find ours."""
    other = boxes()
    if path != "none":
        os.makedirs(f"{box.rootfs}{other.rootfs}")
    box.up()
    before = box.proc("mountinfo")
    other.cfg.join_mounts(box.pid)
    other.create().fails("root.path", "it has a root of its own")
    assert box.proc("mountinfo") == before
    box.write("/data/ours")
    assert "ours" in box.rt("exec", box.id, "ls", "/data").out
