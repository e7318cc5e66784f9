# SPDX-License-Identifier: Apache-2.0
"""What several attacks have in common."""

# The working directory, by itself and by its name from the root: a directory outside has none.
WHERE = 'stat -c %d:%i . "$(pwd -P)" 2>&1; true'


def assert_inside(out):
    places = out.splitlines()
    assert len(places) == 2 and places[0] == places[1], out
