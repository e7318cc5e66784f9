/* SPDX-License-Identifier: Apache-2.0 */
/* spec/numberlist.c: lists of CPUs and nodes. */
#include "spec/numberlist.h"
#include "tap.h"

#include <errno.h>

int main(void)
{
	static const struct {
		const char *text;
		uint64_t bits[2];
	} good[] = {
		{ "0", { 1, 0 } },
		{ "0-3,7", { 0x8f, 0 } },
		{ "7,0-3", { 0x8f, 0 } },
		{ " 1 - 2 , 4 ", { 0x16, 0 } },
		{ "1,1-1,0-2", { 7, 0 } },
		{ "63-64", { (uint64_t)1 << 63, 1 } },
		{ "0-127", { UINT64_MAX, UINT64_MAX } },
		{ "007", { 0x80, 0 } },
	};
	static const char *const bad[] = {
		"",      " ",   ",",     "1,",  ",1",
		"1,,2",  "-",   "1-",    "-1",  "2-1",
		"1-2-3", "128", "0-128", "1 2", "99999999999999999999999",
		"1;2",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t bits[2] = { 0 };
		struct rl_err e = RL_ERR_INIT;

		is_int(numberlist_parse(good[i].text, bits, 128, "a.key", &e), 0, "\"%s\": %s",
		       good[i].text, e.what);
		ok(bits[0] == good[i].bits[0] && bits[1] == good[i].bits[1], "its numbers");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t bits[2] = { 0 };
		struct rl_err e = RL_ERR_INIT;

		is_int(numberlist_parse(bad[i], bits, 128, "a.key", &e), -EINVAL,
		       "\"%s\" is refused", bad[i]);
		is_str(e.where, "a.key", "with its key");
	}
	return tap_done();
}
