/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the directory of the containers' state; see stateroot.h. */
#include "cli/stateroot.h"

#include "cli/abspath.h"
#include "os/nsfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_ROOT "/run/rundlet"

/*
 * Whether the state is a user's, not the host's. Root of a user namespace is a user to the host,
 * unless the namespace is that of a whole system in a container, which has its own /run.
 */
static bool is_users(const char *runtime_dir)
{
	const char *user = getenv("USER");

	if (geteuid() != 0)
		return true;
	return !nsfile_user_is_initial() && runtime_dir && runtime_dir[0] == '/' &&
	       !(user && !strcmp(user, "root"));
}

int stateroot_choose(const char *option, char *buf, size_t size, struct rl_err *e)
{
	const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
	char path[ABSPATH_MAX];

	if (option) {
		int r = abspath_make(option, path, sizeof(path), e);

		if (r < 0)
			return r;
		if (abspath_is_root(path))
			return rl_whole(e, -EINVAL,
					"option --root: \"%s\" is the root of the file system",
					option);
	} else if (!is_users(runtime_dir)) {
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
