# SPDX-License-Identifier: Apache-2.0
"""
On the host: runs pytest in the test VM (tests/vm/README.md) and gives its reports as pytest's own, so
that a test of the guest counts and fails as any other.
"""
import contextlib
import json
import os
import shutil
import subprocess
import tempfile

import pytest

from lib import payload, reliability
from lib.paths import CRASHAT, DEBS, FAULTS, RUNDLET, STUB, TOP

IN_GUEST = "VM_GUEST" in os.environ
VM_RUN = TOP / "tests/vm/vm-run"
TIME_FACTOR = 6         # of the tests' time limits: the guest is some 25 times slower, they are generous
NO_TESTS = 5            # pytest's status when a -k leaves none of them
CRASH_POINTS = int(os.environ.get("RUNDLET_VM_CRASH_POINTS", 1))
TIMEOUT = int(os.environ.get("RUNDLET_VM_TIMEOUT", 3600))
BOOTS = {       # what vm-run is given, by the end of a test file's name; "": any other
    "": ["--no-lsm"],
    "hybrid": ["--no-lsm", "--append", "systemd.unified_cgroup_hierarchy=0",
               "--append", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"],
    "apparmor": [],
    "selinux": ["--selinux=enforcing"],
}
COMMAND = ('exec 3>&1 1>&2; exec python3 -m pytest -q -p lib.guestreport --color=no "$@"')


def _stage(disk):
    """What the guest gets, in the places of the source tree: the build, the tests, what these read."""
    for binary, place in ((RUNDLET, "build"), (STUB, "build"), (CRASHAT, "build/tests/crash"), (FAULTS, "build-faults")):
        if binary.exists():
            os.makedirs(f"{disk}/{place}", exist_ok=True)
            shutil.copy(binary, f"{disk}/{place}/")
    for deb in DEBS.glob("rundlet_*.deb"):
        os.makedirs(f"{disk}/build-deb", exist_ok=True)
        shutil.copy(deb, f"{disk}/build-deb/")
    for folder in ("tests", "src", "contrib"):
        shutil.copytree(TOP / folder, f"{disk}/{folder}",
                        ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.o", "fuzz", "unit"))
    payload.compile_all(f"{disk}/build/payload")


def _passed_on():
    """Variables of tests/clients, for which the runtime in the guest may be another."""
    return [word for name, value in os.environ.items() if name.startswith("RUNDLET_CLIENT_") for word in ("--env", f"{name}={value}")]


def _report(record):
    """The TestReport of what guestreport.py wrote."""
    why = record["why"]
    if isinstance(why, list):           # of a skip: path, line, reason
        why = (str(TOP / os.path.relpath(why[0], "/disk")), int(why[1]), why[2])
    node = "guest:" + record["node"]
    report = pytest.TestReport(node, (node.split("::", 1)[0], None, node), {}, record["outcome"], why,
                               record["when"], map(tuple, record["sections"]), record["seconds"])
    if record["xfail"] is not None:
        report.wasxfail = record["xfail"]
    return report


def _failure(node, text):
    return pytest.TestReport("guest:" + node, ("guest", None, node), {}, "failed", text, "call")


def skip(node, reason):
    """The report of a file whose tests cannot run."""
    return pytest.TestReport(node, (node, None, node), {}, "skipped", (node, 0, f"Skipped: {reason}"), "setup")


class _Reader:
    """Turns the lines of the guest into reports; knows what was under way when they end."""

    def __init__(self, on_collected):
        self.on_collected = on_collected
        self.running, self.collected, self.ended, self.strange = None, None, 0, []

    def read(self, line):
        try:
            record = json.loads(line)
        except ValueError:
            self.strange.append(line)
            return
        if "node" in record:
            if record["when"] == "teardown":
                self.running, self.ended = None, self.ended + 1
            yield _report(record)
        elif "error" in record:
            yield _failure("collection", record["error"])
        elif "collected" in record:
            self.collected = record["collected"]
            self.on_collected(self.collected)
        elif "numbers" in record:
            section, row, columns = record["numbers"]
            reliability.note(section, row, **columns)
        self.running = record.get("start", self.running)

    def close(self, status, said):
        """What the guest did not say itself: it broke off, or never came to its tests."""
        tail = "\n".join([*said.splitlines()[-60:], *self.strange])
        if self.running:
            yield _failure(self.running, f"the guest ended (status {status}) in this test\n{tail}")
        elif status not in (0, 1, NO_TESTS) or self.ended != self.collected:
            yield _failure("run", f"the guest ended with status {status} after {self.ended} of "
                                  f"{self.collected} tests\n{tail}")


def boot_of(path):
    """The key of BOOTS for a file of tests."""
    return next((boot for boot in BOOTS if boot and path.split("::")[0].endswith(f"_{boot}.py")),
                os.environ.get("RUNDLET_VM_BOOT", ""))


def run(arguments, on_collected, boot=""):
    """
    Boot the guest and run pytest with the arguments in a copy of the tree. Yields its reports as they
    come; a guest that breaks off is a failure of the test that was under way. on_collected is called
    with the number of the guest's tests. Its own output is kept in build/vm.log, the console's in
    build/vm-console.log; with a boot, in vm-BOOT.log and vm-BOOT-console.log.
    """
    logs = RUNDLET.parent / "-".join(filter(None, ("vm", boot)))
    with tempfile.TemporaryDirectory(prefix="rundlet-vm-") as top, \
            open(f"{logs}.log", "w+", encoding="utf-8", errors="replace") as log:
        _stage(f"{top}/disk")
        argv = [VM_RUN, *BOOTS[boot], "--disk", f"{top}/disk", "--timeout", TIMEOUT,
                "--log", f"{logs}-console.log", "--env", f"RUNDLET_TIME_FACTOR={TIME_FACTOR}",
                "--env", f"RUNDLET_CRASH_POINTS={CRASH_POINTS}",
                "--env", "PYTHONPATH=/disk/tests", "--env", "PYTHONDONTWRITEBYTECODE=1", *_passed_on(),
                "--", "sh", "-c", COMMAND, "sh", *arguments]
        reader = _Reader(on_collected)
        with subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=log, text=True, errors="replace") as guest:
            try:
                for line in guest.stdout:
                    yield from reader.read(line)
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    guest.terminate()
                raise
        log.seek(0)
        yield from reader.close(guest.returncode, log.read())
