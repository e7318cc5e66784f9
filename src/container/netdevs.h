/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network devices in the record: what a create that was killed needs to have undone. While devices
 * move, the network namespace is kept by a mount in the state directory: with the container's
 * process it would end, and the kernel would destroy virtual devices in it.
 */
#ifndef RL_CONTAINER_NETDEVS_H
#define RL_CONTAINER_NETDEVS_H

#include "container/record.h"
#include "process/netdev.h"

/* Name them in the record. netdevs_record_done() in any case. 0 or -ENOMEM, or of stat(2). */
int netdevs_record_make(const struct netdevs *s, struct record *rec);
void netdevs_record_done(struct record *rec);

/* Keep their network namespace, or let it go. */
int netdevs_pin(int state_fd, const struct netdevs *s, struct rl_err *e);
int netdevs_unpin(int state_fd, struct rl_err *e);

/*
 * What delete does for them: brings back those of a create that did not come to its end. Of others
 * nothing comes back: they are the container's.
 */
int netdevs_recover(int state_fd, const struct record *rec, struct rl_err *e);

#endif
