/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules: what they mean, and that their two forms in the kernel mean the same. The
 * exceptions of v1 are judged as the kernel's security/device_cgroup.c does, the program of v2 is
 * run by a small interpreter. Needs no privilege.
 */
#include "base/auto.h"
#include "cgroup/cgroup.h"
#include "cgroup/devices/device-rules.h"
#include "libocispec/ocispec.h"
#include "tests/unit/device-model.h"
#include "tests/unit/tap.h"

#include <errno.h>

/* --- the three ways to a verdict --- */

struct made {
	struct device_rules rules, list;
	bool allow_all;
	struct bpf_insn *insns;
	size_t n_insns;
	struct rl_err e;
	int r, r_list;
};

static void made_done(struct made *m)
{
	device_rules_done(&m->rules);
	device_rules_done(&m->list);
	free(m->insns);
}

static int filter(const struct made *m, char type, int major, int minor, unsigned int access)
{
	struct bpf_cgroup_dev_ctx context = {
		.access_type =
			access << 16 | (type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
		.major = (uint32_t)major,
		.minor = (uint32_t)minor,
	};

	return run(m->insns, m->n_insns, &context);
}

static void compile(struct made *m)
{
	m->r_list = device_list_make(&m->rules, &m->allow_all, &m->list, &m->e);
	if (device_filter_make(&m->rules, &m->insns, &m->n_insns) < 0)
		ok(false, "the filter can be made");
}

/* Make all forms from the content of "linux". */
static void make(struct made *m, const char *linux_json)
{
	rl_autofree char *text = NULL;
	const struct oci_config *c;
	struct oci_doc doc;
	struct oci_error oe;

	*m = (struct made){ .e = RL_ERR_INIT };
	if (asprintf(&text, "{\"ociVersion\":\"1.2.0\",\"linux\":%s}", linux_json) < 0)
		return;
	if (oci_load(&oci_config_table, text, strlen(text), &doc, &oe) < 0) {
		ok(false, "the test's own JSON: %s: %s", oe.key, oe.message);
		return;
	}
	c = doc.root;
	m->r = device_rules_make(c, c->linux_->resources, &m->rules, &m->e);
	oci_done(&doc);
	if (m->r == 0)
		compile(m);
}

#define R DEVICE_READ
#define W DEVICE_WRITE
#define M DEVICE_MKNOD

/* rules, device, access, verdict */
static void test_table(void)
{
#define DENY  "{\"allow\":false,\"access\":\"rwm\"}"
#define ALLOW "{\"allow\":true,\"access\":\"rwm\"}"
#define RULE(allow, type, major, minor, access)                                              \
	"{\"allow\":" #allow ",\"type\":\"" type "\",\"major\":" #major ",\"minor\":" #minor \
	",\"access\":\"" access "\"}"
	static const struct {
		const char *rules;
		char type;
		int major, minor;
		unsigned int access;
		bool verdict;
	} rows[] = {
		/* the defaults, with and without what every engine sends first */
		{ "", 'c', 1, 3, R | W, true },
		{ "", 'c', 1, 9, R, true },
		{ "", 'c', 5, 2, R | W, true },
		{ "", 'c', 136, 77, R | W, true },
		{ "", 'c', 1, 1, R, false },
		{ "", 'c', 1, 1, M, false },
		{ "", 'c', 10, 200, R, false },
		{ "", 'b', 1, 3, R, false },
		{ "", 'b', 8, 0, M, false },
		{ DENY, 'c', 1, 3, R | W | M, true },
		{ DENY, 'c', 5, 1, R, true },
		{ DENY, 'b', 8, 0, R, false },
		{ DENY, 'c', 10, 229, M, false },
		/* allowed beside them */
		{ DENY "," RULE(true, "c", 10, 229, "rw"), 'c', 10, 229, R | W, true },
		{ DENY "," RULE(true, "c", 10, 229, "rw"), 'c', 10, 229, M, false },
		{ DENY "," RULE(true, "c", 10, 229, "rw"), 'c', 10, 228, R, false },
		{ DENY "," RULE(true, "c", 10, 229, "rw"), 'b', 10, 229, R, false },
		{ DENY "," RULE(true, "b", 8, -1, "r"), 'b', 8, 17, R, true },
		{ DENY "," RULE(true, "b", 8, -1, "r"), 'b', 8, 17, W, false },
		{ DENY "," RULE(true, "b", 0, 0, "r"), 'b', 0, 1, R, false },
		{ DENY "," RULE(true, "b", 0, 0, "r"), 'b', 0, 0, R, true },
		{ DENY "," RULE(true, "a", 7, -1, "rwm"), 'b', 7, 1, R, true },
		{ DENY "," RULE(true, "a", 7, -1, "rwm"), 'c', 7, 1, R, true },
		{ DENY "," RULE(true, "a", 7, -1, "rwm"), 'c', 8, 1, R, false },
		{ DENY ",{\"allow\":true,\"type\":\"c\"}", 'c', 200, 1, R | W | M, true },
		{ DENY ",{\"allow\":true,\"type\":\"c\",\"access\":\"m\"}", 'c', 200, 1, M, true },
		{ DENY ",{\"allow\":true,\"type\":\"c\",\"access\":\"m\"}", 'c', 200, 1, R, false },
		/* two rules make up one access */
		{ RULE(true, "c", 9, 9, "r") "," RULE(true, "c", 9, 9, "w"), 'c', 9, 9, R | W,
		  true },
		{ RULE(true, "c", 9, -1, "r") "," RULE(true, "c", 9, 9, "w"), 'c', 9, 9, R | W,
		  true },
		{ RULE(true, "c", 9, 9, "w") "," RULE(true, "c", 9, -1, "r"), 'c', 9, 9, R | W,
		  true },
		{ RULE(true, "c", 9, -1, "r") "," RULE(true, "c", -1, 9, "w"), 'c', 9, 9, R | W,
		  true },
		{ RULE(true, "c", 9, -1, "r") "," RULE(true, "c", -1, 9, "w"), 'c', 9, 8, R | W,
		  false },
		/* order: later rules win, in the access they name */
		{ RULE(false, "c", 1, 3, "rwm"), 'c', 1, 3, R, false },
		{ RULE(false, "c", 1, 3, "w"), 'c', 1, 3, R, true },
		{ RULE(false, "c", 1, 3, "w"), 'c', 1, 3, R | W, false },
		{ RULE(false, "a", -1, -1, "w"), 'c', 1, 3, W, false },
		{ RULE(false, "a", -1, -1, "w"), 'c', 1, 3, R, true },
		{ RULE(false, "c", 1, 3, "w") "," RULE(true, "c", 1, 3, "w"), 'c', 1, 3, R | W,
		  true },
		{ RULE(true, "c", 9, 9, "rwm") "," DENY, 'c', 9, 9, R, false },
		{ RULE(true, "c", 9, 9, "rwm") "," DENY, 'c', 1, 3, R, true },
		{ RULE(false, "c", 1, 3, "r") "," DENY, 'c', 1, 3, R, true },
		/* privileged containers, and less than that */
		{ ALLOW, 'b', 8, 0, R | W | M, true },
		{ DENY "," ALLOW, 'c', 1, 1, R | W | M, true },
		{ ALLOW "," DENY, 'c', 1, 1, R, false },
		{ ALLOW "," RULE(false, "b", 8, 0, "w"), 'b', 8, 0, W, false },
		{ ALLOW "," RULE(false, "b", 8, 0, "w"), 'b', 8, 0, R | W, false },
		{ ALLOW "," RULE(false, "b", 8, 0, "w"), 'b', 8, 0, R | M, true },
		{ ALLOW "," RULE(false, "b", 8, 0, "w"), 'b', 8, 1, W, true },
		{ ALLOW "," RULE(false, "b", 8, 0, "w") "," RULE(true, "b", 8, -1, "rw"), 'b', 8, 0,
		  W, true },
		{ "{\"allow\":true}", 'b', 8, 0, R | W | M, true },
		{ "{\"allow\":true,\"type\":\"a\",\"major\":-1,\"minor\":-1}", 'b', 8, 0, R, true },
	};

	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		rl_auto(made_done) struct made m;
		char json[1024];

		snprintf(json, sizeof(json), "{\"resources\":{\"devices\":[%s]}}", rows[i].rules);
		make(&m, json);
		ok(m.r == 0 && m.r_list == 0 &&
			   device_rules_verdict(&m.rules, rows[i].type, rows[i].major,
						rows[i].minor, rows[i].access) == rows[i].verdict,
		   "row %zu: %c %d:%d %x is %s", i, rows[i].type, rows[i].major, rows[i].minor,
		   rows[i].access, rows[i].verdict ? "allowed" : "denied");
		ok(judge_v1(m.allow_all, &m.list, rows[i].type, rows[i].major, rows[i].minor,
			    rows[i].access) == rows[i].verdict,
		   "row %zu: v1", i);
		is_int(filter(&m, rows[i].type, rows[i].major, rows[i].minor, rows[i].access),
		       rows[i].verdict, "row %zu: v2", i);
	}
}

