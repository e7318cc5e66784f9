/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up numbers of system calls; see filter-numbers.h. */
#include "security/filter-numbers.h"

#include <seccomp.h>
#include <stddef.h>
#include <string.h>

#define NAME_SIZE \
	32 /* bytes of the longest, with its NUL; not a pointer, which would be relocated */

static const uint32_t archs[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64,
				  SCMP_ARCH_ARM };

enum { ARCHS = sizeof(archs) / sizeof(archs[0]) };

static const struct {
	char name[NAME_SIZE];
	int32_t number[ARCHS];
} rows[] = {
#define NUMBERS(name, x86_64, x86, x32, aarch64, arm) { name, { x86_64, x86, x32, aarch64, arm } },
#include "security/filter-numbers.def"
#undef NUMBERS
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

int filter_numbers_row(const char *name, int near)
{
	int begin = 0, end = ROWS, step = 1;

	/* In growing steps behind the last one; then between the last two steps. */
	for (int i = near + 1; i < ROWS; i += step, step *= 2) {
		int order = strcmp(name, rows[i].name);

		if (order == 0)
			return i;
		if (order < 0) {
			end = i;
			break;
		}
		begin = i + 1;
	}
	while (begin < end) {
		int i = begin + (end - begin) / 2;
		int order = strcmp(name, rows[i].name);

		if (order == 0)
			return i;
		if (order < 0)
			end = i;
		else
			begin = i + 1;
	}
	return -1;
}

int filter_numbers_get(uint32_t arch, const char *name, int row)
{
	for (int i = 0; row >= 0 && i < ARCHS; i++)
		if (archs[i] == arch)
			return rows[row].number[i];
	return seccomp_syscall_resolve_name_arch(arch, name);
}
