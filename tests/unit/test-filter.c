/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/filter-*: profiles are compiled, loaded into a child, and asked for their verdicts.
 * Loading needs no root: the child gives up new privileges first.
 */
#include "capture.h"
#include "guest-child.h"
#include "security/security.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

/* A descriptor that is never open: an unfiltered close(2) of it fails with EBADF. */
#define FAR 900000

#define PROFILE "{\"ociVersion\":\"1.3.0\",\"linux\":{\"seccomp\":%s}}"

struct compiled {
	struct flat flat;
	struct security_plan plan;
	struct rl_err err;
	int r;
};

static struct compiled compile(const char *json)
{
	struct compiled c = { .plan.no_new_privs = 1, .err = RL_ERR_INIT };
	struct oci_doc doc;
	struct oci_config *config = config_load(&doc, PROFILE, json);

	flat_init(&c.flat, 8);
	c.r = filter_plan(config->linux_->seccomp, false, &c.flat, &c.plan.filter, &c.err);
	oci_done(&doc);
	return c;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

struct call {
	const struct security_plan *plan;
	long nr, a, b;
};

static int make_call(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct call *c = arg;
	int r = nnp_set(g, c->plan);
	long got;

	(void)text;
	(void)size;
	if (r == 0)
		r = filter_load(g, c->plan);
	if (r < 0)
		return r;
	got = sys_raw(c->nr, c->a, c->b, 0, 0, 0, 0);
	return got < 0 ? (int)got : 0;
}

/* What a call gets: 0 or a negative errno, or the signal that killed the caller. */
static int verdict(struct compiled *c, long nr, long a, long b)
{
	struct call call = { &c->plan, nr, a, b };
	const struct child *child;

	if (c->r < 0)
		return -99999;
	child = child_run(make_call, c->flat.data, &call);
	if (child->err.code)
		printf("# %s: %s\n", child->err.what, child->err.hint);
	return child->status == -1 ? child->ret : WTERMSIG(child->status);
}

static int verdict_of(const char *json, long nr, long a, long b)
{
	struct compiled c = compile(json);
	int r = verdict(&c, nr, a, b);

	flat_done(&c.flat);
	return r;
}

#define RULE(action, more)                                                                       \
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"close\"],\"action\":" \
	"\"" action "\"" more "}]}"

static void test_actions(void)
{
	is_int(verdict_of(RULE("SCMP_ACT_ALLOW", ""), SYS_close, FAR, 0), -EBADF,
	       "ALLOW: the call is made");
	is_int(verdict_of(RULE("SCMP_ACT_LOG", ""), SYS_close, FAR, 0), -EBADF,
	       "LOG: the call is made");
	is_int(verdict_of(RULE("SCMP_ACT_ERRNO", ""), SYS_close, FAR, 0), -EPERM,
	       "ERRNO: EPERM without errnoRet");
	is_int(verdict_of(RULE("SCMP_ACT_ERRNO", ",\"errnoRet\":71"), SYS_close, FAR, 0), -71,
	       "ERRNO with errnoRet");
	is_int(verdict_of(RULE("SCMP_ACT_ERRNO", ",\"errnoRet\":0"), SYS_close, FAR, 0), 0,
	       "an errno of 0 is one");
	is_int(verdict_of(RULE("SCMP_ACT_ERRNO", ",\"errnoRet\":4094"), SYS_close, FAR, 0), -4094,
	       "the highest errno");
	is_int(verdict_of(RULE("SCMP_ACT_TRACE", ""), SYS_close, FAR, 0), -ENOSYS,
	       "TRACE without a tracer");
	is_int(verdict_of(RULE("SCMP_ACT_TRAP", ""), SYS_close, FAR, 0), SIGSYS, "TRAP: a signal");
	is_int(verdict_of(RULE("SCMP_ACT_KILL", ""), SYS_close, FAR, 0), SIGSYS, "KILL");
	is_int(verdict_of(RULE("SCMP_ACT_KILL_THREAD", ""), SYS_close, FAR, 0), SIGSYS,
	       "KILL_THREAD");
	is_int(verdict_of(RULE("SCMP_ACT_KILL_PROCESS", ""), SYS_close, FAR, 0), SIGSYS,
	       "KILL_PROCESS");
	is_int(verdict_of(RULE("SCMP_ACT_KILL", ""), SYS_getppid, 0, 0), 0,
	       "and other calls are made");
}

static void test_default(void)
{
	static const char list[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":"
		"[{\"names\":[\"exit_group\",\"no_such_call\",\"getppid\",\"execve\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[\"close\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38},"
		"{\"names\":[\"dup\"],\"action\":\"SCMP_ACT_ERRNO\"}]}";

	is_int(verdict_of(list, SYS_getppid, 0, 0), 0, "an allow list allows");
	is_int(verdict_of(list, SYS_getuid, 0, 0), -ENOSYS,
	       "and gives the default errno to the rest");
	is_int(verdict_of(list, SYS_close, FAR, 0), -ENOSYS,
	       "also where a rule says the same again");
	is_int(verdict_of(list, SYS_dup, FAR, 0), -EPERM, "another errno is another action");
	is_int(verdict_of("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", SYS_close, FAR, 0), -EBADF,
	       "a filter without rules that allows everything is loaded");
	is_int(verdict_of("{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\",\"syscalls\":[{\"names\":"
			  "[\"execve\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
			  SYS_close, FAR, 0),
	       SIGSYS, "and one that allows nothing else");
}

/* Calls newer than all that the profile names; 999 is none of any kernel. */
static void test_newer(void)
{
#define LIST(action, more)                                                            \
	"{\"defaultAction\":\"" action "\",\"syscalls\":[{\"names\":[\"exit_group\"," \
	"\"execve\"],\"action\":\"SCMP_ACT_ALLOW\"}" more "]}"

	is_int(verdict_of(LIST("SCMP_ACT_ERRNO", ""), 999, 0, 0), -ENOSYS,
	       "a call newer than the profile: ENOSYS");
	is_int(verdict_of(LIST("SCMP_ACT_ERRNO", ""), SYS_getppid, 0, 0), -EPERM,
	       "an older one: the default");
	is_int(verdict_of(LIST("SCMP_ACT_KILL_PROCESS", ""), 999, 0, 0), -ENOSYS,
	       "also where the default kills");
	is_int(verdict_of(LIST("SCMP_ACT_ERRNO", ",{\"names\":[\"clone3\"],\"action\":"
						 "\"SCMP_ACT_ERRNO\",\"errnoRet\":1}"),
			  SYS_clone3, 0, 0),
	       -EPERM, "a rule that says what the default says names its call");
	is_int(verdict_of(LIST("SCMP_ACT_TRAP", ",{\"names\":[\"clone3\"],\"action\":"
						"\"SCMP_ACT_TRAP\"}"),
			  SYS_close_range, FAR, FAR),
	       -ENOSYS, "and the calls after it are newer");
	is_int(verdict_of("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":71,"
			  "\"syscalls\":[{\"names\":[\"no_such_call\",\"execve\",\"exit_group\"],"
			  "\"action\":\"SCMP_ACT_ALLOW\"}]}",
			  999, 0, 0),
	       -ENOSYS, "a name that is not known here is of a newer call");
}

/* ---- arguments ------------------------------------------------------------------------------- */

#define ARG(index, op, value) \
	"{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" value "}"
#define HIGH 4294967296L /* 2^32: above what close(2) itself looks at */

static void test_args(void)
{
	static const struct {
		const char *args;
		long a;
		bool hit;
	} rows[] = {
		{ ARG(0, "EQ", "900000"), FAR, true },
		{ ARG(0, "EQ", "900000"), FAR + 1, false },
		{ ARG(0, "EQ", "900000"), FAR + HIGH, false },
		{ ARG(0, "EQ", "4295867296"), FAR + HIGH, true },
		{ ARG(0, "NE", "900000"), FAR, false },
		{ ARG(0, "NE", "900000"), FAR + 1, true },
		{ ARG(0, "LT", "900000"), FAR - 1, true },
		{ ARG(0, "LT", "900000"), FAR, false },
		{ ARG(0, "LE", "900000"), FAR, true },
		{ ARG(0, "LE", "900000"), FAR + 1, false },
		{ ARG(0, "GE", "900000"), FAR, true },
		{ ARG(0, "GE", "900000"), FAR - 1, false },
		{ ARG(0, "GT", "900000"), FAR, false },
		{ ARG(0, "GT", "900000"), FAR + 1, true },
		{ ARG(0, "GT", "900000"), FAR + HIGH, true },
		{ ARG(1, "EQ", "7"), FAR, true }, /* the second argument is 7 */
		{ ARG(0, "EQ", "900000") "," ARG(1, "EQ", "7"), FAR, true },
		{ ARG(0, "EQ", "900000") "," ARG(1, "EQ", "8"), FAR, false },
		/* One argument twice: either of them, as runc does. */
		{ ARG(0, "EQ", "900000") "," ARG(0, "EQ", "900001"), FAR, true },
		{ ARG(0, "EQ", "900000") "," ARG(0, "EQ", "900001"), FAR + 1, true },
		{ ARG(0, "EQ", "900000") "," ARG(0, "EQ", "900001"), FAR + 2, false },
		{ "{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":3,\"valueTwo\":2}", FAR + 2,
		  true },
		{ "{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":3,\"valueTwo\":2}", FAR + 6,
		  true },
		{ "{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":3,\"valueTwo\":2}", FAR + 1,
		  false },
		{ "{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":3}", FAR, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char json[1024];

		snprintf(json, sizeof(json),
			 RULE("SCMP_ACT_ERRNO", ",\"errnoRet\":71,\"args\":[%s]"), rows[i].args);
		is_int(verdict_of(json, SYS_close, rows[i].a, 7), rows[i].hit ? -71 : -EBADF,
		       "close(%ld, 7) with %s", rows[i].a, rows[i].args);
	}
}

/* ---- architectures --------------------------------------------------------------------------- */

#if defined(__x86_64__)
/* getppid(2) of i386. */
static int call_i386(struct guest *g, const void *arg, char *text, size_t size)
{
	const struct security_plan *p = arg;
	long r;

	(void)text;
	(void)size;
	if (p && (nnp_set(g, p) < 0 || filter_load(g, p) < 0))
		return -1;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(64L) : "memory", "r8", "r9", "r10", "r11");
	return r < 0 ? (int)r : 0;
}

static void test_archs(void)
{
	static const char both[] =
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],"
		"\"syscalls\":[{\"names\":[\"getppid\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":71}]}";
	static const char other[] =
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\"],"
		"\"syscalls\":[{\"names\":[\"getppid\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":71}]}";
	static const char native[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
	const struct child *child = child_run(call_i386, NULL, NULL);
	bool can = child->status == -1 && child->ret == 0;
	struct compiled c = compile(both);

	is_int(verdict(&c, SYS_getppid, 0, 0), -71, "the native architecture is filtered");
	if (can) {
		child = child_run(call_i386, c.flat.data, &c.plan);
		is_int(child->ret, -71, "and so is the other one");
	} else {
		skip("this kernel does not run i386 system calls");
	}
	flat_done(&c.flat);
	is_int(verdict_of(other, SYS_getppid, 0, 0), -71, "the native one is filtered unasked");
	if (can) {
		c = compile(native);
		child = child_run(call_i386, c.flat.data, &c.plan);
		is_int(child->status != -1 ? WTERMSIG(child->status) : 0, SIGSYS,
		       "an architecture that is not in the list kills");
		flat_done(&c.flat);
	} else {
		skip("this kernel does not run i386 system calls");
	}
}
#else
static void test_archs(void)
{
	skip("the other architecture is i386");
}
#endif

