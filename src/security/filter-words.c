/* SPDX-License-Identifier: Apache-2.0 */
/* The words of linux.seccomp; see filter-words.h. */
#include "security/filter-words.h"

#include <linux/seccomp.h>
#include <stddef.h>

const struct filter_action filter_actions[] = {
#define ACTION(word, value, takes_errno) { word, value, takes_errno },
#include "security/filter-actions.def"
#undef ACTION
	{ NULL, 0, false },
};

const struct filter_operator filter_operators[] = {
#define OPERATOR(word, value) { word, value },
#include "security/filter-operators.def"
#undef OPERATOR
	{ NULL, 0 },
};

const struct filter_flag filter_flags[] = {
#define FLAG(word, bit) { word, bit },
#include "security/filter-flags.def"
#undef FLAG
	{ NULL, 0 },
};

const struct filter_arch filter_archs[] = {
#define ARCH(word, name) { word, name },
#include "security/filter-archs.def"
#undef ARCH
	{ NULL, NULL },
};
