/* SPDX-License-Identifier: Apache-2.0 */
/* The rows RULE of weakness.def: weaknesses that need a look of their own. Pure. */
#include "spec/weakness-find.h"

#include "spec/annotations.h"
#include "spec/lookup.h"

#include <stdio.h>
#include <string.h>

void weakness_rules_no_seccomp(struct weakness_search *s, const char *rule)
{
	if ((!s->c->linux_ || !s->c->linux_->seccomp) &&
	    !annotations_get(s->c, annotation_seccomp_bpf_data))
		weakness_add(s, WEAKNESS_HIGH, rule, "linux.seccomp",
			     "every system call of the kernel can be made");
}

void weakness_rules_open_seccomp(struct weakness_search *s, const char *rule)
{
	const struct oci_seccomp *f = s->c->linux_ ? s->c->linux_->seccomp : NULL;

	/* That one is loaded instead of the rules. */
	if (annotations_get(s->c, annotation_seccomp_bpf_data))
		return;
	if (!f || (strcmp(f->default_action, "SCMP_ACT_ALLOW") != 0 &&
		   strcmp(f->default_action, "SCMP_ACT_LOG") != 0))
		return;
	weakness_add(s, f->n_syscalls ? WEAKNESS_MEDIUM : WEAKNESS_HIGH, rule,
		     "linux.seccomp.defaultAction",
		     "system calls that are not named, and new ones, can be made");
}

void weakness_rules_compiled_seccomp(struct weakness_search *s, const char *rule)
{
	if (annotations_get(s->c, annotation_seccomp_bpf_data))
		weakness_add(s, WEAKNESS_MEDIUM, rule, annotation_seccomp_bpf_data_where,
			     "nobody can tell what the compiled filter lets pass");
}

void weakness_rules_no_userns(struct weakness_search *s, const char *rule)
{
	const struct oci_process *p = s->c->process;
	bool root = !p || !p->user || p->user->uid == 0;

	if (!lookup_namespace(s->c->linux_, "user"))
		weakness_add(s, root ? WEAKNESS_MEDIUM : WEAKNESS_LOW, rule, "linux.namespaces",
			     root ? "there is no user namespace: root is the host's root" :
				    "there is no user namespace: the ids are the host's");
}

int weakness_rules_root_map(const struct oci_config *c)
{
	for (size_t i = 0; c->linux_ && i < c->linux_->n_uid_mappings; i++)
		if (c->linux_->uid_mappings[i]->host_id == 0 && c->linux_->uid_mappings[i]->size)
			return (int)i;
	return -1;
}

void weakness_rules_host_root(struct weakness_search *s, const char *rule)
{
	int i = weakness_rules_root_map(s->c);
	char where[RL_ERR_WHERE];

	if (i < 0 || !lookup_namespace(s->c->linux_, "user"))
		return;
	snprintf(where, sizeof(where), "linux.uidMappings[%d].hostID", i);
	weakness_add(s, WEAKNESS_MEDIUM, rule, where,
		     "an id of the user namespace is root of who runs rundlet");
}

/* Those of another container: the host's are told anyway. */
static bool joins_pids(const struct oci_config *c)
{
	const struct oci_namespace *pid = lookup_namespace(c->linux_, "pid");

	return pid && lookup_is_joined(pid) && !weakness_paths_of_host(pid->path);
}

void weakness_rules_pid_hooks(struct weakness_search *s, const char *rule)
{
	if (s->c->hooks && s->c->hooks->n_create_container && joins_pids(s->c))
		weakness_add(s, WEAKNESS_MEDIUM, rule, "hooks.createContainer",
			     "processes in the pid namespace that is joined can reach the host "
			     "through the hooks, if they may trace them");
}

/* The host's is told anyway, and refused. */
void weakness_rules_joined_mounts(struct weakness_search *s, const char *rule)
{
	const struct oci_namespace *mount = lookup_namespace(s->c->linux_, "mount");

	if (mount && lookup_is_joined(mount) && !weakness_paths_of_host(mount->path))
		weakness_add(
			s, WEAKNESS_HIGH, rule, "linux.namespaces",
			"the root in a mount namespace that is joined is one of chroot(2): who "
			"shares a pid namespace with the container, and may look at its "
			"processes, gets out of it, and so may its own root");
}

bool weakness_rules_opens(const struct oci_device_rule *d)
{
	return d->allow && (!d->access || !d->access[0] || strpbrk(d->access, "rw"));
}

bool weakness_rules_any(bool has, int64_t number)
{
	return !has || number == -1;
}

