# SPDX-License-Identifier: Apache-2.0
"""The freezer that a test's host has for a container: that of cgroup v1 where it is, else that of v2."""
import os

from lib.box import eventually
from lib.host import CGROUPS
from lib.payload import compile_static

# One process forks without end, the other cannot be frozen: it executes a program, which waits for
# the end of its second thread, and that is a zombie which only its tracer can reap, which sleeps.
STUCK = r"""
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int tid;

static void *second(void *unused)
{
	tid = syscall(SYS_gettid);
	for (;;)
		pause();
}

int main(void)
{
	pthread_t thread;
	int ends[2];
	char c;

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	pthread_create(&thread, 0, second, 0);
	while (!tid)
		usleep(1000);
	pipe(ends);
	if (!fork()) {
		ptrace(PTRACE_SEIZE, tid, 0, 0);
		write(ends[1], "", 1);
		for (;;)
			pause();
	}
	read(ends[0], &c, 1);
	execl("/bin/true", "true", (char *)0);
}
"""


class Freezer:
    """Of one cgroup, by its path below the mount points. v2: take that, whatever there is beside it."""

    def __init__(self, path, v2=False):
        self.name = path
        self.v1 = f"{CGROUPS}/freezer{path}"
        self.v2 = CGROUPS + path if os.path.exists(f"{CGROUPS}/cgroup.procs") else f"{CGROUPS}/unified{path}"
        self.is_v1 = not v2 and os.path.isdir(f"{CGROUPS}/freezer")
        self.dir = self.v1 if self.is_v1 else self.v2

    def _file(self, name):
        with open(f"{self.dir}/{name}") as f:
            return f.read()

    def write(self, freeze):
        """Freeze or thaw it by hand."""
        name, words = ("freezer.state", ("THAWED", "FROZEN")) if self.is_v1 else ("cgroup.freeze", "01")
        with open(f"{self.dir}/{name}", "w") as f:
            f.write(words[freeze])

    @property
    def state(self):
        """THAWED, FREEZING or FROZEN."""
        if self.is_v1:
            return self._file("freezer.state").strip()
        if "frozen 1" in self._file("cgroup.events"):
            return "FROZEN"
        return "FREEZING" if self._file("cgroup.freeze").strip() == "1" else "THAWED"


def up_stuck(box):
    """Run a container with a process that cannot be frozen."""
    compile_static(STUCK, f"{box.rootfs}/bin/stuck")
    box.cfg.args("/bin/stuck")
    box.create().silent()
    box.start().silent()
    eventually(lambda: "rundlet" not in box.proc("comm") and box.proc("stat").rsplit(") ", 1)[1][0] == "D",
               "it waits in the kernel")
