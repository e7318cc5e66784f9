/* SPDX-License-Identifier: Apache-2.0 */
/* Runs fuzz targets over files, without libFuzzer. */
#ifndef RL_TEST_CORPUS_H
#define RL_TEST_CORPUS_H

#include "tests/unit/tap.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void corpus_run(const uint8_t *data, size_t size);

static void corpus_file(const char *path, size_t max, corpus_run *run)
{
	FILE *f = fopen(path, "re");
	uint8_t *bytes = malloc(max), *exact;
	size_t len;

	if (ok(f && bytes, "%s", path)) {
		len = fread(bytes, 1, max, f);
		/* Reading beyond its end is seen. */
		exact = realloc(bytes, len ? len : 1);
		bytes = exact ? exact : bytes;
		run(bytes, len);
	}
	if (f)
		fclose(f);
	free(bytes);
}

static int corpus_dir(const char *dir, size_t max, corpus_run *run)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, NULL, alphasort), files = 0;
	char path[4096];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (list[i]->d_name[0] != '.') {
			corpus_file(path, max, run);
			files++;
		}
		free(list[i]);
	}
	free(list);
	return files;
}

/* Documents that the tests of libocispec have, too. */
static void corpus_of(const char *name, size_t max, corpus_run *run)
{
	static const char *const tops[] = { ".", "..", "../..", "../../.." };
	const bool document = !strcmp(name, "config");
	char path[128];

	/* The tests run in the sources, or in a build folder below. */
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", tops[i], name);
		if (!corpus_dir(path, max, run))
			continue;
		for (int bad = 0; document && bad < 2; bad++) {
			snprintf(path, sizeof(path), "%s/tests/data/ocispec/%s", tops[i],
				 bad ? "bad" : "good");
			corpus_dir(path, max, run);
		}
		return;
	}
	ok(0, "tests/fuzz/corpus/%s is found", name);
}

#endif
