/* SPDX-License-Identifier: Apache-2.0 */
/* spec/signals.h: names and numbers of signals. */
#include "spec/signals.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>

int main(void)
{
	static const struct {
		const char *text;
		int number;
	} cases[] = {
		{ "1", 1 },
		{ "9", 9 },
		{ "15", 15 },
		{ "64", 64 },
		{ "015", 15 },
		{ "KILL", SIGKILL },
		{ "SIGKILL", SIGKILL },
		{ "kill", SIGKILL },
		{ "sigTerm", SIGTERM },
		{ "HUP", SIGHUP },
		{ "CHLD", SIGCHLD },
		{ "CLD", SIGCHLD },
		{ "IOT", SIGABRT },
		{ "POLL", SIGIO },
		{ "SYS", SIGSYS },
		{ "WINCH", SIGWINCH },
		{ "SIGSTKFLT", 16 },
		{ "RTMIN", 34 },
		{ "RTMIN+0", 34 },
		{ "SIGRTMIN+3", 37 },
		{ "RTMIN+30", 64 },
		{ "SIGRTMAX", 64 },
		{ "rtmax-30", 34 },
	};
	static const char *const bad[] = {
		"",
		"0",
		"65",
		"-1",
		"+9",
		"9 ",
		" 9",
		"9x",
		"0x9",
		"999",
		"9999999999999999999",
		"SIG",
		"SIGSIGKILL",
		"KILLL",
		"RTMIN-1",
		"RTMIN+",
		"RTMIN+31",
		"RTMIN+x",
		"RTMAX+1",
		"RTMAX-31",
		"RTMAX-99",
		"RTMINX",
		"RTMIN+-1",
		"RTMIN+9999999999",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_int(signals_number(cases[i].text), cases[i].number, "\"%s\"", cases[i].text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_int(signals_number(bad[i]), -EINVAL, "\"%s\" is no signal", bad[i]);
	return tap_done();
}
