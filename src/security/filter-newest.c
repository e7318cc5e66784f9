/* SPDX-License-Identifier: Apache-2.0 */
/* The newest system calls that a filter names; see filter-newest.h. */
#include "security/filter-newest.h"

#include "security/filter-calls.h"

#include <errno.h>
#include <linux/seccomp.h>

#define ARM_PRIVATE 0x0f0000u /* cacheflush and others of arm only stand from here on */

void filter_newest_init(struct filter_newest *n, uint32_t arch)
{
	*n = (struct filter_newest){ .n_spaces = 1, .space[0].end = UINT32_MAX };
	if (arch == SCMP_ARCH_ARM)
		n->space[0].end = ARM_PRIVATE;
	if (arch == SCMP_ARCH_X86_64) {
		n->space[0].end = FILTER_X32_BIT;
		n->space[1].end = UINT32_MAX;
		n->n_spaces = 2;
	}
}

static size_t find_space(const struct filter_newest *n, uint32_t nr)
{
	size_t i = 0;

	while (i < n->n_spaces && nr >= n->space[i].end)
		i++;
	return i;
}

void filter_newest_add(struct filter_newest *n, uint32_t nr)
{
	size_t i = find_space(n, nr);

	if (i == n->n_spaces || (n->space[i].has && n->space[i].newest >= nr))
		return;
	n->space[i].has = true;
	n->space[i].newest = nr;
}

bool filter_newest_passed(const struct filter_newest *n, uint32_t nr)
{
	size_t i = find_space(n, nr);

	return i < n->n_spaces && n->space[i].has && nr > n->space[i].newest;
}

static void add_names(struct filter_newest *n, const struct filter_rules *rules, uint32_t arch)
{
	for (size_t i = 0; i < rules->n_rules; i++) {
		const struct filter_rule *rule = &rules->rules[i];
		struct filter_call call = filter_calls_find(arch, rule->name, rule->row);

		if (call.has_own)
			filter_newest_add(n, call.own);
		if (call.has_mux)
			filter_newest_add(n, call.mux);
	}
}

void filter_newest_prepend(struct filter_bpf *b, const struct filter_rules *rules)
{
	filter_label pass = b->n, others = pass;
	filter_label newer = filter_bpf_return(b, SCMP_ACT_ERRNO(ENOSYS));

	for (size_t i = rules->n_archs; i-- > 0;) {
		uint32_t arch = rules->archs[i];
		struct filter_newest n;
		filter_label label = pass;

		if (arch == SCMP_ARCH_X32)
			continue;
		filter_newest_init(&n, arch);
		add_names(&n, rules, arch);
		if (arch == SCMP_ARCH_X86_64 && filter_rules_has_arch(rules, SCMP_ARCH_X32))
			add_names(&n, rules, SCMP_ARCH_X32);
		for (size_t k = n.n_spaces; k-- > 0;) {
			const struct filter_space *s = &n.space[k];
			filter_label here = pass;

			if (s->has)
				here = filter_bpf_jump(b, BPF_JGT, s->newest, newer, pass);
			label = filter_bpf_jump(b, BPF_JGE, s->end, label, here);
		}
		if (label != pass)
			label = filter_bpf_load(b, offsetof(struct seccomp_data, nr));
		others = filter_bpf_jump(b, BPF_JEQ, arch, label, others);
	}
	/* Nothing is named on any architecture: the program stays as it was. */
	if (others == pass)
		b->n = pass;
	else
		filter_bpf_load(b, offsetof(struct seccomp_data, arch));
}
