/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of system calls; see filter-calls.h. */
#include "security/filter-calls.h"
#include "security/filter-numbers.h"

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

/* libseccomp's numbers for what stands behind these calls: -101 is operation 1 of socketcall. */
#define SOCKETCALL_BASE 100
#define IPC_BASE        200
#define MUX_SPAN        100

static const struct {
	uint32_t nr;
	const char *name;
} direct_x86[] = {
#define DIRECT(nr, name) { nr, name },
#include "security/filter-direct.def"
#undef DIRECT
};

/* Where others keep them; libseccomp tells the names by the numbers only. */
static const struct {
	uint32_t arch;
	int first, last;
} direct[] = {
	{ SCMP_ARCH_S390, 348, 402 },
	{ SCMP_ARCH_S390X, 348, 402 },
	{ SCMP_ARCH_MIPS, 4160, 4402 },
	{ SCMP_ARCH_MIPSEL, 4160, 4402 },
	{ 0, 90, 450 },
};

static bool search_direct(uint32_t arch, const char *name, uint32_t *ret)
{
	size_t row = 0;

	while (direct[row].arch && direct[row].arch != arch)
		row++;
	for (int nr = direct[row].first; nr <= direct[row].last; nr++) {
		char *found = seccomp_syscall_resolve_num_arch(arch, nr);
		bool same = found && !strcmp(found, name);

		free(found);
		if (same) {
			*ret = (uint32_t)nr;
			return true;
		}
	}
	return false;
}

static bool find_direct(uint32_t arch, const char *name, uint32_t *ret)
{
	if (arch != SCMP_ARCH_X86)
		return search_direct(arch, name, ret);
	for (size_t i = 0; i < sizeof(direct_x86) / sizeof(direct_x86[0]); i++) {
		if (strcmp(direct_x86[i].name, name) != 0)
			continue;
		*ret = direct_x86[i].nr;
		return true;
	}
	return false;
}

struct filter_call filter_calls_find(uint32_t arch, const char *name, int row)
{
	struct filter_call c = { 0 };
	int nr = filter_numbers_get(arch, name, row), behind = -nr, mux;

	if (nr >= 0) {
		c.has_own = true;
		c.own = (uint32_t)nr;
		return c;
	}
	if (behind < SOCKETCALL_BASE || behind >= IPC_BASE + MUX_SPAN)
		return c;
	mux = seccomp_syscall_resolve_name_arch(arch, behind < IPC_BASE ? "socketcall" : "ipc");
	/* An architecture that has no such call has no other way to it, either. */
	if (mux < 0)
		return c;
	c.has_mux = true;
	c.mux = (uint32_t)mux;
	c.mux_op = (uint32_t)(behind % MUX_SPAN);
	c.has_own = find_direct(arch, name, &c.own);
	return c;
}