static unsigned int next_random(unsigned int *seed, unsigned int below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

/* A few rules over a few devices, so that they meet often. */
static void random_rules(struct made *m, unsigned int *seed)
{
	size_t n = 2 + next_random(seed, 8);

	m->rules.rules = calloc(n, sizeof(struct device_rule));
	m->rules.n = m->rules.cap = n;
	for (size_t i = 0; i < n; i++)
		m->rules.rules[i] = (struct device_rule){
			.allow = next_random(seed, 2),
			.type = i ? "abc"[next_random(seed, 3)] : 'a',
			.major = i ? (int)next_random(seed, 3) - 1 : DEVICE_ANY,
			.minor = i ? (int)next_random(seed, 3) - 1 : DEVICE_ANY,
			.access = i && next_random(seed, 2) ? 1 + next_random(seed, 7) : DEVICE_ALL,
		};
}

/* Whether a node is there (no access at all) is told of what any rule allows in any way. */
static int count_hidden(const struct made *m)
{
	int differences = 0;

	for (unsigned int i = 0; i < 2 * 3 * 3; i++) {
		char type = i & 1 ? 'b' : 'c';
		int major = (int)(i / 2 % 3), minor = (int)(i / 6 % 3);
		bool want = false;

		for (size_t k = 0; k < m->rules.n; k++) {
			struct device_rule r = m->rules.rules[k];

			if (r.type == 'a')
				r.type = type;
			want |= r.allow && is_of(&r, type, major, minor);
		}
		differences += filter(m, type, major, minor, 0) != want;
	}
	return differences;
}

/* All forms agree on every device and access. */
static int count_differences(const struct made *m)
{
	int differences = 0;

	for (unsigned int i = 0; i < 2 * 3 * 3 * 7; i++) {
		char type = i & 1 ? 'b' : 'c';
		int major = (int)(i / 2 % 3), minor = (int)(i / 6 % 3);
		unsigned int access = 1 + i / 18;
		bool want = device_rules_verdict(&m->rules, type, major, minor, access);

		differences += filter(m, type, major, minor, access) != want;
		if (m->r_list == 0)
			differences += judge_v1(m->allow_all, &m->list, type, major, minor,
						access) != want;
	}
	return differences;
}

static void test_random(void)
{
	int differences = 0, expressed = 0, rounds = 3000;
	unsigned int seed = 42;

	for (int i = 0; i < rounds; i++) {
		rl_auto(made_done) struct made m = { .e = RL_ERR_INIT };

		random_rules(&m, &seed);
		compile(&m);
		expressed += m.r_list == 0;
		differences += count_differences(&m) + count_hidden(&m);
	}
	is_int(differences, 0, "both forms agree with the rules, in %d lists of rules", rounds);
	ok(expressed > rounds / 10, "v1 can express %d of them", expressed);
}

static void test_refused(void)
{
	static const struct {
		const char *rules, *line;
	} rows[] = {
		{ "{\"allow\":true,\"type\":\"p\"}",
		  "devices[0].type: \"p\" is none of a, b and c" },
		{ "{\"allow\":true,\"type\":\"\"}", "devices[0].type: \"\" is none of a, b and c" },
		{ "{\"allow\":true,\"major\":-2}",
		  "devices[0].major: -2 is no device number: 0 to 4095, or -1 for all" },
		{ "{\"allow\":true,\"major\":4294967295}",
		  "devices[0].major: 4294967295 is no device number: 0 to 4095, or -1 for all" },
		{ DENY ",{\"allow\":true,\"minor\":1048576}",
		  "devices[1].minor: 1048576 is no device number: 0 to 1048575, or -1 for all" },
		{ "{\"allow\":true,\"access\":\"rx\"}",
		  "devices[0].access: \"rx\" is made of other letters than r, w and m" },
		{ "{\"allow\":true,\"access\":\"\"}",
		  "devices[0].access: the rule names no access: r, w or m" },
	};
	char json[1024], line[600];

	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		rl_auto(made_done) struct made m;

		snprintf(json, sizeof(json), "{\"resources\":{\"devices\":[%s]}}", rows[i].rules);
		make(&m, json);
		is_int(m.r, -EINVAL, "refused: %s", rows[i].rules);
		rl_err_line(&m.e, line, sizeof(line));
		is_str(strstr(line, "devices["), rows[i].line, "and why");
	}
}

