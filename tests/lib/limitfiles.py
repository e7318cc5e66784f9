# SPDX-License-Identifier: Apache-2.0
"""Where a limit stands, on cgroup v1 (where the engines are tried on hosts that have it) and on v2 alone."""
import os

VIEW = "v2" if os.path.exists("/sys/fs/cgroup/cgroup.procs") else "v1"
FILES = {       # controller, file on v1; file on v2
    "memory": ("memory", "memory.limit_in_bytes", "memory.max"),
    "swap": ("memory", "memory.memsw.limit_in_bytes", "memory.swap.max"),   # on v1 with the memory
    "pids": ("pids", "pids.max", "pids.max"),
    "cpus": ("cpuset", "cpuset.cpus", "cpuset.cpus"),
    "quota": ("cpu", "cpu.cfs_quota_us", "cpu.max"),                        # on v2 the period is there, too
    "period": ("cpu", "cpu.cfs_period_us", "cpu.max"),
    "shares": ("cpu", "cpu.shares", "cpu.weight"),                          # runtimes convert them differently
}


def on(v1, v2):
    return v2 if VIEW == "v2" else v1


def limit_file(name, group=""):
    """Of a container, which sees its cgroup as the root; or of the group with that path in each hierarchy."""
    controller, v1, v2 = FILES[name]
    return "/".join(filter(None, ["/sys/fs/cgroup", on(controller, ""), group.strip("/"), on(v1, v2)]))


# Prints them; on v2, where the number is the runtime's, fails if they are what a cgroup has by itself.
TELL_SHARES = on(["cat", limit_file("shares")], ["sh", "-c", f"test $(cat {limit_file('shares')}) != 100"])
