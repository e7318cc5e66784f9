/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the resource limits of a process: names become numbers. Pure. */
#include "process/process.h"

#include "base/auto.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

static const struct {
	const char *word;
	uint32_t resource;
} rows[] = {
#define LIMIT(constant) { #constant, constant },
#include "process/rlimits.def"
#undef LIMIT
};

static int plan_one(const struct oci_rlimit *l, size_t at, uint32_t *seen, struct flat *f,
		    struct rlimit_entry *ret, struct rl_err *e)
{
	char key[RL_ERR_WHERE];
	size_t i = 0;

	while (i < RL_COUNT(rows) && strcmp(l->type, rows[i].word) != 0)
		i++;
	snprintf(key, sizeof(key), "process.rlimits[%zu].type", at);
	if (i == RL_COUNT(rows))
		return rl_refuse(e, key, "\"%s\" is not a resource limit", l->type);
	if (*seen >> rows[i].resource & 1)
		return rl_refuse(e, key, "%s stands in the list already", l->type);
	*seen |= 1u << rows[i].resource;
	snprintf(key, sizeof(key), "process.rlimits[%zu]", at);
	if (l->soft > l->hard)
		return rl_refuse(e, key,
				 "the soft limit %" PRIu64 " is above the hard limit %" PRIu64,
				 l->soft, l->hard);
	*ret = (struct rlimit_entry){
		.where = flat_add_str(f, key),
		.name = flat_add_str(f, rows[i].word),
		.resource = rows[i].resource,
		.soft = l->soft,
		.hard = l->hard,
	};
	return 0;
}

int rlimits_plan(const struct oci_process *proc, struct flat *f, struct flat_list *ret,
		 struct rl_err *e)
{
	struct rlimit_entry entries[RL_COUNT(rows)];
	uint32_t seen = 0;

	/* An entry that stands twice is refused, so that they are never more than the rows. */
	for (size_t i = 0; i < proc->n_rlimits; i++) {
		struct rlimit_entry one;
		int r = plan_one(proc->rlimits[i], i, &seen, f, &one, e);

		if (r < 0)
			return r;
		entries[i] = one;
	}
	*ret = flat_add_list(f, entries, proc->n_rlimits, sizeof(entries[0]));
	return 0;
}

const char *rlimits_text(uint64_t value, char *buf, size_t size)
{
	if (value == UINT64_MAX)
		snprintf(buf, size, "unlimited");
	else
		snprintf(buf, size, "%" PRIu64, value);
	return buf;
}
