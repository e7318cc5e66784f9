/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flat memory: one growing buffer whose parts refer to each other by offset, so that it can be
 * written to a file and mapped anywhere. The plan is made of it.
 *
 * The readers are freestanding and used by both sides; the builder is hosted (flat.c).
 * Offset 0 is the plan itself and so never the offset of a string or list: 0 means "absent".
 */
#ifndef RL_BASE_FLAT_H
#define RL_BASE_FLAT_H

#include <stddef.h>
#include <stdint.h>

typedef uint32_t flat_str; /* offset of a NUL-terminated string; 0: absent */

/*
 * Around the elements of lists, which are copied whole: a byte that belongs to no member would be
 * what the memory had before, so that one configuration gave two plans.
 */
#define FLAT_NO_PADDING     _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic error \"-Wpadded\"")
#define FLAT_NO_PADDING_END _Pragma("GCC diagnostic pop")

struct flat_list {
	uint32_t off; /* offset of the first element */
	uint32_t n;   /* number of elements */
};

struct flat_blob {
	uint32_t off;
	uint32_t len; /* bytes */
};

#ifdef RL_ANALYSE
/* An analyser cannot know which members a plan always has, and would doubt every use of them. */
const char *flat_get_str(const void *base, flat_str s);
#else
static inline const char *flat_get_str(const void *base, flat_str s)
{
	return s ? (const char *)base + s : NULL;
}
#endif

static inline const void *flat_get(const void *base, uint32_t off)
{
	return (const char *)base + off;
}

/* Walk a list: FLAT_EACH(base, plan->mounts, const struct rootfs_mount, m) { ... } */
#define FLAT_EACH(base, list, type, var)                                                  \
	for (type *var = (type *)flat_get(base, (list).off), *var##_end = var + (list).n; \
	     var < var##_end; var++)

#if __STDC_HOSTED__

/* The limit of a whole plan, bytes. */
#define FLAT_MAX (64u << 20)

struct flat {
	char *data; /* owned; moves when it grows: keep offsets, not pointers */
	size_t len;
	size_t cap;
	int failed; /* a call failed (-ENOMEM, -E2BIG); later calls do nothing */
};

/*
 * Make an empty buffer with `reserve` zeroed bytes at its start (offset 0). Failures are
 * remembered: call flat_failed() once at the end.
 */
void flat_init(struct flat *f, size_t reserve);
void flat_done(struct flat *f);

/* 0, or the negative errno of the first call that failed. */
int flat_failed(const struct flat *f);

/* Append `size` bytes (zeros if data is NULL), aligned to 8. Returns their offset, 0 on failure. */
uint32_t flat_add(struct flat *f, const void *data, size_t size);

/* Append a string; NULL gives 0 (absent). */
flat_str flat_add_str(struct flat *f, const char *s);

/* Append a formatted string. */
flat_str flat_add_fmt(struct flat *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Append n elements of `size` bytes each. */
struct flat_list flat_add_list(struct flat *f, const void *elements, size_t n, size_t size);

/* Append n strings: a list of flat_str. */
struct flat_list flat_add_strs(struct flat *f, char *const *strings, size_t n);

/* A writable pointer into the buffer; valid until the next flat_add...(). */
static inline void *flat_ptr(const struct flat *f, uint32_t off)
{
	return f->data + off;
}

#endif
#endif
