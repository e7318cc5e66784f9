/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of a container to NOTIFY_SOCKET: what passes is lines of fields that pass again, and
 * never says whose pid is told.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* No field that is not ours to pass on, and nothing that a terminal would obey. */
static void check_lines(const char *text, size_t len)
{
	for (const char *p = text; p < text + len; p = strchr(p, '\n') + 1)
		fuzz_require(strncmp(p, "MAINPID", 7) && strncmp(p, "FD", 2) &&
				     strncmp(p, "BARRIER", 7),
			     "no field passes that must not");
	for (size_t i = 0; i < len; i++)
		fuzz_require(text[i] == '\n' || ((unsigned char)text[i] >= ' ' && text[i] != 0x7f),
			     "no control character passes");
}

void fuzz_notify(const uint8_t *data, size_t size)
{
	static struct notify_text first, second;
	const size_t n = size < NOTIFY_TEXT_MAX ? size : NOTIFY_TEXT_MAX;

	notify_text_sift((const char *)data, n, 0, &first);
	fuzz_require(first.len <= n + 1, "it has not become longer");
	fuzz_require(!first.len || first.text[first.len - 1] == '\n', "the last line has an end");
	first.text[first.len] = 0;
	check_lines(first.text, first.len);
	if (first.len <= NOTIFY_TEXT_MAX) {
		notify_text_sift(first.text, first.len, 0, &second);
		fuzz_require(second.len == first.len &&
				     !memcmp(first.text, second.text, first.len) &&
				     second.ready == first.ready,
			     "what has passed passes again");
	}
	notify_text_sift((const char *)data, n, 2147483647, &second);
	fuzz_require(second.len <= sizeof(second.text), "it has room");
	fuzz_require(!second.ready == (second.len == first.len), "the pid goes with READY=1");
}
