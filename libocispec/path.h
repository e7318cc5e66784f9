/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key paths: mounts[7].source, linux.sysctl["a.b"]. Internal to libocispec.
 *
 * A key in brackets is written as it is, without escapes; a path is for people. Its end is the
 * first "\"]" that is followed by the end, a '.' or a '['.
 */
#ifndef OCISPEC_PATH_H
#define OCISPEC_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Writing: texts beyond the size are cut. */
struct path {
	char *text;
	size_t size;
	size_t len;
};

void path_begin(struct path *p, char *text, size_t size);
void path_member(struct path *p, const char *name);
void path_index(struct path *p, size_t index);
void path_key(struct path *p, const char *key);
/* Go back to a length that the path had before. */
void path_cut(struct path *p, size_t len);

/* Reading: one part. */
struct path_part {
	bool is_index;
	size_t index;
	const char *name; /* a member's or a key's; not ended by NUL */
	size_t len;
};

/* Take the first part off *rest. False at the end, and where the text is no path. */
bool path_next(const char **rest, struct path_part *ret);

#endif
