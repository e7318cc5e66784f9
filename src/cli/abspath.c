/* SPDX-License-Identifier: Apache-2.0 */
/* Makes paths absolute; see abspath.h. */
#include "cli/abspath.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The next component of *path and its length; 0 at the end. */
static size_t component(const char **path)
{
	*path += strspn(*path, "/");
	return strcspn(*path, "/");
}

static bool is_dots(const char *name, size_t len, const char *dots)
{
	return len == strlen(dots) && !memcmp(name, dots, len);
}

/* Append the components of path to the absolute path in buf. Returns 0 or -ENAMETOOLONG. */
static int append(char *buf, size_t size, const char *path)
{
	size_t at = strlen(buf);
	size_t len;

	while ((len = component(&path)) > 0) {
		if (!is_dots(path, len, ".")) {
			if (at + 1 + len >= size)
				return -ENAMETOOLONG;
			buf[at++] = '/';
			memcpy(buf + at, path, len);
			at += len;
			buf[at] = 0;
		}
		path += len;
	}
	return 0;
}

int abspath_make(const char *path, char *buf, size_t size, struct rl_err *e)
{
	char here[ABSPATH_MAX] = "";
	char made[ABSPATH_MAX] = "";
	int r;

	if (path[0] != '/' && !getcwd(here, sizeof(here)))
		return rl_fail(e, -errno, "find the current directory, below which \"%s\" is",
			       path);
	r = append(made, sizeof(made), here);
	if (r == 0)
		r = append(made, sizeof(made), path);
	if (r == 0 && strlen(made) + 1 >= size)
		r = -ENAMETOOLONG;
	if (r < 0)
		return rl_fail(e, r, "make \"%s\" absolute", path);
	snprintf(buf, size, "%s", made[0] ? made : "/");
	return 0;
}

bool abspath_is_root(const char *path)
{
	size_t depth = 0, len;

	while ((len = component(&path)) > 0) {
		if (is_dots(path, len, ".."))
			depth -= depth > 0;
		else if (!is_dots(path, len, "."))
			depth++;
		path += len;
	}
	return depth == 0;
}
