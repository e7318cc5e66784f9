# SPDX-License-Identifier: Apache-2.0
"""Each file of contrib that users copy is used by a test of an engine; a new one has to be, too."""
import json
import re
import tomllib

import pytest

from lib.engine import CONTRIB, INSTALLED
from lib.paths import TOP

FOLDERS = ["containerd", "containers.conf.d", "crio", "docker", "kubernetes"]
FILES = sorted(str(path.relative_to(CONTRIB)) for folder in FOLDERS for path in (CONTRIB / folder).iterdir())
SOURCES = [path.read_text() for folder in ("clients", "lib") for path in (TOP / "tests" / folder).glob("*.py")
           if path.name != "test_contrib.py"]
NO_ENGINE = {"crio/50-rundlet.conf"}            # CRI-O is in no package: here it is read, and that is all


@pytest.fixture
def engine():
    """None is started."""
    return None


@pytest.fixture(autouse=True)
def nothing_left():
    """Of conftest.py, for an engine."""


@pytest.mark.parametrize("name", FILES)
def test_an_engine_s_test_uses_it(name):
    assert any(f'"{name}"' in text or f"/{name}" in text for text in SOURCES) != (name in NO_ENGINE)


def test_no_folder_of_contrib_is_forgotten():
    others = {"completions", "debian", "demo", "musl"}  # tested elsewhere
    assert {path.name for path in CONTRIB.iterdir() if path.is_dir()} == {*FOLDERS, *others}


@pytest.mark.parametrize("name", FILES)
def test_the_guide_lists_it(name):
    assert f"`{name}`" in (CONTRIB / "README.md").read_text()


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith((".sh", ".yaml"))])
def test_it_can_be_read(name):
    """And it names the program where it is installed."""
    text = (CONTRIB / name).read_text()
    (json.loads if name.endswith(".json") else tomllib.loads)(text)
    assert re.search(rf'"{INSTALLED}"', text)


def test_cri_o_s_table():
    """The class's handler is its name; its state is where rundlet's own commands look for it."""
    runtimes = tomllib.loads((CONTRIB / "crio/50-rundlet.conf").read_text())["crio"]["runtime"]["runtimes"]
    handler = re.search(r"^handler: (\S+)$", (CONTRIB / "kubernetes/runtimeclass.yaml").read_text(), re.M)[1]
    assert runtimes == {handler: {"runtime_path": INSTALLED, "runtime_type": "oci", "runtime_root": "/run/rundlet"}}
