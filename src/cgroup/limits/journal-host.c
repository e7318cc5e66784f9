/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers and restores what files of cgroups have; see journal.h. */
#include "cgroup/limits/journal.h"

#include "base/auto.h"
#include "base/err.h"
#include "base/log.h"
#include "cgroup/controllers.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 20) /* bytes of a file: io.max has a line for each disk */

/* What was read from a file, and what makes of it the text to write back: 0 and *ret, which stays
 * NULL where there is nothing to write; or -ENOMEM. */
typedef int undo_fn(const char *old, const char *value, const char *word, char **ret);

/* The whole of it. An empty value is written as an empty line: nothing at all would be no write. */
static int undo_whole(const char *old, const char *value, const char *word, char **ret)
{
	(void)value;
	(void)word;
	*ret = strdup(old[0] ? old : "\n");
	return *ret ? 0 : -ENOMEM;
}

/* The line that starts with the key and a blank, without its end; or NULL. */
static const char *find_line(const char *text, const char *key, size_t key_len, size_t *ret_len)
{
	for (;; text++) {
		size_t len = strcspn(text, "\n");

		if (len > key_len && !strncmp(text, key, key_len) && text[key_len] == ' ') {
			*ret_len = len;
			return text;
		}
		text += len;
		if (!*text)
			return NULL;
	}
}

static int undo_line(const char *old, const char *value, const char *reset, char **ret)
{
	size_t key_len = strcspn(value, " \n"), len;
	const char *key = value, *line;

	if (!value[key_len]) {
		key = "default";
		key_len = strlen(key);
	}
	line = find_line(old, key, key_len, &len);
	if (line)
		*ret = strndup(line, len);
	else if (asprintf(ret, "%.*s %s", (int)key_len, key, reset) < 0)
		*ret = NULL;
	return *ret ? 0 : -ENOMEM;
}

static int undo_word(const char *old, const char *value, const char *key, char **ret)
{
	size_t key_len = strlen(key), len;
	const char *line = find_line(old, key, key_len, &len);

	(void)value;
	if (!line)
		return 0;
	*ret = strndup(line + key_len + 1, len - key_len - 1);
	return *ret ? 0 : -ENOMEM;
}

static int undo_enable(const char *old, const char *value, const char *word, char **ret)
{
	rl_autofree char *text = strdup("");
	struct span s;

	(void)word;
	while (text && span_word(&value, &s)) {
		char *more = NULL;

		if (s.at[0] != '+' || controllers_have(old, s))
			continue;
		if (asprintf(&more, "%s-%.*s ", text, (int)s.len - 1, s.at + 1) < 0)
			more = NULL;
		free(text);
		text = more;
	}
	if (!text)
		return -ENOMEM;
	if (text[0])
		*ret = RL_TAKE_PTR(text);
	return 0;
}

static const struct rule {
	const char *files;
	undo_fn *undo;
	const char *word;
} rules[] = {
#define LINE(files, reset) { files, undo_line, reset },
#define WORD(files, key)   { files, undo_word, key },
#define ENABLE(files)      { files, undo_enable, NULL },
#define ALSO(file, other, unless)
#include "cgroup/limits/journal-files.def"
#undef LINE
#undef WORD
#undef ENABLE
#undef ALSO
	{ "*", undo_whole, NULL },
};

static const struct also {
	const char *file, *other, *unless;
} also[] = {
#define LINE(files, reset)
#define WORD(files, key)
#define ENABLE(files)
#define ALSO(file, other, unless) { file, other, unless },
#include "cgroup/limits/journal-files.def"
#undef LINE
#undef WORD
#undef ENABLE
#undef ALSO
};

static int add(struct journal *j, const char *path, char *text)
{
	char *copy;

	if (j->n == j->cap) {
		size_t cap = j->cap ? j->cap * 2 : 16;
		struct journal_entry *more = realloc(j->entries, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		j->entries = more;
		j->cap = cap;
	}
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	j->entries[j->n++] = (struct journal_entry){ copy, text };
	return 0;
}

/* Make an entry from what was read. */
static int keep_text(struct journal *j, const char *path, const char *old, const char *value)
{
	rl_autofree char *text = NULL;
	const char *file = strrchr(path, '/') + 1;
	const struct rule *rule = rules;
	int r;

	while (fnmatch(rule->files, file, 0) != 0)
		rule++;
	r = rule->undo(old, value, rule->word, &text);
	if (r < 0 || !text)
		return r;
	r = add(j, path, text);
	if (r == 0)
		text = NULL; /* it is the entry's now */
	return r;
}

/* Read a file and cut its last newline off. *ret stays NULL for one that cannot be read. */
static int read_text(const char *path, char **ret)
{
	size_t len;
	int r = fdio_read_all(AT_FDCWD, path, TEXT_MAX, ret, &len);

	/* A file that is only for writing (devices.allow, memory.reclaim), or is not there. */
	if (r == -EINVAL || r == -EACCES || r == -ENOENT || r == -EISDIR)
		return 0;
	if (r == 0 && len && (*ret)[len - 1] == '\n')
		(*ret)[len - 1] = 0;
	return r;
}

/* Remember the files that are changed by a write to this one, which has the text `old`. */
static int keep_others(struct journal *j, const char *path, const char *old)
{
	size_t dir = (size_t)(strrchr(path, '/') + 1 - path);

	for (size_t i = 0; i < RL_COUNT(also); i++) {
		rl_autofree char *text = NULL;
		char other[PATH_MAX];
		int r;

		if (strcmp(path + dir, also[i].file) != 0 ||
		    (also[i].unless && !strcmp(old, also[i].unless)))
			continue;
		snprintf(other, sizeof(other), "%.*s%s", (int)dir, path, also[i].other);
		r = read_text(other, &text);
		if (r == 0 && text)
			r = keep_text(j, other, text, "");
		if (r < 0)
			return r;
	}
	return 0;
}

int journal_keep(struct journal *j, const char *path, const char *value)
{
	rl_autofree char *old = NULL;
	int r = read_text(path, &old);

	if (r < 0 || !old)
		return r;
	r = keep_others(j, path, old);
	return r < 0 ? r : keep_text(j, path, old, value);
}

void journal_cut(struct journal *j, size_t n)
{
	while (j->n > n) {
		j->n--;
		free(j->entries[j->n].path);
		free(j->entries[j->n].text);
	}
}

void journal_restore(struct journal *j)
{
	for (size_t i = j->n; i-- > 0;) {
		const struct journal_entry *k = &j->entries[i];
		int r = fdio_write_at(AT_FDCWD, k->path, k->text);

		if (r < 0)
			log_warn("take a change back: write \"%.80s\" to %s: %s, ignoring", k->text,
				 k->path, rl_errno_text(-r));
	}
	journal_cut(j, 0);
}

void journal_done(struct journal *j)
{
	journal_cut(j, 0);
	free(j->entries);
	*j = (struct journal){ 0 };
}
