/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds arbitrary bytes to what sifts the messages of a container to NOTIFY_SOCKET: what it lets
 * pass is lines of fields that it lets pass again, and never says whose pid is told.
 *
 * Built and run as fuzz-config.c.
 */
#include "container/notify-text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz-notify: %s\n", what);
	abort();
}

/* No field that is not ours to pass on, and nothing that a terminal would obey. */
static void check_lines(const char *text, size_t len)
{
	for (const char *p = text; p < text + len; p = strchr(p, '\n') + 1)
		require(strncmp(p, "MAINPID", 7) && strncmp(p, "FD", 2) && strncmp(p, "BARRIER", 7),
			"a field passes that must not");
	for (size_t i = 0; i < len; i++)
		require(text[i] == '\n' || ((unsigned char)text[i] >= ' ' && text[i] != 0x7f),
			"a control character passes");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct notify_text first, second;
	const size_t n = size < NOTIFY_TEXT_MAX ? size : NOTIFY_TEXT_MAX;

	notify_text_sift((const char *)data, n, 0, &first);
	require(first.len <= n + 1, "it has become longer");
	require(!first.len || first.text[first.len - 1] == '\n', "the last line has no end");
	first.text[first.len] = 0;
	check_lines(first.text, first.len);
	if (first.len <= NOTIFY_TEXT_MAX) {
		notify_text_sift(first.text, first.len, 0, &second);
		require(second.len == first.len && !memcmp(first.text, second.text, first.len) &&
				second.ready == first.ready,
			"what has passed does not pass again");
	}
	notify_text_sift((const char *)data, n, 2147483647, &second);
	require(second.len <= sizeof(second.text), "it has no room");
	require(!second.ready == (second.len == first.len), "the pid goes with READY=1");
	return 0;
}

#ifndef LIBFUZZER
#include "corpus.h"

int main(int argc, char **argv)
{
	static const char *const dirs[] = { "fuzz/corpus-notify", NULL };

	return corpus_main(argc, argv, dirs, NOTIFY_TEXT_MAX + 2);
}
#endif
