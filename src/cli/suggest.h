/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the name that is nearest to a misspelt one. */
#ifndef RL_CLI_SUGGEST_H
#define RL_CLI_SUGGEST_H

struct suggest {
	const char *word;      /* what was typed */
	const char *best;      /* NULL: nothing is near */
	unsigned int distance; /* of best */
};

#define SUGGEST_INIT(typed)     \
	{                       \
		.word = (typed) \
	}

/* Consider a name. */
void suggest_offer(struct suggest *s, const char *name);

#endif
