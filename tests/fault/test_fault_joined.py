# SPDX-License-Identifier: Apache-2.0
"""Every call made to fail once for a container in a mount namespace that is joined: no mount stays there."""
import pytest

from lib.faults import STRIDE, check_failure, clean_after, passes, through
from lib.namespaces import mounts_of, namespaces_of_another
from lib.paths import FAULTS
from lib.runtime import Runtime


@pytest.fixture
def rt(host):
    if not FAULTS.exists():
        pytest.skip(f"no build with fault points at {FAULTS}: configure --enable-faults, or set RUNDLET_FAULTS")
    return Runtime(FAULTS, host.root)


@pytest.mark.parametrize("side", ["host", "guest"])
def test_each_call_of_create_that_fails(boxes, host, rt, side):
    bad, box = [], boxes(rt)

    def attempt(fault):
        result = box.save().rt.with_env(RUNDLET_FAULT=fault)("create", "--bundle", box.dir, box.id)
        if result.rc:
            check_failure(result, host, fault)
        if result.rc and mounts_of(pid) != before:
            bad.append(f"{fault}: a mount stays before delete")
        bad.extend(clean_after(rt, host, box, fault))
        if mounts_of(pid) != before:
            bad.append(f"{fault}: a mount stays")
        return result.rc != 0 or "fault: " in result.err

    with namespaces_of_another(host, "mount") as pid:
        before = mounts_of(pid)
        box.cfg.join_mounts(pid)
        count = through(passes(side), attempt)
    assert not bad, "\n".join(bad[:40])
    assert count * STRIDE > 50
