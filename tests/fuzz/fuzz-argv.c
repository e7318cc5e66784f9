/* SPDX-License-Identifier: Apache-2.0 */
/* Words of the command line, one a line: the options before the command, then of each command. */
#include "tests/fuzz/fuzz.h"

#include "cli/cmd.h"
#include "cli/create-options.h"
#include "cli/update-options.h"

#include <stdlib.h>

#define WORDS 256

static const struct cmd *const commands[] = { &cmd_create, &cmd_exec, &cmd_kill,
					      &cmd_list,   &cmd_spec, &cmd_update };

static void parse(const struct cmd *c, char *const *words, int n)
{
	const struct options_table t = { .command = c->name, .rows = c->rows };
	struct options o = OPTIONS_INIT;
	struct rl_err e = RL_ERR_INIT;
	int r = options_parse(&t, words, n, &o, &e);

	fuzz_result(r, &e);
	if (r >= 0 && c == &cmd_update && !o.resources) {
		struct update_options u;

		fuzz_result(update_options_init(&u, &o, &e), &e);
		update_options_done(&u);
	}
}

void fuzz_argv(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *words[WORDS + 1] = { NULL };
	size_t n = fuzz_words(text, words, WORDS);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		parse(commands[i], words, (int)n);
	free(text);
}
