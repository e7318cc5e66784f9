/* SPDX-License-Identifier: Apache-2.0 */
/* --regex: a command for all containers that an expression matches; see matching.h. */
#include "cli/matching.h"

#include "base/auto.h"
#include "base/log.h"
#include "container/container.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

struct expression {
	regex_t compiled;
	bool is_valid;
};

static void expression_done(struct expression *x)
{
	if (x->is_valid)
		regfree(&x->compiled);
}

static int compile(struct expression *x, const char *text)
{
	int code = regcomp(&x->compiled, text, REG_EXTENDED | REG_NOSUB);

	x->is_valid = code == 0;
	return code;
}

/*
 * regcomp(3) says what is wrong, but not where: that is behind the longest beginning which is an
 * expression of its own.
 */
static size_t mistake_at(const char *text)
{
	char part[MATCHING_MAX + 1];
	size_t n = strlen(text);
	bool valid = false;

	memcpy(part, text, n);
	while (n > 0 && !valid) {
		rl_auto(expression_done) struct expression x = { .is_valid = false };

		part[--n] = 0;
		valid = compile(&x, part) == 0;
	}
	return n;
}

static int expression_init(struct expression *x, const char *text, struct rl_err *e)
{
	char why[128];
	size_t at;
	int code;

	/* A variable that a script has not set must not mean all containers. */
	if (!text[0]) {
		rl_hint(e, ". matches every id");
		return rl_whole(e, -EINVAL, "the regular expression is empty");
	}
	if (strlen(text) > MATCHING_MAX)
		return rl_whole(e, -EINVAL, "the regular expression is longer than %d bytes",
				MATCHING_MAX);
	code = compile(x, text);
	if (code == 0)
		return 0;
	regerror(code, &x->compiled, why, sizeof(why));
	at = mistake_at(text);
	return rl_whole(e, -EINVAL, "invalid regular expression \"%.96s\": %s, at \"%.32s\"", text,
			why, text + at);
}

/* Whether it was deleted since it was listed. */
static bool is_gone(const char *root, const char *id)
{
	struct rl_err ignored = RL_ERR_INIT;
	struct container_info info = { 0 };
	int r = container_state(root, id, &info, &ignored);

	container_info_done(&info);
	return r == -ENOENT;
}

int matching_each(const struct options *o, const char *command, matching_do *one, int *ret_status,
		  struct rl_err *e)
{
	rl_auto(expression_done) struct expression x = { .is_valid = false };
	char **ids;
	size_t n;
	int r;

	r = expression_init(&x, o->args[0], e);
	if (r == 0)
		r = container_ids(o->root, &ids, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct rl_err failure = RL_ERR_INIT;

		if (regexec(&x.compiled, ids[i], 0, NULL, 0) != 0)
			continue;
		r = one(o, ids[i], &failure);
		if (r == 0 || (r == -ENOENT && is_gone(o->root, ids[i])))
			continue;
		log_error(&failure, &(struct log_error){ .command = command, .id = ids[i] });
		*ret_status = EXIT_FAILURE;
	}
	container_ids_done(ids, n);
	return 0;
}
