/* SPDX-License-Identifier: Apache-2.0 */
/* Names of signals. */
#ifndef RL_SPEC_SIGNALS_H
#define RL_SPEC_SIGNALS_H

/*
 * The number of a signal: "9", "KILL", "SIGKILL", "kill", "RTMIN+3", "SIGRTMAX-1". Returns 1 to 64,
 * or -EINVAL.
 */
int signals_number(const char *text);

#endif
