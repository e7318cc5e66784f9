/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet spec: writes a config.json to start from: a shell in a container of its own. */
#include "base/auto.h"
#include "base/report.h"
#include "cli/abspath.h"
#include "cli/cmd.h"
#include "cli/version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct options_row rows[] = {
	OPTIONS_ROW_TEXT("bundle", "b", bundle, "DIR",
			 "directory to write to (default: the current one)"),
	OPTIONS_ROW_TEXT("file", "f", file, "FILE", "name of the file (default: config.json)"),
	OPTIONS_ROW_FLAG("rootless", "", for_user,
			 "for a user without privilege: with a user namespace"),
	OPTIONS_END
};

/* Lists of words end with NULL. */
#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct mount {
	const char *destination, *type, *source;
	const char *const *options;
};

static const struct mount mounts[] = {
	{ "/proc", "proc", "proc", WORDS("nosuid", "noexec", "nodev") },
	{ "/dev", "tmpfs", "tmpfs", WORDS("nosuid", "strictatime", "mode=755", "size=65536k") },
	{ "/dev/pts", "devpts", "devpts",
	  WORDS("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5") },
	{ "/dev/shm", "tmpfs", "shm",
	  WORDS("nosuid", "noexec", "nodev", "mode=1777", "size=65536k") },
	{ "/dev/mqueue", "mqueue", "mqueue", WORDS("nosuid", "noexec", "nodev") },
	{ "/sys", "sysfs", "sysfs", WORDS("nosuid", "noexec", "nodev", "ro") },
	{ "/sys/fs/cgroup", "cgroup", "cgroup",
	  WORDS("nosuid", "noexec", "nodev", "relatime", "ro") },
};

/*
 * The same for a user: gid 5 is not mapped; sysfs belongs to the network namespace, which is the
 * host's, so that only the host's mount of it can be used.
 */
static const struct mount user_mounts[] = {
	{ "/proc", "proc", "proc", WORDS("nosuid", "noexec", "nodev") },
	{ "/dev", "tmpfs", "tmpfs", WORDS("nosuid", "strictatime", "mode=755", "size=65536k") },
	{ "/dev/pts", "devpts", "devpts",
	  WORDS("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620") },
	{ "/dev/shm", "tmpfs", "shm",
	  WORDS("nosuid", "noexec", "nodev", "mode=1777", "size=65536k") },
	{ "/dev/mqueue", "mqueue", "mqueue", WORDS("nosuid", "noexec", "nodev") },
	{ "/sys", "bind", "/sys", WORDS("rbind", "nosuid", "noexec", "nodev", "ro") },
};

static void write_strings(struct report *r, const char *key, const char *const *words)
{
	report_list(r, key);
	for (; *words; words++)
		report_str(r, NULL, *words);
	report_close(r);
}

