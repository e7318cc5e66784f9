/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts with mapped ids (idmap, ridmap). Private to this room. */
#ifndef RL_ROOTFS_MOUNTMAP_H
#define RL_ROOTFS_MOUNTMAP_H

#include "rootfs/rootfs-build.h"

struct oci_id_mapping;

/* What one mount says about its mapping; nothing of it: the container's own mapping. */
struct mountmap_request {
	const char *where;   /* what asks: "mounts[7].options" */
	const char *members; /* where uidMappings and gidMappings stand: "mounts[7]" */
	const char *text;    /* "uids=0-100000-65536;gids=0-100000-65536", or NULL */
	struct oci_id_mapping *const *uids, *const *gids;
	size_t n_uids, n_gids;
};

/* Plan the mapping: *ret is what rootfs_mount.idmap is to be. Pure. */
int mountmap_plan(struct rootfs_build *b, const struct mountmap_request *q, uint32_t *ret);

/* Write a planned mapping as the text that it can be asked for with. */
void mountmap_words(const void *base, const struct rootfs_plan *p, uint32_t idmap, char *buf,
		    size_t size);

/* The host side: open the user namespaces that have the mappings. */
int mountmap_open(void *base, struct rootfs_plan *p, struct rl_err *e);
void mountmap_close(void *base, struct rootfs_plan *p);

/*
 * Map the ids of the detached mount fd. `where` is the key of the error; path is what was cloned,
 * or NULL for a new file system of this type.
 */
struct mountmap_target {
	int fd;
	uint32_t idmap;
	bool tree;
	const char *where;
	const char *path;
	const char *type;
};
int mountmap_apply(const void *base, const struct rootfs_plan *p, const struct mountmap_target *t,
		   struct rl_err *e);

#endif
