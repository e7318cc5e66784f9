/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rundlet features: prints what this build carries out, from the tables that its planners use
 * (features.md). Of this host are the annotations, and what the kernel has of seccomp, AppArmor and
 * SELinux.
 */
#include "base/auto.h"
#include "cli/cmd.h"
#include "cli/version.h"
#include "libocispec/ocispec.h"
#include "os/cgroupfs.h"
#include "os/lsm.h"
#include "os/systemd-bus.h"
#include "process/mempolicy.h"
#include "security/security-names.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define WORDS_MAX 96 /* in a list: our longest has some 60 */
#define WORD_MAX  64

static const struct options_row rows[] = { OPTIONS_END };

/* A list of words. They are not freed: the process ends. */
struct words {
	char *list[WORDS_MAX];
	size_t n;
	char made[WORDS_MAX][WORD_MAX];
};

static void words_add(void *words, const char *word)
{
	struct words *w = words;

	if (w->n == WORDS_MAX)
		return;
	snprintf(w->made[w->n], WORD_MAX, "%s", word);
	w->list[w->n] = w->made[w->n];
	w->n++;
}

static void add_hooks(struct words *w)
{
#define HOOK(symbol, member, name, status) words_add(w, name);
#include "spec/hooks.def"
#undef HOOK
}

/* All but those that are refused until they are carried out. */
static void add_mount_options(struct words *w)
{
#define OPTION_BIND(word)                 words_add(w, word)
#define OPTION_CLEAR(word)                words_add(w, word)
#define OPTION_COPY_SYMLINK(word)         words_add(w, word)
#define OPTION_COPY_UP(word)              words_add(w, word)
#define OPTION_IDMAP(word)                words_add(w, word)
#define OPTION_NOTHING(word)              words_add(w, word)
#define OPTION_NO_FOLLOW(word)            words_add(w, word)
#define OPTION_PROPAGATE(word)            words_add(w, word)
#define OPTION_RCLEAR(word)               words_add(w, word)
#define OPTION_REMOUNT(word)              words_add(w, word)
#define OPTION_RSET(word)                 words_add(w, word)
#define OPTION_SET(word)                  words_add(w, word)
#define MOUNT_OPTION(word, action, flags) OPTION_##action(word);
#include "rootfs/mount-options.def"
#undef MOUNT_OPTION
}

static void add_namespaces(struct words *w)
{
	for (const char *const *word = oci_words_namespace; *word; word++)
		words_add(w, *word);
}

static int print(const struct oci_features *f, struct rl_err *e)
{
	rl_autofree char *text = NULL;
	size_t len;
	int r;

	r = oci_save(&oci_features_table, f, &text, &len, OCI_SAVE_PRETTY);
	if (r < 0)
		return rl_fail(e, r, "make the document of features");
	fwrite(text, 1, len, stdout);
	if (!len || text[len - 1] != '\n')
		putchar('\n');
	return 0;
}

/* Add what this build and this host are: useful in the report of a fault. */
static int print_with_annotations(struct oci_features *f, struct rl_err *e)
{
	char seccomp[32], cgroup[32], lsm[256], landlock[16];
	struct utsname u;
	char *keys[] = {
		(char *)"org.rundlet.version",
		(char *)"org.rundlet.commit",
		(char *)"org.rundlet.host.kernel",
		(char *)"org.rundlet.host.cgroup",
		(char *)"org.rundlet.host.lsm",
		(char *)"org.rundlet.host.landlock",
		(char *)"io.github.seccomp.libseccomp.version",
	};
	char *values[] = { (char *)PACKAGE_VERSION,
			   (char *)RUNDLET_COMMIT,
			   u.release,
			   cgroup,
			   lsm,
			   landlock,
			   seccomp };
	struct oci_map annotations = { .n = RL_COUNT(keys), .keys = keys, .values = values };
	struct cgroupfs c;

	security_names_libseccomp(seccomp, sizeof(seccomp));
	lsm_list(lsm, sizeof(lsm));
	snprintf(landlock, sizeof(landlock), "%d", lsm_landlock_abi());
	if (uname(&u) < 0)
		snprintf(u.release, sizeof(u.release), "unknown");
	snprintf(cgroup, sizeof(cgroup), "%s",
		 cgroupfs_probe(&c) == 0 ? cgroupfs_mode_name(c.mode) : "unknown");
	f->annotations = &annotations;
	return print(f, e);
}

