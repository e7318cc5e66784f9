# SPDX-License-Identifier: Apache-2.0
"""Each file here has a fixture `engine`, an lib.engine.Engine for all its tests."""
import pytest

from lib.box import eventually


@pytest.fixture(autouse=True)
def nothing_left(engine, host):
    """The engine's own folders and daemons stay until the end; containers, processes and cgroups do not."""
    yield
    engine.remove_all()
    eventually(lambda: not host.children(), "what served the containers has gone", 60)
    left = engine.cgroups_left() + engine.states()
    assert not left, f"left behind: {left}"
