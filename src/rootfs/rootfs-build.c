/* SPDX-License-Identifier: Apache-2.0 */
/* What the planners of the file tree share; see rootfs-build.h. */
#include "rootfs/rootfs-build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void rootfs_build_done(struct rootfs_build *b)
{
	free(b->mounts);
	free(b->devices);
	free(b->links);
	free(b->idmaps);
}

/* Append an element to an array whose room is the next power of two of its number. */
static int append(struct rootfs_build *b, void **array, size_t *n, const void *element, size_t size)
{
	if ((*n & (*n - 1)) == 0) {
		void *bigger = reallocarray(*array, *n ? *n * 2 : 1, size);

		if (!bigger)
			return rl_fail(b->e, -ENOMEM, "plan the file tree");
		*array = bigger;
	}
	memcpy((char *)*array + *n * size, element, size);
	(*n)++;
	return 0;
}

int rootfs_build_mount(struct rootfs_build *b, const struct rootfs_mount *m)
{
	void *array = b->mounts;
	int r = append(b, &array, &b->n_mounts, m, sizeof(*m));

	b->mounts = array;
	return r;
}

int rootfs_build_device(struct rootfs_build *b, const struct rootfs_device *d)
{
	void *array = b->devices;
	int r = append(b, &array, &b->n_devices, d, sizeof(*d));

	b->devices = array;
	return r;
}

int rootfs_build_idmap(struct rootfs_build *b, const struct rootfs_idmap *m)
{
	void *array = b->idmaps;
	int r = append(b, &array, &b->n_idmaps, m, sizeof(*m));

	b->idmaps = array;
	return r;
}

int rootfs_build_link(struct rootfs_build *b, const char *path, const char *target, bool replace)
{
	const struct rootfs_link l = {
		.path = flat_add_str(b->f, path),
		.target = flat_add_str(b->f, target),
		.replace = replace,
	};
	void *array = b->links;
	int r = append(b, &array, &b->n_links, &l, sizeof(l));

	b->links = array;
	return r;
}

int rootfs_build_path(struct rootfs_build *b, const char *where, const char *path,
		      char ret[ROOTFS_PATH_MAX])
{
	char clean[ROOTFS_PATH_MAX];
	size_t len = 0;

	if (!path || !*path)
		return rl_refuse(b->e, where, "is empty");
	if (strlen(path) > ROOTFS_PATH_MAX - 2)
		return rl_refuse(b->e, where, "is longer than %d bytes", ROOTFS_PATH_MAX - 2);
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && !strncmp(path, "..", 2)) {
			while (len && clean[--len] != '/')
				;
		} else if (n && !(n == 1 && *path == '.')) {
			clean[len++] = '/';
			memcpy(clean + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	if (!len)
		clean[len++] = '/';
	clean[len] = 0;
	memcpy(ret, clean, len + 1);
	return 0;
}

int rootfs_build_host_path(struct rootfs_build *b, const char *where, const char *path,
			   flat_str *ret)
{
	const char *bundle = b->facts->bundle;
	bool absolute = path && *path == '/';

	if (!path || !*path)
		return rl_refuse(b->e, where, "is empty");
	if (strlen(path) + (absolute ? 0 : strlen(bundle) + 1) > ROOTFS_PATH_MAX - 1)
		return rl_refuse(b->e, where, "is longer than %d bytes", ROOTFS_PATH_MAX - 1);
	*ret = absolute ? flat_add_str(b->f, path) : flat_add_fmt(b->f, "%s/%s", bundle, path);
	return 0;
}

bool rootfs_build_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && path[n] == '/';
}
