/* SPDX-License-Identifier: Apache-2.0 */
/* spec/spec-load.h: rules of meaning, each with the key that it names. */
#include "spec/spec-load.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

#define ROOT "\"root\":{\"path\":\"r\"}"
#define PROC "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"}"
#define HEAD "\"ociVersion\":\"1.3.0\"," ROOT

/* With a process and one more member, or with a Linux part. */
#define WITH(members)    "{" HEAD "," PROC "," members "}"
#define LINUX(members)   "{" HEAD "," PROC ",\"linux\":{" members "}}"
#define PROCESS(members) "{" HEAD ",\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\"," members "}}"

static const char *const good[] = {
	"{" HEAD "," PROC "}",
	WITH("\"hooks\":{\"prestart\":[{\"path\":\"/x\",\"timeout\":1,\"env\":[\"A=\",\"B=c=d\"]}]}"),
	WITH("\"hostname\":\"\""),
	WITH("\"annotations\":{\"a\":\"\"}"),
	WITH("\"mounts\":[{\"destination\":\"relative\"}]"),
	WITH("\"hostname\":\"h\",\"domainname\":\"d\",\"linux\":{\"namespaces\":[{\"type\":\"uts\"}]}"),
	WITH("\"hostname\":\"h\",\"linux\":{\"namespaces\":[{\"type\":\"uts\",\"path\":\"/n\"}]}"),
	LINUX("\"namespaces\":[{\"type\":\"pid\",\"path\":\"\"},{\"type\":\"ipc\"}]"),
	LINUX("\"namespaces\":[{\"type\":\"user\"}],"
	      "\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}],"
	      "\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]"),
	LINUX("\"namespaces\":[{\"type\":\"user\",\"path\":\"/u\"}]"),
	LINUX("\"namespaces\":[{\"type\":\"user\",\"path\":\"/u\"}],"
	      "\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
	LINUX("\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"boottime\":{\"secs\":1}}"),
	LINUX("\"timeOffsets\":{}"),
	LINUX("\"maskedPaths\":[\"/a\"],\"readonlyPaths\":[\"/b\"]"),
	LINUX("\"resources\":{\"memory\":{\"useHierarchy\":true}}"),
	LINUX("\"sysctl\":{\"kernel.domainname\":\"d\"}"),
	LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"x\"],"
	      "\"action\":\"SCMP_ACT_LOG\"}]}"),
	PROCESS("\"env\":[\"A=b\",\"A=c\",\"x y=z\"]"),
	PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":1,\"hard\":1},"
		"{\"type\":\"RLIMIT_CPU\",\"soft\":0,\"hard\":18446744073709551615}]"),
};

