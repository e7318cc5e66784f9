# SPDX-License-Identifier: Apache-2.0
"""What the compiler and the linker add against faults in rundlet itself: of the program, the library, the stub."""
import pytest

from lib.elf import readelf, segments
from lib.paths import MUSL, STATIC, STUB

PROGRAM, LIBRARY = STUB.parent / "rundlet", STUB.parent / "librundlet.so.0"
hosted = pytest.mark.parametrize("path", [PROGRAM, LIBRARY], ids=lambda path: path.name)
every = pytest.mark.parametrize("path", [PROGRAM, LIBRARY, STUB], ids=lambda path: path.name)


@pytest.fixture(autouse=True)
def dynamic():
    if PROGRAM in (STATIC, MUSL):
        pytest.skip("a static program is where it was linked, as the stub is, and has no symbols to look up")


@hosted
def test_it_is_loaded_anywhere(path):
    assert "DYN " in readelf("-h", path)


@hosted
def test_its_addresses_of_functions_are_read_only_once_it_runs(path):
    """RELRO covers those of libraries only if all are looked up at the start."""
    assert "GNU_RELRO" in dict(segments(path))
    assert "BIND_NOW" in readelf("-d", path)


@every
def test_no_memory_of_it_is_writable_and_executable(path):
    found = segments(path)
    assert "GNU_STACK" in dict(found)
    assert not [flags for _, flags in found if "W" in flags and "E" in flags]


@hosted
def test_its_functions_watch_their_stacks_and_buffers(path):
    imports = readelf("--dyn-syms", path)
    assert "__stack_chk_fail" in imports
    assert "__snprintf_chk" in imports or "__vsnprintf_chk" in imports


def test_the_stub_is_where_it_was_linked_and_needs_nothing_moved():
    """It has no libc that would do so; what a container learns of its addresses is that of any other."""
    assert "EXEC " in readelf("-h", STUB)
    assert "There are no relocations" in readelf("-r", STUB)
