# SPDX-License-Identifier: Apache-2.0
"""The bundles of the benchmark run: what `spec` gives, and what container engines make."""
import os
import shutil
import sys

import pytest

from lib.paths import TOP

sys.path.insert(0, str(TOP / "tests/bench"))

import bundles  # noqa: E402


@pytest.fixture(scope="module")
def payload(tmp_path_factory):
    if not (shutil.which("cc") or shutil.which("gcc")):
        pytest.skip("no C compiler on this host")
    target = tmp_path_factory.mktemp("payload") / "true"
    bundles.compile_payload(target)
    return target


@pytest.mark.parametrize("name", bundles.NAMES)
def test_a_bundle_of_the_benchmark_runs(rt, host, tmp, payload, name):
    if os.environ.get("RUNDLET_VIEW") == "v2" and name == "realistic":
        pytest.skip("this view of version 2 has no memory, cpu and pids controllers")
    folder = bundles.make(tmp / name, name, payload)
    rt("run", "--bundle", folder, f"bench-{name}").silent()
    host.assert_clean()