/* ---- flags and refusals ---------------------------------------------------------------------- */

static void test_flags(void)
{
	static const struct {
		const char *json;
		uint32_t flags;
	} rows[] = {
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[]}", 0 },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]}",
		  SECCOMP_FILTER_FLAG_LOG },
		{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\","
		  "\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]}",
		  SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct compiled c = compile(rows[i].json);

		is_int(c.plan.filter.flags, rows[i].flags, "flags of %s", rows[i].json);
		is_int(verdict(&c, SYS_close, FAR, 0), -EBADF, "and the kernel takes them");
		flat_done(&c.flat);
	}
}

static void refused(struct compiled c, const char *where, const char *what)
{
	ok(c.r == -EINVAL, "refused: %s: %s", where, what);
	is_str(c.err.where, where, "with its key");
	ok(strstr(c.err.what, what), "and its reason: %s", c.err.what);
	is_int(c.plan.filter.program.len, 0, "and no program");
	flat_done(&c.flat);
}

static void test_refusals(void)
{
	refused(compile(RULE("SCMP_ACT_ALLOW", ",\"errnoRet\":1")),
		"linux.seccomp.syscalls[0].errnoRet", "SCMP_ACT_ALLOW has no errno");
	refused(compile(RULE("SCMP_ACT_KILL", ",\"errnoRet\":1")),
		"linux.seccomp.syscalls[0].errnoRet", "SCMP_ACT_KILL has no errno");
	refused(compile(RULE("SCMP_ACT_ERRNO", ",\"errnoRet\":4095")),
		"linux.seccomp.syscalls[0].errnoRet", "above 4094");
	refused(compile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}"),
		"linux.seccomp.defaultErrnoRet", "has no errno");
	refused(compile("{\"defaultAction\":\"SCMP_ACT_ERRNO\"}"), "linux.seccomp",
		"denies execve");
	refused(compile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"execve\"],"
			"\"action\":\"SCMP_ACT_ERRNO\"}]}"),
		"linux.seccomp", "denies execve");
	refused(compile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_SHEB\"]}"),
		"linux.seccomp.architectures[0]", "SCMP_ARCH_SHEB");
	refused(compile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_S390X\"]}"),
		"linux.seccomp.architectures[0]", "another byte order");
	refused(compile("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_LOG\"}]}"),
		"linux.seccomp.syscalls[0]", "names is empty");
}

