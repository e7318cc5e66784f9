/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets that the caller announces by the protocol of sd_listen_fds(3): descriptors from 3 on, by
 * the environment. For the commands that start a program, which gets them the same way.
 */
#ifndef RL_CLI_LISTEN_H
#define RL_CLI_LISTEN_H

#include "base/err.h"

/*
 * Read LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES. *ret_n: how many there are, 0 if none are for us;
 * *ret_names: their names, or NULL. A number that is none is an error.
 */
int listen_read(unsigned int *ret_n, const char **ret_names, struct rl_err *e);

#endif
