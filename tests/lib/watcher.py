# SPDX-License-Identifier: Apache-2.0
"""A container that looks at each process which appears in its pid namespace."""
from lib.payload import compile_static

# Looks at each process that appears in its pid namespace, as long as it is there. Prints how it read
# the file of the host, and what the descriptors of that process are.
WATCHER = r"""
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char seen[256][160];
static int n_seen;

static void say(const char *format, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	for (int i = 0; i < n_seen; i++)
		if (!strcmp(seen[i], text))
			return;
	if (n_seen < 256)
		puts(strcpy(seen[n_seen++], text));
}

static void reach(const char *way, int pid, int fd, const char *file)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), way, pid, fd);

	snprintf(path + n, sizeof(path) - n, "%s", file);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return;
	say("read %s", way);
	close(fd);
}

static int look(int pid, const char *secret)
{
	char path[64], link[100];

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	if (access(path, F_OK) < 0)
		return 0;
	reach("/proc/%1$d/root", pid, 0, secret);
	reach("/proc/%1$d/root/../../../../../../../..", pid, 0, secret);
	reach("/proc/%1$d/cwd/../../../../../../../..", pid, 0, secret);
	for (int fd = 0; fd < 24; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		int n = readlink(path, link, sizeof(link) - 1);
		if (n < 0)
			continue;
		link[n] = 0;
		say("descriptor %s", link);
		reach("/proc/%1$d/fd/%2$d/../../../../../../../..", pid, fd, secret);
	}
	return 1;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, 0, _IOLBF, 0);
	puts("ready");
	for (int top = 2;;)
		for (int pid = top > 8 ? top - 8 : 2; pid < top + 8; pid++)
			if (look(pid, argv[1]) && pid > top)
				top = pid;
}
"""
# What the stub and a program may hold: its stdio (files of Runtime), what joins it to its runtime.
HARMLESS = r"descriptor (/memfd:|socket:|pipe:|anon_inode:|/$|(/dev)?/null$|/proc/)"


def watch_processes(box, tmp):
    """Run the watcher in the box, with a file of the host to look for. Gives a function that tells what it
    saw of others until now."""
    (tmp / "secret").write_text("of the host\n")
    for names in box.cfg.process["capabilities"].values():
        names.append("CAP_SYS_PTRACE")
    compile_static(WATCHER, f"{box.rootfs}/bin/watcher")
    box.cfg.args("/bin/watcher", f"{tmp}/secret")
    watch = box.create()
    box.start().silent()
    return lambda: set(watch.out.splitlines()) - {"ready"}
