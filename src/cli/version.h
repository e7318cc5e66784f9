/* SPDX-License-Identifier: Apache-2.0 */
/* What this build is called. */
#ifndef RL_CLI_VERSION_H
#define RL_CLI_VERSION_H

#ifdef HAVE_CONFIG_H
#include "commit.h"
#include "config.h"
#endif

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif
#ifndef RUNDLET_COMMIT
#define RUNDLET_COMMIT "unknown"
#endif

#ifdef HAVE_SYSTEMD
#define VERSION_SYSTEMD "+SYSTEMD"
#else
#define VERSION_SYSTEMD "-SYSTEMD"
#endif

/* The versions of the runtime-spec that a config.json may name. */
#define VERSION_SPEC_MIN "1.0.0"
#define VERSION_SPEC_MAX "1.3.0"

#endif
