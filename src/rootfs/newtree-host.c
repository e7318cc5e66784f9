/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes on the host's side what the container's process may not make itself: new file systems with
 * mapped ids. In the container's user namespace they would belong to that namespace, and then their
 * ids could not be mapped.
 */
#include "rootfs/newtree.h"

#include "base/auto.h"
#include "os/newfs.h"
#include "rootfs/mountmap.h"

#include <stdio.h>

/* With what the file system says about it as the hint. */
static int fail(const void *base, const struct rootfs_mount *m, int fs, int r, const char *option,
		struct rl_err *e)
{
	const char *type = flat_get_str(base, m->type);
	char text[RL_ERR_HINT] = "";

	if (fs >= 0)
		newfs_message(fs, text, sizeof(text));
	rl_fail_at(e, r, flat_get_str(base, m->where), "mount %s on \"%s\"%s%s%s", type,
		   flat_get_str(base, m->dest), option ? ": set its option \"" : "",
		   option ? option : "", option ? "\"" : "");
	if (*text)
		rl_hint(e, "%s", text);
	return r;
}

static int configure(const void *base, const struct rootfs_mount *m, int fs, struct rl_err *e)
{
	int r;

	FLAT_EACH(base, m->params, const struct rootfs_param, p) {
		const char *k = flat_get_str(base, p->key);

		r = newfs_set(fs, k, flat_get_str(base, p->value));
		if (r < 0)
			return fail(base, m, fs, r, k, e);
	}
	r = newfs_set(fs, "source", flat_get_str(base, m->source));
	return r < 0 ? fail(base, m, fs, r, "source", e) : 0;
}

int newtree_make(const void *base, const struct rootfs_plan *p, struct rootfs_mount *m,
		 struct rl_err *e)
{
	rl_autoclose int fs = newfs_open(flat_get_str(base, m->type));
	struct mountmap_target t = {
		.idmap = m->idmap,
		.type = flat_get_str(base, m->type),
	};
	char where[RL_ERR_WHERE];
	int r = fs < 0 ? fs : configure(base, m, fs, e);

	if (r == 0)
		r = m->fd = newfs_mount(fs, rootfs_first_attributes(m));
	if (r < 0)
		return fail(base, m, fs, r, NULL, e);
	snprintf(where, sizeof(where), "%s.options", flat_get_str(base, m->where));
	t.fd = m->fd;
	t.where = where;
	return mountmap_apply(base, p, &t, e);
}
