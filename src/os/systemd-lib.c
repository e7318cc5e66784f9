/* SPDX-License-Identifier: Apache-2.0 */
/* Opens libsystemd; see systemd-lib.h. */
#include "config.h"

#ifdef HAVE_SYSTEMD
#include "base/auto.h"
#include "os/dl.h"
#include "os/systemd-lib.h"

#define SONAME "libsystemd.so.0"

struct systemd_lib systemd_lib;

static const struct dl_symbol symbols[] = {
#define SYMBOL(name) { "sd_" #name, &systemd_lib.name },
	SYSTEMD_LIB_FUNCTIONS(SYMBOL)
#undef SYMBOL
};

static const struct dl_library library = {
	.soname = SONAME,
	.package = "libsystemd0 (Debian) or systemd-libs (Fedora)",
	.purpose = "the systemd cgroup manager",
	.symbols = symbols,
	.n = RL_COUNT(symbols),
};

DL_NOTE(systemd, "{\"feature\":\"systemd\",\"description\":\"the systemd cgroup manager\","
		 "\"priority\":\"suggested\",\"soname\":[\"" SONAME "\"]}");

int systemd_lib_open(struct rl_err *e)
{
	return dl_open(&library, e);
}
#else
typedef int systemd_lib_unused; /* an empty file is not ISO C */
#endif
