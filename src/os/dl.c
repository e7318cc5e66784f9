/* SPDX-License-Identifier: Apache-2.0 */
/* Opens libraries when they are needed; see dl.h. */
#include "os/dl.h"

#include "base/fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/* *ret is NULL when it cannot be opened. */
static int load(const char *soname, void **ret)
{
	*ret = NULL;
	RL_FAULT("dl_open");
	*ret = dlopen(soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	return *ret ? 0 : -ELIBACC;
}

/* Not the loader's own words: engines take some of them for a missing program of the container. */
static int fail(const struct dl_library *l, const char *missing, struct rl_err *e)
{
	if (missing)
		rl_whole(e, -ELIBACC, "%s needs a newer %s: it has no %s()", l->purpose, l->soname,
			 missing);
	else
		rl_whole(e, -ELIBACC, "%s needs the library %s, which cannot be opened", l->purpose,
			 l->soname);
	rl_hint(e, "install the package %s", l->package);
	return -ELIBACC;
}

int dl_open(const struct dl_library *l, struct rl_err *e)
{
	void *library;

	if (load(l->soname, &library) < 0)
		return fail(l, NULL, e);
	for (size_t i = 0; i < l->n; i++) {
		void *function = dlsym(library, l->symbols[i].name);

		if (!function)
			return fail(l, l->symbols[i].name, e);
		/* ISO C has no conversion of a pointer to an object to one to a function. */
		memcpy(l->symbols[i].to, &function, sizeof(function));
	}
	return 0;
}
