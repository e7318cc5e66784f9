# SPDX-License-Identifier: Apache-2.0
"""
Plans compared with stored ones: configs/NAME.json on the host facts/HOST is plans/NAME.HOST.text (or
.json). A configuration that is refused has its error stored.

Those of configs/systemd*.json have the systemd cgroup manager.

    RUNDLET_GOLDEN=write ./dev test golden      stores what comes out now; read the difference in git
"""
import difflib
import os
import pathlib
import re
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
TOP = HERE.parent.parent
DUMP = pathlib.Path(os.environ.get("RUNDLET", TOP / "build/rundlet")).parent / "tests/golden/plan-dump"
USER = "user"           # a host on which the caller is not root
HOSTS = sorted({p.name for p in (HERE / "facts").iterdir()} - {USER})
WRITE = os.environ.get("RUNDLET_GOLDEN") == "write"

# The bundles of the benchmark and the limits on every kind of host; the others, one subject each, on one.
CASES = [(f"bench/config-{name}", host, "text") for name in ("minimal", "realistic", "realistic-nolimits")
         for host in HOSTS]
CASES += [("bench/config-minimal", "v2", "json")]
CASES += [(f"golden/configs/{p.stem}", host, "text") for p in sorted((HERE / "configs").glob("*.json"))
          for host in (HOSTS if p.stem.startswith("limits-") else ["v2"])]
CASES += [("golden/configs/systemd", "v1", "text"), ("golden/configs/labels", "v1", "text"),
          ("golden/configs/landlock", "v1", "text")]
CASES += [(f"golden/configs/{name}", USER, "text") for name in ("mounts", "user-namespace", "no-path")]


def stored(config, host, form):
    name = config.rsplit("/", 1)[-1].removeprefix("config-")
    return HERE / "plans" / f"{name}.{host}.{form}"


def dump(config, host, form):
    manager = ["golden", "systemd"] if "/systemd" in config else []
    run = subprocess.run([DUMP, form, HERE / "facts" / host, TOP / "tests" / f"{config}.json", *manager],
                         capture_output=True, text=True, timeout=60, check=False)
    assert run.stderr == "" or (host == USER and "ignoring" not in run.stderr)
    assert run.returncode == (1 if run.stdout.startswith("refused: ") else 0)
    # How many instructions a filter has is libseccomp's business, and differs between its versions.
    return re.sub(r'(instructions"?: )[0-9]+', r"\1N", run.stdout)


@pytest.mark.parametrize("config, host, form", CASES)
def test_plan(config, host, form):
    got, path = dump(config, host, form), stored(config, host, form)
    if WRITE:
        path.write_text(got)
    want = path.read_text() if path.exists() else ""
    difference = difflib.unified_diff(want.splitlines(), got.splitlines(), str(path.relative_to(TOP)),
                                      "now", lineterm="")
    assert got == want, "\n".join(difference)


def test_no_plan_is_left_over():
    """Every stored plan belongs to a case."""
    assert {p.name for p in (HERE / "plans").iterdir()} == {stored(*case).name for case in CASES}


def test_planning_needs_no_privilege():
    """The same plan comes out for nobody."""
    if os.geteuid() != 0:
        pytest.skip("it was made without privilege just now")
    case = ("bench/config-minimal", "v2", "text")
    run = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
                          DUMP, case[2], HERE / "facts" / case[1], TOP / "tests" / f"{case[0]}.json"],
                         capture_output=True, text=True, timeout=60, check=False)
    if "Permission denied" in run.stderr:
        pytest.skip("the tree is not readable for others")
    assert run.stdout == stored(*case).read_text()
