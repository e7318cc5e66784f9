/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the plan: each room its part. */
#include "container/plan-build.h"

static const char *const names[] = {
#define STEP(name, stage, when, run, undo, clause, sentence) #name,
#include "container/steps.def"
#undef STEP
};

static const char *const stages[] = { "host", "bridge", "guest" };

static void report_steps(struct report *r, const struct plan *p)
{
	report_list(r, "steps");
	for (int i = 0; i < STEPS; i++) {
		if (!steps_needed(p, i))
			continue;
		report_fmt(r, NULL, "%s: %s", stages[steps_stage(i)], names[i]);
	}
	report_close(r);
}

static void report_strings(struct report *r, const struct plan *p, const char *key,
			   struct flat_list list)
{
	if (!list.n)
		return;
	report_list(r, key);
	FLAT_EACH(p, list, const flat_str, s)
		report_str(r, NULL, flat_get_str(p, *s));
	report_close(r);
}

static void report_hook(struct report *r, const struct plan *p, const struct hook_plan *h)
{
	report_object(r, NULL);
	report_str(r, "path", flat_get_str(p, h->path));
	report_strings(r, p, "args", h->args);
	report_strings(r, p, "env", h->env);
	if (h->timeout)
		report_fmt(r, "timeout", "%d s", h->timeout);
	report_close(r);
}

static void report_hooks(struct report *r, const struct plan *p)
{
	static const char *const kinds[] = {
#define HOOK(symbol, member, name, status) name,
#include "spec/hooks.def"
#undef HOOK
	};

	report_object(r, "hooks");
	if (p->hook_out)
		report_str(r, "stdout", flat_get_str(p, p->hook_out));
	if (p->hook_err)
		report_str(r, "stderr", flat_get_str(p, p->hook_err));
	for (int kind = 0; kind < HOOK_KINDS; kind++) {
		if (!p->hooks[kind].n)
			continue;
		report_list(r, kinds[kind]);
		FLAT_EACH(p, p->hooks[kind], const struct hook_plan, h)
			report_hook(r, p, h);
		report_close(r);
	}
	report_close(r);
}

static void report_sockets(struct report *r, const struct plan *p)
{
	if (!p->pidfd_sockets.n)
		return;
	report_list(r, "pidfdTo");
	FLAT_EACH(p, p->pidfd_sockets, const struct pidfd_socket, s)
		report_str(r, NULL, flat_get_str(p, s->path));
	report_close(r);
}

static void report_listener(struct report *r, const struct plan *p)
{
	if (p->listener.path)
		report_str(r, "seccompListenerTo", flat_get_str(p, p->listener.path));
}

static bool has_hooks(const struct plan *p)
{
	for (int kind = 0; kind < HOOK_KINDS; kind++)
		if (p->hooks[kind].n)
			return true;
	return false;
}

void plan_report(const struct plan *p, FILE *out, enum report_format format)
{
	struct report r;

	report_begin(&r, out, format);
	report_str(&r, "id", flat_get_str(p, p->id));
	report_str(&r, "bundle", flat_get_str(p, p->bundle));
	namespaces_report(&r, p, &p->ns);
	if (p->cgroup.path)
		cgroup_report(&r, p, &p->cgroup);
	if (p->rdt.mount)
		rdt_report(&r, p, &p->rdt);
	rootfs_report(&r, p, &p->root);
	security_report(&r, p, &p->security);
	process_report(&r, p, &p->process);
	if (p->console.wanted)
		console_report(&r, &p->console);
	if (has_hooks(p))
		report_hooks(&r, p);
	report_sockets(&r, p);
	report_listener(&r, p);
	report_steps(&r, p);
	report_end(&r);
}
