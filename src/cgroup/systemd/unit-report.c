/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the unit of the systemd manager; see unit.h. */
#include "base/auto.h"
#include "cgroup/systemd/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A mask as the set that it came from: "0-3,7". */
static void report_mask(struct report *r, const char *key, const char *bytes, uint64_t n)
{
	char text[4096] = "";
	size_t at = 0;
	uint64_t bits = n * 8;

	for (uint64_t first = 0, last; first < bits; first = last + 1) {
		last = first;
		if (!(bytes[first / 8] & 1 << first % 8))
			continue;
		while (last + 1 < bits && bytes[(last + 1) / 8] & 1 << (last + 1) % 8)
			last++;
		if (at + 48 < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%" PRIu64,
					       at ? "," : "", first);
		if (last > first && at + 48 < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "-%" PRIu64, last);
	}
	report_str(r, key, text);
}

/* Each element has `per` strings. */
static void report_strings(struct report *r, const char *key, const char *data, uint64_t n, int per)
{
	report_list(r, key);
	for (uint64_t i = 0; i < n; i++) {
		const char *first = data;

		data += strlen(data) + 1;
		report_fmt(r, NULL, "%s%s%s", first, per > 1 ? " " : "", per > 1 ? data : "");
		if (per > 1)
			data += strlen(data) + 1;
	}
	report_close(r);
}

static void report_value(struct report *r, const void *base, const struct cgroup_property *p)
{
	const char *data = p->data.len ? flat_get(base, p->data.off) : NULL;

	switch (p->kind) {
	case SYSTEMD_BOOL:
		report_bool(r, "value", p->number);
		break;
	case SYSTEMD_STRING:
		report_str(r, "value", data);
		break;
	case SYSTEMD_STRINGS:
	case SYSTEMD_PAIRS:
		report_strings(r, "value", data, p->number, p->kind == SYSTEMD_PAIRS ? 2 : 1);
		break;
	case SYSTEMD_BYTES:
		report_mask(r, "value", data, p->number);
		break;
	case SYSTEMD_I16:
	case SYSTEMD_I32:
	case SYSTEMD_I64:
		report_i64(r, "value", (int64_t)p->number);
		break;
	default:
		if (p->number == UINT64_MAX)
			report_str(r, "value", "infinity");
		else
			report_u64(r, "value", p->number);
	}
}

void unit_report(struct report *r, const void *base, const struct cgroup_unit *u)
{
	report_object(r, "unit");
	report_str(r, "name", flat_get_str(base, u->name));
	report_str(r, "slice", flat_get_str(base, u->slice));
	report_str(r, "bus", flat_get_str(base, u->bus));
	report_list(r, "properties");
	FLAT_EACH(base, u->properties, const struct cgroup_property, p) {
		report_object(r, NULL);
		report_str(r, "name", flat_get_str(base, p->name));
		report_value(r, base, p);
		report_str(r, "from", flat_get_str(base, p->where));
		report_close(r);
	}
	report_close(r);
	report_close(r);
}
