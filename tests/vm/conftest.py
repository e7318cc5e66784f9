# SPDX-License-Identifier: Apache-2.0
"""
The tests of this folder run in the test VM, on pure cgroup v2 with systemd. Started there, they are
tests as any other. Started on the host, each file stands for itself in the guest: the first of them
boots it, once for all, and the guest's reports become those of this session. Files of another boot
(guest.BOOTS) have a guest of their own after that.

    RUNDLET_VM_SUITES   what else runs in the guest: paths of tests, with spaces between
    RUNDLET_VM_ONLY     what runs in the guest instead of all that
    RUNDLET_VM_BOOT     the boot of files that name none: "apparmor", "selinux", "hybrid"
    RUNDLET_VM_ARGS     more arguments for its pytest: "-k memory -x"
    RUNDLET_VM_CRASH_POINTS  so many points of each sweep (lib/sweep.py; default 1; 0: all, which takes hours)
    RUNDLET_VM_SKIP     why there is no guest: its tests are skipped
"""
import itertools
import os
import shlex

import pytest

from lib import guest
from lib.paths import TOP
from lib.units import Unit, units
from lib.user import UserBox


def _words(name):
    return shlex.split(os.environ.get(name, ""))


class GuestFile(pytest.File):
    """A file of tests that this host does not even import."""

    def collect(self):
        yield GuestItem.from_parent(self, name="guest")


class GuestItem(pytest.Item):
    def reportinfo(self):
        return self.path, None, f"guest:{self.path.name}"

    def runtest(self):
        raise AssertionError("it runs in the guest, see pytest_runtest_protocol()")


if not guest.IN_GUEST:
    def pytest_pycollect_makemodule(module_path, parent):
        return GuestFile.from_parent(parent, path=module_path)

    def pytest_runtest_protocol(item):
        if not isinstance(item, GuestItem):
            return None
        items = [i for i in item.session.items if isinstance(i, GuestItem)]
        if item is items[0]:
            for report in _reports(item.session, items):
                item.ihook.pytest_runtest_logreport(report=report)
        return True


def _reports(session, items):
    def collected(number):              # for the percentages of the terminal
        session.testscollected += number

    reason = os.environ.get("RUNDLET_VM_SKIP")
    if reason:
        yield from (guest.skip(item.nodeid, reason) for item in items)
        return
    files = [str(item.path.relative_to(TOP)) for item in items]
    what = _words("RUNDLET_VM_ONLY") or [*files, *_words("RUNDLET_VM_SUITES")]
    session.testscollected -= len(items)
    for boot in guest.BOOTS:
        paths = [path for path in what if guest.boot_of(path) == boot]
        if paths:
            yield from guest.run([*paths, *_words("RUNDLET_VM_ARGS")], collected, boot)


_numbers = itertools.count(1)


@pytest.fixture
def user_box(host, rt, nothing_left):
    """A container-to-be of the unprivileged user: see lib/user.py."""
    box = UserBox(rt.path, host, f"{host.tag}-user-{next(_numbers)}")
    yield box
    box.remove()


@pytest.fixture
def plain_user_box(host, rt, nothing_left):
    """The same, with rundlet run by the user as he is."""
    box = UserBox(rt.path, host, f"{host.tag}-user-{next(_numbers)}", ())
    yield box
    box.remove()


@pytest.fixture
def make_unit(boxes, host):
    made = []

    def make(**kw):
        made.append(Unit(boxes(), **kw))
        return made[-1]

    yield make
    for unit in made:
        unit.delete("--force").silent()
    assert units(host.tag) == []


@pytest.fixture
def unit(make_unit):
    return make_unit()
