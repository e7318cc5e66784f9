/* SPDX-License-Identifier: Apache-2.0 */
/* security/security-plan.c and -report.c: the privileges of a process together. Needs no root. */
#include "guest-child.h"
#include "security/security.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

#define SYS_ADMIN (UINT64_C(1) << 21)

#define CONFIG                                                                         \
	"{\"ociVersion\":\"1.3.0\",\"process\":{\"cwd\":\"/\",\"noNewPrivileges\":%s," \
	"\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_SYS_ADMIN\"]}},\"linux\":{%s}}"

struct planned {
	struct flat flat;
	struct security_plan plan;
	struct rl_err err;
	int r;
};

static struct planned plan(const char *nnp, const char *linux_json, uint64_t bounding, int last_cap)
{
	const struct security_facts facts = { .last_cap = last_cap, .bounding = bounding };
	struct planned p = { .err = RL_ERR_INIT };
	struct oci_doc doc;
	struct oci_config *c = config_load(&doc, CONFIG, nnp, linux_json);

	flat_init(&p.flat, 8);
	p.r = security_plan(c, c->process, &facts, &p.flat, &p.plan, &p.err);
	oci_done(&doc);
	return p;
}

static void test_plan(void)
{
	struct planned p = plan("true", "", UINT64_MAX, 40);

	is_int(p.r, 0, "planned");
	is_int(p.plan.no_new_privs, 1, "noNewPrivileges");
	is_int(p.plan.last_cap, 40, "the last capability");
	ok(p.plan.caps.bounding == (SYS_ADMIN | 1 << 5), "capabilities");
	is_int(p.plan.filter.program.len, 0, "no seccomp, no filter");
	flat_done(&p.flat);

	p = plan("false", "", ~SYS_ADMIN, 40);
	is_int(p.plan.no_new_privs, 0, "noNewPrivileges can be false");
	ok(p.plan.caps.bounding == 1 << 5, "what rundlet does not have is not given");
	flat_done(&p.flat);

	p = plan("false", "\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"user\"}]", ~SYS_ADMIN,
		 40);
	ok(p.plan.caps.bounding == (SYS_ADMIN | 1 << 5),
	   "but in a user namespace there is everything");
	flat_done(&p.flat);

	p = plan("false", "", UINT64_MAX, 20);
	ok(p.plan.caps.bounding == 1 << 5, "what this kernel does not know is not given");
	flat_done(&p.flat);

	p = plan("false", "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}", UINT64_MAX, 40);
	is_int(p.r, -EINVAL, "a filter that cannot be made fails the plan");
	is_str(p.err.where, "linux.seccomp", "with its key");
	flat_done(&p.flat);
}

/* Named when it is planned; the kernel would say it at start, and not which. */
static void test_flags(void)
{
	const struct security_facts facts = { .no_flags = SECCOMP_FILTER_FLAG_LOG };
	struct planned p = { .err = RL_ERR_INIT };
	struct oci_doc doc;
	struct oci_config *c =
		config_load(&doc, CONFIG, "true",
			    "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":"
			    "[\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_LOG\"]}");

	flat_init(&p.flat, 8);
	p.r = security_plan(c, c->process, &facts, &p.flat, &p.plan, &p.err);
	is_int(p.r, -EINVAL, "a flag that the kernel lacks is refused");
	is_str(p.err.where, "linux.seccomp.flags", "with its key");
	ok(strstr(p.err.what, "SECCOMP_FILTER_FLAG_LOG"), "by name: %s", p.err.what);
	oci_done(&doc);
	flat_done(&p.flat);
}

static void test_report(void)
{
	struct planned p = plan("true",
				"\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":"
				"[\"SECCOMP_FILTER_FLAG_LOG\"]}",
				UINT64_MAX, 40);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct report r;

	is_int(p.r, 0, "planned");
	report_begin(&r, out, REPORT_JSON_LINE);
	security_report(&r, p.flat.data, &p.plan);
	report_end(&r);
	fclose(out);
	ok(strstr(text, "\"CAP_KILL CAP_SYS_ADMIN\""), "the sets are names: %s", text);
	ok(strstr(text, "\"noNewPrivileges\":") && strstr(text, "\"instructions\":") &&
		   strstr(text, "SECCOMP_FILTER_FLAG_LOG"),
	   "the rest is there");
	free(text);
	flat_done(&p.flat);
}

static int set_nnp(struct guest *g, const void *arg, char *text, size_t size)
{
	int r = nnp_set(g, arg);

	(void)text;
	(void)size;
	return r < 0 ? r : prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static void test_nnp(void)
{
	struct security_plan p = { .no_new_privs = 1 };

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) {
		skip("no_new_privs is set already");
		return;
	}
	is_int(child_run(set_nnp, &p, &p)->ret, 1, "no_new_privs is set");
	p.no_new_privs = 0;
	is_int(child_run(set_nnp, &p, &p)->ret, 0, "or not");
}

int main(void)
{
	test_plan();
	test_flags();
	test_report();
	test_nnp();
	return tap_done();
}