/* One device out of an allowed range: v1 cannot, and says so; v2 can. */
static void test_v1_cannot(void)
{
	rl_auto(made_done) struct made m;
	char line[600];

	make(&m, "{\"resources\":{\"devices\":[" DENY
		 "," RULE(true, "c", 10, -1, "rw") "," RULE(false, "c", 10, 200, "w") "]}}");
	is_int(m.r_list, -EINVAL, "v1 refuses what it cannot express");
	rl_err_line(&m.e, line, sizeof(line));
	is_str(line,
	       "config.json: linux.resources.devices[2]: cgroup v1 cannot deny \"c 10:200 w\" alone: "
	       "\"c 10:* rw\" was allowed before",
	       "and says which rule");
	is_int(filter(&m, 'c', 10, 200, W), 0, "v2 denies it");
	is_int(filter(&m, 'c', 10, 200, R), 1, "and only it");
	is_int(filter(&m, 'c', 10, 201, R | W), 1, "and only there");
}

static void test_nodes(void)
{
	rl_auto(made_done) struct made m;

	make(&m,
	     "{\"devices\":[{\"path\":\"/dev/fuse\",\"type\":\"c\",\"major\":10,\"minor\":229},"
	     "{\"path\":\"/dev/sda\",\"type\":\"b\",\"major\":8,\"minor\":0},"
	     "{\"path\":\"/dev/fifo\",\"type\":\"p\"}],\"resources\":{\"devices\":[" DENY "]}}");
	is_int(filter(&m, 'c', 10, 229, M), 1, "the nodes of linux.devices can be made");
	is_int(filter(&m, 'b', 8, 0, M), 1, "block devices too");
	is_int(filter(&m, 'b', 8, 0, R), 0, "but not opened, unless a rule says so");
	is_int(filter(&m, 'b', 10, 229, M), 0, "nor made as the other type");
	is_int(filter(&m, 'c', 0, 0, M), 0, "a fifo gives nothing");
}

