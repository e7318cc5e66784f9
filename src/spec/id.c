/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the names of containers; see id.h. */
#include "spec/id.h"

#include "base/fault.h"

#include <errno.h>
#include <string.h>

static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789_+.-";

int id_check(const char *id, struct rl_err *e)
{
	size_t len = strlen(id);

	if (!len)
		return rl_whole(e, -EINVAL, "invalid container ID: it is empty");
	if (len > ID_MAX)
		return rl_whole(e, -EINVAL,
				"invalid container ID: %zu characters, at most %d are allowed", len,
				ID_MAX);
	if (id[strspn(id, allowed)] && !fault_is_weak("id"))
		return rl_whole(e, -EINVAL,
				"invalid container ID \"%.64s\": "
				"only letters, digits and _ + . - are allowed",
				id);
	if (id[0] == '.' && !fault_is_weak("id"))
		return rl_whole(e, -EINVAL, "invalid container ID \"%.64s\": it starts with a dot",
				id);
	return 0;
}
