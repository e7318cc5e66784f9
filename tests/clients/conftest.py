# SPDX-License-Identifier: Apache-2.0
"""Each file here has a fixture `engine`, an lib.engine.Engine for all its tests."""
import pytest


@pytest.fixture(autouse=True)
def nothing_left(engine):
    yield
    engine.assert_nothing_left()


@pytest.fixture(params=["crun", "runc"])
def named(engine, request):
    """The path of a link of that name to rundlet."""
    with engine.named(request.param) as link:
        yield link
