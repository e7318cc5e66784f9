/* SPDX-License-Identifier: Apache-2.0 */
/* librundlet as a program meets it: the names of rundlet.h are there, others are not, errors come
 * back. */
#include "include/rundlet.h"

#include "tests/unit/tap.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define LIBRARY "./librundlet.so.0" /* the tests run in the build folder */

static const char *const names[] = {
	"rundlet_create",  "rundlet_run",       "rundlet_plan",
	"rundlet_start",   "rundlet_kill",      "rundlet_delete",
	"rundlet_version", "rundlet_state_get", "rundlet_state_done",
};

static void test_names(void *library)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(dlsym(library, names[i]) != NULL, "%s is exported", names[i]);
	ok(!dlsym(library, "container_create"), "names of rundlet's own are not");
}

static void test_error(void *library)
{
	int (*state_get)(const char *, const char *, struct rundlet_state *,
			 struct rundlet_error *);
	int (*plan)(const struct rundlet_options *, FILE *, struct rundlet_error *);
	struct rundlet_options o = { .size = sizeof(o) - 1 };
	struct rundlet_state state = { 0 };
	struct rundlet_error e = { 0 };

	*(void **)&state_get = dlsym(library, "rundlet_state_get");
	*(void **)&plan = dlsym(library, "rundlet_plan");
	ok(state_get("/nonexistent-root", "web", &state, &e) < 0,
	   "an unknown container is an error");
	ok(strstr(e.message, "does not exist") != NULL, "it says: %s", e.message);
	memset(&e, 0, sizeof(e));
	is_int(plan(&o, stdout, &e), -EINVAL, "options of an unknown size are refused");
	is_int(e.code, EINVAL, "the error tells the same");
}

int main(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	ok(library != NULL, "it loads: %s", library ? LIBRARY : dlerror());
	if (library) {
		test_names(library);
		test_error(library);
	}
	return tap_done();
}
