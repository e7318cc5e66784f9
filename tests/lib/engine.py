# SPDX-License-Identifier: Apache-2.0
"""
An engine that drives the runtime: an image made of busybox, everything of its own in the session's
tmpfs, a network namespace and one mount namespace. That has cgroup v1 alone (where Debian 12's crun works,
too), or on a host of v2 alone what the host has.

In that namespace /usr/local/bin has the runtime under test and nothing else, so that the files of
contrib are used as they are.

    RUNDLET_CLIENT_RUNTIME   another runtime for the engines, to compare: runc, crun or a path
    RUNDLET_CLIENT_NAME      what rundlet is called there: engines branch on the names crun and runc
"""
import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile

import pytest

from lib.box import eventually, make_rootfs
from lib.limitfiles import VIEW, limit_file, on
from lib.paths import RUNDLET, TOP
from lib.timing import scaled
from lib.views import View, ViewError

CONTRIB = TOP / "contrib"
INSTALLED = "/usr/local/bin/rundlet"            # where the files of contrib say it is
CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
WRITTEN = ("/etc", "/opt", "/var/lib")          # where engines leave keys, locks and caches
IMAGE = "localhost/bb:1"                        # of busybox, in each engine
OTHER = os.environ.get("RUNDLET_CLIENT_RUNTIME")
NAME = os.environ.get("RUNDLET_CLIENT_NAME")

# What docker and podman make of the same words: name, words of a run, status, output.
COMMON_RUNS = [
    ("echo", [IMAGE, "echo", "hello", "world"], 0, "hello world\n"),
    ("exit 42", [IMAGE, "sh", "-c", "exit 42"], 42, ""),
    ("-e", ["-e", "KEY=two words", IMAGE, "sh", "-c", "echo $KEY"], 0, "two words\n"),
    ("-w", ["-w", "/data", IMAGE, "pwd"], 0, "/data\n"),
    ("--user", ["--user", "1000:1001", IMAGE, "sh", "-c", "id -u; id -g"], 0, "1000\n1001\n"),
    ("--user name", ["--user", "user", IMAGE, "id", "-u"], 0, "1000\n"),
    ("--group-add", ["--user", "1000", "--group-add", "77", IMAGE, "sh", "-c", "id -G | tr ' ' '\\n' | grep 77"], 0, "77\n"),
    ("--hostname", ["--hostname", "web.example", IMAGE, "hostname"], 0, "web.example\n"),
    ("--pids-limit", ["--pids-limit", "33", IMAGE, "cat", limit_file("pids")], 0, "33\n"),
    ("--cpus", ["--cpus", "0.5", IMAGE, "cat", limit_file("quota")], 0, on("50000\n", "50000 100000\n")),
    ("--cpuset-cpus", ["--cpuset-cpus", "0", IMAGE, "cat", limit_file("cpus")], 0, "0\n"),
    ("--sysctl", ["--sysctl", "kernel.msgmax=12345", IMAGE, "cat", "/proc/sys/kernel/msgmax"], 0, "12345\n"),
    ("--tmpfs", ["--tmpfs", "/data:size=1m,mode=700", IMAGE, "stat", "-c", "%a", "/data"], 0, "700\n"),
    ("--shm-size", ["--shm-size", "1m", IMAGE, "sh", "-c", "df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2"], 0, "1024\n"),
    ("--device", ["--device", "/dev/full:/dev/mine", IMAGE, "stat", "-c", "%t:%T", "/dev/mine"], 0, "1:7\n"),
    ("seccomp", [IMAGE, "grep", "Seccomp:", "/proc/self/status"], 0, "Seccomp:\t2\n"),
    ("seccomp off", ["--security-opt", "seccomp=unconfined", IMAGE, "grep", "Seccomp:", "/proc/self/status"], 0, "Seccomp:\t0\n"),
    ("--oom-score-adj", ["--oom-score-adj", "200", IMAGE, "cat", "/proc/self/oom_score_adj"], 0, "200\n"),
    ("--pid host", ["--pid", "host", IMAGE, "sh", "-c", "test $$ != 1 && echo host"], 0, "host\n"),
    ("--ipc host", ["--ipc", "host", IMAGE, "echo", "in"], 0, "in\n"),
    ("--uts host", ["--uts", "host", IMAGE, "hostname"], 0, os.uname().nodename + "\n"),
    ("--cgroupns private", ["--cgroupns", "private", IMAGE, "sh", "-c", "grep -c ':/$' /proc/self/cgroup > /dev/null && echo own"], 0, "own\n"),
    ("--entrypoint", ["--entrypoint", "/bin/echo", IMAGE, "arg"], 0, "arg\n"),
    ("--privileged", ["--privileged", IMAGE, "sh", "-c", "mount -t tmpfs none /data && echo mounted"], 0, "mounted\n"),
]

