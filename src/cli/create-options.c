/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the options of create, run and plan; see create-options.h. */
#include "cli/create-options.h"

#include "base/log.h"
#include "cli/listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The words of --cgroup-manager in main.c stand in the order of enum container_cgroups. */
_Static_assert(CONTAINER_CGROUPS_CGROUPFS == 0 && CONTAINER_CGROUPS_SYSTEMD == 1 &&
		       CONTAINER_CGROUPS_DISABLED == 2,
	       "order of --cgroup-manager");

/* And those of --rootless in that of enum container_rootless. */
_Static_assert(CONTAINER_ROOTLESS_AUTO == 0 && CONTAINER_ROOTLESS_TRUE == 1 &&
		       CONTAINER_ROOTLESS_FALSE == 2,
	       "order of --rootless");

int create_options_open_trace(const char *path, FILE **ret, FILE **ret_own, struct rl_err *e)
{
	if (!path)
		return 0;
	if (!strcmp(path, "-")) {
		*ret = stderr;
		return 0;
	}
	/* Appended to: an engine may give the same file to all its containers. */
	*ret = *ret_own = fopen(path, "ae");
	return *ret ? 0 : rl_fail(e, -errno, "open the trace \"%s\"", path);
}

void create_options_close_trace(FILE **own)
{
	if (*own && fclose(*own) != 0)
		log_warn("write the trace: %s, ignoring", rl_errno_text(errno));
	*own = NULL;
}

const char *create_options_notify_socket(void)
{
	const char *address = getenv("NOTIFY_SOCKET");

	return address && address[0] ? address : NULL;
}

int create_options_init(struct create_options *ret, const struct options *o, struct rl_err *e)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->options = (struct container_options){
		.root = o->root,
		.id = o->args[0],
		.bundle = o->bundle,
		.pid_file = o->pid_file,
		.console_socket = o->console_socket,
		.pidfd_socket = o->pidfd_socket,
		.preserve_fds = o->preserve_fds,
		.cgroups = (enum container_cgroups)o->cgroups,
		.rootless = (enum container_rootless)o->rootless,
		.session_bus = getenv("DBUS_SESSION_BUS_ADDRESS"),
		.runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.notify_socket = create_options_notify_socket(),
		.no_pivot = o->no_pivot,
		.no_new_keyring = o->no_new_keyring,
		.keep = o->keep,
	};
	r = listen_read(&ret->options.listen_fds, &ret->options.listen_names, e);
	if (r < 0)
		return r;
	if (o->config) {
		/* As crun has it: relative to the caller's directory, not to the bundle. */
		r = abspath_make(o->config, ret->config, sizeof(ret->config), e);
		if (r < 0)
			return r;
		ret->options.config = ret->config;
	}
	return create_options_open_trace(o->trace, &ret->options.trace, &ret->trace, e);
}

void create_options_done(struct create_options *c)
{
	create_options_close_trace(&c->trace);
}
