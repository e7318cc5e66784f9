# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the attacks: the canary, and the variants in which each attack is tried."""
import pytest

from lib import variants
from lib.canary import Canary


@pytest.fixture
def canary(tmp):
    bird = Canary(tmp / "canary")
    yield bird
    bird.assert_unharmed()
    bird.close()


@pytest.fixture(params=variants.ALL)
def variant(request, box):
    """The box in one of the variants; options for create."""
    return variants.apply(request.param, box)