static const struct {
	const char *text;
	const char *where;
	const char *what; /* a part of it */
} bad[] = {
	{ "{" HEAD "}", "process", "nothing to run" },
	{ "{" HEAD ",\"process\":{\"cwd\":\"/\"}}", "process.args", "nothing to run" },
	{ "{" HEAD ",\"process\":{\"cwd\":\"/\",\"args\":[]}}", "process.args", "nothing to run" },
	{ "{" HEAD ",\"process\":{\"cwd\":\"a\",\"args\":[\"x\"]}}", "process.cwd",
	  "\"a\" is not an absolute path" },
	{ "{" HEAD ",\"process\":{\"cwd\":\"\",\"args\":[\"x\"]}}", "process.cwd", "absolute" },
	{ "{\"ociVersion\":\"1.3.0\"," PROC "}", "root", "is missing" },
	{ "{\"ociVersion\":\"1.3.0\"," PROC ",\"root\":{\"path\":\"\"}}", "root.path", "is empty" },
	{ PROCESS("\"env\":[\"A=b\",\"=c\"]"), "process.env[1]", "has no name" },
	{ PROCESS("\"env\":[\"\"]"), "process.env[0]", "has no name" },
	{ PROCESS("\"env\":[\"AB\"]"), "process.env[0]", "\"AB\" has no '='" },
	{ PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]"),
	  "process.rlimits[0]", "above the hard limit" },
	{ PROCESS("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},"
		  "{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1}]"),
	  "process.rlimits[1].type", "already" },
	{ WITH("\"mounts\":[{\"destination\":\"/\"},{\"destination\":\"\"}]"),
	  "mounts[1].destination", "is empty" },
	{ WITH("\"annotations\":{\"\":\"x\"}"), "annotations", "key is empty" },
	{ WITH("\"hooks\":{\"prestart\":[{\"path\":\"a\"}]}"), "hooks.prestart[0].path",
	  "absolute" },
	{ WITH("\"hooks\":{\"createRuntime\":[{\"path\":\"\"}]}"), "hooks.createRuntime[0].path",
	  "absolute" },
	{ WITH("\"hooks\":{\"createContainer\":[{\"path\":\"a\"}]}"),
	  "hooks.createContainer[0].path", "absolute" },
	{ WITH("\"hooks\":{\"startContainer\":[{\"path\":\"a\"}]}"), "hooks.startContainer[0].path",
	  "absolute" },
	{ WITH("\"hooks\":{\"poststart\":[{\"path\":\"a\"}]}"), "hooks.poststart[0].path",
	  "absolute" },
	{ WITH("\"hooks\":{\"poststop\":[{\"path\":\"/a\"},{\"path\":\"a\"}]}"),
	  "hooks.poststop[1].path", "absolute" },
	{ WITH("\"hooks\":{\"poststop\":[{\"path\":\"/a\",\"timeout\":0}]}"),
	  "hooks.poststop[0].timeout", "not in the range 1" },
	{ WITH("\"hooks\":{\"poststop\":[{\"path\":\"/a\",\"env\":[\"x\"]}]}"),
	  "hooks.poststop[0].env[0]", "has no '='" },
	{ WITH("\"hostname\":\"h\""), "hostname", "needs a uts namespace" },
	{ WITH("\"domainname\":\"h\",\"linux\":{}"), "domainname", "needs a uts namespace" },
	{ WITH("\"hostname\":\"12345678901234567890123456789012345678901234567890123456789012345\","
	       "\"linux\":{\"namespaces\":[{\"type\":\"uts\"}]}"),
	  "hostname", "longer than 64" },
	{ LINUX("\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"pid\"}]"),
	  "linux.namespaces[2].type", "already" },
	{ LINUX("\"namespaces\":[{\"type\":\"pid\",\"path\":\"x\"}]"), "linux.namespaces[0].path",
	  "absolute" },
	{ LINUX("\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
	  "linux.uidMappings", "needs a user namespace" },
	{ LINUX("\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
	  "linux.gidMappings", "needs a user namespace" },
	{ LINUX("\"namespaces\":[{\"type\":\"user\"}]"), "linux.uidMappings",
	  "at least one mapping" },
	{ LINUX("\"namespaces\":[{\"type\":\"user\"}],"
		"\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}]"),
	  "linux.gidMappings", "at least one mapping" },
	{ LINUX("\"namespaces\":[{\"type\":\"user\"}],"
		"\"uidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1}],"
		"\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":0}]"),
	  "linux.gidMappings[0].size", "is 0" },
	{ LINUX("\"timeOffsets\":{\"monotonic\":{}}"), "linux.timeOffsets", "new time namespace" },
	{ LINUX("\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"realtime\":{\"secs\":1}}"),
	  "linux.timeOffsets", "\"realtime\" is no clock" },
	{ LINUX("\"namespaces\":[{\"type\":\"time\",\"path\":\"/t\"}],"
		"\"timeOffsets\":{\"monotonic\":{\"secs\":1}}"),
	  "linux.timeOffsets", "new time namespace" },
	{ LINUX("\"maskedPaths\":[\"/a\",\"b\"]"), "linux.maskedPaths[1]", "absolute" },
	{ LINUX("\"readonlyPaths\":[\"\"]"), "linux.readonlyPaths[0]", "absolute" },
	{ LINUX("\"sysctl\":{\"kernel.hostname\":\"h\"}"), "linux.sysctl[\"kernel.hostname\"]",
	  "set by the member hostname" },
	{ LINUX("\"sysctl\":{\"\":\"h\"}"), "linux.sysctl", "key is empty" },
	{ LINUX("\"resources\":{\"memory\":{\"useHierarchy\":false}}"),
	  "linux.resources.memory.useHierarchy", "not possible" },
	{ LINUX("\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[],"
		"\"action\":\"SCMP_ACT_LOG\"}]}"),
	  "linux.seccomp.syscalls[0].names", "is empty" },
	{ LINUX("\"namespaces\":[{\"type\":\"x\"}]"), "linux.namespaces[0].type", "not one of" },
};

