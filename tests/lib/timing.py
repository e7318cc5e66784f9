# SPDX-License-Identifier: Apache-2.0
"""Time limits of the tests are those of an idle host; a slower one (the test VM) says by what factor."""
import os

FACTOR = float(os.environ.get("RUNDLET_TIME_FACTOR", 1))


def scaled(seconds):
    """A time limit for this host. What goes through Runtime, Box.wait() or eventually() is scaled there."""
    return seconds * FACTOR
