/* SPDX-License-Identifier: Apache-2.0 */
/* Puts new device rules in force for a container that exists; see device-update.h. */
#include "base/auto.h"
#include "cgroup/devices/device-update.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define KEY_RULES "linux.resources.devices"

/* Lists of the kernel are as long as somebody made them: what is longer than ours can be is not. */
#define LIST_MAX ((size_t)1 << 20)

/* --- v1 --- */

/* One directory of v1, open. */
struct target {
	int dir_fd;
	const char *cgroup;
	struct rl_err *e;
};

/* A number, or '*'. */
static bool read_number(const char *text, int *ret)
{
	if (!strcmp(text, "*")) {
		*ret = DEVICE_ANY;
		return true;
	}
	return sscanf(text, "%d", ret) == 1;
}

/* A line of devices.list: "c 1:3 rwm". */
static bool read_line(const char *line, struct device_rule *ret)
{
	char major[12], minor[12], access[4];
	struct device_rule r = { .allow = true };

	if (sscanf(line, "%c %11[0-9*]:%11[0-9*] %3[rwm]", &r.type, major, minor, access) != 4 ||
	    !read_number(major, &r.major) || !read_number(minor, &r.minor))
		return false;
	r.access = (strchr(access, 'r') ? DEVICE_READ : 0) |
		   (strchr(access, 'w') ? DEVICE_WRITE : 0) |
		   (strchr(access, 'm') ? DEVICE_MKNOD : 0);
	*ret = r;
	return true;
}

/* What is in force. Where all is allowed, the kernel does not tell the exceptions. */
static int read_list(const struct target *t, struct device_list *ret)
{
	rl_autofree char *text = NULL;
	char *rest, *line;
	size_t len;
	int r;

	r = fdio_read_all(t->dir_fd, "devices.list", LIST_MAX, &text, &len);
	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n")) && line[0]) {
		struct device_rule rule;

		if (!read_line(line, &rule))
			r = -EPROTO;
		else if (rule.type == 'a')
			ret->allow_all = true;
		else
			r = device_rules_add(&ret->exceptions, &rule);
	}
	if (r < 0)
		rl_fail_at(t->e, r, KEY_RULES, "read %s/devices.list", t->cgroup);
	return r;
}

static int write_rule(const struct target *t, bool allow, const char *text, const char *where)
{
	const char *file = allow ? "devices.allow" : "devices.deny";
	int r = fdio_write_at(t->dir_fd, file, text);

	if (r >= 0)
		return 0;
	rl_fail_at(t->e, r, where, "write \"%s\" to %s/%s", text, t->cgroup, file);
	if (r == -EPERM)
		rl_hint(t->e, "the cgroup above does not allow it");
	if (r == -EINVAL)
		rl_hint(t->e, "cgroup v1 cannot change between \"all is allowed\" and \"all is "
			      "denied\" while the container has cgroups of its own in it");
	return r;
}

/* The access that the list has in an exception of just these devices. */
static unsigned int access_in(const struct device_rules *l, const struct device_rule *r)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->rules[i].type == r->type && l->rules[i].major == r->major &&
		    l->rules[i].minor == r->minor)
			return l->rules[i].access;
	return 0;
}

