/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the plan of the file tree, for `rundlet plan`. */
#include "base/report.h"
#include "rootfs/mountmap.h"
#include "rootfs/mountopt.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TEXT_SIZE (4096 + MOUNTOPT_DATA_MAX)

/* Append a word; with a value, as NAME=VALUE. */
static void add_word(char *text, const char *name, const char *value)
{
	size_t len = strlen(text);

	snprintf(text + len, TEXT_SIZE - len, "%s%s%s%s", len ? "," : "", name, value ? "=" : "",
		 value ? value : "");
}

/* The words of a mount, what is not said by them, and the parameters: "nosuid,ro,size=64m". */
static void report_options(struct report *r, const void *base, const struct rootfs_mount *m)
{
	char text[TEXT_SIZE];

	mountopt_words(m, text, sizeof(text));
	if (m->late_readonly)
		add_word(text, "ro", NULL);
	if (m->copy_up)
		add_word(text, "tmpcopyup", NULL);
	if (m->copy_symlink)
		add_word(text, "copy-symlink", NULL);
	if (m->label)
		add_word(text, "label", flat_get_str(base, m->label));
	if (m->data)
		add_word(text, flat_get_str(base, m->data), NULL);
	FLAT_EACH(base, m->params, const struct rootfs_param, p) {
		/* "ro" is both the mount's and the file system's: said once. */
		if (m->attr_set & MOUNT_ATTR_RDONLY && !strcmp(flat_get_str(base, p->key), "ro"))
			continue;
		add_word(text, flat_get_str(base, p->key), flat_get_str(base, p->value));
	}
	report_str(r, "options", *text ? text : NULL);
}

/* The mapping of ids, as an option would ask for it. */
static void report_idmap(struct report *r, const void *base, const struct rootfs_plan *p,
			 uint32_t idmap, bool tree)
{
	char text[2 * 4096 + 64];

	if (!idmap)
		return;
	mountmap_words(base, p, idmap, text, sizeof(text));
	report_fmt(r, "ids", "%s=%s", tree ? "ridmap" : "idmap", text);
}

static void report_mount(struct report *r, const void *base, const struct rootfs_plan *p,
			 const struct rootfs_mount *m)
{
	const char *type = flat_get_str(base, m->type);

	if (m->kind == ROOTFS_MOUNT_TREE)
		type = m->recursive ? "rbind" : "bind";
	else if (m->kind == ROOTFS_MOUNT_REMOUNT)
		type = "remount";
	report_object(r, NULL);
	report_str(r, "destination", flat_get_str(base, m->dest));
	report_str(r, "type", type);
	report_str(r, "source", flat_get_str(base, m->source));
	report_options(r, base, m);
	report_idmap(r, base, p, m->idmap, m->idmap_tree);
	report_str(r, "from", flat_get_str(base, m->where));
	report_close(r);
}

static void report_device(struct report *r, const void *base, const struct rootfs_device *d)
{
	static const struct {
		uint32_t type;
		char letter;
	} letters[] = { { S_IFCHR, 'c' }, { S_IFBLK, 'b' }, { S_IFIFO, 'p' } };
	char letter = '?';

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if ((d->mode & S_IFMT) == letters[i].type)
			letter = letters[i].letter;
	if (letter == 'p')
		report_fmt(r, NULL, "%s p %04o %u:%u", flat_get_str(base, d->path), d->mode & 07777,
			   d->uid, d->gid);
	else
		report_fmt(r, NULL, "%s %c %u:%u %04o %u:%u", flat_get_str(base, d->path), letter,
			   d->major, d->minor, d->mode & 07777, d->uid, d->gid);
}

static void report_paths(struct report *r, const char *key, const void *base,
			 struct flat_list paths)
{
	if (!paths.n)
		return;
	report_list(r, key);
	FLAT_EACH(base, paths, const struct rootfs_path, p)
		report_str(r, NULL, flat_get_str(base, p->path));
	report_close(r);
}

/* A label on a host that has none: said, because it is no error. */
static void report_label(struct report *r, const void *base, const struct rootfs_plan *p)
{
	if (p->label)
		report_fmt(r, "mountLabel", "%s%s", flat_get_str(base, p->label),
			   p->label_works ? "" : " (without effect: this host has no SELinux)");
}

static const char *way_in(const struct rootfs_plan *p)
{
	if (p->joined)
		return "chroot";
	return p->no_pivot ? "move and chroot" : "pivot_root";
}

void rootfs_report(struct report *r, const void *base, const struct rootfs_plan *p)
{
	report_object(r, "rootfs");
	report_str(r, "path", flat_get_str(base, p->path));
	report_bool(r, "readonly", p->readonly);
	if (p->open_in)
		report_str(r, "opened",
			   p->open_in & CLONE_NEWUSER ?
				   "in a new user namespace and mount namespace" :
				   "in a new mount namespace");
	report_str(r, "propagation", mountopt_propagation_word(p->propagation));
	report_idmap(r, base, p, p->idmap, p->idmap_tree);
	report_label(r, base, p);
	report_str(r, "enter", way_in(p));
	report_list(r, "mounts");
	FLAT_EACH(base, p->mounts, const struct rootfs_mount, m)
		report_mount(r, base, p, m);
	report_close(r);
	report_list(r, "devices");
	FLAT_EACH(base, p->devices, const struct rootfs_device, d)
		report_device(r, base, d);
	report_close(r);
	report_list(r, "links");
	FLAT_EACH(base, p->links, const struct rootfs_link, l)
		report_fmt(r, NULL, "%s -> %s", flat_get_str(base, l->path),
			   flat_get_str(base, l->target));
	report_close(r);
	report_paths(r, "maskedPaths", base, p->masked);
	report_paths(r, "readonlyPaths", base, p->readonly_paths);
	report_close(r);
}
