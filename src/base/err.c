/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and words errors; see err.h. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int code;
	const char *text;
	const char *hint;
} errno_table[] = {
#define ERRNO(value, text, hint) { value, text, hint },
#include "base/errors.def"
#undef ERRNO
};

static int fill(struct rl_err *e, int r, unsigned int flags, const char *where, const char *fmt,
		va_list ap)
{
	if (!e || e->code)
		return r;
	e->code = -r;
	e->flags = flags;
	if (where)
		snprintf(e->where, sizeof(e->where), "%s", where);
	vsnprintf(e->what, sizeof(e->what), fmt, ap);
	return r;
}

int rl_fail(struct rl_err *e, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, r, 0, NULL, fmt, ap);
	va_end(ap);
	return r;
}

int rl_fail_at(struct rl_err *e, int r, const char *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, r, 0, where, fmt, ap);
	va_end(ap);
	return r;
}

int rl_refuse(struct rl_err *e, const char *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, -EINVAL, RL_ERR_WHOLE, where, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int rl_whole(struct rl_err *e, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, r, RL_ERR_WHOLE, NULL, fmt, ap);
	va_end(ap);
	return r;
}

void rl_hint(struct rl_err *e, const char *fmt, ...)
{
	va_list ap;

	if (!e || e->hint[0])
		return;
	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
}

int rl_err_take(struct rl_err *e, const struct rl_err *from)
{
	*e = *from;
	e->where[sizeof(e->where) - 1] = 0;
	e->what[sizeof(e->what) - 1] = 0;
	e->hint[sizeof(e->hint) - 1] = 0;
	if (e->code <= 0)
		e->code = EPROTO;
	if (!e->what[0])
		snprintf(e->what, sizeof(e->what), "understand the container's process");
	return -e->code;
}

const char *rl_errno_text(int code)
{
	for (size_t i = 0; i < sizeof(errno_table) / sizeof(errno_table[0]); i++)
		if (errno_table[i].code == code)
			return errno_table[i].text;
	return strerror(code);
}

const char *rl_errno_hint(int code)
{
	for (size_t i = 0; i < sizeof(errno_table) / sizeof(errno_table[0]); i++)
		if (errno_table[i].code == code)
			return errno_table[i].hint;
	return NULL;
}

char *rl_err_line(const struct rl_err *e, char *buf, unsigned int size)
{
	bool whole = e->flags & RL_ERR_WHOLE;
	const char *document = "config.json: ";

	if (e->flags & RL_ERR_RESOURCES)
		document = "resources: ";
	if (e->flags & RL_ERR_PART) /* the member says it */
		document = "";
	snprintf(buf, size, "%s%s%s%s%s%s", e->where[0] ? document : "", e->where,
		 e->where[0] ? ": " : "", e->what, whole ? "" : ": ",
		 whole ? "" : rl_errno_text(e->code));
	return buf;
}
