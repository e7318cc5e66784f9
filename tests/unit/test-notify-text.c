/* SPDX-License-Identifier: Apache-2.0 */
/* container/notify-text.c: what of a datagram of a container goes on to the caller's manager. */
#include "container/notify-text.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static struct notify_text got;

/* The text is on the heap, so that reading beyond its end is seen. */
static void sift(const char *bytes, size_t n, pid_t main)
{
	char *copy = malloc(n ? n : 1);

	memcpy(copy, bytes, n);
	memset(&got, 'x', sizeof(got));
	notify_text_sift(copy, n, main, &got);
	free(copy);
	got.text[got.len] = 0;
}

static void test_lines(void)
{
	static const struct {
		const char *said, *passed;
		bool ready, barrier;
	} rows[] = {
		{ "", "", false, false },
		{ "READY=1", "READY=1\nMAINPID=42\n", true, false },
		{ "READY=1\n", "READY=1\nMAINPID=42\n", true, false },
		{ "READY=1\nMAINPID=1\nSTATUS=up", "READY=1\nSTATUS=up\nMAINPID=42\n", true,
		  false },
		{ "MAINPID=1", "", false, false },
		{ "MAINPIDFD=1\nMAINPIDFDID=1", "", false, false },
		{ "READY=0\nREADY=11\nREADY=\nREADY\nXREADY=1\n READY=1", "", false, false },
		{ "STATUS=\n\n\nSTATUS=a=b c", "STATUS=\nSTATUS=a=b c\n", false, false },
		{ "STATUS=gr\xc3\xbc\xc3\x9f", "STATUS=gr\xc3\xbc\xc3\x9f\n", false, false },
		{ "STATUS=\x1b[31m\nSTATUS=a\x7f\nSTATUS=a\tb", "", false, false },
		{ "WATCHDOG=1\nWATCHDOG=trigger\nWATCHDOG_USEC=1", "WATCHDOG=1\nWATCHDOG=trigger\n",
		  false, false },
		{ "FDSTORE=1\nFDNAME=x\nFDSTOREREMOVE=1\nNOTIFYACCESS=all", "", false, false },
		{ "STOPPING=1\nRELOADING=1\nMONOTONIC_USEC=18446744073709551615",
		  "STOPPING=1\nRELOADING=1\nMONOTONIC_USEC=18446744073709551615\n", false, false },
		{ "ERRNO=-1\nERRNO=\nERRNO=1 \nERRNO=111111111111111111111", "", false, false },
		{ "BARRIER=1", "", false, true },
		{ "STATUS=a\nBARRIER=1", "STATUS=a\n", false, true },
		{ "BARRIER=2\nBARRIER=", "", false, false },
		{ "X_MINE=1\nPATH=/", "", false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sift(rows[i].said, strlen(rows[i].said), 42);
		is_str(got.text, rows[i].passed, "row %zu", i);
		is_int(got.ready, rows[i].ready, "  whether it is ready");
		is_int(got.barrier, rows[i].barrier, "  whether it is a barrier");
	}
}

static void test_bytes(void)
{
	char most[NOTIFY_TEXT_MAX];

	sift("READY=1\0\nSTATUS=a\0b", 19, 42);
	is_str(got.text, "", "a NUL is in no value");
	sift("READY=1", 7, 0);
	is_str(got.text, "READY=1\n", "nobody's pid is told");
	memset(most, 'a', sizeof(most));
	memcpy(most, "READY=1\nSTATUS=", 15);
	sift(most, sizeof(most), 2147483647);
	is_int((long long)got.len, NOTIFY_TEXT_MAX + 1 + 19, "the longest one has room");
	memset(most, '\n', sizeof(most));
	sift(most, sizeof(most), 42);
	is_int((long long)got.len, 0, "lines of nothing are nothing");
	for (size_t n = 0; n + 8 <= sizeof(most); n += 8)
		memcpy(most + n, "ERRNO=1\n", 8);
	sift(most, sizeof(most), 42);
	is_int((long long)got.len, NOTIFY_TEXT_MAX, "many lines");
}

/* All short texts of these letters: none is read beyond its end, and no line is made up. */
static void test_all_short(void)
{
	static const char letters[] = { 'E', 'R', 'N', 'O', '=', '1', '\n', 0 };
	size_t bad = 0;

	for (unsigned int n = 0; n < 1u << 18; n++) {
		char text[6];

		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = letters[n >> (3 * i) & 7];
		sift(text, sizeof(text), 1);
		bad += got.len != 0;
	}
	is_int((long long)bad, 0, "no field is shorter than its name");
}

int main(void)
{
	test_lines();
	test_bytes();
	test_all_short();
	return tap_done();
}
