/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that a fuzz target is without libFuzzer: it runs over the files given as arguments,
 * or over its corpus.
 */
#ifndef RL_TEST_CORPUS_H
#define RL_TEST_CORPUS_H

#include "tests/unit/tap.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void run_file(const char *path, size_t max)
{
	FILE *f = fopen(path, "re");
	uint8_t *bytes = malloc(max), *exact;
	size_t len;

	if (ok(f && bytes, "%s", path)) {
		len = fread(bytes, 1, max, f);
		/* Reading beyond its end is seen. */
		exact = realloc(bytes, len ? len : 1);
		bytes = exact ? exact : bytes;
		LLVMFuzzerTestOneInput(bytes, len);
	}
	if (f)
		fclose(f);
	free(bytes);
}

static int run_dir(const char *dir, size_t max)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, NULL, alphasort), run = 0;
	char path[4096];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (list[i]->d_name[0] != '.') {
			run_file(path, max);
			run++;
		}
		free(list[i]);
	}
	free(list);
	return run;
}

/* The tests run in the sources, or in a build folder below. */
static void run_corpus(const char *const dirs[], size_t max)
{
	static const char *const tops[] = { ".", "..", "../..", "../../.." };
	char path[64];

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		snprintf(path, sizeof(path), "%s/tests/%s", tops[i], dirs[0]);
		if (!run_dir(path, max))
			continue;
		for (size_t j = 1; dirs[j]; j++) {
			snprintf(path, sizeof(path), "%s/tests/%s", tops[i], dirs[j]);
			run_dir(path, max);
		}
		return;
	}
	ok(0, "tests/%s is found", dirs[0]);
}

/* dirs: folders below tests, ended by NULL, the first of which is not empty; max: bytes of a file.
 */
static int corpus_main(int argc, char **argv, const char *const dirs[], size_t max)
{
	for (int i = 1; i < argc; i++)
		run_file(argv[i], max);
	if (argc == 1)
		run_corpus(dirs, max);
	return tap_done();
}

#endif
