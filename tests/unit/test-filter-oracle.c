/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/filter-tree.c against libseccomp: generated filters are compiled by both and run in an
 * interpreter of BPF, for each architecture, each number of a system call and the values around
 * every argument that is compared. RUNDLET_TEST_FILTERS=N says how many filters (default 60).
 *
 * Our verdict must always be the one that the rules ask for. libseccomp's must be the same, but for
 * the faults that it is known to have (2.5.4): see enum fault. Each has a predicate that says which
 * verdicts it explains; each that occurs is counted.
 */
#include "filter-model.h"
#include "filter-run.h"
#include "libocispec/ocispec.h"
#include "security/filter-calls.h"
#include "tap.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of processor time: what takes it some milliseconds, or has no end. */
#define LIB_SECONDS 5

/* ---- generated filters ----------------------------------------------------------------------- */

/* Filter N is always the same, whatever is asked of those before it. */
static uint64_t seed;

static void sow(long filter)
{
	seed = 88172645463325252u + (uint64_t)filter * 0x9e3779b97f4a7c15u;
}

static uint32_t pick(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11) % n;
}

static const uint32_t archs[] = {
	SCMP_ARCH_X86_64,  SCMP_ARCH_X86,     SCMP_ARCH_X32,      SCMP_ARCH_ARM,
	SCMP_ARCH_AARCH64, SCMP_ARCH_MIPSEL,  SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64N32,
	SCMP_ARCH_PPC64LE, SCMP_ARCH_RISCV64,
};

static const uint64_t values[] = {
	0,
	1,
	2,
	40,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	0x100000001,
	0x5ffffffff,
	0x7fffffffffffffff,
	0x8000000000000000,
	0xfffffffffffffffe,
	UINT64_MAX,
	0x7e020000,
};

static const uint32_t actions[] = {
	SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(1), SCMP_ACT_ERRNO(38), SCMP_ACT_KILL_PROCESS,
	SCMP_ACT_LOG,   SCMP_ACT_TRAP,     SCMP_ACT_TRACE(5),  SCMP_ACT_KILL_THREAD,
};

#define NAMES_MAX 512

static char *names[NAMES_MAX];
static size_t n_names;