static void test_limit(void)
{
	rl_auto(made_done) struct made m;
	rl_autofree char *json = NULL;
	size_t len;
	FILE *f = open_memstream(&json, &len);

	fprintf(f, "{\"resources\":{\"devices\":[" DENY);
	for (int i = 0; i < 1024; i++)
		fprintf(f, "," RULE(true, "c", 1, 3, "r"));
	fprintf(f, "]}}");
	fclose(f);
	make(&m, json);
	is_int(m.r, -EINVAL, "1025 rules are too many");
	ok(strstr(m.e.what, "1024"), "the limit is named");
}

/* Rules for all of a major number and for all of a minor number: each two of them have a device. */
static void test_many_exceptions(void)
{
	rl_auto(made_done) struct made m = { .e = RL_ERR_INIT };
	struct device_rule r = { .type = 'a', .major = -1, .minor = -1, .access = DEVICE_ALL };

	device_rules_add(&m.rules, &r);
	r = (struct device_rule){ .allow = true, .type = 'c', .minor = -1, .access = R };
	for (r.major = 0; r.major < 1024; r.major++)
		device_rules_add(&m.rules, &r);
	r.access = W;
	r.major = -1;
	for (r.minor = 0; r.minor < 1024; r.minor++)
		device_rules_add(&m.rules, &r);
	compile(&m);
	is_int(m.r_list, -EINVAL, "a million exceptions of v1 are refused");
	ok(strstr(m.e.what, "more than 4096"), "and why: %s", m.e.what);
}

