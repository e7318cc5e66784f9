/* SPDX-License-Identifier: Apache-2.0 */
/* rundlet mounts: adds mounts to a container that exists, or removes them. */
#include "base/auto.h"
#include "cli/cmd.h"
#include "cli/document.h"
#include "container/container.h"
#include "libocispec/ocispec.h"
#include "spec/spec-load.h"

#include <string.h>

enum { ARG_VERB, ARG_ID, ARG_FILE, ARGS };

static const struct options_row rows[] = { OPTIONS_END };

typedef int change(const char *root, const char *id, const struct oci_doc *mounts,
		   struct rl_err *e);

static int load(const char *path, struct oci_doc *ret, struct rl_err *e)
{
	rl_autofree char *text = NULL;
	size_t len = 0;
	int r = document_read(path, "mounts", &text, &len, e);

	return r < 0 ? r : spec_load_mounts(text, len, document_name(path), ret, e);
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	rl_auto(oci_done) struct oci_doc doc = { 0 };
	change *what = NULL;
	int r;

	(void)ret_status;
	if (!strcmp(o->args[ARG_VERB], "add"))
		what = container_mounts_add;
	else if (!strcmp(o->args[ARG_VERB], "remove"))
		what = container_mounts_remove;
	else
		return options_fail("mounts", e, "\"%.64s\" is neither add nor remove",
				    o->args[ARG_VERB]);
	r = load(o->args[ARG_FILE], &doc, e);
	return r < 0 ? r : what(o->root, o->args[ARG_ID], &doc, e);
}

const struct cmd cmd_mounts = {
	.name = "mounts",
	.group = CMD_GROUP_LIFE,
	.arguments = "add|remove ID FILE",
	.summary = "mount in a container that exists, or unmount",
	.about =
		"FILE is a JSON array of mounts, as mounts in config.json; - is standard input.\n"
		"add makes all of them or none. remove unmounts what is at their destinations, in\n"
		"reverse order. Neither changes the configuration, or what a mask protects.",
	.rows = rows,
	.min = ARGS,
	.max = ARGS,
	.needs_root = true,
	.id_at = ARG_ID,
	.file_at = ARG_FILE,
	.run = run,
};