/* All names of the host, and what others have. */
static void find_names(void)
{
	static const char *const more[] = { "mmap2",   "socketcall", "ipc",   "fcntl64", "set_tls",
					    "waitpid", "accept",     "semop", "send",    "recv" };

	for (int nr = 0; nr < 470; nr++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

		if (name)
			names[n_names++] = name;
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		names[n_names++] = strdup(more[i]);
}

static unsigned int make_args(struct scmp_arg_cmp *args)
{
	unsigned int n = pick(4) ? pick(3) + 1 : 0, got = 0;

	for (unsigned int i = 0; i < FILTER_INDEXES && got < n; i++) {
		if (pick(2))
			continue;
		args[got++] = (struct scmp_arg_cmp){
			.arg = i,
			.op = (enum scmp_compare)(SCMP_CMP_NE + pick(7)),
			.datum_a = values[pick(sizeof(values) / sizeof(values[0]))],
			.datum_b = values[pick(sizeof(values) / sizeof(values[0]))],
		};
		if (args[got - 1].op == SCMP_CMP_MASKED_EQ && pick(4))
			args[got - 1].datum_b &= args[got - 1].datum_a;
	}
	return got;
}

/* Of few arguments, so that many rules ask the same one. */
static unsigned int make_value(struct scmp_arg_cmp *args)
{
	*args = (struct scmp_arg_cmp){
		.arg = pick(20) ? 0 : 5,
		.op = pick(50) ? SCMP_CMP_EQ : SCMP_CMP_GE,
		.datum_a = pick(8) ? (uint64_t)pick(3) << 32 | pick(1000) :
				     values[pick(sizeof(values) / sizeof(values[0]))],
	};
	return 1;
}

static void make_filter(struct filter_rules *r)
{
	size_t n = pick(8) ? pick(60) : pick(RULES_MAX);
	unsigned int kind = pick(5);
	bool with_args = kind >= 2, with_values = kind == 4;

	*r = (struct filter_rules){ .archs = { seccomp_arch_native() }, .n_archs = 1 };
	r->default_action = actions[pick(sizeof(actions) / sizeof(actions[0]))];
	r->newer_unknown = pick(2);
	r->rules = calloc(RULES_MAX, sizeof(*r->rules));
	r->args = calloc(RULES_MAX * FILTER_INDEXES, sizeof(*r->args));
	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (archs[i] != r->archs[0] && (i < 3 ? pick(2) : !pick(5)))
			r->archs[r->n_archs++] = archs[i];
	for (size_t i = 0; i < n; i++) {
		struct filter_rule *rule = &r->rules[r->n_rules];
		struct scmp_arg_cmp *args = &r->args[i * FILTER_INDEXES];

		filter_rules_set_name(rule,
				      names[with_values ? pick(3) :
					    i % 3       ? pick((uint32_t)n_names) :
							  pick(20)],
				      (int)pick(100) - 1);
		rule->action = actions[pick(sizeof(actions) / sizeof(actions[0]))];
		rule->args = args;
		if (with_args)
			rule->n_args = with_values ? make_value(args) : make_args(args);
		r->n_rules++;
	}
}

/* ---- the faults of libseccomp ---------------------------------------------------------------- */

enum fault {
	/* Its own name for a call that the architecture does not have, -101 to -299 behind
	 * socketcall(2) or ipc(2), gets into the filter as if it were a number. */
	FAULT_NUMBERLESS,
	/* The filter compares the number of a call that it has not loaded: when the first rule of
	 * an architecture is for a call that this one lacks. No rule is found then. */
	FAULT_UNLOADED,
	/* A rule for a call that is behind another one on some architecture: what that one already
	 * has (-EEXIST) takes the rule away from all of them. */
	FAULT_TAKEN_AWAY,
	/* No fault: of several rules that hold it takes one, as we do. Which one is said nowhere.
	 */
	FAULT_OTHER_RULE,
	/* The comparisons of several rules become one tree. When one holds and the next one of the
	 * same rule does not, the other rules are not always asked, or their action is taken. */
	FAULT_CHAIN,
	N_FAULTS,
};

static const char *const fault_words[N_FAULTS] = {
	[FAULT_NUMBERLESS] = "for a call that has no number",
	[FAULT_UNLOADED] = "without the number of the call",
	[FAULT_TAKEN_AWAY] = "by rules that another architecture has taken away",
	[FAULT_OTHER_RULE] = "by another one of the rules that hold",
	[FAULT_CHAIN] = "by comparisons of several rules in one chain",
};

/* Which one explains the verdict; N_FAULTS: none. */
static enum fault find_fault(const struct asked *asked, const struct verdict *lib,
			     const struct seccomp_data *data)
{
	if (data->nr <= -100 && data->nr > -300)
		return FAULT_NUMBERLESS;
	if (!lib->sees_number)
		return FAULT_UNLOADED;
	if (asked->behind && asked->n_rules > 1 && asked->lib_has)
		return FAULT_TAKEN_AWAY;
	if (asked->n_conditional > 1 && asked->n_hold > 1 && asked->lib_holds)
		return FAULT_OTHER_RULE;
	if (asked->n_conditional > 1 && asked->lib_has)
		return FAULT_CHAIN;
	return N_FAULTS;
}

/* ---- the comparison -------------------------------------------------------------------------- */

struct pair {
	struct program tree, lib;
	long filter;
	size_t asked, wrong, apart, faults[N_FAULTS + 1];
	size_t too_big, lib_fits; /* filters that are more than the kernel takes */
	size_t endless;           /* that libseccomp does not come back from */
};

static void compare(struct pair *p, const struct filter_rules *r, const struct numbers *n,
		    uint32_t arch, const struct seccomp_data *data)
{
	struct verdict tree = filter_run(&p->tree, data), lib = filter_run(&p->lib, data);
	struct asked asked = ask(r, n, arch, data, lib.action);
	bool killed =
		arch == SCMP_ARCH_X86_64 && (uint32_t)data->nr >= 0x40000000 && data->nr != -1;
	enum fault fault = N_FAULTS;

	for (size_t i = 0; i < r->n_archs && killed; i++)
		killed = r->archs[i] != SCMP_ARCH_X32;
	if (killed)
		asked.action = SCMP_ACT_KILL_THREAD;
	p->asked++;
	if (tree.action != asked.action && p->wrong++ < 5)
		printf("# filter %ld arch %x nr %d: tree %x, asked for %x, libseccomp %x\n",
		       p->filter, arch, data->nr, tree.action, asked.action, lib.action);
	if (lib.action == tree.action)
		return;
	fault = find_fault(&asked, &lib, data);
	p->faults[fault]++;
	if (fault == N_FAULTS && p->apart++ < 5)
		printf("# filter %ld arch %x nr %d %llx %llx: tree %x, libseccomp %x\n", p->filter,
		       arch, data->nr, (unsigned long long)data->args[0],
		       (unsigned long long)data->args[1], tree.action, lib.action);
}

/* Around the values of all conditions of the call, each argument in turn and all together. */
static void compare_args(struct pair *p, const struct filter_rules *r, const struct numbers *n,
			 uint32_t arch, struct seccomp_data data)
{
	for (size_t i = 0; i < r->n_rules; i++) {
		const struct filter_rule *rule = &r->rules[i];
		const struct filter_call *c = &n->call[i];

		if (!(c->has_own && c->own == (uint32_t)data.nr) &&
		    !(c->has_mux && c->mux == (uint32_t)data.nr))
			continue;
		for (int round = 0; round < 40; round++) {
			for (int a = 0; a < FILTER_INDEXES; a++)
				data.args[a] = values[pick(sizeof(values) / sizeof(values[0]))];
			for (unsigned int a = 0; a < rule->n_args; a++) {
				const struct scmp_arg_cmp *cmp = &rule->args[a];
				static const uint64_t steps[] = { 0, 1, UINT64_MAX, 1ull << 32,
								  -(1ull << 32) };

				data.args[cmp->arg] =
					cmp->op == SCMP_CMP_MASKED_EQ ?
						(cmp->datum_b | (pick(2) ? ~cmp->datum_a : 0)) :
						cmp->datum_a + steps[pick(5)];
			}
			if (c->has_mux && pick(2))
				data.args[0] = c->mux_op;
			compare(p, r, n, arch, &data);
		}
	}
}

static void compare_arch(struct pair *p, const struct filter_rules *r, uint32_t arch)
{
	static const int64_t odd[] = { -1, -2, INT32_MIN, INT32_MAX, 0x0f0005, 0x3fffffff };
	struct numbers *n = calloc(1, sizeof(*n));
	struct seccomp_data data = { .arch = arch == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : arch };
	uint32_t base = arch == SCMP_ARCH_X32 ? 0x40000000 : 0;

	n->newest[0] = n->newest[1] = -1;
	for (size_t i = 0; i < r->n_rules; i++) {
		const struct filter_rule *rule = &r->rules[i];
		struct filter_call other = { 0 };

		n->call[i] = filter_calls_find(arch, rule->name, rule->row);
		see_newest(n, arch, &n->call[i]);
		if (arch == SCMP_ARCH_X86_64)
			other = filter_calls_find(SCMP_ARCH_X32, rule->name, rule->row);
		if (arch == SCMP_ARCH_X32)
			other = filter_calls_find(SCMP_ARCH_X86_64, rule->name, rule->row);
		see_newest(n, arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : SCMP_ARCH_X32, &other);
		for (size_t k = 0; k < r->n_archs; k++)
			n->behind[i] |=
				filter_calls_find(r->archs[k], rule->name, rule->row).has_mux;
	}
	for (uint32_t nr = 0; nr < 7000; nr++) {
		data.nr = (int)(base + nr);
		memset(data.args, 0, sizeof(data.args));
		compare(p, r, n, arch, &data);
		compare_args(p, r, n, arch, data);
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		data.nr = (int)odd[i];
		compare(p, r, n, arch, &data);
	}
	for (data.nr = -400; data.nr < -1; data.nr++)
		compare(p, r, n, arch, &data);
	free(n);
}

static void compare_foreign(struct pair *p)
{
	struct seccomp_data data = { .arch = AUDIT_ARCH_SPARC, .nr = 1 };

	p->wrong += filter_run(&p->tree, &data).action != SCMP_ACT_KILL_THREAD;
	p->apart += filter_run(&p->lib, &data).action != SCMP_ACT_KILL_THREAD;
}

static struct program compile(const struct filter_rules *r, struct flat *f,
			      int (*how)(const struct filter_rules *, struct flat *,
					 struct flat_blob *, struct rl_err *))
{
	struct flat_blob b = { 0 };
	struct rl_err e = RL_ERR_INIT;
	int got = how(r, f, &b, &e);

	if (got < 0) {
		printf("# %s: %s\n", e.where, e.what);
		return (struct program){ NULL, 0 };
	}
	return (struct program){ flat_ptr(f, b.off), b.len / sizeof(struct sock_filter) };
}

struct shared {
	size_t n;
	struct sock_filter code[BPF_MAXINSNS];
};

/* In a process of its own, because libseccomp does not come back from some rules. */
static void compile_there(struct shared *to, const struct filter_rules *r)
{
	const struct rlimit limit = { LIB_SECONDS, LIB_SECONDS };
	struct program got;
	struct flat f;

	flat_init(&f, 8);
	setrlimit(RLIMIT_CPU, &limit);
	got = compile(r, &f, filter_lib_compile);
	memcpy(to->code, got.code ? got.code : to->code, got.n * sizeof(*to->code));
	to->n = got.n;
	fflush(stdout);
	_exit(0);
}

/* libseccomp's program in `to`; none if it does not come back or the program is too big. */
static struct program compile_lib(struct pair *p, struct shared *to, const struct filter_rules *r)
{
	int status = 0;
	pid_t pid;

	to->n = 0;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		compile_there(to, r);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return (struct program){ NULL, 0 };
	p->endless += WIFSIGNALED(status);
	return (struct program){ to->n ? to->code : NULL, to->n };
}

static void compare_filter(struct pair *p, const struct filter_rules *r, struct shared *shared)
{
	struct flat tree;

	flat_init(&tree, 8);
	p->tree = compile(r, &tree, filter_tree_compile);
	p->lib = compile_lib(p, shared, r);
	for (size_t i = 0; p->tree.n && p->lib.n && i < r->n_archs; i++)
		compare_arch(p, r, r->archs[i]);
	if (p->tree.n && p->lib.n)
		compare_foreign(p);
	p->too_big += !p->tree.n;
	p->lib_fits += !p->tree.n && p->lib.n;
	flat_done(&tree);
}

/* The profile of an engine, as it is in the bundle of the benchmarks. */
static void compare_profile(struct pair *p, struct shared *shared)
{
	char text[65536] = "";
	const char *top = getenv("srcdir");
	char path[512];
	struct oci_doc doc = { 0 };
	struct oci_error err = { 0 };
	struct filter_rules r = { 0 };
	struct rl_err e = RL_ERR_INIT;
	size_t n = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/tests/bench/config-realistic.json", top ? top : ".");
	in = fopen(path, "re");
	if (in) {
		n = fread(text, 1, sizeof(text) - 1, in);
		fclose(in);
	}
	if (!n || oci_load(&oci_config_table, text, n, &doc, &err) < 0) {
		ok(false, "read %s", path);
		return;
	}
	is_int(filter_rules_read(((struct oci_config *)doc.root)->linux_->seccomp, false, &r, &e),
	       0, "the profile of an engine is read");
	p->filter = -1;
	compare_filter(p, &r, shared);
	is_int((long)p->too_big, 0, "and fits");
	filter_rules_done(&r);
	oci_done(&doc);
}

int main(void)
{
	const char *text = getenv("RUNDLET_TEST_FILTERS");
	long n = text ? strtol(text, NULL, 10) : 60;
	struct pair all = { 0 };
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return 1;
	find_names();
	compare_profile(&all, shared);
	for (long i = 0; i < n; i++) {
		struct filter_rules r;

		sow(i);
		make_filter(&r);
		all.filter = i;
		compare_filter(&all, &r, shared);
		filter_rules_done(&r);
	}
	printf("# %ld filters, %zu verdicts; %zu filters too big, %zu of these not for libseccomp, "
	       "which did not come back from %zu\n",
	       n, all.asked, all.too_big, all.lib_fits, all.endless);
	for (size_t i = 0; i < N_FAULTS; i++)
		printf("# libseccomp's verdict %s: %zu\n", fault_words[i], all.faults[i]);
	ok(all.asked > 10000 * (size_t)n, "both were asked for many verdicts");
	ok(all.endless * 20 <= (size_t)n, "and libseccomp made a program of nearly all filters");
	is_int((long)all.wrong, 0, "our verdicts are those that the rules ask for");
	is_int((long)all.apart, 0, "and libseccomp's, but for its known faults");
	is_int((long)all.lib_fits, 0, "no filter is too big that libseccomp makes small enough");
	for (size_t i = 0; i < n_names; i++)
		free(names[i]);
	return tap_done();
}