void weakness_rules_all_devices(struct weakness_search *s, const char *rule)
{
	const struct oci_resources *r = s->c->linux_ ? s->c->linux_->resources : NULL;
	char where[RL_ERR_WHERE];

	for (size_t i = 0; r && i < r->n_devices; i++) {
		const struct oci_device_rule *d = r->devices[i];
		bool all = !d->type || !d->type[0] || !strcmp(d->type, "a");

		if (!weakness_rules_opens(d) || !weakness_rules_any(d->has_major, d->major))
			continue;
		snprintf(where, sizeof(where), "linux.resources.devices[%zu]", i);
		weakness_add(s, !all && d->type[0] == 'c' ? WEAKNESS_HIGH : WEAKNESS_CRITICAL, rule,
			     where, "allows all %sdevices of the host",
			     all               ? "" :
			     d->type[0] == 'c' ? "character " :
						 "block ");
	}
}

void weakness_rules_new_privs(struct weakness_search *s, const char *rule)
{
	if (s->c->process && !s->c->process->no_new_privileges)
		weakness_add(s, WEAKNESS_MEDIUM, rule, "process.noNewPrivileges",
			     "programs of the image can gain privileges (set-user-ID)");
}

void weakness_rules_inherited(struct weakness_search *s, const char *rule)
{
	const struct oci_capabilities *c = s->c->process ? s->c->process->capabilities : NULL;

	if (c && c->n_ambient)
		weakness_add(s, WEAKNESS_LOW, rule, "process.capabilities.ambient",
			     "every program has them, whoever the user is");
	if (c && c->n_inheritable)
		weakness_add(s, WEAKNESS_LOW, rule, "process.capabilities.inheritable",
			     "programs of the image with capabilities on their file gain them");
}

/* A mount of one of the types that can be written. */
static void find_type(struct weakness_search *s, const char *rule, const char *type,
		      enum weakness_level level, const char *what)
{
	char where[RL_ERR_WHERE];

	for (size_t i = 0; i < s->c->n_mounts; i++) {
		const struct oci_mount *m = s->c->mounts[i];

		if (!m->type || strcmp(m->type, type) != 0 || weakness_paths_readonly(m))
			continue;
		snprintf(where, sizeof(where), "mounts[%zu].options", i);
		weakness_add(s, level, rule, where, "%s", what);
	}
}

void weakness_rules_sysfs(struct weakness_search *s, const char *rule)
{
	find_type(s, rule, "sysfs", s->userns ? WEAKNESS_LOW : WEAKNESS_HIGH,
		  "sysfs can be written: the host's hardware can be set up");
}

void weakness_rules_cgroups(struct weakness_search *s, const char *rule)
{
	const enum weakness_level level = s->userns ? WEAKNESS_LOW : WEAKNESS_MEDIUM;
	static const char what[] =
		"cgroups can be written: limits can be changed, and on version 1 "
		"release_agent starts programs on the host";

	find_type(s, rule, "cgroup", level, what);
	find_type(s, rule, "cgroup2", level, what);
}

static bool is_shared(const char *word)
{
	return !strcmp(word, "shared") || !strcmp(word, "rshared");
}

void weakness_rules_propagation(struct weakness_search *s, const char *rule)
{
	static const char what[] = "mounts made in the container appear on the host";
	char where[RL_ERR_WHERE];

	if (s->c->linux_ && s->c->linux_->rootfs_propagation &&
	    is_shared(s->c->linux_->rootfs_propagation))
		weakness_add(s, WEAKNESS_MEDIUM, rule, "linux.rootfsPropagation", "%s", what);
	for (size_t i = 0; i < s->c->n_mounts; i++) {
		const struct oci_mount *m = s->c->mounts[i];

		for (size_t o = 0; o < m->n_options; o++) {
			if (!is_shared(m->options[o]))
				continue;
			snprintf(where, sizeof(where), "mounts[%zu].options[%zu]", i, o);
			weakness_add(s, WEAKNESS_MEDIUM, rule, where, "%s", what);
		}
	}
}

void weakness_rules_no_module(struct weakness_search *s, const char *rule)
{
	const struct oci_process *p = s->c->process;
	const char *landlock = annotations_get(s->c, annotation_landlock);

	if (p && p->apparmor_profile && p->apparmor_profile[0] &&
	    strcmp(p->apparmor_profile, "unconfined") != 0)
		return;
	if (p && p->selinux_label && p->selinux_label[0])
		return;
	if (landlock && landlock[0])
		return;
	weakness_add(s, WEAKNESS_LOW, rule, "process",
		     "neither AppArmor nor SELinux nor Landlock confines it");
}

void weakness_rules_host_files(struct weakness_search *s, const char *rule)
{
	const struct oci_root *root = s->c->root;

	if (root && root->path && root->path[0] == '/' && weakness_paths_top(root->path))
		weakness_add(s, root->readonly ? WEAKNESS_HIGH : WEAKNESS_CRITICAL, rule,
			     "root.path", "all files of the host are the container's");
}

void weakness_rules_writable_root(struct weakness_search *s, const char *rule)
{
	if (s->c->root && !s->c->root->readonly)
		weakness_add(s, WEAKNESS_LOW, rule, "root.readonly",
			     "programs and settings in the root can be changed");
}
