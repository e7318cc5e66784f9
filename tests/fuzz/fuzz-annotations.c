/* SPDX-License-Identifier: Apache-2.0 */
/* The annotations: lines `key=value`, as a configuration has them. */
#include "tests/fuzz/fuzz.h"

#include "cgroup/systemd/unit.h"
#include "spec/annotations.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS 64

static void ask(const struct oci_config *c, const char *key)
{
	struct rl_err e = RL_ERR_INIT, f = RL_ERR_INIT;
	const char *path = NULL;
	uint8_t flag = 0;

	annotations_get(c, key);
	fuzz_result(annotations_flag(c, key, &flag, &e), &e);
	if (annotations_path(c, key, &path, &f) >= 0)
		fuzz_require(!path || path[0] == '/', "a path is absolute");
	else
		fuzz_result(-f.code, &f);
}

void fuzz_annotations(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *lines[PAIRS];
	size_t n = fuzz_words(text, lines, PAIRS);
	char *keys[PAIRS], *values[PAIRS];
	struct oci_map map = { .keys = keys, .values = values };
	struct oci_config c = { .annotations = &map };
	struct rl_err e = RL_ERR_INIT;
	struct unit_list list = { 0 };

	for (size_t i = 0; i < n; i++) {
		char *equals = strchr(lines[i], '=');

		if (equals)
			*equals = 0;
		keys[map.n] = lines[i];
		values[map.n++] = equals ? equals + 1 : lines[i];
	}
	for (size_t i = 0; i < n; i++)
		ask(&c, keys[i]);
	fuzz_result(unit_annotations_make(&c, &list, &e), &e);
	unit_list_done(&list);
	free(text);
}
