/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the host what the planners must know; see plan-build.h. */
#include "container/plan-build.h"
#include "libocispec/ocispec.h"
#include "os/libc.h"
#include "os/lsm.h"
#include "os/selfstatus.h"
#include "security/security-names.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

void facts_probe_labels(const struct oci_process *proc, bool mounts, struct security_facts *ret)
{
	ret->selinux = (mounts || (proc && proc->selinux_label)) && lsm_selinux_is_on();
	ret->apparmor = proc && proc->apparmor_profile && lsm_apparmor_is_on();
	ret->confined = ret->apparmor && lsm_apparmor_is_confined();
}

static int probe_self(struct facts *f, struct rl_err *e)
{
	struct selfstatus self;
	int r = selfstatus_read(&self), last;

	if (r < 0)
		return rl_fail(e, r, "read which capabilities and signals this process has");
	last = self.bounding ? 63 - __builtin_clzll(self.bounding) : 0;
	/* The kernel may know more than are left. */
	while (last < 63 && prctl(PR_CAPBSET_READ, last + 1, 0, 0, 0) >= 0)
		last++;
	f->security.last_cap = last;
	f->security.bounding = self.bounding;
	f->default_signals = ~self.ignored;
	return 0;
}

int facts_probe(const struct oci_config *c, const struct container_options *o, bool cgroups,
		struct facts *ret, struct rl_err *e)
{
	int r = 0;

	/* The hierarchies are many pages, of which few are used. */
	memset(ret, 0, offsetof(struct facts, cgroupfs));
	ret->cgroupfs.n = 0;
	ret->cgroupfs.mode = CGROUPFS_NONE;
	if (cgroups)
		r = cgroupfs_probe(&ret->cgroupfs);
	facts_probe_labels(c->process, c->linux_ && c->linux_->mount_label, &ret->security);
	if (landlock_is_wanted(c))
		ret->security.landlock_abi = lsm_landlock_abi();
	if (c->linux_ && c->linux_->seccomp && c->linux_->seccomp->n_flags)
		ret->security.no_flags = security_names_lacking();
	if (r < 0)
		return rl_fail(e, r, "read which cgroups this host has");
	caller_probe(c, o->rootless, ret);
	if (c->linux_ && c->linux_->intel_rdt)
		r = resctrl_probe(&ret->resctrl);
	if (r < 0)
		return rl_fail(e, r, "look for the file system resctrl");
	if (o->cgroups == CONTAINER_CGROUPS_SYSTEMD) {
		r = cgroup_systemd_probe(!ret->unprivileged, o->session_bus, o->runtime_dir,
					 &ret->systemd, e);
		if (r < 0)
			return r;
	}
	return probe_self(ret, e);
}
