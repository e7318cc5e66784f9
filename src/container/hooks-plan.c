/* SPDX-License-Identifier: Apache-2.0 */
/* Plans the hooks, and the state that they read. Pure. */
#include "container/hooks.h"

#include "base/auto.h"
#include "container/state-text.h"
#include "spec/annotations.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void add_hook(struct flat *f, const struct oci_hook *h, const char *name, size_t i,
		     struct hook_plan *ret)
{
	char *self[] = { h->path };

	*ret = (struct hook_plan){
		.where = flat_add_fmt(f, "hooks.%s[%zu]", name, i),
		.path = flat_add_str(f, h->path),
		.timeout = h->has_timeout ? (int32_t)h->timeout : 0,
	};
	ret->args = h->n_args ? flat_add_strs(f, h->args, h->n_args) : flat_add_strs(f, self, 1);
	ret->env = flat_add_strs(f, h->env, h->n_env);
}

static struct flat_list add_hooks(struct flat *f, struct oci_hook *const *hooks, size_t n,
				  const char *name)
{
	struct flat_list l = flat_add_list(f, NULL, n, sizeof(struct hook_plan));

	for (size_t i = 0; i < l.n; i++) {
		struct hook_plan h;

		add_hook(f, hooks[i], name, i, &h);
		if (!flat_failed(f))
			((struct hook_plan *)flat_ptr(f, l.off))[i] = h;
	}
	return l;
}

/* The state around its pid, which is not known yet (runtime.md#state). */
static int add_state(const struct oci_config *c, const char *bundle, const char *id, struct flat *f,
		     struct plan *p)
{
	rl_autofree char *text = NULL;
	size_t len = 0, cut;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return -errno;
	state_text_head(out, c, id);
	fputc(0, out);
	fflush(out);
	cut = len;
	state_text_tail(out, c, bundle);
	fputc('\n', out);
	if (fclose(out))
		return -ENOMEM;
	p->hook_state_head = flat_add_str(f, text);
	p->hook_state_tail = flat_add_str(f, text + cut);
	p->hook_dir = flat_add_str(f, bundle);
	return 0;
}

static int add_output(const struct oci_config *c, const char *annotation, struct flat *f,
		      flat_str *ret, struct rl_err *e)
{
	const char *path;
	int r = annotations_path(c, annotation, &path, e);

	*ret = flat_add_str(f, path);
	return r;
}

int hooks_plan(const struct oci_config *c, const char *bundle, const char *id, struct flat *f,
	       struct plan *p, struct rl_err *e)
{
	int r;

	if (!c->hooks)
		return 0;
	r = add_output(c, annotation_hooks_stdout, f, &p->hook_out, e);
	if (r == 0)
		r = add_output(c, annotation_hooks_stderr, f, &p->hook_err, e);
	if (r < 0)
		return r;
#define HOOK(symbol, member, name, status) \
	p->hooks[HOOK_##symbol] = add_hooks(f, c->hooks->member, c->hooks->n_##member, name);
#include "spec/hooks.def"
#undef HOOK
	return add_state(c, bundle, id, f, p);
}
