/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the properties of a unit into a message to systemd; see systemd-properties.h. */
#include "config.h"

#ifdef HAVE_SYSTEMD
#include "os/systemd-properties.h"

#include "base/auto.h"
#include "os/systemd-lib.h"

#include <string.h>

static int append_strings(sd_bus_message *m, const char **data, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		r = systemd_lib.bus_message_append_basic(m, 's', *data);
		*data += strlen(*data) + 1;
	}
	return r;
}

static int append_list(sd_bus_message *m, const struct systemd_property *p)
{
	const char *data = p->data;
	int r = systemd_lib.bus_message_open_container(m, 'a',
						       p->kind == SYSTEMD_PAIRS ? "(ss)" : "s");

	if (r >= 0 && p->kind == SYSTEMD_STRINGS)
		r = append_strings(m, &data, (size_t)p->number);
	for (uint64_t i = 0; i < p->number && p->kind == SYSTEMD_PAIRS && r >= 0; i++) {
		r = systemd_lib.bus_message_open_container(m, 'r', "ss");
		if (r >= 0)
			r = append_strings(m, &data, 2);
		if (r >= 0)
			r = systemd_lib.bus_message_close_container(m);
	}
	return r < 0 ? r : systemd_lib.bus_message_close_container(m);
}

static int append_number(sd_bus_message *m, const struct systemd_property *p)
{
	union {
		uint8_t y;
		uint16_t q;
		uint32_t u;
		uint64_t t;
		int b;
	} v;

	switch (p->kind) {
	case SYSTEMD_BOOL:
		v.b = p->number != 0;
		break;
	case SYSTEMD_BYTE:
		v.y = (uint8_t)p->number;
		break;
	case SYSTEMD_I16:
	case SYSTEMD_U16:
		v.q = (uint16_t)p->number;
		break;
	case SYSTEMD_I32:
	case SYSTEMD_U32:
		v.u = (uint32_t)p->number;
		break;
	default:
		v.t = p->number;
	}
	return systemd_lib.bus_message_append_basic(m, (char)p->kind, &v);
}

static int append_value(sd_bus_message *m, const struct systemd_property *p)
{
	uint32_t number = (uint32_t)p->number;

	switch (p->kind) {
	case SYSTEMD_STRING:
		return systemd_lib.bus_message_append_basic(m, 's', p->data);
	case SYSTEMD_STRINGS:
	case SYSTEMD_PAIRS:
		return append_list(m, p);
	case SYSTEMD_BYTES:
		return systemd_lib.bus_message_append_array(m, 'y', p->data, (size_t)p->number);
	case SYSTEMD_U32S:
		return systemd_lib.bus_message_append_array(m, 'u', &number, sizeof(number));
	default:
		return append_number(m, p);
	}
}

static int append_property(sd_bus_message *m, const struct systemd_property *p)
{
	static const struct {
		int kind;
		const char *type;
	} lists[] = {
		{ SYSTEMD_STRINGS, "as" },
		{ SYSTEMD_PAIRS, "a(ss)" },
		{ SYSTEMD_BYTES, "ay" },
		{ SYSTEMD_U32S, "au" },
	};
	char letter[2] = { (char)p->kind, 0 };
	const char *type = letter;
	int r = systemd_lib.bus_message_open_container(m, 'r', "sv");

	for (size_t i = 0; i < RL_COUNT(lists); i++)
		if (lists[i].kind == p->kind)
			type = lists[i].type;
	if (r >= 0)
		r = systemd_lib.bus_message_append_basic(m, 's', p->name);
	if (r >= 0)
		r = systemd_lib.bus_message_open_container(m, 'v', type);
	if (r >= 0)
		r = append_value(m, p);
	if (r >= 0)
		r = systemd_lib.bus_message_close_container(m);
	return r < 0 ? r : systemd_lib.bus_message_close_container(m);
}

int systemd_properties_append(sd_bus_message *m, const struct systemd_property *list, size_t n)
{
	int r = systemd_lib.bus_message_open_container(m, 'a', "(sv)");

	for (size_t i = 0; i < n && r >= 0; i++)
		r = append_property(m, &list[i]);
	return r < 0 ? r : systemd_lib.bus_message_close_container(m);
}
#endif
