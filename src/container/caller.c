/* SPDX-License-Identifier: Apache-2.0 */
/* Asks what the caller may do, and which ids are his: a part of the facts; see plan-build.h. */
#include "base/auto.h"
#include "base/log.h"
#include "container/plan-build.h"
#include "container/rootless.h"
#include "os/fdio.h"
#include "os/nsfile.h"
#include "os/rights.h"
#include "spec/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <unistd.h>

#define NAME_MAX_OF_USER 256

/* The text of a file, or NULL: the container gets fewer ids then. */
static char *read_file(const char *path, size_t max)
{
	char *text = NULL;
	size_t len;
	int r = fdio_read_all(AT_FDCWD, path, max, &text, &len);

	if (r < 0 && r != -ENOENT)
		log_warn("read %s: %s, ignoring", path, rl_errno_text(-r));
	return r < 0 ? NULL : text;
}

/* Which ids are the caller's beside his own. */
static void probe_subids(struct idmap_facts *ids)
{
	rl_autofree char *uids = read_file("/etc/subuid", SUBID_FILE);
	rl_autofree char *gids = read_file("/etc/subgid", SUBID_FILE);
	rl_autofree char *passwd = read_file("/etc/passwd", SUBID_FILE);
	char buf[NAME_MAX_OF_USER];
	const char *name = NULL;

	if (passwd && subid_user(passwd, ids->uid, buf, sizeof(buf)))
		name = buf;
	/* The groups, too, are those of a user. */
	if (uids)
		subid_parse(uids, name, ids->uid, ids->uid, &ids->uids);
	if (gids)
		subid_parse(gids, name, ids->uid, ids->gid, &ids->gids);
}

/* Whether cgroups can be made at the top of each hierarchy. */
static bool may_make_cgroups(const struct cgroupfs *fs)
{
	bool may = fs->mode != CGROUPFS_NONE;

	for (size_t i = 0; i < fs->n && may; i++)
		may = faccessat(AT_FDCWD, fs->h[i].mount, W_OK | X_OK, AT_EACCESS) == 0;
	return may;
}

uint32_t caller_open_in(void)
{
	if (rights_over_mounts())
		return 0;
	return CLONE_NEWNS | (rights_has(CAP_SYS_ADMIN) ? 0 : CLONE_NEWUSER);
}

int caller_check_fds(unsigned int listen, unsigned int preserve, struct rl_err *e)
{
	for (unsigned int fd = 3; fd - 3 < listen + preserve; fd++)
		if (fcntl((int)fd, F_GETFD) < 0)
			return rl_whole(e, -EBADF, "%s %u: descriptor %u is not open",
					fd - 3 < listen ? "LISTEN_FDS" : "--preserve-fds",
					fd - 3 < listen ? listen : preserve, fd);
	return 0;
}

void caller_probe(const struct oci_config *c, enum container_rootless rootless, struct facts *ret)
{
	struct idmap_facts *ids = &ret->ids;

	ret->unprivileged = !nsfile_is_host_root();
	ret->open_in = caller_open_in();
	ids->uid = geteuid();
	ids->gid = getegid();
	ids->unprivileged = !rights_has(CAP_SETUID) || !rights_has(CAP_SETGID);
	if (ids->unprivileged)
		idmap_find_tools(ids);
	if (rootless == CONTAINER_ROOTLESS_FALSE)
		return;
	/* Capabilities of another than root are lost when the stub is executed. */
	ids->needed = ids->uid != 0 || !rights_has(CAP_SYS_ADMIN);
	if (ids->needed && !lookup_namespace(c->linux_, "user"))
		probe_subids(ids);
	ret->needs_no_cgroup = (ret->unprivileged || rootless == CONTAINER_ROOTLESS_TRUE) &&
			       !may_make_cgroups(&ret->cgroupfs);
}
