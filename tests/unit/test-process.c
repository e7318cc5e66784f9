/* SPDX-License-Identifier: Apache-2.0 */
/* process/process-plan.c, env-plan.c, rlimits-plan.c, process-report.c: pure. */
#include "guest-child.h"
#include "process/process.h"

#include <sys/resource.h>

#define CONFIG "{\"ociVersion\":\"1.3.0\",\"process\":{%s},\"linux\":{%s}}"
#define GOOD   "\"cwd\":\"/\",\"args\":[\"sh\"]"

struct planned {
	struct flat flat;
	struct process_plan plan;
	struct rl_err err;
	int r;
};

static struct planned plan_in(const char *process, const char *linux_json, uint32_t preserve)
{
	const struct process_facts facts = { .preserve_fds = preserve };
	struct planned p = { .err = RL_ERR_INIT };
	struct oci_doc doc;
	struct oci_config *c = config_load(&doc, CONFIG, process, linux_json);

	flat_init(&p.flat, 8);
	p.r = process_plan(c, c->process, &facts, &p.flat, &p.plan, &p.err);
	oci_done(&doc);
	return p;
}

static struct planned plan(const char *process)
{
	return plan_in(process, "", 0);
}

static const char *str(const struct planned *p, flat_str s)
{
	return flat_get_str(p->flat.data, s);
}

static const char *item(const struct planned *p, struct flat_list l, uint32_t i)
{
	return i < l.n ? str(p, ((const flat_str *)flat_get(p->flat.data, l.off))[i]) : NULL;
}

static void refused_in(const char *process, const char *linux_json, const char *where,
		       const char *what)
{
	struct planned p = plan_in(process, linux_json, 0);

	is_int(p.r, -EINVAL, "refused: %s: %s", where, what);
	is_str(p.err.where, where, "with its key");
	ok(strstr(p.err.what, what), "and its reason: %s", p.err.what);
	flat_done(&p.flat);
}

static void refused(const char *process, const char *where, const char *what)
{
	refused_in(process, "", where, what);
}