static void write_process(struct report *r)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };

	report_object(r, "process");
	report_bool(r, "terminal", false);
	report_object(r, "user");
	report_u64(r, "uid", 0);
	report_u64(r, "gid", 0);
	report_close(r);
	write_strings(r, "args", WORDS("sh"));
	write_strings(r, "env",
		      WORDS("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			    "TERM=xterm"));
	report_str(r, "cwd", "/");
	report_object(r, "capabilities");
	for (size_t i = 0; i < RL_COUNT(sets); i++)
		write_strings(r, sets[i],
			      WORDS("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"));
	report_close(r);
	report_list(r, "rlimits");
	report_object(r, NULL);
	report_str(r, "type", "RLIMIT_NOFILE");
	report_u64(r, "hard", 1024);
	report_u64(r, "soft", 1024);
	report_close(r);
	report_close(r);
	report_bool(r, "noNewPrivileges", true);
	report_close(r);
}

static void write_mounts(struct report *r, const struct mount *m, size_t n)
{
	report_list(r, "mounts");
	for (; n; n--, m++) {
		report_object(r, NULL);
		report_str(r, "destination", m->destination);
		report_str(r, "type", m->type);
		report_str(r, "source", m->source);
		write_strings(r, "options", m->options);
		report_close(r);
	}
	report_close(r);
}

static void write_mapping(struct report *r, const char *key, unsigned int id)
{
	report_list(r, key);
	report_object(r, NULL);
	report_u64(r, "containerID", 0);
	report_u64(r, "hostID", id);
	report_u64(r, "size", 1);
	report_close(r);
	report_close(r);
}

/* Nothing but the default devices, which need no rule. */
static void write_resources(struct report *r)
{
	report_object(r, "resources");
	report_list(r, "devices");
	report_object(r, NULL);
	report_bool(r, "allow", false);
	report_str(r, "access", "rwm");
	report_close(r);
	report_close(r);
	report_close(r);
}

static void write_linux(struct report *r, bool for_user)
{
	static const char *const kinds[] = {
		"pid", "network", "ipc", "uts", "mount", "cgroup", NULL
	};
	static const char *const user_kinds[] = { "pid",    "ipc",  "uts", "mount",
						  "cgroup", "user", NULL };
	const char *const *kind = for_user ? user_kinds : kinds;

	report_object(r, "linux");
	if (for_user) {
		write_mapping(r, "uidMappings", geteuid());
		write_mapping(r, "gidMappings", getegid());
	} else {
		write_resources(r);
	}
	report_list(r, "namespaces");
	for (; *kind; kind++) {
		report_object(r, NULL);
		report_str(r, "type", *kind);
		report_close(r);
	}
	report_close(r);
	/* What tells of, or reaches, the host's kernel and hardware. */
	write_strings(r, "maskedPaths",
		      WORDS("/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore",
			    "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
			    "/proc/timer_list", "/proc/timer_stats",
			    "/sys/devices/virtual/powercap", "/sys/firmware"));
	write_strings(r, "readonlyPaths",
		      WORDS("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
			    "/proc/sysrq-trigger"));
	report_close(r);
}

static void write_config(FILE *out, bool for_user)
{
	struct report r;

	report_begin(&r, out, REPORT_JSON);
	report_str(&r, "ociVersion", VERSION_SPEC_MAX);
	write_process(&r);
	report_object(&r, "root");
	report_str(&r, "path", "rootfs");
	report_bool(&r, "readonly", true);
	report_close(&r);
	report_str(&r, "hostname", "rundlet");
	if (for_user)
		write_mounts(&r, user_mounts, RL_COUNT(user_mounts));
	else
		write_mounts(&r, mounts, RL_COUNT(mounts));
	write_linux(&r, for_user);
	report_end(&r);
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	const char *file = o->file ? o->file : "config.json";
	char path[ABSPATH_MAX];
	FILE *out;
	int r;

	(void)ret_status;
	if (!o->bundle || file[0] == '/')
		r = snprintf(path, sizeof(path), "%s", file);
	else
		r = snprintf(path, sizeof(path), "%s/%s", o->bundle, file);
	if ((size_t)r >= sizeof(path))
		return rl_fail(e, -ENAMETOOLONG, "write \"%.64s\"", file);

	out = fopen(path, "wxe"); /* x: never the file of somebody else */
	if (!out && errno == EEXIST)
		return rl_whole(e, -EEXIST, "write \"%s\": it is there already, and stays", path);
	if (!out)
		return rl_fail(e, -errno, "write \"%s\"", path);
	write_config(out, o->for_user);
	r = ferror(out) ? -EIO : 0;
	if (fclose(out) != 0)
		r = -errno;
	if (r < 0) {
		unlink(path);
		return rl_fail(e, r, "write \"%s\"", path);
	}
	return 0;
}

const struct cmd cmd_spec = {
	.name = "spec",
	.group = CMD_GROUP_MAKE,
	.arguments = "",
	.summary = "write a config.json to start from",
	.about = "It runs a shell in the directory rootfs beside it. A file that exists is kept.",
	.rows = rows,
	.run = run,
};