static void test_good(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct rl_err e = RL_ERR_INIT;
		struct oci_doc doc;
		int r = spec_load(good[i], strlen(good[i]), "config.json", &doc, &e);

		is_int(r, 0, "%s", good[i]);
		if (r == 0)
			oci_done(&doc);
		else
			printf("# %s: %s\n", e.where, e.what);
	}
}

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rl_err e = RL_ERR_INIT;
		struct oci_doc doc;
		int r = spec_load(bad[i].text, strlen(bad[i].text), "config.json", &doc, &e);

		if (r == 0)
			oci_done(&doc);
		is_int(r, -EINVAL, "refused: %s %s", bad[i].where, bad[i].what);
		is_str(e.where, bad[i].where, "  its key");
		ok(strstr(e.what, bad[i].what), "  \"%s\" says \"%s\"", e.what, bad[i].what);
		/* What is missing at the top has no place. */
		ok(e.line == 1 || !strcmp(e.where, "process") || !strcmp(e.where, "root"),
		   "  its place");
		ok(e.flags & RL_ERR_WHOLE, "  no errno is added to it");
	}
}

static int load_version(const char *version)
{
	struct rl_err e = RL_ERR_INIT;
	struct oci_doc doc;
	char text[512];
	int r;

	snprintf(text, sizeof(text), "{\"ociVersion\":\"%s\"," ROOT "," PROC "}", version);
	r = spec_load(text, strlen(text), "config.json", &doc, &e);
	if (r == 0)
		oci_done(&doc);
	else if (strcmp(e.where, "ociVersion") != 0)
		return -ENOMSG;
	return r;
}

static void test_versions(void)
{
	static const char *const ok_[] = {
		"1.0.0",     "1.0.2-dev",         "1.3.0",   "1.99.123",
		"1.1.0+dev", "1.0.0-rc.1+b-1.02", "1.0.0-0", "1.0.0-x01"
	};
	static const char *const no[] = { "",       "1",      "1.0",       "1.0.0.0",
					  "1.0.0-", "1.0.0+", "v1.0.0",    "1.0.x",
					  "01.0.0", "1.00.0", "1.0.0-01",  "1.0.0-a..b",
					  "1.0.0 ", " 1.0.0", "1.0.0-a_b", "1..0",
					  "-1.0.0", "0.1.0",  "2.0.0",     "10.0.0" };

	for (size_t i = 0; i < sizeof(ok_) / sizeof(ok_[0]); i++)
		is_int(load_version(ok_[i]), 0, "version \"%s\" is known", ok_[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		is_int(load_version(no[i]), -EINVAL, "version \"%s\" is refused", no[i]);
}

/* What the error of a text that is no document looks like on its first line. */
static void test_syntax(void)
{
	static const char text[] = "{\n\"ociVersion\" 1}";
	struct rl_err e = RL_ERR_INIT;
	struct oci_doc doc;
	char line[512];

	is_int(spec_load(text, strlen(text), "/b/config.json", &doc, &e), -EINVAL, "no JSON");
	is_str(rl_err_line(&e, line, sizeof(line)),
	       "/b/config.json: line 2, column 14: not valid JSON: parse error: object key and value "
	       "must be separated by a colon (':')",
	       "its line");
	ok(e.line == 2 && e.column == 14, "its place");
	e = (struct rl_err)RL_ERR_INIT;
	is_int(spec_load("{\"ociVersion\":1}", 16, "/b/config.json", &doc, &e), -EINVAL,
	       "wrong type");
	is_str(rl_err_line(&e, line, sizeof(line)),
	       "config.json: ociVersion: must be a string, not a number", "its line");
	rl_refuse(&e, "other", "a later error");
	is_str(e.where, "ociVersion", "the first error is kept");
}

int main(void)
{
	test_good();
	test_bad();
	test_versions();
	test_syntax();
	return tap_done();
}
