# SPDX-License-Identifier: Apache-2.0
"""The Debian package: what is in it, what it needs, and that its program runs a container."""
import gzip
import os
import subprocess

from lib.paths import TOP
from lib.runtime import Runtime

DOC = "usr/share/doc/rundlet"


def field(deb, name):
    return subprocess.run(["dpkg-deb", "-f", deb, name], check=True, capture_output=True, text=True).stdout.strip()


def test_it_has_the_program_and_what_explains_it(unpacked):
    files = {os.path.relpath(f"{path}/{name}", unpacked) for path, _, names in os.walk(unpacked) for name in names}
    assert {"usr/bin/rundlet", "usr/share/man/man1/rundlet.1.gz", "usr/share/bash-completion/completions/rundlet",
            f"{DOC}/copyright", f"{DOC}/changelog.gz", f"{DOC}/README.md.gz", f"{DOC}/NEWS.gz",
            f"{DOC}/examples/containers.conf.d/50-rundlet.conf", f"{DOC}/examples/docker/daemon.json"} <= files
    assert not [name for name in files if not name.startswith(
        ("usr/bin/rundlet", "usr/share/man/man1/", "usr/share/bash-completion/completions/", f"{DOC}/"))]


def test_its_examples_name_its_program(unpacked):
    for path, _, names in os.walk(unpacked / DOC / "examples"):
        for name in names:
            with open(f"{path}/{name}") as f:
                text = f.read()
            # podman's names both places.
            assert "containers.conf.d" in path or "/usr/local/bin/rundlet" not in text, f"{path}/{name}"
            assert "containers.conf.d" not in path or "/usr/bin/rundlet" in text, f"{path}/{name}"


def test_it_depends_on_the_libraries_that_it_links(deb):
    depends = field(deb, "Depends")
    for library in "libc6", "libseccomp2", "libyajl2":
        assert f"{library} " in f"{depends} ".replace(",", " "), depends
    assert "libsystemd0" in field(deb, "Recommends")        # opened, not linked


def test_its_version_is_that_of_the_tree(deb):
    with open(TOP / "configure.ac") as f:
        ours = f.read().split("AC_INIT([rundlet], [")[1].split("]")[0]
    assert field(deb, "Version").split("+")[0] == ours.replace("-", "~")


def test_nothing_names_the_folder_it_was_built_in(unpacked):
    for path, _, names in os.walk(unpacked):
        for name in names:
            with open(f"{path}/{name}", "rb") as f:
                data = f.read()
            data = gzip.decompress(data) if name.endswith(".gz") else data
            assert os.fsencode(TOP) not in data, f"{path}/{name}"


def test_its_program_knows_its_commit(unpacked):
    """Though what it is built from has no git."""
    said = subprocess.run([unpacked / "usr/bin/rundlet", "--version"], check=True, capture_output=True, text=True).stdout
    with gzip.open(unpacked / DOC / "changelog.gz", "rt") as f:
        commit = f.read().split("Commit ")[1].split(".")[0]
    assert len(commit) == 40 and f"commit: {commit}\n" in said and "+SYSTEMD" in said, said


def test_its_program_runs_a_container(unpacked, boxes, host):
    box = boxes(Runtime(unpacked / "usr/bin/rundlet", host.root))
    assert box.sh("hostname; echo $$").endswith("1\n")