/* Minors in a row, some twice, of an access that is not all: as the list says, and no longer. */
static void test_runs(void)
{
	static const struct {
		bool allow;
		unsigned int access;
		int first, last; /* minors of 7 */
	} runs[] = { { true, R | W, 0, 3 },     { true, R | W, 2, 5 },  { true, R | W, 7, 7 },
		     { true, R | W, 9, 900 },   { false, W, 100, 200 }, { true, M, 150, 160 },
		     { false, R | M, 155, 156 } };
	rl_auto(made_done) struct made m = { .e = RL_ERR_INIT };
	struct device_rule r = { .type = 'c', .major = 7 };
	int wrong = 0;

	for (size_t i = 0; i < RL_COUNT(runs); i++) {
		r.allow = runs[i].allow;
		r.access = runs[i].access;
		for (r.minor = runs[i].last; r.minor >= runs[i].first; r.minor--)
			device_rules_add(&m.rules, &r);
	}
	if (device_filter_make(&m.rules, &m.insns, &m.n_insns) < 0)
		ok(false, "the filter can be made");
	for (int minor = 0; minor < 1000; minor++)
		for (unsigned int access = 1; access <= DEVICE_ALL; access++)
			wrong += filter(&m, 'c', 7, minor, access) !=
				 device_rules_verdict(&m.rules, 'c', 7, minor, access);
	is_int(wrong, 0, "runs of minors are judged as each of them");
	ok(m.n_insns < 80, "and are short: %zu instructions for 1017 rules", m.n_insns);
}

/* A jump has 15 bits. (Lists of a configuration are shorter, so far.) */
static void test_far_jumps(void)
{
	rl_auto(made_done) struct made m = { .e = RL_ERR_INIT };
	struct device_rule r = { .allow = true, .type = 'c', .access = DEVICE_ALL };
	int wrong = 0;

	for (r.major = 0; r.major < 12000; r.major++)
		device_rules_add(&m.rules, &r);
	if (device_filter_make(&m.rules, &m.insns, &m.n_insns) < 0)
		ok(false, "the filter can be made");
	for (int major = 0; major < 12100; major += 13) {
		wrong += filter(&m, 'c', major, 0, R) != (major < 12000);
		wrong += filter(&m, 'b', major, 0, R) || filter(&m, 'c', major, 1, R);
	}
	is_int(wrong, 0, "%zu instructions for 12,000 devices", m.n_insns);
}

static struct cgroupfs v1, v2, neither;

/* The plan has the exceptions as writes on v1, as a program on v2. */
static void test_plan(void)
{
	static const char *const want[] = { "devices.deny=a", "devices.allow=c 1:3 rwm",
					    "devices.allow=c 1:5 rwm" };
	struct cgroup_facts facts = { .id = "web", .cgroupfs = &v1 };
	struct rl_err e = RL_ERR_INIT;
	struct oci_device_rule rule = { .allow = true }, *rules = &rule;
	struct oci_resources resources = { .devices = &rules, .n_devices = 1 };
	struct oci_linux linux_part = { 0 };
	struct oci_config config = { .linux_ = &linux_part };
	struct cgroup_plan p;
	struct flat f;
	size_t i = 0;

	cgroupfs_parse("31 1 0:1 / /d rw - cgroup cgroup rw,devices\n", "1:devices:/\n", &v1);
	cgroupfs_parse("31 1 0:1 / /u rw - cgroup2 cgroup2 rw\n", "0::/\n", &v2);
	cgroupfs_parse("31 1 0:1 / /m rw - cgroup cgroup rw,memory\n", "1:memory:/\n", &neither);
	flat_init(&f, 64);
	is_int(cgroup_plan(&config, &facts, &f, &p, &e), 0, "plan for v1");
	is_int(p.writes.n, 10, "a denial and nine exceptions");
	FLAT_EACH(f.data, p.writes, const struct cgroup_write, w) {
		char text[128];

		snprintf(text, sizeof(text), "%s=%s", flat_get_str(f.data, w->file),
			 flat_get_str(f.data, w->value));
		if (i < RL_COUNT(want))
			is_str(text, want[i++], "in order");
	}
	is_int(p.filter.len, 0, "no program");

	facts.cgroupfs = &v2;
	is_int(cgroup_plan(&config, &facts, &f, &p, &e), 0, "plan for v2");
	is_int(p.writes.n, 0, "no writes");
	ok(p.filter.len && p.filter.len % sizeof(struct bpf_insn) == 0, "a program");
	is_int(p.rules.n, 10, "and its rules for the reader");

	facts.cgroupfs = &neither;
	is_int(cgroup_plan(&config, &facts, &f, &p, &e), 0, "neither, and no rule asked for");
	linux_part.resources = &resources;
	is_int(cgroup_plan(&config, &facts, &f, &p, &e), -EINVAL, "neither, but a rule");
	is_str(e.where, "linux.resources.devices", "is named");
	flat_done(&f);
}

int main(void)
{
	test_table();
	test_random();
	test_refused();
	test_v1_cannot();
	test_nodes();
	test_limit();
	test_many_exceptions();
	test_runs();
	test_far_jumps();
	test_plan();
	return tap_done();
}
