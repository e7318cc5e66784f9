/* SPDX-License-Identifier: Apache-2.0 */
/* security/label-plan.c: profiles of AppArmor and labels of SELinux. Pure. */
#include "guest-child.h"
#include "os/lsmattr.h"
#include "security/security.h"

#define LABEL "system_u:system_r:container_t:s0:c1,c2"

/* Space for the plan's strings, and what became of them. */
static struct flat flat;
static struct label_plan got;
static struct rl_err err;

static int plan(char *profile, char *label, bool nnp, struct security_facts facts)
{
	struct oci_process proc = { .apparmor_profile = profile,
				    .selinux_label = label,
				    .no_new_privileges = nnp };

	flat_done(&flat);
	flat_init(&flat, 8);
	err = (struct rl_err)RL_ERR_INIT;
	got = (struct label_plan){ 0 };
	return label_plan(&proc, &facts, &flat, &got, &err);
}

static const char *apparmor(void)
{
	return got.apparmor ? flat_get_str(flat.data, got.apparmor) : NULL;
}

static void test_none(void)
{
	const struct security_facts none = { 0 };
	char empty[] = "", web[] = "web", label[] = LABEL;

	is_int(plan(NULL, NULL, true, none), 0, "nothing is asked for");
	ok(!got.apparmor && !got.selinux, "so nothing is done");
	is_int(plan(empty, empty, true, none), 0, "an empty one asks for nothing, too");
	ok(!got.apparmor && !got.selinux, "so nothing is done");
	is_int(plan(web, NULL, true, (struct security_facts){ .selinux = true }), -EINVAL,
	       "a profile without AppArmor");
	is_str(err.where, "process.apparmorProfile", "with its key");
	is_int(plan(NULL, label, true, (struct security_facts){ .apparmor = true }), -EINVAL,
	       "a label without SELinux");
	is_str(err.where, "process.selinuxLabel", "with its key");
}

static void test_apparmor(void)
{
	struct security_facts facts = { .apparmor = true };
	char web[] = "web", stacked[] = "&web";

	is_int(plan(web, NULL, true, facts), 0, "unconfined");
	is_str(apparmor(), "exec web", "the profile alone");
	is_int(plan(stacked, NULL, true, facts), 0, "a stack that is asked for");
	is_str(apparmor(), "exec &web", "is the kernel's to read");
	facts.confined = true;
	is_int(plan(web, NULL, false, facts), 0, "confined");
	is_str(apparmor(), "exec web", "the caller's profile decides whether it may");
	is_int(plan(web, NULL, true, facts), 0, "confined, with no_new_privs");
	is_str(apparmor(), "stack web", "only more confinement is possible");
}

static void test_long(void)
{
	const struct security_facts both = { .apparmor = true, .selinux = true };
	char text[LSMATTR_TEXT + 2];

	memset(text, 'x', sizeof(text));
	text[LSMATTR_TEXT] = 0;
	is_int(plan(NULL, text, false, both), 0, "the longest label");
	is_int(plan(text, NULL, false, both), -EINVAL,
	       "the verb takes from the space of a profile");
	text[LSMATTR_TEXT] = 'x';
	text[LSMATTR_TEXT + 1] = 0;
	is_int(plan(NULL, text, false, both), -EINVAL, "one byte more");
	is_str(err.where, "process.selinuxLabel", "with its key");
	text[LSMATTR_TEXT - strlen("stack ")] = 0;
	is_int(plan(text, NULL, false, both), 0, "the longest profile");
	is_int((long)strlen(apparmor()), LSMATTR_TEXT - 1, "is whole");
}

static void test_selinux(void)
{
	char label[] = LABEL;

	is_int(plan(NULL, label, true, (struct security_facts){ .selinux = true }), 0, "a label");
	is_str(flat_get_str(flat.data, got.selinux), LABEL, "as it is");
}

/* What no kernel can do is an error of the module's, by whichever way it is asked. */
static int set_nothing(struct guest *g, const void *arg, char *text, size_t size)
{
	(void)arg;
	(void)text;
	(void)size;
	g->proc_fd = -EBADF;
	return (int)lsmattr_set(g->proc_fd, LSMATTR_APPARMOR_EXEC, "exec there-is-no-such-profile");
}

static void test_guest(void)
{
	ok(child_run(set_nothing, &got, &got)->ret < 0, "an unknown profile fails");
}

int main(void)
{
	test_none();
	test_apparmor();
	test_selinux();
	test_long();
	test_guest();
	flat_done(&flat);
	return tap_done();
}
