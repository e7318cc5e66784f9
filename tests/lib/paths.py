# SPDX-License-Identifier: Apache-2.0
"""What is tested, and where it was built; each place can be given in the environment."""
import os
import pathlib

TOP = pathlib.Path(__file__).parents[2]
RUNDLET = pathlib.Path(os.environ.get("RUNDLET", TOP / "build/rundlet")).absolute()
FAULTS = pathlib.Path(os.environ.get("RUNDLET_FAULTS", TOP / "build-faults/rundlet")).absolute()
STUB = pathlib.Path(os.environ.get("RUNDLET_STUB", RUNDLET.parent / "rundlet-init")).absolute()
CRASHAT = RUNDLET.parent / "tests/crash/crashat"
DEBS = pathlib.Path(os.environ.get("RUNDLET_DEBS", TOP / "build-deb")).absolute()
MUSL = pathlib.Path(os.environ.get("RUNDLET_MUSL", TOP / "build-musl/rundlet")).absolute()
SANITIZED = pathlib.Path(os.environ.get("RUNDLET_SANITIZED", TOP / "build-test/rundlet")).absolute()
STATIC = pathlib.Path(os.environ.get("RUNDLET_STATIC", TOP / "build-static/rundlet")).absolute()
