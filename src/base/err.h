/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error type. An error is made once, where it is understood, and carried up unchanged.
 *
 * This header is freestanding: code of the container side fills the same struct, and sends it to
 * the host side in one write. Functions that format are for hosted code only (err.c).
 */
#ifndef RL_BASE_ERR_H
#define RL_BASE_ERR_H

#include <stdint.h>

#define RL_ERR_WHERE 160
#define RL_ERR_WHAT  320
#define RL_ERR_HINT  240

/* The text of `what` is the whole message: no description of `code` is appended to it. */
#define RL_ERR_WHOLE 0x1u
/* `where` is a member of a document like linux.resources of config.json, and not of config.json. */
#define RL_ERR_RESOURCES 0x2u
/* `where` is a member of a document that is a part of config.json alone, and begins with its name:
 * mounts[0].source, process.cwd. */
#define RL_ERR_PART 0x4u

struct rl_err {
	int32_t code;   /* errno value, positive; 0: no error */
	int32_t step;   /* row of steps.def in which it happened, or -1 */
	uint32_t flags; /* RL_ERR_... */
	int32_t line;   /* place in the document named by `where`, from 1; 0: unknown */
	int32_t column;
	char where[RL_ERR_WHERE]; /* key in config.json: linux.resources.memory.limit */
	char what[RL_ERR_WHAT];   /* verb and object: write "1048576" to memory.max */
	char hint[RL_ERR_HINT];   /* what the user can do, or empty */
};

#define RL_ERR_INIT        \
	{                  \
		.step = -1 \
	}

#ifdef __STDC_HOSTED__
#if __STDC_HOSTED__

/*
 * Fill *e (unless it holds an error already: the first one is kept) and return `r`.
 * r: negative errno. The text says verb and object: open "/x". Both texts are cut at their limits.
 */
int rl_fail(struct rl_err *e, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As rl_fail(), and `where` is the key in config.json that asked for it. */
int rl_fail_at(struct rl_err *e, int r, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Refuse what config.json asks for: the text is the whole message (RL_ERR_WHOLE).
 * Returns -EINVAL.
 */
int rl_refuse(struct rl_err *e, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As rl_refuse(), with an errno of the caller's choice (negative), and no key. Returns r. */
int rl_whole(struct rl_err *e, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Set the hint of the error that *e holds, if it has none yet. */
void rl_hint(struct rl_err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Take over an error that another process has sent, which may be no longer what it was: each text
 * gets an end, and it has a code and says something. Returns its code, negative.
 */
int rl_err_take(struct rl_err *e, const struct rl_err *from);

/*
 * The words for an errno value (positive). Not strerror(): engines classify messages by substring,
 * so "no such file or directory" is kept for a missing executable (see errors.def).
 */
const char *rl_errno_text(int code);

/* The hint of errors.def for this error, or NULL. */
const char *rl_errno_hint(int code);

/*
 * Write the first line of the error without program, command and id:
 * "config.json: mounts[7].source: open "/srv": Permission denied", "resources: memory.limit: ...".
 * Returns buf.
 */
char *rl_err_line(const struct rl_err *e, char *buf, unsigned int size);

#endif
#endif
#endif
