/* SPDX-License-Identifier: Apache-2.0 */
/* The ids of users: what is taken has no id twice, and none of the caller's. */
#include "tests/fuzz/fuzz.h"

#include "process/subid.h"

#include <stdlib.h>
#include <string.h>

#define OWN 1000

static bool has(const struct subid_range *r, uint32_t id)
{
	return id >= r->first && id - r->first < r->count;
}

void fuzz_subid(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), name[33] = "";
	struct subid ids = { 0 };

	if (subid_user(text, OWN, name, sizeof(name)))
		fuzz_require(strlen(name) < sizeof(name) && !strchr(name, ':'), "a name is one");
	subid_parse(text, name[0] ? name : "user", OWN, OWN, &ids);
	fuzz_require(ids.n <= SUBID_MAX, "the ranges have room");
	for (size_t i = 0; i < ids.n; i++) {
		const struct subid_range *r = &ids.ranges[i];

		fuzz_require(r->count && r->first + (r->count - 1) >= r->first, "a range is one");
		fuzz_require(!has(r, OWN), "the caller's id is not given away");
		for (size_t j = 0; j < i; j++)
			fuzz_require(!has(r, ids.ranges[j].first) && !has(&ids.ranges[j], r->first),
				     "no id is there twice");
	}
	free(text);
}
