/* SPDX-License-Identifier: Apache-2.0 */
/* Plans mappings of ids: the text for /proc/PID/uid_map and gid_map. */
#include "spec/idmap.h"

#include "libocispec/ocispec.h"

#include <inttypes.h>
#include <stdio.h>

#define IDMAP_TEXT 4096 /* the kernel takes less than a page in one write */

/* The last id of a range; the id 4294967295 means "none" and can never be mapped. */
static bool fits(uint32_t first, uint32_t size)
{
	return size > 0 && size <= UINT32_MAX - first;
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < b ? b - a < a_size : a - b < b_size;
}

static int check_range(struct oci_id_mapping *const *maps, size_t at, const char *where,
		       struct rl_err *e)
{
	const struct oci_id_mapping *m = maps[at];
	char key[RL_ERR_WHERE];

	snprintf(key, sizeof(key), "%s[%zu]", where, at);
	if (!m->size)
		return rl_refuse(e, key, "size is 0");
	if (!fits(m->container_id, m->size) || !fits(m->host_id, m->size))
		return rl_refuse(e, key,
				 "%" PRIu32 " %" PRIu32 " %" PRIu32 " goes beyond the id %" PRIu32,
				 m->container_id, m->host_id, m->size, UINT32_MAX - 1);
	for (size_t i = 0; i < at; i++)
		if (overlap(maps[i]->container_id, maps[i]->size, m->container_id, m->size) ||
		    overlap(maps[i]->host_id, maps[i]->size, m->host_id, m->size))
			return rl_refuse(e, key, "overlaps %s[%zu]", where, i);
	return 0;
}

int idmap_plan(struct oci_id_mapping *const *maps, size_t n, const char *where, struct flat *f,
	       flat_str *ret, struct rl_err *e)
{
	char text[IDMAP_TEXT];
	size_t len = 0;

	if (n > IDMAP_LINES)
		return rl_refuse(e, where, "%zu mappings, the kernel takes %d", n, IDMAP_LINES);
	for (size_t i = 0; i < n; i++) {
		const struct oci_id_mapping *m = maps[i];
		int r = check_range(maps, i, where, e);

		if (r < 0)
			return r;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", m->container_id,
					m->host_id, m->size);
		if (len >= sizeof(text))
			return rl_refuse(e, where,
					 "the mappings make more than %d bytes of text, "
					 "the kernel's limit",
					 IDMAP_TEXT - 1);
	}
	*ret = flat_add_str(f, text);
	return 0;
}

bool idmap_has(struct oci_id_mapping *const *maps, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= maps[i]->container_id && id - maps[i]->container_id < maps[i]->size)
			return true;
	return false;
}
