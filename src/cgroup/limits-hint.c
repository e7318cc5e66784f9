/* SPDX-License-Identifier: Apache-2.0 */
/* Says what can be done when the kernel refuses a limit: the rows of limits-hint.def. */
#include "base/auto.h"
#include "cgroup/build.h"

#include <errno.h>
#include <fnmatch.h>

static const struct row {
	const char *file;
	int code;
	const char *hint;
} rows[] = {
#define HINT(file, code, hint) { file, code, hint },
#include "cgroup/limits-hint.def"
#undef HINT
};

const char *limits_hint(const char *file, int r)
{
	for (size_t i = 0; i < RL_COUNT(rows); i++)
		if (fnmatch(rows[i].file, file, 0) == 0 && (!rows[i].code || rows[i].code == -r))
			return rows[i].hint;
	return NULL;
}
