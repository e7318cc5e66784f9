/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NOTIFY_SOCKET: a container gets a socket of ours, and what its processes say there goes on to the
 * socket of our caller (sd_notify(3)), sifted by notify-text.h. Inside src/container only.
 *
 * create puts the directory `notify` of the state directory into the container, read-only; the
 * socket is in it while rundlet passes messages on: `run` in the foreground to the end of the
 * program; `start`, and `run --detach`, until it is ready. No process stays for it.
 */
#ifndef RL_CONTAINER_NOTIFY_H
#define RL_CONTAINER_NOTIFY_H

#include "base/err.h"
#include "container/notify-taker.h"
#include "container/notify-text.h"
#include "libocispec/ocispec.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>

#define NOTIFY_DIR    "notify" /* in the state directory */
#define NOTIFY_SOCKET "socket" /* in it */
#define NOTIFY_POLLS  1

/* A configuration with the mount and the variable. It borrows from that which it was made of. */
struct notify_config {
	struct oci_config config;
	struct oci_process process;
	struct oci_mount mount;
	struct oci_mount **mounts; /* owned, as are the next */
	char **env;
	char *source;
};

/*
 * Make the configuration that is carried out, for a caller with NOTIFY_SOCKET=address (NULL: he has
 * none): the given one, and unless that sets NOTIFY_SOCKET itself or has no mount namespace of its
 * own, with the directory of the socket. Pure, but for a warning. *ret_added: whether it has.
 * notify_config_done() in any case.
 */
int notify_plan(const struct oci_config *c, const char *root, const char *id, const char *address,
		struct notify_config *ret, bool *ret_added, struct rl_err *e);
void notify_config_done(struct notify_config *c);

/* The mount is no member of the configuration c: an error of it is told as what it is. */
void notify_explain(const struct oci_config *c, struct rl_err *e);

/* Refuse a value of NOTIFY_SOCKET that is no address. */
int notify_check_address(const char *address, struct rl_err *e);

/* Make the directory, in a state directory. */
int notify_make(int state_fd, struct rl_err *e);

struct notify {
	int out; /* the caller's; -EBADF: nothing is passed on */
	struct notify_taker taker;
	struct notify_text next; /* to be sent: its text, then a barrier */
	bool ready;              /* that was sent */
	bool warned;
	/* A barrier is on its way to the caller's manager, who lets go of the other end when he has
	 * done what came before: until then nothing else is taken from the container. */
	int barrier;
	bool asked;    /* it is the container's, not our own */
	int64_t until; /* and it is over at this time, monotonic, in ms */
};

#define NOTIFY_INIT                                                           \
	{                                                                     \
		.out = -EBADF, .taker = NOTIFY_TAKER_INIT, .barrier = -EBADF, \
	}

/*
 * Make the socket of a container that is to be started, if it has the directory and address is not
 * NULL. main: whose pid is told with READY=1; 0: nobody's. notify_done() in any case.
 */
int notify_begin(struct notify *n, int state_fd, const char *address, pid_t main, struct rl_err *e);
void notify_done(struct notify *n);

/* Whether there is a manager who is told. */
bool notify_is_open(const struct notify *n);

/* What to wait for, and how many milliseconds at most (-1: any time). */
int notify_poll(const struct notify *n, struct pollfd ret[NOTIFY_POLLS]);

/* Pass on what can be passed on. True: that may not have been all. */
bool notify_move(struct notify *n);

/* The container's process has ended: pass on what it has left, as far as nobody is waited for. */
void notify_last(struct notify *n);

/*
 * Pass messages on until the container is ready, and the caller's manager has taken notice; or
 * until its process, of which this is a pidfd (negative: it has), has ended. Then what is there has
 * been passed on.
 */
int notify_wait(struct notify *n, int pidfd, struct rl_err *e);

#endif
