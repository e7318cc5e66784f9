# SPDX-License-Identifier: Apache-2.0
import pytest


@pytest.fixture
def log(box, tmp):
    """A file that hooks of both sides can append to: it is bound into the container as well."""
    (tmp / "log").write_text("")
    (tmp / "log").chmod(0o666)
    box.cfg.bind(tmp, str(tmp))
    return tmp / "log"
