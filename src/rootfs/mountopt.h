/* SPDX-License-Identifier: Apache-2.0 */
/* Mount options: their words, flags, attributes and parameters. Private to this room. */
#ifndef RL_ROOTFS_MOUNTOPT_H
#define RL_ROOTFS_MOUNTOPT_H

#include "rootfs/rootfs-build.h"

#include <linux/mount.h>

#define MOUNTOPT_OPTIONS_MAX 1024 /* words of one mount */
#define MOUNTOPT_PARAMS_MAX  128  /* parameters for the file system among them */
#define MOUNTOPT_STRING_MAX  255  /* what fsconfig(2) takes, without the NUL */
#define MOUNTOPT_DATA_MAX    4095 /* what mount(2) takes, without the NUL */

/* Flags that belong to the file system, not to one mount of it. */
#define MOUNTOPT_SB_FLAGS \
	(MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME | MS_I_VERSION | MS_SILENT)
/* Those of them for which fsconfig(2) has no name. */
#define MOUNTOPT_SB_LEGACY (MS_I_VERSION | MS_SILENT)

/* The options of one mount. */
struct mountopt {
	uint32_t set, clear;         /* MS_... */
	uint32_t rec_set, rec_clear; /* for the whole tree */
	uint32_t propagation[4];
	size_t n_propagation;
	bool bind, recursive, remount;
	bool no_follow_source, no_follow_dest;
	bool copy_up, copy_symlink;
	bool idmap, idmap_tree;
	const char *idmap_text; /* what stands behind "idmap="; borrowed */
	struct rootfs_param params[MOUNTOPT_PARAMS_MAX];
	size_t n_params;
	const char *first_param; /* as it stands in the configuration; borrowed */
	bool long_param;         /* one is too long for fsconfig(2) */
	bool has_mode;           /* mode=... is among them */
};

/* Read the words; parameters go into the plan. `where` is "mounts[7].options". */
int mountopt_parse(struct rootfs_build *b, const char *where, char *const *words, size_t n,
		   struct mountopt *ret);

/* The attributes of mount_setattr(2) for flags of mount(2). */
void mountopt_attrs(uint32_t set, uint32_t clear, uint64_t *ret_set, uint64_t *ret_clear);

/* Append a parameter; the value may be NULL. Returns 0 or a negative errno. */
int mountopt_add(struct rootfs_build *b, const char *where, struct mountopt *o, const char *key,
		 const char *value);

/* The parameters, which are for fsconfig(2), as one text of at most `max` bytes for mount(2). */
int mountopt_join(struct rootfs_build *b, const char *where, const struct mountopt *o, size_t max,
		  flat_str *ret);

/* Turn the flags of the file system into parameters for fsconfig(2). */
int mountopt_add_flags(struct rootfs_build *b, const char *where, struct mountopt *o);

/* Write the attributes and propagation of a planned mount as words: "nosuid,ro,rprivate". */
void mountopt_words(const struct rootfs_mount *m, char *buf, size_t size);

/* The word for flags of propagation, "rslave"; NULL if there is none. */
const char *mountopt_propagation_word(uint32_t flags);
/* MS_... for a word of propagation, or 0. */
uint32_t mountopt_propagation_flags(const char *word);

#endif