static void test_defaults(void)
{
	struct planned p = plan(GOOD);

	is_int(p.r, 0, "the least process is planned");
	is_int(p.plan.uid, 0, "user 0");
	is_int(p.plan.gid, 0, "group 0");
	is_int(p.plan.groups.n, 0, "no other groups");
	is_int(p.plan.set_groups, 1, "which is set too");
	is_int(p.plan.umask, 0022, "umask 0022");
	is_int(p.plan.has_oom_score_adj, 0, "oom_score_adj stays as it is");
	is_int(p.plan.env.n, 0, "no environment");
	is_str(str(&p, p.plan.path_value),
	       "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	       "a PATH to search in nevertheless");
	is_int(p.plan.find_home, 1, "HOME is looked for");
	is_str(str(&p, p.plan.domain), NULL, "the execution domain stays");
	is_str(str(&p, p.plan.memory.mode), NULL, "and the memory policy");
	is_str(str(&p, p.plan.scheduling.policy), NULL, "and the scheduling policy");
	is_str(str(&p, p.plan.scheduling.io_class), NULL, "and the I/O priority");
	is_str(item(&p, p.plan.args, 0), "sh", "args");
	is_int(p.plan.args.n, 1, "one of them");
	flat_done(&p.flat);
}

static void test_all(void)
{
	struct planned p = plan_in(
		"\"cwd\":\"/srv\",\"args\":[\"sh\",\"\",\"-c\"],\"env\":[\"A=1\",\"PATH=/x\",\"B\"],"
		"\"user\":{\"uid\":5,\"gid\":6,\"umask\":63,\"additionalGids\":[7,0]},"
		"\"oomScoreAdj\":-7",
		"", 4);

	is_int(p.r, 0, "planned");
	is_int(p.plan.uid, 5, "uid");
	is_int(p.plan.gid, 6, "gid");
	is_int(p.plan.umask, 077, "umask");
	is_int(p.plan.groups.n, 2, "two groups");
	is_int(((const uint32_t *)flat_get(p.flat.data, p.plan.groups.off))[0], 7,
	       "and they are in order");
	is_int(p.plan.oom_score_adj, -7, "oomScoreAdj");
	is_int(p.plan.has_oom_score_adj, 1, "which is set");
	is_int(p.plan.preserve_fds, 4, "descriptors that stay");
	is_str(item(&p, p.plan.args, 1), "", "an empty argument is one");
	is_str(item(&p, p.plan.env, 2), "B", "an entry without = passes");
	is_str(str(&p, p.plan.path_value), "/x", "PATH");
	is_int(p.plan.check_as_user, 1, "permissions decide what user 5 may execute");
	flat_done(&p.flat);
	p = plan(GOOD
		 ",\"user\":{\"uid\":5},\"capabilities\":{\"effective\":[\"CAP_DAC_OVERRIDE\"]}");
	is_int(p.plan.check_as_user, 0, "but not with CAP_DAC_OVERRIDE");
	flat_done(&p.flat);
}

static void test_env(void)
{
	struct planned p = plan(
		GOOD
		",\"env\":[\"A=1\",\"AB=2\",\"PATH=/a\",\"A=3\",\"=x\",\"A\",\"PATH=\",\"A=4\"]");

	is_int(p.plan.env.n, 5, "the last of each name is kept");
	is_str(item(&p, p.plan.env, 0), "AB=2", "a name that begins like another");
	is_str(item(&p, p.plan.env, 1), "=x", "a name of no characters");
	is_str(item(&p, p.plan.env, 2), "A", "what is no variable");
	is_str(item(&p, p.plan.env, 3), "PATH=", "the last PATH");
	is_str(item(&p, p.plan.env, 4), "A=4", "the last A");
	is_str(str(&p, p.plan.path_value), "", "a PATH of nothing is one");
	is_int(p.plan.find_home, 1, "there is no HOME");
	flat_done(&p.flat);
	p = plan(GOOD ",\"env\":[\"HOMER=1\",\"HOME=\"]");
	is_int(p.plan.find_home, 0, "a HOME of nothing is one");
	flat_done(&p.flat);
}

static void test_sockets(void)
{
	const struct process_facts facts = { .preserve_fds = 3,
					     .listen_fds = 2,
					     .listen_names = "a:b" };
	struct planned p = { .err = RL_ERR_INIT };
	struct oci_doc doc;
	struct oci_config *c = config_load(
		&doc, CONFIG,
		GOOD ",\"env\":[\"LISTEN_FDS=9\",\"A=1\",\"LISTEN_PID=9\",\"LISTEN_FDNAMES=x\"]",
		"");

	flat_init(&p.flat, 8);
	p.r = process_plan(c, c->process, &facts, &p.flat, &p.plan, &p.err);
	oci_done(&doc);
	is_int(p.r, 0, "sockets are passed on: %s", p.err.what);
	is_int(p.plan.env.n, 3, "what the configuration said of others is gone");
	is_str(item(&p, p.plan.env, 0), "A=1", "the rest stays");
	is_str(item(&p, p.plan.env, 1), "LISTEN_FDS=2", "how many there are");
	is_str(item(&p, p.plan.env, 2), "LISTEN_FDNAMES=a:b", "their names");
	is_int(p.plan.say_listen_pid, 1, "the pid is for the process to tell");
	flat_done(&p.flat);
	p = plan(GOOD ",\"env\":[\"LISTEN_FDS=9\"]");
	is_str(item(&p, p.plan.env, 0), "LISTEN_FDS=9", "without sockets nothing changes");
	is_int(p.plan.say_listen_pid, 0, "and no pid is told");
	flat_done(&p.flat);
}

static void test_personality(void)
{
	struct planned p =
		plan_in(GOOD, "\"personality\":{\"domain\":\"LINUX32\",\"flags\":[]}", 0);

	is_str(str(&p, p.plan.domain), "LINUX32", "an execution domain");
	is_int(p.plan.personality, 8, "by its number");
	flat_done(&p.flat);
	p = plan_in(GOOD, "\"personality\":{}", 0);
	is_int(p.r, 0, "without a domain, nothing is asked");
	is_str(str(&p, p.plan.domain), NULL, "and nothing done");
	flat_done(&p.flat);
	refused_in(GOOD, "\"personality\":{\"domain\":\"LINUX\",\"flags\":[\"X\"]}",
		   "linux.personality.flags", "no \"X\"");
}

static void test_cwd(void)
{
	static const char *const rows[][2] = {
		{ "/", "/" },
		{ "//", "/" },
		{ "/.", "/" },
		{ "/a", "/a" },
		{ "/a/", "/a" },
		{ "//a//b/./c/.", "/a/b/c" },
		{ "/a/../b", "/a/../b" },
		{ "/..", "/.." },
		{ "/.a/..b", "/.a/..b" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char json[256];
		struct planned p;

		snprintf(json, sizeof(json), "\"cwd\":\"%s\",\"args\":[\"x\"]", rows[i][0]);
		p = plan(json);
		is_str(p.r < 0 ? p.err.what : str(&p, p.plan.cwd), rows[i][1], "cwd %s",
		       rows[i][0]);
		flat_done(&p.flat);
	}
	refused("\"cwd\":\"a\",\"args\":[\"x\"]", "process.cwd", "not an absolute path");
	refused("\"cwd\":\"\",\"args\":[\"x\"]", "process.cwd", "not an absolute path");
}

static void test_ids(void)
{
	static const char maps[] =
		"\"namespaces\":[{\"type\":\"user\"}],\"uidMappings\":[{\"containerID\":0,"
		"\"hostID\":1000,\"size\":10}],\"gidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":20}]";
	struct planned p;

	refused(GOOD ",\"user\":{\"uid\":4294967295,\"gid\":0}", "process.user.uid", "not an id");
	refused(GOOD ",\"user\":{\"uid\":0,\"gid\":4294967295}", "process.user.gid", "not an id");
	refused(GOOD ",\"user\":{\"additionalGids\":[1,4294967295]}",
		"process.user.additionalGids[1]", "not an id");
	refused(GOOD ",\"user\":{\"umask\":512}", "process.user.umask", "above");
	p = plan(GOOD ",\"user\":{\"uid\":4294967294,\"gid\":4294967294}");
	is_int(p.r, 0, "the highest id is one");
	flat_done(&p.flat);
	p = plan_in(GOOD ",\"user\":{\"uid\":9,\"gid\":19,\"additionalGids\":[18]}", maps, 0);
	is_int(p.r, 0, "mapped ids");
	flat_done(&p.flat);
	refused_in(GOOD ",\"user\":{\"uid\":10,\"gid\":0}", maps, "process.user.uid",
		   "10 is not in linux.uidMappings");
	refused_in(GOOD ",\"user\":{\"uid\":0,\"gid\":20}", maps, "process.user.gid",
		   "20 is not in linux.gidMappings");
	refused_in(GOOD ",\"user\":{\"additionalGids\":[20]}", maps,
		   "process.user.additionalGids[0]", "gidMappings");
	p = plan_in(GOOD ",\"user\":{\"uid\":10,\"gid\":0}",
		    "\"namespaces\":[{\"type\":\"user\",\"path\":\"/x\"}]", 0);
	is_int(p.r, 0, "the maps of a namespace that is joined are not known");
	flat_done(&p.flat);
}

