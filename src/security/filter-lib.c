/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles the rules of a filter with libseccomp. Pure, but for a file in memory: the library can
 * only write its result to a descriptor.
 */
#include "security/filter-rules.h"

#include "base/auto.h"
#include "base/log.h"
#include "os/scratch.h"
#include "security/filter-bpf.h"
#include "security/filter-newest.h"

#include <errno.h>
#include <stdlib.h>

static void release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

static void free_bpf(struct filter_bpf **b)
{
	free(*b);
}

/* The last instructions of b become the library's program. */
static int export_program(scmp_filter_ctx ctx, struct filter_bpf *b, struct rl_err *e)
{
	const long max = sizeof(b->code);
	rl_autoclose int fd = -EBADF;
	long size;
	int r;

	fd = r = scratch_open("seccomp");
	if (r >= 0)
		r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		return rl_fail_at(e, r, "linux.seccomp", "compile the seccomp filter");
	size = scratch_size(fd);
	if (size > max)
		return -E2BIG;
	if (size <= 0)
		return rl_fail_at(e, size ? (int)size : -EIO, "linux.seccomp",
				  "read the compiled seccomp filter");
	r = scratch_read(fd, (char *)b->code + max - size, (size_t)size);
	if (r < 0)
		return rl_fail_at(e, r, "linux.seccomp", "read the compiled seccomp filter");
	b->n = (filter_label)((size_t)size / sizeof(b->code[0]));
	return 0;
}

static int finish(scmp_filter_ctx ctx, const struct filter_rules *rules, struct flat *f,
		  struct flat_blob *ret, struct rl_err *e)
{
	rl_auto(free_bpf) struct filter_bpf *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return rl_fail_at(e, -ENOMEM, "linux.seccomp", "make room for the seccomp filter");
	r = export_program(ctx, b, e);
	if (r < 0)
		return r;
	if (rules->newer_unknown)
		filter_newest_prepend(b, rules);
	return filter_bpf_take(b, f, ret, e);
}

int filter_lib_compile(const struct filter_rules *rules, struct flat *f, struct flat_blob *ret,
		       struct rl_err *e)
{
	/* SCMP_FLTATR_CTL_OPTIMIZE stays at 1: a binary tree (2) is compiled 3 ms slower. */
	rl_auto(release) scmp_filter_ctx ctx = seccomp_init(rules->default_action);
	int r;

	if (!ctx)
		return rl_fail_at(e, -ENOMEM, "linux.seccomp", "make room for the seccomp filter");
	for (size_t i = 0; i < rules->n_archs; i++) {
		r = seccomp_arch_add(ctx, rules->archs[i]);
		if (r < 0 && r != -EEXIST) /* seccomp_init() has added the native one */
			return rl_fail_at(e, r, "linux.seccomp.architectures",
					  "add architecture 0x%x to the filter", rules->archs[i]);
	}
	for (size_t i = 0; i < rules->n_rules; i++) {
		const struct filter_rule *rule = &rules->rules[i];
		int call = seccomp_syscall_resolve_name(rule->name);
		char where[64];

		/* The library refuses rules that do what is done without them. */
		if (rule->action == rules->default_action)
			continue;
		/* Nor does one that is older than filter-numbers.def know all names. */
		if (call == __NR_SCMP_ERROR) {
			log_warn(
				"linux.seccomp.syscalls[%zu]: system call \"%.64s\" is not known to "
				"libseccomp here, ignoring",
				rule->at, rule->name);
			continue;
		}
		r = seccomp_rule_add_array(ctx, rule->action, call, rule->n_args, rule->args);
		if (r == 0 || r == -EEXIST) /* the profile says it twice */
			continue;
		snprintf(where, sizeof(where), "linux.seccomp.syscalls[%zu]", rule->at);
		return rl_fail_at(e, r, where, "add the rule for %s to the filter", rule->name);
	}
	return finish(ctx, rules, f, ret, e);
}
