/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the kernel parameters of the namespaces: keys become paths below /proc/sys. Pure. */
#include "process/process.h"

#include "base/auto.h"
#include "base/fault.h"
#include "libocispec/ocispec.h"

#include <linux/sched.h>
#include <string.h>

#define SYSCTL_ENTRIES_MAX 1024
#define SYSCTL_PATH_MAX    512
#define SYSCTL_NAME_MAX    255
#define SYSCTL_VALUE_MAX   4095 /* the kernel takes less than a page for most */

static const struct row {
	const char *path;
	uint32_t flag;
} rows[] = {
#define SYSCTL(path, flag) { path, flag },
#include "process/sysctls.def"
#undef SYSCTL
};

/*
 * As sysctl(8) does: the first separator in the key says which one it is, the other one stands for
 * itself: net.ipv4.conf.eth0/100.mtu is net/ipv4/conf/eth0.100/mtu.
 */
static void to_path(const char *key, char *path)
{
	bool dots = key[strcspn(key, "./")] == '.';

	for (; *key; key++)
		*path++ = dots && *key == '.' ? '/' : dots && *key == '/' ? '.' : *key;
	*path = 0;
}

static bool is_name(const char *s, size_t len)
{
	if (len == 0 || len > SYSCTL_NAME_MAX)
		return false;
	if (s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.')) && !fault_is_weak("names"))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 127)
			return false;
	return true;
}

/* Whether the path is made of ordinary names: it becomes a path on the host's procfs. */
static bool is_path(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (!is_name(path, len))
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

/* The row of a parameter, or NULL: it is the host's. */
static const struct row *find_row(const char *path)
{
	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		size_t len = strlen(rows[i].path);
		bool below = rows[i].path[len - 1] == '/';

		if (below ? !strncmp(path, rows[i].path, len) : !strcmp(path, rows[i].path))
			return &rows[i];
	}
	return NULL;
}

static int plan_entry(const char *name, const char *value, uint32_t own, struct flat *f,
		      struct sysctl_entry *ret, struct rl_err *e)
{
	char key[RL_ERR_WHERE], path[SYSCTL_PATH_MAX];
	const struct row *row;

	snprintf(key, sizeof(key), "linux.sysctl[\"%s\"]", name);
	if (strlen(name) >= sizeof(path))
		return rl_refuse(e, key, "the name is longer than %zu bytes", sizeof(path) - 1);
	to_path(name, path);
	if (!is_path(path))
		return rl_refuse(e, key, "is not the name of a kernel parameter");
	row = find_row(path);
	if (!row)
		return rl_refuse(e, key,
				 "does not belong to a namespace: it would change the host");
	if (!(row->flag & own))
		return rl_refuse(e, key,
				 "would change the host: the container has no %s namespace "
				 "of its own",
				 namespaces_word(row->flag));
	if (strlen(value) > SYSCTL_VALUE_MAX)
		return rl_refuse(e, key, "the value is longer than %d bytes", SYSCTL_VALUE_MAX);
	*ret = (struct sysctl_entry){
		.flag = row->flag,
		.where = flat_add_str(f, key),
		.path = flat_add_str(f, path),
		/* A write of no bytes does nothing; an empty line empties a list of values. */
		.value = flat_add_str(f, value[0] ? value : "\n"),
	};
	return 0;
}

int sysctl_plan(const struct oci_map *sysctl, uint32_t own, struct flat *f, struct flat_list *ret,
		struct rl_err *e)
{
	struct flat_list l;

	if (sysctl->n > SYSCTL_ENTRIES_MAX)
		return rl_refuse(e, "linux.sysctl", "more than %d parameters", SYSCTL_ENTRIES_MAX);
	l = flat_add_list(f, NULL, sysctl->n, sizeof(struct sysctl_entry));
	for (size_t i = 0; i < sysctl->n; i++) {
		struct sysctl_entry entry;
		int r = plan_entry(sysctl->keys[i], sysctl->values[i], own, f, &entry, e);

		if (r < 0)
			return r;
		if (!flat_failed(f))
			((struct sysctl_entry *)flat_ptr(f, l.off))[i] = entry;
	}
	*ret = l;
	return 0;
}
