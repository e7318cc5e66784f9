# SPDX-License-Identifier: Apache-2.0
"""What the analysers say that is not so: the file, the check, a part of the line, and why it is not."""

# cppcheck sees no attribute `cleanup`.
AUTO = "declared with rl_auto"
# gcc 12 does not follow a pointer into an array that grows.
GROWS = "an element of the array, which is freed with it"
# The condition is in another member, or in what another function returned.
NOT_EMPTY = "not NULL where the count is not 0"

ACCEPTED = [
    ("libocispec/schema-config.def", "unknownMacro", "MEMBER(oci_memory,", "a table; schema.c has no other code"),
    ("src/cgroup/cgroup-record.c", "memleak", "return r;", AUTO),
    ("src/cgroup/devices/device-rules-plan.c", "bugprone-macro-parentheses", ".allow = true", "a name in an initializer"),
    ("src/cgroup/devices/device-update-host.c", "analyzer-null-dereference", "l->rules[i]", NOT_EMPTY),
    ("src/cgroup/limits/journal-host.c", "analyzer-malloc-leak", "j->entries[j->n++]", GROWS),
    ("src/cgroup/limits/journal-host.c", "memleak", "return 0;", GROWS),
    ("src/cgroup/rdt/rdt-counters.c", "resourceLeak", "return -ENOMEM;", AUTO),
    ("src/cgroup/rdt/rdt-host.c", "bugprone-not-null-terminated-result", "memcpy(text + at", "calloc() has the end"),
    ("src/cgroup/rdt/rdt-update.c", "memleak", "return 0;", AUTO),
    ("src/cgroup/systemd/manager-systemd.c", "analyzer-null-argument", "strcmp(group", "set, as r is not negative"),
    ("src/cgroup/systemd/unit-limits-plan.c", "bugprone-not-null-terminated-result", "memchr(units", "its end is no unit"),
    ("src/cgroup/systemd/unit-report.c", "analyzer-null-dereference", "bytes[", NOT_EMPTY),
    ("src/cgroup/systemd/unit-report.c", "analyzer-null-argument", "strlen(data)", NOT_EMPTY),
    ("src/cli/cmd-check.c", "memleak", "return r;", AUTO),
    ("src/cli/cmd-features.c", "autoVariables", "f->annotations =", "printed before it ends"),
    ("src/cli/cmd-features.c", "autoVariables", "f->linux_ =", "printed before it ends"),
    ("src/cli/main.c", "leakReturnValNotUsed", 'open("/dev/null"', "it is to stay open"),
    ("src/container/clone-host.c", "comparePointers", "init_image_end - init_image_start", "two symbols of one object"),
    ("src/container/info.c", "analyzer-malloc-leak", "v[l->n++]", GROWS),
    ("src/container/netdevs.c", "analyzer-malloc-leak", "if (!d->addrs)", GROWS),
    ("src/container/run.c", "ctuuninitvar", "iov = { m", "receive() fills it, through an iovec"),
    ("src/os/netlink.c", "resourceLeak", "-errno : fd", "returned"),
    ("src/os/notifysock.c", "resourceLeak", "-errno : fd", "returned"),
    ("src/os/resctrl.c", "nullPointer", "fault_resctrl()", "NULL does not come here"),
    ("src/process/mempolicy-plan.c", "bugprone-macro-parentheses", "#define FLAG", "the name of a constant"),
]
