/* SPDX-License-Identifier: Apache-2.0 */
/* spec/spec-later.h: what is not carried out yet is refused by name, and what asks for nothing
 * passes. */
#include "spec/spec-later.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

#define PROCESS(members)   "\"process\":{\"cwd\":\"/\"," members "}"
#define LINUX(members)     "\"linux\":{" members "}"
#define RESOURCES(members) LINUX("\"resources\":{" members "}")
#define SECCOMP(members)   LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"," members "}")

/* `key` is NULL if it passes. */
static const struct {
	const char *members;
	const char *key;
} cases[] = {
	{ PROCESS("\"terminal\":true"), NULL },
	{ PROCESS("\"consoleSize\":{\"height\":1,\"width\":1}"), NULL },
	{ PROCESS("\"user\":{\"username\":\"u\"}"), NULL },
	{ PROCESS("\"commandLine\":\"x\""), "process.commandLine" },
	{ PROCESS("\"commandLine\":\"\""), NULL },
	{ PROCESS("\"scheduler\":{\"policy\":\"SCHED_OTHER\"}"), NULL },
	{ PROCESS("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\"}"), NULL },
	{ PROCESS("\"execCPUAffinity\":{\"initial\":\"0\"}"), NULL },
	{ PROCESS("\"execCPUAffinity\":{\"initial\":\"\"}"), NULL },
	{ PROCESS("\"rlimits\":[],\"capabilities\":{\"ambient\":[\"CAP_KILL\"]}"), NULL },
	{ LINUX("\"mountLabel\":\"l\""), NULL },
	{ LINUX("\"intelRdt\":{\"closID\":\"c\",\"enableMonitoring\":true}"), NULL },
	{ LINUX("\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\"}"), NULL },
	{ LINUX("\"memoryPolicy\":{}"), NULL },
	{ LINUX("\"personality\":{\"domain\":\"LINUX\"}"), NULL },
	{ LINUX("\"netDevices\":{\"eth0\":{}}"), NULL },
	{ RESOURCES("\"blockIO\":{\"weight\":100},\"unified\":{\"memory.high\":\"1\"}"), NULL },
	{ SECCOMP("\"listenerPath\":\"/l\",\"listenerMetadata\":\"m\""), NULL },
	{ "\"windows\":{\"layerFolders\":[]}", "windows" },
	{ "\"solaris\":{\"x\":1},\"vm\":{}", "solaris" },
	{ "\"vm\":{\"kernel\":{}}", "vm" },
	{ "\"zos\":{\"x\":1}", "zos" },
	{ "\"freebsd\":{\"jail\":{}}", "freebsd" },
	{ "\"zos\":{},\"freebsd\":{}", NULL },
	{ "\"a-member-of-a-later-version\":{\"x\":1}", NULL },
};

static void check(const char *members, const char *key)
{
	struct rl_err e = RL_ERR_INIT;
	struct oci_doc doc;
	struct oci_error err;
	char text[512];
	int r;

	snprintf(text, sizeof(text), "{\"ociVersion\":\"1.3.0\",%s}", members);
	r = oci_load(&oci_config_table, text, strlen(text), &doc, &err);
	if (!ok(r == 0, "%s loads", members))
		return;
	r = spec_later(doc.root, &e);
	is_int(r, key ? -EINVAL : 0, "  %s", key ? "is refused" : "passes");
	is_str(e.where, key ? key : "", "  by name");
	ok(!key || strstr(e.what, "is not carried out yet by this version of rundlet") ||
		   strstr(e.what, "is not for Linux"),
	   "  with the reason: %s", e.what);
	oci_done(&doc);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].members, cases[i].key);
	return tap_done();
}
