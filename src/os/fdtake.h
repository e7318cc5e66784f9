/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a descriptor that has been sent over a socket (SCM_RIGHTS of unix(7)), without waiting. */
#ifndef RL_OS_FDTAKE_H
#define RL_OS_FDTAKE_H

/* A descriptor, or a negative errno; -EPROTO: there came none with the message. */
int fdtake_one(int sock);

#endif
