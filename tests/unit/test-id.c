/* SPDX-License-Identifier: Apache-2.0 */
/* spec/id.h: names that are allowed and names that are not. */
#include "spec/id.h"
#include "tap.h"

#include <errno.h>

int main(void)
{
	static const char *const good[] = { "a", "0", "-a", "_", "+", "web-1.2_x+Y", "a..b", "a." };
	static const char *const bad[] = { "",    ".",   "..",       ".a", "a/b", "/",    "../a",
					   "a b", "a\n", "\xc3\xbc", "a*", "a:b", "a\x7f" };
	char text[ID_MAX + 2];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct rl_err e = RL_ERR_INIT;

		is_int(id_check(good[i], &e), 0, "\"%s\" is allowed", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rl_err e = RL_ERR_INIT;

		is_int(id_check(bad[i], &e), -EINVAL, "bad name %zu is refused", i);
		ok(strstr(e.what, "invalid container ID"),
		   "and the message says so: it is one line");
	}
	for (int more = 0; more < 2; more++) {
		struct rl_err e = RL_ERR_INIT;

		memset(text, 'x', sizeof(text));
		text[ID_MAX + more] = 0;
		is_int(id_check(text, &e), more ? -EINVAL : 0, "%d characters", ID_MAX + more);
	}
	return tap_done();
}
