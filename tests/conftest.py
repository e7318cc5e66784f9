# SPDX-License-Identifier: Apache-2.0
"""
Fixtures of the tests that run real containers. They need root.

    RUNDLET         the runtime under test (default: build/rundlet)
    RUNDLET_FAULTS  a build of it with fault points (default: build-faults/rundlet)
    RUNDLET_STUB    its container side (default: beside the runtime, rundlet-init)
    RUNDLET_VIEW    host, v1 or v2: how it sees cgroups (see lib/views.py)

The whole session runs in a private mount namespace with a tmpfs for bundles and state, and a cgroup
/rundlet-test-PID; after every test the host must be as it was before.
"""
import itertools
import os
import pathlib
import signal
import sys

import pytest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lib.box import Box  # noqa: E402
from lib.host import Host  # noqa: E402
from lib.notify import build_say  # noqa: E402
from lib.paths import RUNDLET  # noqa: E402
from lib.runtime import Runtime  # noqa: E402
from lib.terminal import ConsoleSocket  # noqa: E402
from lib.views import View, ViewError  # noqa: E402

_numbers = itertools.count(1)


def pytest_configure():
    """Signals that end a program do so to those that tests start: nohup, and what has no terminal, ignore some."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)      # execve makes the default of a handler


@pytest.fixture(scope="session")
def host():
    if os.geteuid() != 0:
        pytest.skip("containers of this suite need root")
    if not os.path.exists("/bin/busybox"):
        pytest.skip("no /bin/busybox: install busybox-static")
    if not RUNDLET.exists():
        pytest.exit(f"no runtime at {RUNDLET}: build it, or set RUNDLET", 4)
    place = Host(os.environ.get("RUNDLET_VIEW", "host"))
    yield place
    place.close()


@pytest.fixture(autouse=True)
def _watched(request):
    """Tests that touch no host (golden, lint) need neither root nor a runtime."""
    if "host" in request.fixturenames:
        request.getfixturevalue("nothing_left")


@pytest.fixture
def nothing_left(host):
    """At the end of every test nothing is left on the host."""
    yield
    left = host.leftovers()
    if left:
        host.clear()
        pytest.fail("left behind:\n  " + "\n  ".join(left), pytrace=False)


@pytest.fixture
def rt(host):
    """The runtime under test, on the session's state root."""
    return Runtime(RUNDLET, host.root)


@pytest.fixture
def boxes(rt, host, nothing_left):
    """Makes containers-to-be; those that still exist after the test are deleted by force."""
    made = []

    def make(runtime=rt):
        box_id = f"{host.tag}-{next(_numbers)}"
        made.append(Box(runtime, host, f"{host.dir}/{box_id}", box_id))
        return made[-1]

    yield make
    ends = [end for end in (box.end() for box in made) if end]
    for end in ends:
        end.silent()


@pytest.fixture
def box(boxes):
    """One container-to-be: a bundle with a busybox rootfs and a minimal config."""
    return boxes()


@pytest.fixture
def tmp(host):
    """A directory on the session's tmpfs, outside every rootfs."""
    path = pathlib.Path(host.dir) / f"tmp-{next(_numbers)}"
    path.mkdir()
    return path


@pytest.fixture
def console(tmp):
    """Who takes a terminal, as conmon and containerd do."""
    place = ConsoleSocket(tmp)
    yield place
    place.close()


@pytest.fixture(params=["host", "v2"])
def both(request, boxes, rt, views):
    """A container-to-be on the host as it is, and on one that has cgroup v2 alone."""
    if request.param == "host":
        return boxes()
    if os.path.exists("/sys/fs/cgroup/cgroup.procs"):
        pytest.skip("the host has cgroup v2 alone")
    return boxes(Runtime(rt.path, rt.root, views(request.param).prefix))


@pytest.fixture
def needs_systemd(rt):
    if "+SYSTEMD" not in rt("--version").out:
        pytest.skip("built without systemd")


@pytest.fixture(scope="session")
def views(host):
    """views("v1") gives a lasting namespace with that view of the cgroups."""
    made = {}

    def get(name):
        if name not in made:
            try:
                made[name] = View(host, name)
            except ViewError as e:
                pytest.skip(str(e))
        return made[name]

    yield get
    for view in made.values():
        view.close()


@pytest.fixture(scope="session")
def say(tmp_path_factory):
    """A program that says to NOTIFY_SOCKET what its arguments are."""
    return build_say(tmp_path_factory.mktemp("say"))
