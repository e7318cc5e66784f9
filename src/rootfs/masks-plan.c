/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the masked and the read-only paths. */
#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "rootfs/rootfs-build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether one of the n paths planned so far is this one. */
static bool is_known(const struct rootfs_build *b, const struct rootfs_path *list, size_t n,
		     const char *path)
{
	for (size_t i = 0; i < n && !flat_failed(b->f); i++)
		if (!strcmp(flat_get_str(b->f->data, list[i].path), path))
			return true;
	return false;
}

static int plan_path(struct rootfs_build *b, const char *where, const char *text,
		     struct rootfs_path *list, size_t *n)
{
	char path[ROOTFS_PATH_MAX];
	int r;

	if (*text != '/')
		return rl_refuse(b->e, where, "\"%s\" is not an absolute path", text);
	r = rootfs_build_path(b, where, text, path);
	if (r < 0)
		return r;
	if (!strcmp(path, "/"))
		return rl_refuse(b->e, where,
				 "the root itself cannot be hidden or made read-only "
				 "here: see root.readonly");
	if (is_known(b, list, *n, path))
		return 0;
	list[(*n)++] = (struct rootfs_path){
		.where = flat_add_str(b->f, where),
		.path = flat_add_str(b->f, path),
	};
	return 0;
}

static int plan_list(struct rootfs_build *b, const char *name, char *const *paths, size_t n,
		     struct flat_list *ret)
{
	rl_autofree struct rootfs_path *list = NULL;
	size_t n_list = 0;

	if (n > ROOTFS_MASKS_MAX)
		return rl_refuse(b->e, name, "has more than %d entries", ROOTFS_MASKS_MAX);
	if (!n)
		return 0;
	list = calloc(n, sizeof(*list));
	if (!list)
		return rl_fail_at(b->e, -ENOMEM, name, "plan the paths");
	for (size_t i = 0; i < n; i++) {
		char where[64];
		int r;

		snprintf(where, sizeof(where), "%s[%zu]", name, i);
		r = plan_path(b, where, paths[i], list, &n_list);
		if (r < 0)
			return r;
	}
	*ret = flat_add_list(b->f, list, n_list, sizeof(*list));
	return 0;
}

int masks_plan(struct rootfs_build *b, const struct oci_config *c)
{
	const struct oci_linux *l = c->linux_;
	int r;

	if (!l)
		return 0;
	r = plan_list(b, "linux.maskedPaths", l->masked_paths, l->n_masked_paths, &b->p->masked);
	if (r < 0)
		return r;
	return plan_list(b, "linux.readonlyPaths", l->readonly_paths, l->n_readonly_paths,
			 &b->p->readonly_paths);
}
