/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts the process into a sandbox of landlock(7), which needs no privilege but no_new_privs. The
 * paths are the container's, seen with the rights of the process.
 */
#include "security/landlock.h"

#include "os/guestkey.h"
#include "security/security.h"
#include "spec/annotations.h"

#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#define RULE_PATH 1
#define RULE_PORT 2

/* Of sys/stat.h, which this code does not see. */
#define MODE_TYPE      0170000
#define MODE_DIRECTORY 0040000

/* struct landlock_path_beneath_attr and landlock_net_port_attr. */
struct at_path {
	uint64_t rights;
	int32_t fd;
} __attribute__((packed));

struct at_port {
	uint64_t rights;
	uint64_t port;
};

/*
 * The image must not choose what can be written: its /tmp may be a link to /, and links of procfs
 * lead anywhere. To read and execute, links are followed: /bin is one in most images.
 */
static long open_path(const char *path, uint64_t rights)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve =
			RESOLVE_NO_MAGICLINKS | (rights & LANDLOCK_WRITE ? RESOLVE_NO_SYMLINKS : 0),
	};

	return SYS_4(__NR_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static long allow_path(int set, const char *path, uint64_t rights)
{
	struct at_path at = { .rights = rights };
	struct statx st;
	long r = open_path(path, rights);

	if (r < 0)
		return r;
	at.fd = (int)r;
	r = SYS_5(__NR_statx, at.fd, "", AT_EMPTY_PATH, STATX_TYPE, &st);
	if (r >= 0 && (st.stx_mode & MODE_TYPE) != MODE_DIRECTORY)
		at.rights &= LANDLOCK_FILE;
	if (r >= 0)
		r = SYS_4(__NR_landlock_add_rule, set, RULE_PATH, &at, 0);
	sys_close(at.fd);
	return r;
}

static int allow(struct guest *g, int set, const struct landlock_rule *rule)
{
	const struct at_port at = { .rights = rule->rights, .port = rule->port };
	char port[24];
	long r;

	if (rule->path) {
		const char *path = flat_get_str(g->base, rule->path);

		r = allow_path(set, path, rule->rights);
		if (r == -ELOOP)
			guestkey_hint(g, "name the place itself: no link of the image is followed "
					 "to where is written, none of procfs anywhere");
		return r < 0 ? guestkey_fail(g, r, annotation_landlock_where, "allow", path) : 0;
	}
	sys_decimal(port, rule->port);
	r = SYS_4(__NR_landlock_add_rule, set, RULE_PORT, &at, 0);
	return r < 0 ? guestkey_fail(g, r, annotation_landlock_where, "allow the port", port) : 0;
}

int landlock_enter(struct guest *g, const struct security_plan *p)
{
	const uint64_t handled[] = { p->landlock.paths, p->landlock.ports };
	long set = SYS_3(__NR_landlock_create_ruleset, handled, sizeof(handled), 0);
	int r = 0;

	if (set < 0)
		return guestkey_fail(g, set, annotation_landlock_where,
				     "make a sandbox of Landlock", NULL);
	FLAT_EACH(g->base, p->landlock.rules, const struct landlock_rule, rule)
		if (r == 0)
			r = allow(g, (int)set, rule);
	if (r == 0) {
		long entered = SYS_2(__NR_landlock_restrict_self, set, 0);

		if (entered < 0)
			r = guestkey_fail(g, entered, annotation_landlock_where,
					  "enter the sandbox of Landlock", NULL);
	}
	sys_close((int)set);
	return r;
}
