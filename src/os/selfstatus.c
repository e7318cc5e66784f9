/* SPDX-License-Identifier: Apache-2.0 */
/* Reads /proc/thread-self/status; see selfstatus.h. */
#include "os/selfstatus.h"

#include "base/auto.h"
#include "os/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_MAX ((size_t)1 << 20) /* a process may be in 65536 groups */

static int find_mask(const char *text, const char *name, uint64_t *ret)
{
	const char *line = strstr(text, name);

	if (!line)
		return -EPROTO;
	*ret = strtoull(line + strlen(name), NULL, 16);
	return 0;
}

int selfstatus_parse(const char *text, struct selfstatus *ret)
{
	struct selfstatus s;
	int r = find_mask(text, "\nCapBnd:\t", &s.bounding);

	if (r == 0)
		r = find_mask(text, "\nSigIgn:\t", &s.ignored);
	if (r == 0)
		*ret = s;
	return r;
}

int selfstatus_read(struct selfstatus *ret)
{
	rl_autofree char *text = NULL;
	size_t len;
	int r = fdio_read_all(AT_FDCWD, "/proc/thread-self/status", STATUS_MAX, &text, &len);

	return r < 0 ? r : selfstatus_parse(text, ret);
}
