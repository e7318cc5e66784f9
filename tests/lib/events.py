# SPDX-License-Identifier: Apache-2.0
"""`events` in the background, and what it prints."""
import json
import os
import select
import subprocess
import time

PRESSURE = {"avg10", "avg60", "avg300", "total"}

# What runc prints for every container, whatever it uses: measured with runc 1.1.5, 1.1.15 and its HEAD.
ALWAYS = {
    "": {"cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt", "network_interfaces"},
    "cpu": {"usage", "throttling"},
    "cpu.usage": {"total", "kernel", "user"},
    "cpuset": {"cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
               "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level"},
    "memory": {"usage", "swap", "kernel", "kernelTCP"},
    "memory.usage": {"limit", "failcnt"},
    "memory.swap": {"limit", "failcnt"},
    "memory.kernel": {"limit", "failcnt"},
    "memory.kernelTCP": {"limit", "failcnt"},
    "pids": {"current"},
}
SOMETIMES = {
    "": {"rdma"},
    "cpu": {"psi"},
    "cpu.usage": {"percpu", "percpu_kernel", "percpu_user"},
    "cpu.throttling": {"periods", "throttledPeriods", "throttledTime"},
    "cpuset": {"cpus", "mems"},
    "memory": {"cache", "raw", "psi"},
    "memory.usage": {"usage", "max"},
    "memory.swap": {"usage", "max"},
    "memory.kernel": {"usage", "max"},
    "memory.kernelTCP": {"usage", "max"},
    "pids": {"limit"},
    "blkio": {"psi", "ioServiceBytesRecursive", "ioServicedRecursive"},
}


def check_shape(line, box_id, rdt=None):
    """A line of statistics has the members of runc, and this intel_rdt; its data."""
    event = json.loads(line)
    assert list(event) == ["type", "id", "data"] and event["type"] == "stats" and event["id"] == box_id
    for path in set(ALWAYS) | set(SOMETIMES):
        value = event["data"]
        for key in filter(None, path.split(".")):
            value = value[key]
        always = ALWAYS.get(path, set())
        assert always <= set(value), f"{path}: {always - set(value)} is missing"
        other = set(value) - always - SOMETIMES.get(path, set())
        assert not other, f"{path}: {other} is not of runc"
    for part in ("cpu", "memory", "blkio"):
        for kind in event["data"][part].get("psi", {}).values():
            assert set(kind) == PRESSURE
    assert event["data"]["intel_rdt"] == (rdt or {}) and event["data"]["network_interfaces"] is None
    return event["data"]


class Events:
    """One call in the background; what still runs at the end of the block is killed."""

    def __init__(self, box, *options, **kw):
        self.argv = [*box.rt.prefix, box.rt.path, "--root", box.rt.root, "events", *options, box.id]
        self.kw = kw
        self.child, self.rest = None, b""

    def __enter__(self):
        self.child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, **self.kw)
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        for pipe in (self.child.stdout, self.child.stderr):
            if pipe and not pipe.closed:
                pipe.close()

    def line(self, timeout=60):
        """The next line, as an object; None at the end."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self.rest:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.child.stdout], [], [], left)[0], "no line comes"
            more = os.read(self.child.stdout.fileno(), 1 << 16)
            if not more:
                assert not self.rest, f"half a line: {self.rest}"
                return None
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def waits(self):
        """Whether it waits for events, and so has begun to watch."""
        with open(f"/proc/{self.child.pid}/wchan") as f:
            return "poll" in f.read()

    def until(self, kind):
        """Read on to the first line of this type."""
        while True:
            line = self.line()
            assert line is not None, f"no line of the type {kind} before the end"
            if line["type"] == kind:
                return line

    def all_types(self):
        """The types of all lines to the end."""
        types = []
        while (line := self.line()) is not None:
            types.append(line["type"])
        return types

    def ends(self, status=0):
        """It ends by itself, without a word of complaint."""
        assert self.child.wait(60) == status
        assert self.child.stderr.read() == b""
