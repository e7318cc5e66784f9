# SPDX-License-Identifier: Apache-2.0
"""Makes the bundles of the benchmark; the integration tests run them, too."""
import json
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent
TOP = HERE.parent.parent
NAMES = ("minimal", "realistic", "realistic-nolimits")

ROOT_DIRS = "bin etc proc dev sys run tmp data var/cache root run/secrets".split()
ROOT_FILES = "etc/resolv.conf etc/hosts etc/hostname run/.containerenv".split()
FILES = "resolv.conf hosts hostname containerenv".split()
FILES_DIRS = "secrets data cache".split()


def compile_payload(target, *flags, source="payload.c"):
    """A static program without a C library."""
    subprocess.run([os.environ.get("CC", "cc"), "-Os", "-static", "-nostdlib", "-nostartfiles",
                    "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-no-pie",
                    f"-I{TOP}/src", "-s", "-o", str(target), str(HERE / source), *flags],
                   check=True)


def make(folder, name, payload=None):
    """Make the bundle `name` (minimal, realistic, ...) in an existing or new folder."""
    bundle = pathlib.Path(folder)
    for path in ROOT_DIRS:
        (bundle / "rootfs" / path).mkdir(parents=True, exist_ok=True)
    for path in FILES_DIRS:
        (bundle / "files" / path).mkdir(parents=True, exist_ok=True)
    for path in ["rootfs/" + f for f in ROOT_FILES] + ["files/" + f for f in FILES]:
        (bundle / path).touch()
    if payload:
        shutil.copy(payload, bundle / "rootfs/bin/true")
    else:
        compile_payload(bundle / "rootfs/bin/true")
    config = json.loads((HERE / f"config-{name}.json").read_text())
    (bundle / "config.json").write_text(json.dumps(config, indent="\t") + "\n")
    return bundle
