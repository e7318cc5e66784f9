/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans linux.mountLabel: the SELinux context of the new file systems of the container. Bind mounts
 * keep the labels that their files have; proc, sysfs and cgroups have those of the policy.
 */
#include "rootfs/mountlabel.h"

#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "spec/annotations.h"

#include <string.h>

/* Those that cannot have another context, or must not. */
static const char *const unlabelled[] = { "proc", "sysfs", "cgroup", "cgroup2" };

/* How the context is given: the annotation is crun's. */
static const char *const types[] = { "context", "fscontext", "defcontext", "rootcontext" };

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(word, list[i]))
			return true;
	return false;
}

int mountlabel_root(struct rootfs_build *b, const struct oci_config *c)
{
	const char *label = c->linux_ ? c->linux_->mount_label : NULL;

	b->context_type = annotations_get(c, annotation_mount_context_type);
	if (!b->context_type)
		b->context_type = types[0];
	if (!is_one_of(b->context_type, types, RL_COUNT(types)))
		return rl_refuse(b->e, annotation_mount_context_type_where,
				 "\"%s\" is none of context, fscontext, defcontext and rootcontext",
				 b->context_type);
	if (label && *label) {
		b->p->label = flat_add_str(b->f, label);
		b->p->label_works = b->facts->selinux;
		b->label = b->facts->selinux ? label : NULL;
	}
	return 0;
}

static bool has_context(const struct rootfs_build *b, const struct mountopt *o)
{
	for (size_t i = 0; i < o->n_params && !flat_failed(b->f); i++)
		if (is_one_of(flat_get_str(b->f->data, o->params[i].key), types, RL_COUNT(types)))
			return true;
	return false;
}

/*
 * The message queues take their context as an attribute of their root: the kernel refuses the
 * parameter for them in a user namespace.
 */
int mountlabel_add(struct rootfs_build *b, const char *where, const char *type, struct mountopt *o,
		   flat_str *ret)
{
	if (!b->label || is_one_of(type, unlabelled, RL_COUNT(unlabelled)) || has_context(b, o))
		return 0;
	if (!strcmp(type, "mqueue")) {
		*ret = flat_add_str(b->f, b->label);
		return 0;
	}
	return mountopt_add(b, where, o, b->context_type, b->label);
}
