/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the words of mount options by the table mount-options.def, and writes them back. */
#include "rootfs/mountopt.h"

#include "base/auto.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum action {
	SET,
	CLEAR,
	RSET,
	RCLEAR,
	PROPAGATE,
	BIND,
	REMOUNT,
	NO_FOLLOW,
	COPY_UP,
	COPY_SYMLINK,
	IDMAP,
	NOTHING,
};

static const struct option {
	const char *word;
	enum action action;
	uint32_t flags;
} options[] = {
#define MOUNT_OPTION(word, action, flags) { word, action, flags },
#include "rootfs/mount-options.def"
#undef MOUNT_OPTION
};

/* Flags with one attribute each. Access times are apart: they exclude each other. */
static const struct {
	uint32_t flag;
	uint64_t attr;
} attrs[] = {
	{ MS_RDONLY, MOUNT_ATTR_RDONLY },         { MS_NOSUID, MOUNT_ATTR_NOSUID },
	{ MS_NODEV, MOUNT_ATTR_NODEV },           { MS_NOEXEC, MOUNT_ATTR_NOEXEC },
	{ MS_NODIRATIME, MOUNT_ATTR_NODIRATIME }, { MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW },
};

#define ATIME_FLAGS (MS_NOATIME | MS_STRICTATIME | MS_RELATIME)

/* The names that fsconfig(2) has for flags of the file system. */
static const struct {
	uint32_t flag;
	const char *set;
	const char *clear;
} sb_names[] = {
	{ MS_SYNCHRONOUS, "sync", "async" },
	{ MS_DIRSYNC, "dirsync", NULL },
	{ MS_LAZYTIME, "lazytime", "nolazytime" },
	{ MS_MANDLOCK, "mand", "nomand" },
};

static const struct option *find(const char *word)
{
	for (size_t i = 0; i < RL_COUNT(options); i++)
		if (!strcmp(options[i].word, word))
			return &options[i];
	return NULL;
}

/* "idmap=uids=...", "ridmap=...": the row, and what stands behind the "=". */
static const struct option *find_idmap(const char *word, struct mountopt *o)
{
	static const char *const words[] = { "idmap", "ridmap" };

	for (size_t i = 0; i < RL_COUNT(words); i++) {
		size_t n = strlen(words[i]);

		if (strncmp(word, words[i], n) || word[n] != '=')
			continue;
		o->idmap_text = word + n + 1;
		return find(words[i]);
	}
	return NULL;
}

static void raise_flags(uint32_t *on, uint32_t *off, uint32_t flags)
{
	*on |= flags;
	*off &= ~flags;
}

static int add_propagation(struct rootfs_build *b, const char *where, struct mountopt *o,
			   uint32_t flags)
{
	if (o->n_propagation == RL_COUNT(o->propagation))
		return rl_refuse(b->e, where, "has more than %zu words of propagation",
				 RL_COUNT(o->propagation));
	o->propagation[o->n_propagation++] = flags;
	return 0;
}

static int apply(struct rootfs_build *b, const char *where, struct mountopt *o,
		 const struct option *t)
{
	switch (t->action) {
	case SET:
		raise_flags(&o->set, &o->clear, t->flags);
		break;
	case CLEAR:
		raise_flags(&o->clear, &o->set, t->flags);
		break;
	case RSET:
		raise_flags(&o->rec_set, &o->rec_clear, t->flags);
		break;
	case RCLEAR:
		raise_flags(&o->rec_clear, &o->rec_set, t->flags);
		break;
	case PROPAGATE:
		return add_propagation(b, where, o, t->flags);
	case BIND:
		o->bind = true;
		o->recursive = o->recursive || (t->flags & MS_REC);
		break;
	case REMOUNT:
		o->remount = true;
		break;
	case NO_FOLLOW:
		*(t->flags ? &o->no_follow_source : &o->no_follow_dest) = true;
		break;
	case COPY_UP:
		o->copy_up = true;
		break;
	case COPY_SYMLINK:
		o->copy_symlink = true;
		break;
	case IDMAP:
		o->idmap = true;
		o->idmap_tree = t->flags & MS_REC;
		break;
	case NOTHING:
		break;
	}
	return 0;
}

int mountopt_add(struct rootfs_build *b, const char *where, struct mountopt *o, const char *key,
		 const char *value)
{
	if (o->n_params == MOUNTOPT_PARAMS_MAX)
		return rl_refuse(b->e, where, "has more than %d parameters for the file system",
				 MOUNTOPT_PARAMS_MAX);
	o->params[o->n_params++] = (struct rootfs_param){
		.key = flat_add_str(b->f, key),
		.value = flat_add_str(b->f, value),
	};
	o->has_mode = o->has_mode || !strcmp(key, "mode");
	o->long_param = o->long_param || strlen(key) > MOUNTOPT_STRING_MAX ||
			(value && strlen(value) > MOUNTOPT_STRING_MAX);
	return 0;
}

/*
 * The length of the first parameter in text: up to a comma that is neither quoted nor behind a
 * backslash (lowerdir of overlay, contexts of SELinux).
 */
static size_t param_length(const char *text)
{
	bool quoted = false;
	size_t n = 0;

	for (; text[n] && (quoted || text[n] != ','); n++) {
		if (text[n] == '"')
			quoted = !quoted;
		else if (text[n] == '\\' && text[n + 1])
			n++;
	}
	return n;
}