/* Write the exceptions, or rather what of them the other list does not have. */
static int write_surplus(const struct target *t, bool allow, const struct device_rules *l,
			 const struct device_rules *other)
{
	char text[DEVICE_TEXT_MAX], where[80];

	for (size_t i = 0; i < l->n; i++) {
		struct device_rule rule = l->rules[i];
		const char *asked = device_rules_where(&rule, where, sizeof(where));
		int r;

		rule.access &= ~access_in(other, &rule);
		if (!rule.access)
			continue;
		device_rules_text(&rule, text);
		r = write_rule(t, allow, text, asked ? asked : KEY_RULES);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Without a change of what is not in the lists: denials and allowances are each other's end. */
static int change_exceptions(const struct target *t, bool allow, const struct device_rules *from,
			     const struct device_rules *to)
{
	int r = write_surplus(t, allow, to, from);

	return r < 0 ? r : write_surplus(t, !allow, from, to);
}

/* Begin anew; the kernel does not allow it while there are cgroups below. */
static int write_list(const struct target *t, const struct device_list *to)
{
	static const struct device_rules nothing = { 0 };
	int r = write_rule(t, to->allow_all, "a", KEY_RULES);

	return r < 0 ? r : write_surplus(t, !to->allow_all, &to->exceptions, &nothing);
}

static int change_list(const struct target *t, const struct device_list *from,
		       const struct device_list *to)
{
	struct target quiet = *t;

	quiet.e = NULL;
	if (from->allow_all != to->allow_all)
		return write_list(t, to);
	if (to->allow_all)
		return write_list(&quiet, to) == 0 ?
			       0 :
			       change_exceptions(t, false, &from->exceptions, &to->exceptions);
	return change_exceptions(t, true, &from->exceptions, &to->exceptions);
}

static void list_done(struct device_list *l)
{
	device_rules_done(&l->exceptions);
}

/* From whatever is in force, as the kernel tells it, or else as it was `written`. */
static int set_list(const struct target *t, const struct device_list *written,
		    const struct device_list *to)
{
	rl_auto(list_done) struct device_list from = { 0 };
	int r = read_list(t, &from);

	if (r < 0)
		return r;
	return change_list(t, from.allow_all && written->allow_all ? written : &from, to);
}

static int apply_v1(struct device_update *u, const struct target *t)
{
	rl_auto(list_done) struct device_list from = { 0 };
	struct target quiet = *t;
	int r = read_list(t, &from);

	if (r < 0)
		return r;
	if (!from.allow_all) {
		list_done(&u->had);
		u->had = from;
		from = (struct device_list){ 0 };
	}
	r = change_list(t, from.allow_all && !u->had.allow_all ? &from : &u->had, &u->want);
	quiet.e = NULL;
	if (r < 0)
		set_list(&quiet, &u->want, &u->had);
	return r;
}

/* --- v2 --- */

static int fail_v2(const struct target *t, int r)
{
	rl_fail_at(t->e, r, KEY_RULES, "replace the device filter of %s", t->cgroup);
	if (r == -EPERM)
		rl_hint(t->e, "with cgroup v2 this needs bpf(2), with CAP_SYS_ADMIN in the initial "
			      "user namespace");
	return r;
}

/* --- both --- */

static int open_target(const struct device_update *u, struct target *ret, struct rl_err *e)
{
	int fd = fdio_open_at(AT_FDCWD, u->cgroup, O_RDONLY | O_DIRECTORY, 0);

	*ret = (struct target){ .dir_fd = fd, .cgroup = u->cgroup, .e = e };
	return fd < 0 ? rl_fail_at(e, fd, KEY_RULES, "open the cgroup %s", u->cgroup) : 0;
}

static void target_done(struct target *t)
{
	if (t->dir_fd >= 0)
		close(t->dir_fd);
}

int device_update_apply(struct device_update *u, struct rl_err *e)
{
	rl_auto(target_done) struct target t = { .dir_fd = -EBADF };
	int r = open_target(u, &t, e);

	if (r < 0)
		return r;
	if (u->v2)
		r = device_filter_replace(u->insns, u->n_insns, t.dir_fd, &u->old_filter);
	else
		r = apply_v1(u, &t);
	u->applied = r == 0;
	return r < 0 && u->v2 ? fail_v2(&t, r) : r;
}

int device_update_undo(struct device_update *u, struct rl_err *e)
{
	rl_auto(target_done) struct target t = { .dir_fd = -EBADF };
	int r;

	if (!u->applied)
		return 0;
	r = open_target(u, &t, e);
	if (r < 0)
		return r;
	u->applied = false;
	if (!u->v2)
		return set_list(&t, &u->want, &u->had);
	r = device_filter_restore(u->old_filter, t.dir_fd);
	return r < 0 ? fail_v2(&t, r) : 0;
}

void device_update_done(struct device_update *u)
{
	free(u->cgroup);
	free(u->insns);
	device_rules_done(&u->want.exceptions);
	device_rules_done(&u->had.exceptions);
	if (u->old_filter >= 0)
		close(u->old_filter);
	*u = (struct device_update)DEVICE_UPDATE_INIT;
}
