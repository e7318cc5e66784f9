/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/filter-numbers.c against libseccomp. With --table it prints the rows of
 * filter-numbers.def instead.
 */
#include "security/filter-numbers.h"
#include "tap.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 1000 /* of an architecture */

static const struct {
	uint32_t arch;
	int first; /* number */
} archs[] = {
	{ SCMP_ARCH_X86_64, 0 },  { SCMP_ARCH_X86, 0 }, { SCMP_ARCH_X32, 0x40000000 },
	{ SCMP_ARCH_AARCH64, 0 }, { SCMP_ARCH_ARM, 0 }, { SCMP_ARCH_ARM, 0xf0000 },
};

enum { COLUMNS = 5, ARCHS = sizeof(archs) / sizeof(archs[0]) };

static const char *const names[] = {
#define NUMBERS(name, ...) name,
#include "security/filter-numbers.def"
#undef NUMBERS
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names that the library has for these architectures, sorted; some more than once. */
static size_t library_names(char **ret)
{
	size_t n = 0;

	for (int i = 0; i < ARCHS; i++)
		for (int nr = 0; nr < NUMBERS_MAX; nr++) {
			ret[n] = seccomp_syscall_resolve_num_arch(archs[i].arch,
								  archs[i].first + nr);
			n += ret[n] != NULL;
		}
	/* Those behind socketcall and ipc. */
	for (int nr = 1; nr < NUMBERS_MAX; nr++) {
		ret[n] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86, -nr);
		if (ret[n] && (nr < 100 || nr >= 300))
			free(ret[n]);
		else
			n += ret[n] != NULL;
	}
	qsort(ret, n, sizeof(*ret), by_name);
	return n;
}

static void print_row(const char *name)
{
	printf("NUMBERS(\"%s\",", name);
	for (int k = 0; k < COLUMNS; k++)
		printf(" %d%s", seccomp_syscall_resolve_name_arch(archs[k].arch, name),
		       k == COLUMNS - 1 ? ")\n" : ",");
}

/* The library may be older than the table: then it has no such name. */
static bool same(uint32_t arch, const char *name, int row)
{
	int theirs = seccomp_syscall_resolve_name_arch(arch, name);

	return theirs == __NR_SCMP_ERROR || theirs == filter_numbers_get(arch, name, row);
}

static void test_rows(void)
{
	static const int near[] = { -1, 0, NAMES / 2, NAMES - 1 };
	int found = 0, alike = 0;

	for (int i = 0; i < NAMES; i++) {
		for (int k = 0; k < 4; k++)
			found += filter_numbers_row(names[i], near[k]) == i;
		found += filter_numbers_row(names[i], i - 1) == i;
		for (int k = 0; k < COLUMNS; k++)
			alike += same(archs[k].arch, names[i], i);
	}
	is_int(found, 5 * NAMES, "each row is found, from wherever");
	is_int(alike, COLUMNS * NAMES, "with the library's numbers");
}

static void test_others(void)
{
	static const char *const none[] = { "", "a", "acces", "accesss", "writew", "zz", "~" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		for (int near = -1; near < NAMES; near += NAMES / 4)
			is_int(filter_numbers_row(none[i], near), -1, "\"%s\" has no row", none[i]);
	is_int(filter_numbers_get(SCMP_ARCH_X86_64, "zz", -1), __NR_SCMP_ERROR, "and no number");
	is_int(filter_numbers_get(SCMP_ARCH_S390X, "write", filter_numbers_row("write", -1)),
	       seccomp_syscall_resolve_name_arch(SCMP_ARCH_S390X, "write"),
	       "other architectures are asked of the library");
}

int main(int argc, char **argv)
{
	static char *all[(ARCHS + 1) * NUMBERS_MAX];
	size_t n = library_names(all);

	if (argc > 1 && !strcmp(argv[1], "--table")) {
		for (size_t i = 0; i < n; i++)
			if (i == 0 || strcmp(all[i], all[i - 1]) != 0)
				print_row(all[i]);
	} else {
		test_rows();
		test_others();
	}
	for (size_t i = 0; i < n; i++)
		free(all[i]);
	return argc > 1 ? 0 : tap_done();
}