/* An unknown word: "size=64m", or several of them with commas between. */
static int add_params(struct rootfs_build *b, const char *where, struct mountopt *o,
		      const char *text)
{
	if (!o->first_param)
		o->first_param = text;
	while (*text) {
		size_t n = param_length(text);
		rl_autofree char *key = strndup(text, n);
		char *value = key ? strchr(key, '=') : NULL;
		int r = 0;

		if (!key)
			return rl_fail_at(b->e, -ENOMEM, where, "read the mount options");
		if (value)
			*value++ = 0;
		if (value && *value == '"' && strlen(value) > 1 &&
		    value[strlen(value) - 1] == '"') {
			value[strlen(value) - 1] = 0;
			value++;
		}
		if (n)
			r = mountopt_add(b, where, o, key, value);
		if (r < 0)
			return r;
		text += n + (text[n] == ',');
	}
	return 0;
}

int mountopt_parse(struct rootfs_build *b, const char *where, char *const *words, size_t n,
		   struct mountopt *ret)
{
	struct mountopt o = { 0 };

	if (n > MOUNTOPT_OPTIONS_MAX)
		return rl_refuse(b->e, where, "has more than %d words", MOUNTOPT_OPTIONS_MAX);
	for (size_t i = 0; i < n; i++) {
		const struct option *t = find(words[i]);
		int r;

		if (!t)
			t = find_idmap(words[i], &o);
		r = t ? apply(b, where, &o, t) : add_params(b, where, &o, words[i]);
		if (r < 0)
			return r;
	}
	*ret = o;
	return 0;
}

void mountopt_attrs(uint32_t set, uint32_t clear, uint64_t *ret_set, uint64_t *ret_clear)
{
	uint64_t on = 0, off = 0;

	for (size_t i = 0; i < RL_COUNT(attrs); i++) {
		if (set & attrs[i].flag)
			on |= attrs[i].attr;
		if (clear & attrs[i].flag)
			off |= attrs[i].attr;
	}
	/* As mount(2): strictatime goes before noatime, and relatime is what remains. */
	if ((set | clear) & ATIME_FLAGS)
		off |= MOUNT_ATTR__ATIME;
	if (set & MS_STRICTATIME)
		on |= MOUNT_ATTR_STRICTATIME;
	else if (set & MS_NOATIME)
		on |= MOUNT_ATTR_NOATIME;
	*ret_set = on;
	*ret_clear = off;
}

int mountopt_join(struct rootfs_build *b, const char *where, const struct mountopt *o, size_t max,
		  flat_str *ret)
{
	char text[MOUNTOPT_DATA_MAX + 1] = "";
	size_t len = 0;

	for (size_t i = 0; i < o->n_params; i++) {
		const struct rootfs_param *p = &o->params[i];
		const char *k, *v, *quote;

		if (flat_failed(b->f))
			return rl_fail(b->e, flat_failed(b->f), "plan the file tree");
		k = flat_get_str(b->f->data, p->key);
		v = flat_get_str(b->f->data, p->value);
		/* The categories of a context have commas between them. */
		quote = v && strchr(v, ',') && strstr(k, "context") ? "\"" : "";
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s%s%s%s",
					i ? "," : "", k, v ? "=" : "", quote, v ? v : "", quote);
		if (len > max)
			return rl_refuse(
				b->e, where,
				"the parameters for the file system are longer than %zu bytes",
				max);
	}
	*ret = len ? flat_add_str(b->f, text) : 0;
	return 0;
}

int mountopt_add_flags(struct rootfs_build *b, const char *where, struct mountopt *o)
{
	for (size_t i = 0; i < RL_COUNT(sb_names); i++) {
		const char *name = (o->set & sb_names[i].flag)   ? sb_names[i].set :
				   (o->clear & sb_names[i].flag) ? sb_names[i].clear :
								   NULL;
		int r = name ? mountopt_add(b, where, o, name, NULL) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

static void append_word(char *buf, size_t size, const char *word)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s%s", len ? "," : "", word);
}

/* Whether the row's flag is in these attributes. */
static bool is_in(const struct option *t, enum action on, enum action off, uint64_t set,
		  uint64_t clear)
{
	uint64_t row_set, row_clear;

	mountopt_attrs(t->action == on ? t->flags : 0, t->action == off ? t->flags : 0, &row_set,
		       &row_clear);
	if (t->flags & ATIME_FLAGS) {
		if (t->action != on || !(clear & MOUNT_ATTR__ATIME))
			return false;
		return row_set == (set & MOUNT_ATTR__ATIME);
	}
	return (row_set && (set & row_set)) || (row_clear && (clear & row_clear));
}

void mountopt_words(const struct rootfs_mount *m, char *buf, size_t size)
{
	*buf = 0;
	for (size_t i = 0; i < RL_COUNT(options); i++) {
		const struct option *t = &options[i];

		if (is_in(t, SET, CLEAR, m->attr_set, m->attr_clear) ||
		    is_in(t, RSET, RCLEAR, m->rec_set, m->rec_clear))
			append_word(buf, size, t->word);
	}
	for (size_t i = 0; i < RL_COUNT(m->propagation) && m->propagation[i]; i++)
		append_word(buf, size, mountopt_propagation_word(m->propagation[i]));
}

const char *mountopt_propagation_word(uint32_t flags)
{
	for (size_t i = 0; i < RL_COUNT(options); i++)
		if (options[i].action == PROPAGATE && options[i].flags == flags)
			return options[i].word;
	return NULL;
}

uint32_t mountopt_propagation_flags(const char *word)
{
	const struct option *t = find(word);

	return t && t->action == PROPAGATE ? t->flags : 0;
}
