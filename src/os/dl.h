/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Libraries that are opened when they are needed (dlopen(3)): no start of the program pays for
 * them, and the program runs where they are not installed. One that is open stays open.
 */
#ifndef RL_OS_DL_H
#define RL_OS_DL_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct dl_symbol {
	const char *name;
	void *to; /* the pointer to a function that is filled */
};

struct dl_library {
	const char *soname;  /* libsystemd.so.0 */
	const char *package; /* in which distributions have it, for people: "libsystemd0" */
	const char *purpose; /* "the systemd cgroup manager" */
	const struct dl_symbol *symbols;
	size_t n;
};

/* Open the library and fill its pointers. Returns 0 or a negative errno with *e filled. */
int dl_open(const struct dl_library *l, struct rl_err *e);

/*
 * The note that tells makers of packages of a library that is opened so, as JSON:
 * https://systemd.io/ELF_DLOPEN_METADATA. At file level, once for each library:
 *
 *     DL_NOTE(systemd, "{\"feature\":\"systemd\",...,\"soname\":[\"libsystemd.so.0\"]}");
 */
#define DL_NOTE(id, object)                                                              \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct { \
		uint32_t name_size, text_size, type;                                     \
		char name[4];                                                            \
		_Alignas(4) char text[sizeof("[" object "]")];                           \
	} dl_note_##id = { 4, sizeof("[" object "]"), 0x407c0c0a, "FDO", "[" object "]" }

#endif
