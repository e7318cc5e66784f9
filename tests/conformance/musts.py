# SPDX-License-Identifier: Apache-2.0
"""
The MUSTs of runtime-spec 1.3 that concern a Linux runtime, by number (in the order of runtime.md,
config.md, config-linux.md, features.md). Tests name them: @pytest.mark.must(29). A number without a
test stands here with the reason; when the feature comes, its row goes and its test comes.
"""

LAST = 172


def _rows(reason, *numbers):
    return {n: reason for n in numbers}


UNTESTED = {
    **_rows("every kernel here has the file: unit/test-cgroup-owner.c", 113),
}
