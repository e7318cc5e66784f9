/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the host what the planners must know; see plan-build.h. */
#include "container/plan-build.h"
#include "libocispec/ocispec.h"
#include "os/lsm.h"
#include "security/security-names.h"

#include <errno.h>
#include <sys/prctl.h>

void facts_probe_labels(const struct oci_process *proc, bool mounts, struct security_facts *ret)
{
	ret->selinux = (mounts || (proc && proc->selinux_label)) && lsm_selinux_is_on();
	ret->apparmor = proc && proc->apparmor_profile && lsm_apparmor_is_on();
	ret->confined = ret->apparmor && lsm_apparmor_is_confined();
}

int facts_probe(const struct oci_config *c, const struct container_options *o, struct facts *ret,
		struct rl_err *e)
{
	struct facts f = { 0 };
	int r = cgroupfs_probe(&f.cgroupfs);

	facts_probe_labels(c->process, c->linux_ && c->linux_->mount_label, &f.security);
	if (landlock_is_wanted(c))
		f.security.landlock_abi = lsm_landlock_abi();
	if (c->linux_ && c->linux_->seccomp && c->linux_->seccomp->n_flags)
		f.security.no_flags = security_names_lacking();
	if (r < 0)
		return rl_fail(e, r, "read which cgroups this host has");
	caller_probe(c, o->rootless, &f);
	if (c->linux_ && c->linux_->intel_rdt)
		r = resctrl_probe(&f.resctrl);
	if (r < 0)
		return rl_fail(e, r, "look for the file system resctrl");
	if (o->cgroups == CONTAINER_CGROUPS_SYSTEMD) {
		r = cgroup_systemd_probe(!f.unprivileged, o->session_bus, o->runtime_dir,
					 &f.systemd, e);
		if (r < 0)
			return r;
	}
	for (int cap = 0; cap < 64; cap++) {
		int has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (has < 0)
			break; /* beyond the last one that this kernel knows */
		f.security.last_cap = cap;
		f.security.bounding |= (uint64_t)(has != 0) << cap;
	}
	*ret = f;
	return 0;
}
