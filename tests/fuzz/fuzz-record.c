/* SPDX-License-Identifier: Apache-2.0 */
/* state.json of a container: it is loaded or refused with a reason. */
#include "tests/fuzz/fuzz.h"

#include "container/record.h"

void fuzz_record(const uint8_t *data, size_t size)
{
	struct rl_err e = RL_ERR_INIT;
	struct record_doc d;
	int r = record_load(fuzz_dir("state.json", data, size), &d, &e);

	fuzz_result(r, &e);
	if (r == 0)
		fuzz_document_check(&d.doc);
	record_done(&d);
}
