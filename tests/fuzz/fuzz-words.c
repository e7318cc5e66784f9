/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are words: lists of CPUs, sizes, durations, ids, schemata, values of GVariant. */
#include "tests/fuzz/fuzz.h"

#include "cgroup/rdt/rdt-schema.h"
#include "cgroup/stats/stats-text.h"
#include "cgroup/systemd/unit.h"
#include "cli/duration.h"
#include "cli/size.h"
#include "os/systemd-properties.h"
#include "spec/id.h"
#include "spec/numberlist.h"

#include <stdlib.h>
#include <string.h>

#define BITS 1024

static void fuzz_list(const char *text)
{
	uint64_t bits[BITS / 64] = { 0 }, any = 0;
	struct rl_err e = RL_ERR_INIT;
	uint32_t first, last, ranges = 0;
	int r = numberlist_parse(text, bits, BITS, "list", &e);

	fuzz_result(r, &e);
	for (size_t i = 0; i < BITS / 64; i++)
		any |= bits[i];
	fuzz_require(r < 0 || any, "a list has a number");
	while (ranges < 10000 && stats_text_range(&text, &first, &last)) {
		fuzz_require(first <= last, "a range is one");
		ranges++;
	}
}

static void fuzz_schemata(char *text)
{
	char *half = strstr(text, "\n\n"), *joined = NULL;
	struct span first;

	if (half)
		*half = 0;
	fuzz_require(rdt_schema_join(text, half ? half + 2 : NULL, &joined) == 0,
		     "they are joined");
	if (joined) {
		rdt_schema_holds(joined, half ? half + 2 : "", 10, &first);
		rdt_schema_holds(joined, joined, 0, &first);
	}
	free(joined);
}

void fuzz_words_numbers(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct rl_err e = RL_ERR_INIT;
	struct stats_pressure p;
	uint64_t duration;
	int64_t bytes;

	if (size_parse(text, &bytes) == 0)
		fuzz_require(bytes >= -1, "a size is not negative");
	duration_parse(text, &duration);
	stats_text_pressure(text, "some", &p);
	if (id_check(text, &e) == 0)
		fuzz_require(text[0] != '.' && !strchr(text, '/') && strlen(text) <= ID_MAX,
			     "an id is a name of a file");
	fuzz_list(text);
	fuzz_schemata(text);
	free(text);
}

static void check_property(const struct systemd_property *p)
{
	const char *at = p->data, *end = p->data ? p->data + p->size : NULL;
	uint64_t strings = p->kind == SYSTEMD_STRINGS ? p->number : p->kind == SYSTEMD_STRING;

	for (; strings; strings--) {
		const char *nul = at && at < end ? memchr(at, 0, (size_t)(end - at)) : NULL;

		fuzz_require(nul, "the strings of a property end");
		at = nul + 1;
	}
}

void fuzz_words_gvariant(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	for (int seconds = 0; seconds < 2; seconds++) {
		struct systemd_property p = { .name = "X" };
		struct rl_err e = RL_ERR_INIT;
		int r = seconds ? gvariant_parse_seconds(text, "k", &p, &e) :
				  gvariant_parse(text, "k", &p, &e);

		fuzz_result(r, &e);
		if (r == 0)
			check_property(&p);
		free((char *)(uintptr_t)p.data);
	}
	free(text);
}
