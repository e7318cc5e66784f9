/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security/filter-*: profiles that differ in one field from the first of them, each with a call
 * whose verdict tells. And the smallest profiles with which libseccomp 2.5.4 errs: ours are right.
 */
#include "filter-run.h"
#include "guest-child.h"
#include "security/security.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>

#define PROFILE "{\"ociVersion\":\"1.3.0\",\"linux\":{\"seccomp\":%s}}"

/* What the other profiles change, each in its turn. */
struct fields {
	const char *action, *error, *archs, *names, *rule, *rule_error, *args, *more;
};

struct row {
	const char *what;
	struct fields change;
	struct seccomp_data call;
	uint32_t verdict;
};

static const struct fields base = {
	.action = "SCMP_ACT_ERRNO",
	.error = ",\"defaultErrnoRet\":71",
	.archs = "\"SCMP_ARCH_X86_64\"",
	.names = "\"dup3\"",
	.rule = "SCMP_ACT_LOG",
	.rule_error = "",
	.args = "{\"index\":1,\"op\":\"SCMP_CMP_EQ\",\"value\":7}",
	.more = "",
};

#define X64(nr, ...)                      \
	{                                 \
		nr, AUDIT_ARCH_X86_64, 0, \
		{                         \
			__VA_ARGS__       \
		}                         \
	}
#define DUP2 33
#define DUP3 292
#define NEXT 400 /* newer than all of these profiles, but not than libseccomp */
#define ARG(index, op, value) \
	"{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" value "}"
#define HIT  SECCOMP_RET_LOG
#define MISS (SECCOMP_RET_ERRNO | 71)