#define LIMITS(list)            GOOD ",\"rlimits\":[" list "]"
#define LIMIT(type, soft, hard) "{\"type\":\"" type "\",\"soft\":" soft ",\"hard\":" hard "}"

static void test_rlimits(void)
{
	struct planned p = plan(LIMITS(LIMIT("RLIMIT_NOFILE", "10", "20") "," LIMIT(
		"RLIMIT_CORE", "0", "18446744073709551615")));
	const struct rlimit_entry *l = flat_get(p.flat.data, p.plan.rlimits.off);

	is_int(p.r, 0, "limits are planned");
	is_int(p.plan.rlimits.n, 2, "two of them");
	if (p.plan.rlimits.n == 2) {
		is_int(l[0].resource, RLIMIT_NOFILE, "the number");
		is_str(str(&p, l[0].name), "RLIMIT_NOFILE", "the name");
		is_int(l[0].soft, 10, "soft");
		is_int(l[0].hard, 20, "hard");
		ok(l[1].hard == RLIM_INFINITY, "no limit");
		is_str(str(&p, l[1].where), "process.rlimits[1]", "the key");
	}
	flat_done(&p.flat);
	refused(LIMITS(LIMIT("RLIMIT_NOFILE", "1", "1") "," LIMIT("RLIMIT_NOFILE", "1", "1")),
		"process.rlimits[1].type", "already");
	refused(LIMITS(LIMIT("RLIMIT_NOSUCH", "1", "1")), "process.rlimits[0].type",
		"not a resource limit");
	refused(LIMITS(LIMIT("RLIMIT_NOFILE", "2", "1")), "process.rlimits[0]",
		"above the hard limit 1");
}

