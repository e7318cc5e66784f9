/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of mounts and of cgroups of a process; an empty line is between the two. */
#include "tests/fuzz/fuzz.h"

#include "os/cgroupfs.h"
#include "os/mountinfo.h"
#include "os/resctrl.h"

#include <stdlib.h>
#include <string.h>

void fuzz_mountinfo(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *end = strstr(text, "\n\n"), *cgroup = text;
	static struct cgroupfs c;
	struct resctrl rdt = { 0 };
	struct mountinfo m;
	struct span rest;

	if (end) {
		end[1] = 0;
		cgroup = end + 2;
	}
	rest = (struct span){ text, strlen(text) };
	while (mountinfo_next(&rest, &m)) {
		fuzz_require(memchr(m.root, 0, sizeof(m.root)) && m.point[0] &&
				     memchr(m.point, 0, sizeof(m.point)),
			     "paths end");
		fuzz_require(m.options.at + m.options.len <= text + strlen(text),
			     "the options are in the text");
	}
	if (cgroupfs_parse(text, cgroup, &c) == 0) {
		fuzz_require(c.n <= CGROUPFS_MAX, "the hierarchies have room");
		cgroupfs_find(&c, "memory");
		cgroupfs_find_v2(&c);
		cgroupfs_mode_name(c.mode);
	}
	resctrl_parse(text, &rdt);
	free(text);
}
