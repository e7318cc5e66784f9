/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the documents, made from the .def files; the words and shapes of their values. */
#include "libocispec/ocispec.h"

#include <string.h>

#define WORDS(name, ...) const char *const name[] = { __VA_ARGS__, NULL };
#include "libocispec/words.def"
#undef WORDS

static bool all_of(const char *s, const char *set)
{
	return s[strspn(s, set)] == '\0';
}

static bool is_rlimit(const char *s)
{
	return strncmp(s, "RLIMIT_", 7) == 0 && s[7] && all_of(s + 7, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool is_capability(const char *s)
{
	return strncmp(s, "CAP_", 4) == 0 && s[4] && all_of(s + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
}

static bool is_cpu_list(const char *s)
{
	return all_of(s, "0123456789, -");
}

static bool is_mem_bw(const char *s)
{
	return strncmp(s, "MB:", 3) == 0 && !strchr(s, '\n');
}

static bool is_line(const char *s)
{
	return s[0] && !strchr(s, '\n');
}

static bool is_page_size(const char *s)
{
	size_t digits = strspn(s, "0123456789");

	return digits && s[0] != '0' && s[digits] && strchr("KMG", s[digits]) &&
	       strcmp(s + digits + 1, "B") == 0;
}

static const struct oci_shape oci_shape_rlimit = { "RLIMIT_ and capital letters", is_rlimit };
static const struct oci_shape oci_shape_capability = { "CAP_ and capital letters", is_capability };
static const struct oci_shape oci_shape_cpu_list = { "a list of CPUs such as 0-3,7", is_cpu_list };
static const struct oci_shape oci_shape_mem_bw = { "one line that starts with MB:", is_mem_bw };
static const struct oci_shape oci_shape_line = { "one line", is_line };
static const struct oci_shape oci_shape_page_size = { "a size such as 64KB, 2MB or 1GB",
						      is_page_size };

#define OCI_SCHEMA "libocispec/schema-config.def"
#include "libocispec/schema-tables.h"
#define OCI_SCHEMA "libocispec/schema-state.def"
#include "libocispec/schema-tables.h"
#define OCI_SCHEMA "libocispec/schema-features.def"
#include "libocispec/schema-tables.h"

const struct oci_member *oci_member_find(const struct oci_table *t, const char *name, size_t len)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->members[i].name_len == len && !memcmp(t->members[i].name, name, len))
			return &t->members[i];
	return NULL;
}