/* All sixteen at once, by the names of the C library. */
static void test_all_rlimits(void)
{
	static const char *const names[] = { "AS",     "CORE",   "CPU",        "DATA",
					     "FSIZE",  "LOCKS",  "MEMLOCK",    "MSGQUEUE",
					     "NICE",   "NOFILE", "NPROC",      "RSS",
					     "RTPRIO", "RTTIME", "SIGPENDING", "STACK" };
	char json[4096] = GOOD ",\"rlimits\":[";
	uint32_t seen = 0;
	struct planned p;

	for (size_t i = 0; i < 16; i++)
		sprintf(json + strlen(json), "%s" LIMIT("RLIMIT_%s", "1", "1"), i ? "," : "",
			names[i]);
	strcat(json, "]");
	p = plan(json);
	is_int(p.r, 0, "every limit of Linux is known");
	FLAT_EACH(p.flat.data, p.plan.rlimits, const struct rlimit_entry, l)
		seen |= 1u << l->resource;
	is_int(seen, (1 << RLIM_NLIMITS) - 1, "and each is another one");
	flat_done(&p.flat);
}

static void test_refusals(void)
{
	char *json = malloc(140000);
	struct planned p;

	refused("\"cwd\":\"/\"", "process.args", "missing or empty");
	refused("\"cwd\":\"/\",\"args\":[]", "process.args", "missing or empty");
	sprintf(json, "\"cwd\":\"/\",\"args\":[\"x\",\"%0131072d\"]", 0);
	refused(json, "process.args[1]", "longer than 131071");
	sprintf(json, GOOD ",\"env\":[\"%0131072d\"]", 0);
	refused(json, "process.env[0]", "longer than 131071");
	sprintf(json, "\"args\":[\"x\"],\"cwd\":\"/%04095d\"", 0);
	refused(json, "process.cwd", "longer than 4095");
	sprintf(json, "\"args\":[\"x\"],\"cwd\":\"/%04094d\"", 0);
	p = plan(json);
	is_int(p.r, 0, "4095 bytes are not too long");
	flat_done(&p.flat);
	free(json);
	p = plan_in(GOOD, "", 1048577);
	is_int(p.r, -EINVAL, "more descriptors than the kernel has are not preserved");
	flat_done(&p.flat);
}

static void test_missing(void)
{
	const struct process_facts facts = { 0 };
	struct oci_config c = { 0 };
	struct process_plan p;
	struct rl_err e = RL_ERR_INIT;
	struct flat f;

	flat_init(&f, 8);
	is_int(process_plan(&c, NULL, &facts, &f, &p, &e), -EINVAL, "no process");
	is_str(e.where, "process", "with its key");
	flat_done(&f);
}

static void test_report(void)
{
	struct planned p = plan(LIMITS(LIMIT(
		"RLIMIT_CORE", "0",
		"18446744073709551615")) ",\"user\":{\"uid\":5,\"additionalGids\":[9]},\"env\":[\"A=1\"],\"oomScoreAdj\":3");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct report r;

	report_begin(&r, out, REPORT_TEXT);
	process_report(&r, p.flat.data, &p.plan);
	report_end(&r);
	fclose(out);
	ok(strstr(text, "RLIMIT_CORE: 0, at most unlimited"), "limits: %s", text);
	ok(strstr(text, "umask: 0022") && strstr(text, "- A=1") && strstr(text, "- 9") &&
		   strstr(text, "oomScoreAdj: 3") && strstr(text, "cwd: /"),
	   "the rest is there");
	free(text);
	flat_done(&p.flat);
}

int main(void)
{
	test_defaults();
	test_all();
	test_env();
	test_sockets();
	test_personality();
	test_cwd();
	test_ids();
	test_rlimits();
	test_all_rlimits();
	test_refusals();
	test_missing();
	test_report();
	return tap_done();
}
