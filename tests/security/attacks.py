# SPDX-License-Identifier: Apache-2.0
"""
The published attacks on container runtimes, and what shows that their tests are not vacuous. Tests name
the rows: @pytest.mark.attack("S5"), with variants in which they try it that their fixture `variant` does
not say: @pytest.mark.attack("S2", "exec"). docs/security-tests.md is made from this file and from them.
"""
import ast
import pathlib
import re

TESTS = pathlib.Path(__file__).parents[1]
VARIANTS = ("no-pivot", "userns", "readonly", "exec")

# row: names, what is attacked
ATTACKS = {
    "S1": ("CVE-2016-3697", "a number as user is looked up as a name in the image"),
    "S2": ("CVE-2016-9962", "a container traces or looks into a process of the runtime in its pid namespace"),
    "S3": ("CVE-2019-5736", "a container writes to the runtime's program by /proc/PID/exe"),
    "S4": ("CVE-2019-16884", "a mount of the image in the place of /proc takes what the runtime writes"),
    "S5": ("CVE-2019-18837", "the destination of a mount is a symlink to the host"),
    "S6": ("CVE-2019-19921", "/proc is exchanged for a symlink while it is mounted and masked"),
    "S7": ("CVE-2021-30465", "the destination of a mount is exchanged for a symlink while it is mounted"),
    "S8": ("CVE-2021-43784", "a length that does not fit into 16 bits"),
    "S9": ("GHSA-g54h-m393-cpwq", "devices are open unless denied"),
    "S10": ("CVE-2022-24769, CVE-2022-27650, CVE-2022-29162, CVE-2025-27612", "inheritable capabilities that nobody asked for"),
    "S11": ("CVE-2023-25809", "cgroups stay writable below a read-only /sys"),
    "S12": ("CVE-2023-27561, CVE-2023-28642, CVE-2025-54867", "/proc, /sys or /dev of the image are symlinks"),
    "S13": ("CVE-2024-21626", "a descriptor of the host as working directory or program"),
    "S14": ("CVE-2024-45310", "directories and files are made on the host while a destination is exchanged"),
    "S15": ("CVE-2025-24965", "a file that the runtime writes into the root is a symlink to the host"),
    "S16": ("CVE-2025-31133, CVE-2025-62161", "the image's /dev/null is mounted as a mask"),
    "S17": ("CVE-2025-52565", "a false terminal of the image is mounted on /dev/console"),
    "S18": ("CVE-2025-52881, CVE-2025-62596", "a file of procfs in the place of another one that is written"),
    "S19": ("CVE-2026-30892", "the user of exec is read as root"),
    "S20": ("CVE-2026-47766, CVE-2026-41579", "devices and links are made through a symlink in the place of /dev"),
    "S21": ("CVE-2026-88264", "/dev/console is made through a symlink"),
    "S22": ("CVE-2026-88265", "a file of the host is attached to the standard streams, or given away"),
    "S23": ("CVE-2026-84042", "a helper is executed that is the image's"),
    "S24": ("CVE-2020-15257", "abstract sockets of the runtime"),
    "S25": ("CVE-2024-3154", "an annotation sets a property of systemd that executes programs"),
    "S26": ("runc 4103", "a name of the configuration becomes a path elsewhere"),
    "S27": ("crun 1.29", "exec enters a cgroup beside the container's"),
    "S28": ("crun 1646", "an identifier is a path"),
    "S29": ("faults of parsers", "memory is overwritten by what is read"),
    "S30": ("runc 5208, crun 1.29.1", "what is killed half-way leaves something, or hangs"),
}

# Rows whose tests are elsewhere than in a function of pytest.
ELSEWHERE = {
    "S25": ["tests/unit/test-cgroup-unit.c"],
    "S29": ["tests/fuzz", "tests/unit"],
}

_TREE, _STATIC, _SELF = "security/test_tree.py", "security/test_static.py", "security/test_self_protection.py"
_SWAPS = "security/test_swaps.py"
_LINK = f"{_TREE}::test_cve_2019_18837_a_mount_on_a_link_stays_in_the_rootfs"
_NULL = f"{_TREE}::test_cve_2025_31133_a_mask_is_the_host_s_null"