/* Words that the parser of the document would have refused. */
static void test_words(void)
{
	static struct oci_syscall_arg arg = { .index = 6, .op = (char *)"SCMP_CMP_EQ" };
	static struct oci_syscall_arg *args[] = { &arg };
	static char *names[] = { (char *)"close" };
	static struct oci_syscall call = { .names = names,
					   .n_names = 1,
					   .action = (char *)"SCMP_ACT_LOG",
					   .args = args,
					   .n_args = 1 };
	static struct oci_syscall *calls[] = { &call };
	static char *flags[] = { (char *)"SECCOMP_FILTER_FLAG_X" };
	struct oci_seccomp s = { .default_action = (char *)"SCMP_ACT_ALLOW",
				 .syscalls = calls,
				 .n_syscalls = 1 };

	for (int i = 0; i < 4; i++) {
		struct compiled c = { .err = RL_ERR_INIT };

		flat_init(&c.flat, 8);
		if (i == 1) {
			arg.index = 0;
			arg.op = (char *)"SCMP_CMP_ALMOST";
		}
		if (i == 2)
			call.action = (char *)"SCMP_ACT_PRAY";
		if (i == 3) {
			s.flags = flags;
			s.n_flags = 1;
		}
		c.r = filter_plan(&s, false, &c.flat, &c.plan.filter, &c.err);
		refused(c,
			i == 2 ? "linux.seccomp.syscalls[0].action" :
			i == 3 ? "linux.seccomp.flags[0]" :
				 "linux.seccomp.syscalls[0].args[0]",
			i == 0 ? "index 6" : "is not a");
	}
}

