/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans on which NUMA nodes a process takes memory. What the kernel would refuse with no more than
 * EINVAL is refused here by its name. Pure.
 */
#include "process/mempolicy.h"

#include "base/auto.h"
#include "libocispec/ocispec.h"
#include "spec/numberlist.h"

#include <string.h>

#define KEY   "linux.memoryPolicy"
#define NODES 1024 /* more than any kernel is built for */

enum nodes { NODES_NONE, NODES_MAYBE, NODES_SOME };

static const struct mode {
	const char *word;
	uint32_t number;
	enum nodes nodes;
} modes[] = {
#define MODE(word, number, nodes) { #word, number, nodes },
#include "process/mempolicy.def"
#undef MODE
};

static const struct flag {
	const char *word;
	uint32_t number;
} flag_names[] = {
#define FLAG(word, number) { #word, number },
#include "process/mempolicy.def"
#undef FLAG
};

enum {
#define FLAG(word, number) word = number,
#include "process/mempolicy.def"
#undef FLAG
};

static int plan_flags(const struct oci_memory_policy *m, const struct mode *mode, uint32_t *ret,
		      struct rl_err *e)
{
	for (size_t i = 0; i < m->n_flags; i++)
		for (size_t k = 0; k < RL_COUNT(flag_names); k++)
			if (!strcmp(flag_names[k].word, m->flags[i]))
				*ret |= flag_names[k].number;
	if (*ret & MPOL_F_STATIC_NODES && *ret & MPOL_F_RELATIVE_NODES)
		return rl_refuse(e, KEY ".flags", "nodes cannot be both static and relative");
	if (*ret && mode->nodes == NODES_NONE)
		return rl_refuse(e, KEY ".flags", "%s has no flags", mode->word);
	return 0;
}

static int plan_nodes(const struct oci_memory_policy *m, const struct mode *mode, struct flat *f,
		      struct mempolicy_plan *p, struct rl_err *e)
{
	uint64_t bits[NODES / 64] = { 0 };
	bool some = m->nodes && m->nodes[0];
	int r;

	if (some && mode->nodes == NODES_NONE)
		return rl_refuse(e, KEY ".nodes", "%s has no nodes", mode->word);
	if (!some && (mode->nodes == NODES_SOME || m->n_flags))
		return rl_refuse(e, KEY ".nodes", "is missing or empty: %s needs a list of nodes",
				 m->n_flags ? m->flags[0] : mode->word);
	if (!some)
		return 0;
	r = numberlist_parse(m->nodes, bits, NODES, KEY ".nodes", e);
	if (r < 0)
		return r;
	p->nodes = flat_add_str(f, m->nodes);
	p->bits = flat_add_list(f, bits, RL_COUNT(bits), sizeof(bits[0]));
	return 0;
}

int mempolicy_plan(const struct oci_memory_policy *m, struct flat *f, struct mempolicy_plan *ret,
		   struct rl_err *e)
{
	struct mempolicy_plan p = { 0 };
	uint32_t flags = 0;
	size_t i = 0;
	int r;

	if (!m || (!m->mode && !(m->nodes && m->nodes[0]) && !m->n_flags))
		return 0;
	while (m->mode && i < RL_COUNT(modes) && strcmp(modes[i].word, m->mode) != 0)
		i++;
	if (!m->mode || i == RL_COUNT(modes))
		return rl_refuse(e, KEY ".mode", "is missing");
	r = plan_flags(m, &modes[i], &flags, e);
	if (r == 0)
		r = plan_nodes(m, &modes[i], f, &p, e);
	if (r < 0)
		return r;
	p.mode = flat_add_str(f, modes[i].word);
	p.number = modes[i].number | flags;
	*ret = p;
	return 0;
}

void mempolicy_report(struct report *r, const void *base, const struct mempolicy_plan *p)
{
	if (!p->mode)
		return;
	report_object(r, "memoryPolicy");
	report_str(r, "mode", flat_get_str(base, p->mode));
	if (p->nodes)
		report_str(r, "nodes", flat_get_str(base, p->nodes));
	for (size_t i = 0; i < RL_COUNT(flag_names); i++)
		if (p->number & flag_names[i].number)
			report_str(r, flag_names[i].word, "yes");
	report_close(r);
}

void mempolicy_words(bool flags, void (*add)(void *context, const char *word), void *context)
{
	for (size_t i = 0; i < RL_COUNT(modes) && !flags; i++)
		add(context, modes[i].word);
	for (size_t i = 0; i < RL_COUNT(flag_names) && flags; i++)
		add(context, flag_names[i].word);
}
