/* SPDX-License-Identifier: Apache-2.0 */
/* config.json: it is loaded or refused with a reason, and what is refused later stays readable. */
#include "tests/fuzz/fuzz.h"

#include "spec/spec-later.h"
#include "spec/spec-load.h"

void fuzz_config(const uint8_t *data, size_t size)
{
	struct rl_err e = RL_ERR_INIT;
	struct oci_doc doc = { 0 };
	int r = spec_load((const char *)data, size, "config.json", &doc, &e);

	fuzz_result(r, &e);
	if (r == 0) {
		fuzz_document_check(&doc);
		spec_later(doc.root, &e);
	}
	oci_done(&doc);
}
