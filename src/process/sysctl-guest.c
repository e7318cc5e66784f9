/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the kernel parameters of the container's namespaces through the private procfs, which
 * nothing in the container can have mounted over (CVE-2025-52881).
 */
#include "process/process.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>

static long open_beneath(int dirfd, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = SYS_WEAK(proc_own) ? 0 :
						RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
							RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};

	return SYS_4(__NR_openat2, dirfd, path, &how, sizeof(how));
}

static long write_value(int sys_fd, const char *path, const char *value)
{
	size_t len = sys_strlen(value);
	long fd = open_beneath(sys_fd, path, O_WRONLY | O_TRUNC);
	long r;

	if (fd < 0)
		return fd;
	r = sys_write((int)fd, value, len);
	sys_close((int)fd);
	return r >= 0 && (size_t)r != len ? -EIO : r;
}

/* write "1" to /proc/sys "net/ipv4/ip_forward" */
static int write_failed(const struct guest *g, const struct sysctl_entry *s, long r)
{
	char verb[RL_ERR_WHAT] = "write \"";

	sys_append(verb, 64, flat_get_str(g->base, s->value));
	sys_append(verb, sizeof(verb), "\" to /proc/sys");
	return guest_fail(g, r, s->where, verb, flat_get_str(g->base, s->path));
}

int sysctl_write(struct guest *g, const struct namespaces_plan *p)
{
	long fd, r = 0;

	if (!p->sysctls.n)
		return 0;
	fd = SYS_WEAK(proc_own) ?
		     sys_openat(g->root_fd, "proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC, 0) :
		     open_beneath(g->proc_fd, "sys", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return guest_fail(g, fd, 0, "open the kernel parameters of the private procfs",
				  NULL);
	FLAT_EACH(g->base, p->sysctls, const struct sysctl_entry, s) {
		r = write_value((int)fd, flat_get_str(g->base, s->path),
				flat_get_str(g->base, s->value));
		if (r < 0) {
			write_failed(g, s, r);
			break;
		}
	}
	sys_close((int)fd);
	return r < 0 ? (int)r : 0;
}
