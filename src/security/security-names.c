/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the names that a configuration may use for privileges; see security-names.h. */
#include "security/security-names.h"

#include "base/auto.h"
#include "os/sys.h"

#include <ctype.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#define CAPS_MAX 64 /* bits of the sets */

/* libcap says "cap_chown", and makes a number of a capability that it does not know. */
void security_names_capabilities(security_names_visit *visit, void *context)
{
	for (int cap = 0; cap < CAPS_MAX; cap++) {
		char *name = cap_to_name(cap);

		if (name && !strncmp(name, "cap_", 4)) {
			for (char *c = name; *c; c++)
				*c = (char)toupper((unsigned char)*c);
			visit(context, name);
		}
		cap_free(name);
	}
}

/* Without NOTIFY, which is refused until a listener is carried out. */
void security_names_actions(security_names_visit *visit, void *context)
{
	static const struct {
		const char *word;
		uint32_t value;
	} actions[] = {
#define ACTION(word, value, takes_errno) { word, value },
#include "security/filter-actions.def"
#undef ACTION
	};

	for (size_t i = 0; i < RL_COUNT(actions); i++)
		if (actions[i].value != SCMP_ACT_NOTIFY)
			visit(context, actions[i].word);
}

void security_names_operators(security_names_visit *visit, void *context)
{
#define OPERATOR(word, value) visit(context, word);
#include "security/filter-operators.def"
#undef OPERATOR
}

void security_names_archs(security_names_visit *visit, void *context)
{
	static const struct {
		const char *word;
		const char *name;
	} archs[] = {
#define ARCH(word, name) { word, name },
#include "security/filter-archs.def"
#undef ARCH
	};

	for (size_t i = 0; i < RL_COUNT(archs); i++)
		if (seccomp_arch_resolve_name(archs[i].name))
			visit(context, archs[i].word);
}

/* The kernel looks at the flags first, then at the filter: with none, a known flag gives EFAULT. */
static bool kernel_has_flag(unsigned long flag)
{
	return SYS_3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flag, 0) == -EFAULT;
}

void security_names_flags(bool supported, security_names_visit *visit, void *context)
{
	static const struct {
		const char *word;
		unsigned long bit;
	} flags[] = {
#define FLAG(word, bit) { word, bit },
#include "security/filter-flags.def"
#undef FLAG
	};

	for (size_t i = 0; i < RL_COUNT(flags); i++)
		if (!supported || (flags[i].bit && kernel_has_flag(flags[i].bit)))
			visit(context, flags[i].word);
}

void security_names_libseccomp(char *buf, size_t size)
{
	const struct scmp_version *v = seccomp_version();

	if (v)
		snprintf(buf, size, "%u.%u.%u", v->major, v->minor, v->micro);
	else
		snprintf(buf, size, "unknown");
}
