/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a dictionary for libFuzzer: the names and words of the tables. */
#include "container/record.h"
#include "libocispec/ocispec.h"

#include <stdio.h>
#include <string.h>

static void print_table(const struct oci_table *t, int depth)
{
	for (size_t i = 0; i < t->n && depth < 12; i++) {
		const struct oci_member *m = &t->members[i];

		printf("\"\\\"%s\\\":\"\n", m->name);
		for (const char *const *w = m->words; w && *w; w++)
			printf("\"\\\"%s\\\"\"\n", *w);
		if (m->table && m->table != t)
			print_table(m->table, depth + 1);
	}
}

int main(void)
{
	static const char *const words[] = {
#define MOUNT_OPTION(word, action, flags) word,
#include "rootfs/mount-options.def"
#undef MOUNT_OPTION
#define ANNOTATION(name, key, file, what) key,
#include "spec/annotations.def"
#undef ANNOTATION
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		printf("\"%s\"\n", words[i]);
	print_table(&oci_config_table, 0);
	print_table(&oci_features_table, 0);
	print_table(&oci_state_table, 0);
	print_table(&record_table, 0);
	return 0;
}
