/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the names that a configuration may use for privileges; see security-names.h. */
#include "security/security-names.h"

#include "os/sys.h"
#include "security/filter-words.h"
#include "security/security.h"

#include <linux/seccomp.h>
#include <stdio.h>

void security_names_capabilities(security_names_visit *visit, void *context)
{
	for (int cap = 0; caps_name(cap); cap++)
		visit(context, caps_name(cap));
}

static bool kernel_has_action(uint32_t action)
{
	uint32_t word = action & SECCOMP_RET_ACTION_FULL;

	return SYS_3(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &word) == 0;
}

/* Those that this kernel has. */
void security_names_actions(security_names_visit *visit, void *context)
{
	for (const struct filter_action *a = filter_actions; a->word; a++)
		if (kernel_has_action(a->value))
			visit(context, a->word);
}

void security_names_operators(security_names_visit *visit, void *context)
{
	for (const struct filter_operator *op = filter_operators; op->word; op++)
		visit(context, op->word);
}

void security_names_archs(security_names_visit *visit, void *context)
{
	for (const struct filter_arch *a = filter_archs; a->word; a++)
		if (seccomp_arch_resolve_name(a->name))
			visit(context, a->word);
}

/*
 * The kernel looks at the flags first, then at the filter: with none, known flags give EFAULT. That
 * of listeners is known only beside the listener.
 */
uint32_t security_names_lacking(void)
{
	uint32_t lacking = 0;

	for (const struct filter_flag *f = filter_flags; f->word; f++) {
		unsigned long flags = f->bit;

		if (flags == SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
			flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
		if (SYS_3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, 0) != -EFAULT)
			lacking |= f->bit;
	}
	return lacking;
}

void security_names_flags(bool supported, security_names_visit *visit, void *context)
{
	const uint32_t lacking = supported ? security_names_lacking() : 0;

	for (const struct filter_flag *f = filter_flags; f->word; f++)
		if (!(f->bit & lacking))
			visit(context, f->word);
}

void security_names_libseccomp(char *buf, size_t size)
{
	const struct scmp_version *v = seccomp_version();

	if (v)
		snprintf(buf, size, "%u.%u.%u", v->major, v->minor, v->micro);
	else
		snprintf(buf, size, "unknown");
}