# And of exec, and ctr: script, status, output.
COMMON_EXECS = [("echo out; exit 5", 5, "out\n"), ("kill -TERM $$", 143, ""), ("kill -KILL $$", 137, "")]

# The size of the window, as soon as the engine has told it: it does so after the start.
SIZE = "until busybox stty size 2>/dev/null | grep .; do sleep 0.1; done"


class Engine:
    """What is common to them; each has its command line and its daemon."""
    name, installed = None, INSTALLED
    kind = ""       # of one engine there may be several, one after the other; podman takes short paths only

    def __init__(self, host):
        self.host, self.dir = host, f"{host.dir}/{self.name}{self.kind}"
        self.parent = f"{host.tag}-{self.name}"     # the cgroup that its containers are in
        self.runtime = f"/usr/local/bin/{NAME}" if NAME else self.installed         # what the engines get
        if OTHER:
            self.runtime = shutil.which(OTHER) or OTHER
        self.daemons = []
        for made in ("rootfs", "slash-run", "bin"):
            os.makedirs(f"{self.dir}/{made}")
        make_rootfs(f"{self.dir}/rootfs", host.busybox)
        with tarfile.open(f"{self.dir}/rootfs.tar", "w") as tar:
            tar.add(f"{self.dir}/rootfs", arcname=".")
        self.view = View(host, VIEW, network=True)
        self.command = []
        for place in WRITTEN:
            self.write_aside(place)
        self.inside("mount", "--bind", f"{self.dir}/slash-run", "/run")
        self.install()
        self.env = {"PATH": f"{self.dir}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.dir, "LC_ALL": "C.UTF-8"}

    def install(self):
        """The runtime under test comes to its place."""
        self.inside("mount", "-t", "tmpfs", "none", "/usr/local/bin")
        for path in {INSTALLED, self.runtime} if not OTHER else {INSTALLED}:
            self.inside("ln", "-s", RUNDLET, path)

    @contextlib.contextmanager
    def named(self, name):
        """A link of another name to rundlet, first in the path of the engine and its daemon."""
        if OTHER or NAME:
            pytest.skip("of rundlet by its own name")
        link = f"{self.dir}/bin/{name}"
        os.symlink(self.runtime, link)
        try:
            yield link
        finally:
            self.remove_all()           # what serves the containers calls it to the end
            os.unlink(link)

    def default_states(self):
        """What is in the runtime's default root, which is named after the program and not after a link to it."""
        root = f"{self.dir}/slash-run/{os.path.basename(OTHER or self.installed)}"
        return os.listdir(root) if os.path.isdir(root) else []

    def snippet(self, name):
        """The text of a file of contrib."""
        return (CONTRIB / name).read_text()

    def inside(self, *args):
        """A command in the engine's namespaces."""
        subprocess.run([*self.view.prefix, *map(str, args)], check=True, stdin=subprocess.DEVNULL)

    def write_aside(self, place):
        """What is written there is in our directory; the host's is as it was."""
        upper, work = (f"{self.dir}/written{place}{end}" for end in ("", ".work"))
        os.makedirs(upper)
        os.makedirs(work)
        self.inside("mount", "-t", "overlay", "-o", f"lowerdir={place},upperdir={upper},workdir={work}", "none", place)

    def write(self, name, text):
        path = f"{self.dir}/{name}"
        with open(path, "w") as f:
            f.write(text if isinstance(text, str) else json.dumps(text))
        return path

    def configure_containers(self):
        """What podman and buildah read; contrib's file is where its users put it."""
        etc = f"{self.dir}/etc"
        shutil.copytree("/etc/containers", etc)
        os.makedirs(f"{etc}/containers.conf.d", exist_ok=True)
        self.write("etc/containers.conf.d/50-rundlet.conf", self.snippet("containers.conf.d/50-rundlet.conf"))
        self.write("etc/containers.conf.d/90-test.conf", CONTAINERS_CONF)
        self.inside("mount", "--bind", etc, "/etc/containers")

    # calls of the client

    def argv(self, *args):
        return [*self.command, *map(str, args)]

    def __call__(self, *args, timeout=60, **kw):
        if "input" not in kw:
            kw.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run(self.argv(*args), env=self.env, capture_output=True, text=True, check=False,
                              timeout=scaled(timeout), **kw)

    def ok(self, *args, **kw):
        result = self(*args, **kw)
        assert result.returncode == 0, f"{args}\nrc {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def said(self, words, text):
        """Whether the runtime's words arrived; those of another runtime are its own affair."""
        return words in text or OTHER

    # its daemon

    def daemon(self, *args):
        """Start it; what it says is in the file daemon.log."""
        with open(f"{self.dir}/daemon.log", "a") as log:
            child = subprocess.Popen([*self.view.prefix, *map(str, args)], stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=log, env=self.env)
        self.host.keep.add(child.pid)
        self.daemons.append(child)
        return child

    def ready(self, *args):
        """Wait until a command of the client works."""
        eventually(lambda: self(*args).returncode == 0 or self.daemons[-1].poll() is not None, "the daemon serves", 60)
        assert self.daemons[-1].poll() is None, self.log()

    def log(self):
        with open(f"{self.dir}/daemon.log") as f:
            return f.read()

    def stop_daemons(self):
        while self.daemons:
            child = self.daemons.pop()
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(scaled(30))
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
                child.wait()
            self.host.keep.discard(child.pid)

    # what each has of its own

    def begin(self):
        """Start the daemon, make the image."""
        raise NotImplementedError

    def remove_all(self):
        """Containers of the test."""
        raise NotImplementedError

    def states(self):
        """What the runtime has in its state root."""
        raise NotImplementedError

    # the end

    def cgroups_left(self):
        """Cgroups of containers; the one that the engine was given as their parent stays."""
        return [path for path in self.host.cgroups() - self.host.before["cgroups"]
                if not path.endswith((f"/{self.parent}", "/conmon"))]

    def assert_nothing_left(self):
        """
        Its own folders and daemons stay until the end; containers, processes and cgroups do not. crun keeps compiled
        filters in .cache, which are of no container.
        """
        self.remove_all()
        eventually(lambda: not self.host.children(), "what served the containers has gone", 60)
        left = self.cgroups_left() + [path for path in self.states() if not (OTHER and path.endswith(".cache"))]
        assert not left, f"left behind: {left}"

    def close(self):
        try:
            if self.command:
                self.remove_all()
        finally:
            self.stop_daemons()
            try:
                eventually(lambda: not self.host.children(), "what the engine started has ended", 60)
            finally:
                self.view.close()
                self.host.clear()


@contextlib.contextmanager
def an_engine(kind, host, *programs):
    """The body of a fixture: the engine, or the reason why it cannot be tried here."""
    lost = [name for name in programs if not shutil.which(name)]
    if lost:
        pytest.skip(f"not on this host: {', '.join(lost)}")
    try:
        place = kind(host)
    except ViewError as e:
        pytest.skip(str(e))
    try:
        place.begin()
        yield place
    finally:
        place.close()


def write_image(rootfs_tar, path, name, command=()):
    """An image in the form of `docker save`."""
    with open(rootfs_tar, "rb") as f:
        layer = f.read()
    config = json.dumps({
        "architecture": {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine], "os": "linux",
        "config": {"Env": ["PATH=/bin"], "Cmd": command},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with tarfile.open(path, "w") as tar:
        for member, data in ("layer.tar", layer), ("config.json", config), ("manifest.json", manifest):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
