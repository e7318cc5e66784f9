/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole documents in files: ours in tests/data/ocispec, the bundles of tests/bench, and the
 * examples of the runtime-spec where that folder is present (RUNDLET_SPEC_EXAMPLES). Good ones load
 * and survive being saved and loaded again; bad ones are refused with a reason.
 */
#include "libocispec/ocispec.h"
#include "spec/spec-later.h"
#include "spec/spec-load.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Where the sources are: the tests run in them, or in a build folder below. */
static const char *source_dir(void)
{
	static const char *const dirs[] = { ".", "..", "../..", "../../.." };
	const char *given = getenv("srcdir");
	char path[64];

	if (given && *given)
		return given;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/tests/data/ocispec", dirs[i]);
		if (access(path, F_OK) == 0)
			return dirs[i];
	}
	return ".";
}

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	char *text = malloc(1 << 20);

	*ret_len = f ? fread(text, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	return text;
}

static char *save(const struct oci_table *t, const struct oci_doc *doc, unsigned int flags)
{
	char *text = NULL;
	size_t len;

	return oci_save(t, doc->root, &text, &len, flags) == 0 ? text : NULL;
}

/* Save, load, save: the two texts must be equal, pretty or not. */
static void check_round(const struct oci_table *t, const struct oci_doc *doc, const char *name)
{
	for (unsigned int flags = 0; flags <= OCI_SAVE_PRETTY; flags++) {
		char *first = save(t, doc, flags), *second = NULL;
		struct oci_doc again;
		struct oci_error err;

		if (oci_load(t, first, strlen(first), &again, &err) == 0) {
			second = save(t, &again, flags);
			oci_done(&again);
		}
		ok(second && strcmp(first, second) == 0, "%s: the same when saved and loaded",
		   name);
		free(first);
		free(second);
	}
}

/* Ones for other systems are decoded, but refused by name before they are carried out. */
static bool is_refused(const struct oci_table *t, const struct oci_doc *doc)
{
	struct rl_err e = RL_ERR_INIT;

	return t == &oci_config_table && spec_later(doc->root, &e) < 0 &&
	       strstr(e.what, "not for Linux");
}

static void check_file(const struct oci_table *t, const char *dir, const char *name, bool good)
{
	struct oci_doc doc;
	struct oci_error err;
	char path[4096], *text;
	size_t len;
	int r;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	text = read_file(path, &len);
	r = oci_load(t, text, len, &doc, &err);
	if (good) {
		ok(r == 0, "%s loads", path);
		if (r < 0)
			printf("# %d:%d %s: %s\n", err.line, err.column, err.key, err.message);
		else
			check_round(t, &doc, path);
	} else {
		ok((r < 0 && err.message[0] && err.line > 0) || (r == 0 && is_refused(t, &doc)),
		   "%s is refused", path);
	}
	if (r == 0)
		oci_done(&doc);
	free(text);
}

/* Returns how many files there were. */
static int check_dir(const struct oci_table *t, const char *top, const char *sub, bool good)
{
	struct dirent **list = NULL;
	char dir[2048];
	int n, found = 0;

	snprintf(dir, sizeof(dir), "%s/%s", top, sub);
	n = scandir(dir, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (strstr(list[i]->d_name, ".json")) {
			check_file(t, dir, list[i]->d_name, good);
			found++;
		}
		free(list[i]);
	}
	free(list);
	return found;
}

static void test_ours(void)
{
	char top[1024];

	snprintf(top, sizeof(top), "%s/tests/data/ocispec", source_dir());
	ok(check_dir(&oci_config_table, top, "good", true) > 0, "good examples of our own");
	ok(check_dir(&oci_config_table, top, "bad", false) > 0, "bad examples of our own");
	snprintf(top, sizeof(top), "%s/tests", source_dir());
	is_int(check_dir(&oci_config_table, top, "bench", true), 3, "the bundles of tests/bench");
}

static void test_published(void)
{
	static const struct {
		const char *dir;
		const struct oci_table *table;
		bool good;
	} dirs[] = {
		{ "config/good", &oci_config_table, true },
		{ "config/bad", &oci_config_table, false },
		{ "state/good", &oci_state_table, true },
		{ "state/bad", &oci_state_table, false },
		{ "features/good", &oci_features_table, true },
		{ "features/bad", &oci_features_table, false },
	};
	const char *top = getenv("RUNDLET_SPEC_EXAMPLES");

	if (!top || access(top, R_OK) < 0) {
		skip("RUNDLET_SPEC_EXAMPLES does not name the folder schema/test of a runtime-spec");
		return;
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		ok(check_dir(dirs[i].table, top, dirs[i].dir, dirs[i].good) > 0, "examples in %s",
		   dirs[i].dir);
}

int main(void)
{
	test_ours();
	test_published();
	return tap_done();
}
