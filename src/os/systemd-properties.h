/* SPDX-License-Identifier: Apache-2.0 */
/* The properties of a unit, and how they are told systemd; see org.freedesktop.systemd1(5). */
#ifndef RL_OS_SYSTEMD_PROPERTIES_H
#define RL_OS_SYSTEMD_PROPERTIES_H

#include <stddef.h>
#include <stdint.h>

struct sd_bus_message;

/* The D-Bus types of properties; letters that D-Bus has not are for types of several. */
enum systemd_kind {
	SYSTEMD_BOOL = 'b',
	SYSTEMD_BYTE = 'y',
	SYSTEMD_I16 = 'n',
	SYSTEMD_U16 = 'q',
	SYSTEMD_I32 = 'i',
	SYSTEMD_U32 = 'u',
	SYSTEMD_I64 = 'x',
	SYSTEMD_U64 = 't',
	SYSTEMD_STRING = 's',
	SYSTEMD_STRINGS = 'S', /* as: data has `number` strings, one behind the other */
	SYSTEMD_BYTES = 'Y',   /* ay: data has `number` bytes */
	SYSTEMD_PAIRS = 'P',   /* a(ss): data has twice `number` strings */
	SYSTEMD_U32S = 'U',    /* au: with `number` as the only element */
};

struct systemd_property {
	const char *name;
	int kind;        /* enum systemd_kind */
	uint64_t number; /* BOOL and numbers: the value, negative ones cast */
	const char *data;
	size_t size;       /* bytes of data */
	const char *where; /* not sent: what asked for it, for the caller */
};

/*
 * Append n properties to a message, as an array of (sv). The library is open already: see
 * systemd-lib.h. Returns a negative errno, or not.
 */
int systemd_properties_append(struct sd_bus_message *m, const struct systemd_property *list,
			      size_t n);

#endif