# row: defences that are left out together (rows of src/base/weak.def), a test that must fail then
PROOFS = {
    "S1": ("number", "security/test_numbers.py::test_cve_2026_30892_nobody_becomes_root_by_a_number['1x'-]"),
    "S2": ("dumpable", f"{_SELF}::test_cve_2016_9962_nothing_is_seen_of_a_container_that_waits[user namespace]"),
    "S3": ("seal", f"{_SELF}::test_cve_2019_5736_a_descriptor_that_is_kept_cannot_be_written[ids of the host]"),
    "S4": ("proc_place proc_own", f"{_TREE}::test_cve_2019_16884_a_proc_made_of_files_gets_nothing[plain]"),
    "S5": ("in_root", f"{_LINK}[plain-tmpfs-absolute]"),
    "S6": ("masks", f"{_SWAPS}::test_cve_2019_19921_what_is_hidden_of_a_system_directory_is_hidden[plain-proc, directory]"),
    "S7": ("in_root", f"{_SWAPS}::test_cve_2021_30465_a_mount_stays_in_the_rootfs[plain]"),
    "S9": ("devices", "security/test_device_access.py::test_all_is_denied_that_no_rule_allows[host-none]"),
    "S10": ("inheritable", "security/test_exec_attacks.py::test_cve_2022_29162_nothing_is_inheritable"),
    "S11": ("sys_below", "security/test_rootless_sys.py::test_cgroups_of_the_user_are_not_writable_through_a_read_only_sys"),
    "S12": ("exact in_root",
            f"{_TREE}::test_cve_2023_28642_a_system_directory_that_leads_out_of_the_rootfs[plain-/dev-absolute]"),
    "S13": ("cwd descriptors", f"{_STATIC}::test_s13_no_working_directory_leads_outside[/proc/self/fd/{{}}]"),
    "S13 program": ("program descriptors", f"{_STATIC}::test_s13_no_program_is_executed_from_outside[23]"),
    "S14": ("in_root", f"{_SWAPS}::test_cve_2024_45310_a_destination_is_made_in_the_rootfs[plain]"),
    "S15 mount": ("in_root", f"{_TREE}::test_cve_2025_24965_a_file_to_mount_on_is_made_in_the_rootfs_alone[plain]"),
    "S15 device": ("node_place", f"{_TREE}::test_cve_2025_24965_a_file_to_bind_a_device_on_is_made_in_the_rootfs_alone"
                                 "[userns-null-dangling]"),
    "S16": ("mask_source nodes", f"{_NULL}[plain-file]"),
    "S17": ("ptmx", f"{_TREE}::test_cve_2025_52565_a_terminal_is_a_pseudoterminal[plain-pts-no devpts]"),
    "S18": ("proc_place proc_own", f"{_TREE}::test_cve_2025_52881_a_file_of_procfs_on_another_is_not_written"
                                   "[/proc/self/sched-/proc/sys/net/ipv4/ip_forward-plain]"),
    "S19": ("number", "security/test_numbers.py::test_cve_2026_30892_nobody_becomes_root_by_a_number['1:'-]"),
    "S20": ("in_root", f"{_TREE}::test_cve_2026_47766_devices_are_made_in_the_rootfs_alone[plain-/dev-absolute]"),
    "S21": ("console_place", f"{_TREE}::test_cve_2026_88264_a_terminal_is_not_put_where_the_image_leads[plain-dangling]"),
    "S22": ("stream_owner", f"{_TREE}::test_cve_2026_88265_regular_files_on_stdio_keep_their_owner"),
    "S24": ("socket", f"{_STATIC}::test_s24_there_is_no_abstract_socket"),
    "S26": ("names proc_own", f"{_STATIC}::test_s26_the_name_of_a_kernel_parameter_leads_to_no_file_of_the_host"),
    "S27": ("below", "security/test_numbers.py::test_s27_exec_does_not_enter_a_sibling_whose_name_begins_alike"),
    "S28": ("id", "integration/test_bad_input.py::test_an_invalid_id[delete --force-'a*b']"),
    "bounding": ("bounding", "integration/test_exec_options.py::test_without_capabilities_there_are_none"),
}

# Rows without a weakened build, and why.
UNPROVEN = {
    "S8": "lengths have one width everywhere: there is no check that could be left out",
    "S23": "helpers are executed by paths that are compiled in: there is no check that could be left out",
    "S25": "the unit test refuses each property by name",
    "S29": "sanitizers and fuzzers, not a check",
    "S30": "tests/crash and tests/fault show each state that is left",
}

_ROW = re.compile(r"S\d+")


def _words(function):
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", getattr(decorator.func, "id", "")) == "attack":
            yield from (ast.literal_eval(arg) for arg in decorator.args)


def tests():
    """{row: {test: variants}} by the marks of the tests."""
    found = {}
    for path in sorted(TESTS.glob("*/test_*.py")):
        for function in ast.parse(path.read_text()).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            words = set(_words(function))
            rows = {word for word in words if _ROW.fullmatch(word)}
            variants = words - rows
            if "variant" in (arg.arg for arg in function.args.args):
                variants |= {"no-pivot", "userns", "readonly"}
            for row in rows:
                found.setdefault(row, {})[f"{path.parent.name}/{path.name}::{function.name}"] = variants
    return found


def table():
    """The rows of docs/security-tests.md: row, names, attack, tests, a column for each variant, weakened build."""
    found = tests()
    for row, (names, what) in ATTACKS.items():
        mine = found.get(row, {})
        where = [f"`{test}`" for test in mine] + [f"`{path}`" for path in ELSEWHERE.get(row, [])]
        tried = [sum(variant in variants for variants in mine.values()) or "" for variant in VARIANTS]
        left = [f"`{defence}`" for key, (defences, _) in PROOFS.items() if key.split()[0] == row for defence in defences.split()]
        yield [row, names, what, "<br>".join(where), *tried, " ".join(left) or UNPROVEN.get(row, "")]
