/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans the scope unit of a container: its name, its slice and so its cgroup; see unit.h. Pure.
 *
 * The rules of names are those of systemd.unit(5) and systemd.slice(5).
 */
#include "base/auto.h"
#include "cgroup/systemd/unit.h"
#include "libocispec/ocispec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY_PATH "linux.cgroupsPath"

#define SLICE      ".slice"
#define ROOT_SLICE "-.slice"
#define FORM       "slice:prefix:name"
#define PATH_LIMIT 2048

/* Letters, digits and : - _ . \\ @. */
static bool name_is_valid(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789:-_.\\@";
	size_t len = strlen(name);

	return len && len <= UNIT_NAME_LIMIT && !name[strspn(name, allowed)] && name[0] != '.';
}

/*
 * As systemd does, to keep units apart from files of the kernel ("memory.max"). It has controllers
 * of its own, too, and none of the name freezer.
 */
void unit_cgroup_name(const char *unit, char *buf)
{
	static const char *const controllers[] = {
		"cgroup",
		"blkio",
		"cpu",
		"cpuacct",
		"cpuset",
		"devices",
		"io",
		"memory",
		"pids",
		"bpf-devices",
		"bpf-firewall",
		"bpf-foreign",
		"bpf-restrict-network-interfaces",
		"bpf-socket-bind",
	};
	size_t dot = strcspn(unit, ".");
	bool taken = unit[0] == '_';

	for (size_t i = 0; i < RL_COUNT(controllers); i++)
		taken |= strlen(controllers[i]) == dot && !strncmp(unit, controllers[i], dot);
	snprintf(buf, UNIT_NAME_LIMIT + 2, "%s%s", taken ? "_" : "", unit);
}

/* "a-b.slice": no empty part between the dashes. */
static bool is_slice(const char *name)
{
	size_t len = strlen(name), stem = len - strlen(SLICE);

	if (len <= strlen(SLICE) || strcmp(name + stem, SLICE) != 0 || !name_is_valid(name))
		return false;
	if (!strcmp(name, ROOT_SLICE))
		return true;
	return name[0] != '-' && name[stem - 1] != '-' && !memmem(name, stem, "--", 2) &&
	       !memchr(name, '@', stem);
}

int unit_slice_path(const char *slice, char *buf, size_t size)
{
	char part[UNIT_NAME_LIMIT + 1], name[UNIT_NAME_LIMIT + 2];
	size_t at = 0, stem;

	if (!is_slice(slice))
		return -EINVAL;
	buf[0] = 0;
	stem = strlen(slice) - strlen(SLICE);
	for (size_t i = 1; i <= stem && strcmp(slice, ROOT_SLICE) != 0; i++) {
		if (slice[i] != '-' && i != stem)
			continue;
		snprintf(part, sizeof(part), "%.*s" SLICE, (int)i, slice);
		unit_cgroup_name(part, name);
		at += (size_t)snprintf(buf + at, size - at, "/%s", name);
		if (at >= size)
			return -ENAMETOOLONG;
	}
	return (int)at;
}

/* What linux.cgroupsPath says. */
struct place {
	char slice[UNIT_NAME_LIMIT + 1], prefix[UNIT_NAME_LIMIT + 1], name[UNIT_NAME_LIMIT + 1];
};

static int refuse_path(const char *path, const char *why, struct rl_err *e)
{
	rl_refuse(e, KEY_PATH, "\"%.100s\" %s", path, why);
	rl_hint(e, "the systemd manager takes the form " FORM
		   ", for the unit prefix-name.scope in the "
		   "slice; a path is for --cgroup-manager=cgroupfs");
	return -EINVAL;
}

static bool take_part(const char **at, char *buf)
{
	size_t len = strcspn(*at, ":");

	if (len > UNIT_NAME_LIMIT)
		return false;
	memcpy(buf, *at, len);
	buf[len] = 0;
	*at += len + ((*at)[len] == ':');
	return true;
}

static int read_place(const char *path, struct place *ret, struct rl_err *e)
{
	const char *at = path;
	int colons = 0;

	for (const char *p = path; *p; p++)
		colons += *p == ':';
	if (strchr(path, '/') || colons != 2)
		return refuse_path(path, "is not of the form " FORM, e);
	if (!take_part(&at, ret->slice) || !take_part(&at, ret->prefix) ||
	    !take_part(&at, ret->name))
		return refuse_path(path, "has a part that is longer than the name of a unit", e);
	if (!ret->name[0])
		return refuse_path(path, "names no unit behind the second colon", e);
	if (strlen(ret->name) >= strlen(SLICE) &&
	    !strcmp(ret->name + strlen(ret->name) - strlen(SLICE), SLICE))
		return refuse_path(path, "names a slice, and a container is a scope", e);
	return 0;
}

/* The id as a part of a unit's name: of its characters only '+' is none of a unit's. */
static void place_of_id(const char *id, struct place *ret)
{
	size_t at = 0;

	*ret = (struct place){ .prefix = "rundlet" };
	for (; *id && at < sizeof(ret->name) - 5; id++)
		at += (size_t)snprintf(ret->name + at, sizeof(ret->name) - at,
				       *id == '+' ? "\\x2b" : "%c", *id);
	/* Too long: refused with the name of the unit. */
	snprintf(ret->name + at, sizeof(ret->name) - at, "%s", *id ? "~" : "");
}

static int refuse_name(const char *path, const char *unit, struct rl_err *e)
{
	rl_refuse(e, path ? KEY_PATH : NULL, "\"%.100s\" cannot be the name of a unit of systemd",
		  unit);
	rl_hint(e, "it is made of at most %d letters, digits and : - _ . \\ @", UNIT_NAME_LIMIT);
	return -EINVAL;
}

int unit_plan(const struct oci_config *c, const struct cgroup_facts *facts, struct flat *f,
	      struct cgroup_plan *p, struct rl_err *e)
{
	const char *path = c->linux_ ? c->linux_->cgroups_path : NULL;
	char unit[3 * UNIT_NAME_LIMIT], name[UNIT_NAME_LIMIT + 2], slice[PATH_LIMIT];
	bool asked = path && path[0];
	struct place at;
	int r = 0;

	if (asked)
		r = read_place(path, &at, e);
	else
		place_of_id(facts->id, &at);
	if (r < 0)
		return r;
	if (!at.slice[0])
		snprintf(at.slice, sizeof(at.slice), "%s",
			 facts->systemd->user ? "user.slice" : "system.slice");
	snprintf(unit, sizeof(unit), "%s%s%s.scope", at.prefix, at.prefix[0] ? "-" : "", at.name);
	if (!name_is_valid(unit))
		return refuse_name(asked ? path : NULL, unit, e);
	r = unit_slice_path(at.slice, slice, sizeof(slice));
	if (r < 0)
		return refuse_path(path,
				   "does not begin with the name of a slice, such as a-b.slice", e);
	unit_cgroup_name(unit, name);
	p->path = flat_add_fmt(f, "%s%s/%s", facts->systemd->control_group, slice, name);
	p->where = asked ? flat_add_str(f, KEY_PATH) : 0;
	p->unit.name = flat_add_str(f, unit);
	p->unit.slice = flat_add_str(f, at.slice);
	p->unit.bus = flat_add_str(f, facts->systemd->bus);
	return 0;
}