static const struct row rows[] = {
	{ "the base: its rule", .call = X64(DUP3, 0, 7), .verdict = HIT },
	{ "the base: beside its rule", .call = X64(DUP3, 7, 0), .verdict = MISS },
	{ "the base: an older call", .call = X64(DUP2, 0, 7), .verdict = MISS },
	{ "the base: a newer call", .call = X64(NEXT), .verdict = SECCOMP_RET_ERRNO | ENOSYS },
	{ "the base: no call", .call = X64(-1), .verdict = MISS },
	{ "the base: x32", .call = X64(0x40000000 | DUP3, 0, 7),
	  .verdict = SECCOMP_RET_KILL_THREAD },
	{ "the base: another architecture", .call = { DUP3, AUDIT_ARCH_I386, 0, { 0, 7 } },
	  .verdict = SECCOMP_RET_KILL_THREAD },
	{ "KILL", { .action = "SCMP_ACT_KILL", .error = "" }, X64(DUP2), SECCOMP_RET_KILL_THREAD },
	{ "KILL_THREAD",
	  { .action = "SCMP_ACT_KILL_THREAD", .error = "" },
	  X64(DUP2),
	  SECCOMP_RET_KILL_THREAD },
	{ "KILL_PROCESS",
	  { .action = "SCMP_ACT_KILL_PROCESS", .error = "" },
	  X64(DUP2),
	  SECCOMP_RET_KILL_PROCESS },
	{ "TRAP", { .action = "SCMP_ACT_TRAP", .error = "" }, X64(DUP2), SECCOMP_RET_TRAP },
	{ "TRACE", { .action = "SCMP_ACT_TRACE" }, X64(DUP2), SECCOMP_RET_TRACE | 71 },
	{ "TRACE, a newer call",
	  { .action = "SCMP_ACT_TRACE" },
	  X64(NEXT),
	  SECCOMP_RET_TRACE | 71 },
	{ "ALLOW", { .action = "SCMP_ACT_ALLOW", .error = "" }, X64(DUP2), SECCOMP_RET_ALLOW },
	{ "ALLOW, a newer call",
	  { .action = "SCMP_ACT_ALLOW", .error = "" },
	  X64(NEXT),
	  SECCOMP_RET_ALLOW },
	{ "no default errno", { .error = "" }, X64(DUP2), SECCOMP_RET_ERRNO | EPERM },
	{ "the default errno 0",
	  { .error = ",\"defaultErrnoRet\":0" },
	  X64(DUP2),
	  SECCOMP_RET_ERRNO },
	{ "the highest default errno",
	  { .error = ",\"defaultErrnoRet\":4094" },
	  X64(DUP2),
	  SECCOMP_RET_ERRNO | 4094 },
	{ "x86, too",
	  { .archs = "\"SCMP_ARCH_X86\"" },
	  { 330, AUDIT_ARCH_I386, 0, { 0, 7 } },
	  HIT },
	{ "x86, too: its arguments have 32 bits",
	  { .archs = "\"SCMP_ARCH_X86\"" },
	  { 330, AUDIT_ARCH_I386, 0, { 0, 0x500000007 } },
	  HIT },
	{ "x32, too", { .archs = "\"SCMP_ARCH_X32\"" }, X64(0x40000000 | DUP3, 0, 7), HIT },
	{ "x32, too: an older call",
	  { .archs = "\"SCMP_ARCH_X32\"" },
	  X64(0x40000000 | DUP2, 0, 7),
	  MISS },
	{ "x32, too: a newer call",
	  { .archs = "\"SCMP_ARCH_X32\"" },
	  X64(0x40000000 | 600),
	  SECCOMP_RET_ERRNO | ENOSYS },
	{ "two names", { .names = "\"dup3\",\"dup2\"" }, X64(DUP2, 0, 7), HIT },
	{ "a name that nobody knows",
	  { .names = "\"dup3\",\"no_such_call\"" },
	  X64(DUP3, 0, 7),
	  HIT },
	{ "a rule that allows", { .rule = "SCMP_ACT_ALLOW" }, X64(DUP3, 0, 7), SECCOMP_RET_ALLOW },
	{ "a rule that kills",
	  { .rule = "SCMP_ACT_KILL_PROCESS" },
	  X64(DUP3, 0, 7),
	  SECCOMP_RET_KILL_PROCESS },
	{ "a rule with EPERM",
	  { .rule = "SCMP_ACT_ERRNO" },
	  X64(DUP3, 0, 7),
	  SECCOMP_RET_ERRNO | EPERM },
	{ "a rule with an errno",
	  { .rule = "SCMP_ACT_ERRNO", .rule_error = ",\"errnoRet\":5" },
	  X64(DUP3, 0, 7),
	  SECCOMP_RET_ERRNO | 5 },
	{ "no condition", { .args = "" }, X64(DUP3, 0, 0), HIT },
	{ "another argument", { .args = ARG(5, "EQ", "7") }, X64(DUP3, 0, 0, 0, 0, 0, 7), HIT },
	{ "NE", { .args = ARG(1, "NE", "7") }, X64(DUP3, 0, 7), MISS },
	{ "NE: the high half", { .args = ARG(1, "NE", "7") }, X64(DUP3, 0, 0x100000007), HIT },
	{ "LT", { .args = ARG(1, "LT", "7") }, X64(DUP3, 0, 7), MISS },
	{ "LE", { .args = ARG(1, "LE", "7") }, X64(DUP3, 0, 7), HIT },
	{ "LE: the high half", { .args = ARG(1, "LE", "7") }, X64(DUP3, 0, 0x100000000), MISS },
	{ "GE", { .args = ARG(1, "GE", "8") }, X64(DUP3, 0, 7), MISS },
	{ "GT", { .args = ARG(1, "GT", "6") }, X64(DUP3, 0, 7), HIT },
	{ "GT: without a sign", { .args = ARG(1, "GT", "6") }, X64(DUP3, 0, UINT64_MAX), HIT },
	{ "MASKED_EQ",
	  { .args = "{\"index\":1,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":3,\"valueTwo\":2}" },
	  X64(DUP3, 0, 0xfffffffe),
	  HIT },
	{ "MASKED_EQ without valueTwo",
	  { .args = ARG(1, "MASKED_EQ", "8") },
	  X64(DUP3, 0, 7),
	  HIT },
	{ "two conditions, one holds",
	  { .args = ARG(0, "EQ", "1") "," ARG(1, "EQ", "7") },
	  X64(DUP3, 0, 7),
	  MISS },
	{ "one argument twice, one holds",
	  { .args = ARG(1, "EQ", "1") "," ARG(1, "EQ", "7") },
	  X64(DUP3, 0, 7),
	  HIT },
	{ "a rule without conditions behind it",
	  { .more = ",{\"names\":[\"dup3\"],\"action\":\"SCMP_ACT_ALLOW\"}" },
	  X64(DUP3, 0, 7),
	  SECCOMP_RET_ALLOW },
	{ "a rule with the same conditions behind it",
	  { .more = ",{\"names\":[\"dup3\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		    "{\"index\":1,\"op\":\"SCMP_CMP_EQ\",\"value\":7}]}" },
	  X64(DUP3, 0, 7),
	  HIT },
	{ "a name that does what the default does",
	  { .more = ",{\"names\":[\"openat2\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":71}" },
	  X64(NEXT),
	  MISS },
};

/* Where libseccomp 2.5.4 has another verdict. */
static const struct row faults[] = {
	/* The first comparison of rule 1 holds, the next one does not: rule 2 is not asked. */
	{ "two rules that begin with the same argument",
	  { .action = "SCMP_ACT_ALLOW",
	    .error = "",
	    .args = ARG(0, "NE", "2") "," ARG(1, "LT", "2"),
	    .more = ",{\"names\":[\"dup3\"],\"action\":\"SCMP_ACT_LOG\",\"args\":["
		    "{\"index\":0,\"op\":\"SCMP_CMP_EQ\",\"value\":1}]}" },
	  X64(DUP3, 1, 2),
	  HIT },
	/* For aarch64, which has no time(2), the number of the call is never loaded. */
	{ "a call that one of the architectures does not have",
	  { .action = "SCMP_ACT_ALLOW",
	    .error = "",
	    .archs = "\"SCMP_ARCH_AARCH64\"",
	    .names = "\"umount2\"",
	    .args = ARG(1, "LT", "7"),
	    .more = ",{\"names\":[\"time\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":5}" },
	  { 39, AUDIT_ARCH_AARCH64, 0, { 0 } },
	  HIT },
};

#define FIELD(row, name) ((row)->change.name ? (row)->change.name : base.name)

static void test_row(const struct row *row)
{
	struct flat flat;
	struct filter_plan plan = { 0 };
	struct rl_err e = RL_ERR_INIT;
	struct program program;
	struct oci_doc doc;
	char json[2048];
	struct oci_config *config;
	int r;

	snprintf(
		json, sizeof(json),
		"{\"defaultAction\":\"%s\"%s,\"architectures\":[\"SCMP_ARCH_X86_64\",%s],\"syscalls\":["
		"{\"names\":[%s],\"action\":\"%s\"%s,\"args\":[%s]},"
		"{\"names\":[\"execve\"],\"action\":\"SCMP_ACT_TRACE\"}%s]}",
		FIELD(row, action), FIELD(row, error), FIELD(row, archs), FIELD(row, names),
		FIELD(row, rule), FIELD(row, rule_error), FIELD(row, args), FIELD(row, more));
	config = config_load(&doc, PROFILE, json);
	flat_init(&flat, 8);
	r = filter_plan(config->linux_->seccomp, false, &flat, &plan, &e);
	program = (struct program){ r ? NULL : flat_ptr(&flat, plan.program.off),
				    plan.program.len / sizeof(struct sock_filter) };
	is_int(filter_run(&program, &row->call).action, row->verdict, "%s", row->what);
	flat_done(&flat);
	oci_done(&doc);
}

int main(void)
{
	if (seccomp_arch_native() != SCMP_ARCH_X86_64) {
		skip("the numbers of these calls are those of x86_64");
		return tap_done();
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		test_row(&faults[i]);
	return tap_done();
}
