# SPDX-License-Identifier: Apache-2.0
"""Containers whose cgroup systemd makes, and what systemd tells of their units. For the test VM."""
import contextlib
import json
import pathlib
import subprocess

from lib.box import FOREVER, eventually

CGROUPS = pathlib.Path("/sys/fs/cgroup")


def systemctl(*args, check=True):
    return subprocess.run(["systemctl", "--no-pager", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=check).stdout


def shown(unit, *names):
    """Properties of a unit as `systemctl show` prints them."""
    text = systemctl("show", unit, "-p", ",".join(names))
    return dict(line.split("=", 1) for line in text.splitlines())


def state_of(unit):
    return shown(unit, "ActiveState")["ActiveState"]


def units(word):
    """Scopes that systemd knows, in any state."""
    lines = systemctl("list-units", "--all", "--plain", "--no-legend", "--type=scope", f"*{word}*").splitlines()
    return [line.split()[0] for line in lines]


@contextlib.contextmanager
def other_unit(name):
    """A scope of somebody else."""
    with subprocess.Popen(["systemd-run", "-q", "--scope", "--unit", name, "sleep", "1000"],
                          stdin=subprocess.DEVNULL) as other:
        try:
            eventually(lambda: state_of(name) == "active", "the other runs")
            yield other
        finally:
            systemctl("stop", name)
            other.kill()


class Unit:
    """A container whose cgroup systemd makes, and its unit."""

    def __init__(self, box, slice_name="system.slice"):
        self.box, self.cfg = box, box.cfg
        box.cfg.linux["cgroupsPath"] = f"{slice_name}:rl:{box.id}"
        self.name = f"rl-{box.id}.scope"
        self.path = CGROUPS / slice_name / self.name

    def create(self, *before, **kw):
        result = self.box.save().rt("create", "--bundle", self.box.dir, self.box.id,
                                    before=["--systemd-cgroup", *before], **kw)
        if result.rc == 0:
            self.box.init = self.box.pid
        return result

    def up(self, script=FOREVER):
        self.cfg.shell(script)
        self.create().silent()
        self.box.start().silent()
        return self

    def file(self, name):
        return (self.path / name).read_text().strip()

    def shown(self, *names):
        return shown(self.name, *names)

    def record(self):
        return json.loads(pathlib.Path(f"{self.box.rt.root}/{self.box.id}/state.json").read_text())

    def delete(self, *options, **kw):
        return self.box.delete(*options, **kw)

    def assert_gone(self):
        assert not self.path.exists()
        assert units(self.name) == []
        self.box.host.assert_clean()


def run_in(path, *argv):
    """Run a command as a process of the cgroup; whether it succeeded."""
    def enter():
        (path / "cgroup.procs").write_text("0")
    return subprocess.run(argv, preexec_fn=enter, capture_output=True, check=False).returncode == 0