/* A rule for each of n values of the first argument; `first` is an argument before it. */
static struct compiled compile_many(int n, const char *first)
{
	size_t size = 500000, len;
	char *json = malloc(size);
	struct compiled c;

	len = (size_t)snprintf(json, size, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[");
	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(
			json + len, size - len,
			"%s{\"names\":[\"close\"],\"action\":\"SCMP_ACT_LOG\","
			"\"args\":[%s{\"index\":1,\"op\":\"SCMP_CMP_EQ\",\"value\":%d}]}",
			i ? "," : "", first, i);
	snprintf(json + len, size - len, "]}");
	c = compile(json);
	free(json);
	return c;
}

static void test_size(void)
{
	static const char fallback[] = "libseccomp's is used";
	struct compiled c;

	refused(compile_many(4200, ""), "linux.seccomp", "the kernel takes 4096");
	capture(memory_file());
	c = compile_many(700, "{\"index\":0,\"op\":\"SCMP_CMP_EQ\",\"value\":900000},");
	ok(strstr(captured_text(), fallback), "two conditions 700 times are too big for us");
	is_int(c.r, 0, "but not for libseccomp");
	is_int(verdict(&c, SYS_close, FAR, 3), -EBADF, "and the kernel takes it");
	flat_done(&c.flat);
	capture(memory_file());
	c = compile_many(2000, "");
	ok(!strstr(captured_text(), fallback), "2,000 values of one argument are not");
	is_int(verdict(&c, SYS_close, FAR, 1999), -EBADF, "and the kernel takes it");
	flat_done(&c.flat);
}

/* What loading gives: a descriptor that is closed at execve, if the filter has a listener. */
static int load_listener(struct guest *g, const void *arg, char *text, size_t size)
{
	int r = nnp_set(g, arg), fd = r < 0 ? r : filter_load(g, arg);

	(void)text;
	(void)size;
	return fd <= 0 ? fd : fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

static void check_listener(const char *flags, const char *action, uint32_t wanted)
{
	const bool notifies = wanted & SECCOMP_FILTER_FLAG_NEW_LISTENER;
	char json[400];
	struct compiled c;

	snprintf(json, sizeof(json),
		 "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[%s],\"syscalls\":"
		 "[{\"names\":[\"sethostname\"],\"action\":\"%s\"}]}",
		 flags, action);
	c = compile(json);
	is_int(c.r, 0, "%s with %s", action, flags);
	is_int(c.plan.filter.listens, notifies, "  the kernel %s",
	       notifies ? "makes a listener" : "makes none");
	is_int(c.plan.filter.flags, wanted, "  with flags that go together");
	is_int(child_run(load_listener, c.flat.data, &c.plan)->ret, notifies, "  and it loads");
	flat_done(&c.flat);
}

static void test_listener(void)
{
	const uint32_t new = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	const uint32_t killable = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

	check_listener("", "SCMP_ACT_NOTIFY", new);
	check_listener("\"SECCOMP_FILTER_FLAG_TSYNC\"", "SCMP_ACT_NOTIFY", new);
	check_listener("\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"", "SCMP_ACT_NOTIFY",
		       new | killable);
	check_listener("\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"", "SCMP_ACT_LOG", 0);
	check_listener("\"SECCOMP_FILTER_FLAG_TSYNC\"", "SCMP_ACT_LOG", SECCOMP_FILTER_FLAG_TSYNC);
}

static int load_nothing(struct guest *g, const void *arg, char *text, size_t size)
{
	(void)text;
	(void)size;
	return filter_load(g, arg);
}

static void test_load(void)
{
	struct security_plan none = { 0 };
	struct compiled c = compile("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	const struct child *child = child_run(load_nothing, &none, &none);

	is_int(child->ret, 0, "no filter, nothing to load");
	c.plan.filter.flags = 1u << 31;
	child = child_run(load_nothing, c.flat.data, &c.plan);
	ok(child->ret < 0, "a flag that the kernel does not know is an error");
	is_str(child->err.where, "linux.seccomp", "with its key");
	is_str(child->err.what, "load the seccomp filter", "and words");
	flat_done(&c.flat);
}

int main(void)
{
	test_actions();
	test_default();
	test_newer();
	test_args();
	test_archs();
	test_flags();
	test_refusals();
	test_words();
	test_size();
	test_listener();
	test_load();
	return tap_done();
}
