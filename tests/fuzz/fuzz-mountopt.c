/* SPDX-License-Identifier: Apache-2.0 */
/* The words of mounts[].options, one a line: flags set are not cleared, too. */
#include "tests/fuzz/fuzz.h"

#include "rootfs/mountopt.h"
#include "rootfs/rootfs-build.h"

#include <stdlib.h>

#define WORDS 2048

void fuzz_mountopt(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *words[WORDS];
	size_t n = fuzz_words(text, words, WORDS);
	static const struct oci_config config;
	static const struct rootfs_facts facts;
	struct rl_err e = RL_ERR_INIT;
	struct flat f = { 0 };
	struct rootfs_plan plan = { 0 };
	struct rootfs_build b = { .c = &config, .f = &f, .p = &plan, .e = &e, .facts = &facts };
	struct mountopt o = { 0 };
	uint64_t set, clear;
	int r;

	flat_init(&f, 256);
	r = mountopt_parse(&b, "mounts[0].options", words, n, &o);
	fuzz_result(r, &e);
	if (r == 0) {
		fuzz_require(!(o.set & o.clear) && !(o.rec_set & o.rec_clear),
			     "a flag is not both set and cleared");
		mountopt_attrs(o.set, o.clear, &set, &clear);
		for (size_t i = 0; i < o.n_propagation; i++)
			mountopt_propagation_word(o.propagation[i]);
	}
	rootfs_build_done(&b);
	flat_done(&f);
	free(text);
}
