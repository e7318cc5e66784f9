/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the directory of the containers' state; see stateroot.h. */
#include "cli/stateroot.h"

#include "cli/abspath.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_ROOT "/run/rundlet"

int stateroot_choose(const char *option, uid_t euid, const char *runtime_dir, char *buf,
		     size_t size, struct rl_err *e)
{
	char path[ABSPATH_MAX];

	if (option) {
		int r = abspath_make(option, path, sizeof(path), e);

		if (r < 0)
			return r;
		if (abspath_is_root(path))
			return rl_whole(e, -EINVAL,
					"option --root: \"%s\" is the root of the file system",
					option);
	} else if (euid == 0) {
		snprintf(path, sizeof(path), "%s", DEFAULT_ROOT);
	} else if (!runtime_dir || runtime_dir[0] != '/') {
		/* podman gives an empty one: it means unset. */
		return rl_whole(e, -EINVAL,
				"no directory for the state of containers: "
				"set XDG_RUNTIME_DIR or give --root");
	} else if ((size_t)snprintf(path, sizeof(path), "%s/rundlet", runtime_dir) >=
		   sizeof(path)) {
		return rl_fail(e, -ENAMETOOLONG, "use XDG_RUNTIME_DIR");
	}
	if (strlen(path) >= size)
		return rl_fail(e, -ENAMETOOLONG, "use \"%.64s\" for the state of containers", path);
	memcpy(buf, path, strlen(path) + 1);
	return 0;
}