#define BOOL(member, truth) .has_##member = true, .member = (truth)
#define LIST(member, words) .member = (words).list, .n_##member = (words).n

static int print_seccomp(struct oci_features *f, struct rl_err *e)
{
	static struct words actions, operators, archs, known, supported;
	struct oci_features_seccomp seccomp;

	security_names_actions(words_add, &actions);
	security_names_operators(words_add, &operators);
	security_names_archs(words_add, &archs);
	security_names_flags(false, words_add, &known);
	security_names_flags(true, words_add, &supported);
	seccomp = (struct oci_features_seccomp){
		BOOL(enabled, true), LIST(actions, actions),   LIST(operators, operators),
		LIST(archs, archs),  LIST(known_flags, known), LIST(supported_flags, supported),
	};
	f->linux_->seccomp = &seccomp;
	return print_with_annotations(f, e);
}

static int print_linux(struct oci_features *f, struct rl_err *e)
{
	static struct words namespaces, capabilities, modes, flags;
	struct oci_features_switch yes = { BOOL(enabled, true) };
	struct oci_features_switch apparmor = { BOOL(enabled, lsm_apparmor_is_on()) };
	struct oci_features_switch selinux = { BOOL(enabled, lsm_selinux_is_on()) };
	struct oci_features_mounts mounts = { .idmap = &yes };
	struct oci_features_intel_rdt rdt = {
		BOOL(enabled, true),
		BOOL(schemata, true),
		BOOL(monitoring, true),
	};
	struct oci_features_memory_policy memory;
	bool systemd = systemd_bus_is_available();
	struct oci_features_cgroup cgroup = {
		BOOL(v1, true),         BOOL(v2, true),
		BOOL(systemd, systemd), BOOL(systemd_user, systemd),
		BOOL(rdma, true),
	};
	struct oci_features_linux all;

	add_namespaces(&namespaces);
	security_names_capabilities(words_add, &capabilities);
	mempolicy_words(false, words_add, &modes);
	mempolicy_words(true, words_add, &flags);
	memory = (struct oci_features_memory_policy){ LIST(modes, modes), LIST(flags, flags) };
	all = (struct oci_features_linux){
		LIST(namespaces, namespaces),
		LIST(capabilities, capabilities),
		.cgroup = &cgroup,
		.apparmor = &apparmor,
		.selinux = &selinux,
		.intel_rdt = &rdt,
		.mount_extensions = &mounts,
		.net_devices = &yes,
		.memory_policy = &memory,
	};
	f->linux_ = &all;
	return print_seccomp(f, e);
}

static int run(const struct options *o, int *ret_status, struct rl_err *e)
{
	static struct words hooks, options, unsafe;
	struct oci_features f;

	(void)o;
	(void)ret_status;
	add_hooks(&hooks);
	add_mount_options(&options);
#define ANNOTATION(name, key, by, what) words_add(&unsafe, key);
#include "spec/annotations.def"
#undef ANNOTATION
	f = (struct oci_features){
		.oci_version_min = (char *)VERSION_SPEC_MIN,
		.oci_version_max = (char *)VERSION_SPEC_MAX,
		LIST(hooks, hooks),
		LIST(mount_options, options),
		LIST(potentially_unsafe_config_annotations, unsafe),
	};
	return print_linux(&f, e);
}

const struct cmd cmd_features = {
	.name = "features",
	.group = CMD_GROUP_MAKE,
	.arguments = "",
	.summary = "print what this build can do as JSON",
	.about = "The features document of the OCI runtime-spec: what config.json may ask for.",
	.rows = rows,
	.run = run,
};
