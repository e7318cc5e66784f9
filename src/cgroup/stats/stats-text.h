/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsers of the texts of cgroup files; see cgroup-v2.rst, psi.rst and cgroup-v1/ in the kernel's
 * documentation. Pure. What does not parse is left out: a later kernel may write more than we know.
 * Inside src/cgroup only.
 */
#ifndef RL_CGROUP_STATS_TEXT_H
#define RL_CGROUP_STATS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#define STATS_TEXT_MAX UINT64_MAX /* the number that "max" is: no limit */

/* More than the kernel has processors or memory nodes. */
#define STATS_TEXT_LIST_MAX 65536u

/*
 * A file, line or word that is one decimal number, or "max". False, with *ret as it was, if it is
 * something else, is negative, or does not fit.
 */
bool stats_text_number(const char *text, uint64_t *ret);
/* As that, without "max", with negative ones. */
bool stats_text_signed(const char *text, int64_t *ret);

/* Lines "key number": the number of this key. */
bool stats_text_value(const char *text, const char *key, uint64_t *ret);

/*
 * The next line, or NULL. It is cut off *text, and changed: an end is written to it. *text may be
 * NULL.
 */
char *stats_text_line(char **text);

/* The next word of a line, cut off in the same way, or NULL. */
char *stats_text_word(char **line);

/* The next line "key number" of a text that is cut; other lines are passed over. */
bool stats_text_pair(char **text, const char **ret_key, uint64_t *ret_value);

/* The first word of a line that begins with a device: "259:0 ...". The word is cut off. */
bool stats_text_device(char **line, uint64_t *ret_major, uint64_t *ret_minor);

/* A word "key=number": the number, if that is the key. */
bool stats_text_assigned(const char *word, const char *key, uint64_t *ret);

/* The next range of a list "0-3,7", cut off *list: 0 to 3, then 7 to 7. False at the end. */
bool stats_text_range(const char **list, uint32_t *ret_first, uint32_t *ret_last);

/* Of one line of PSI; the averages are percents in hundredths, the total is in microseconds. */
struct stats_pressure {
	uint64_t avg10, avg60, avg300, total;
};

/* "some avg10=0.75 avg60=0.00 avg300=0.00 total=675992": the numbers of the line that begins with
 * `kind`. False if there is none. The text is not changed. */
bool stats_text_pressure(const char *text, const char *kind, struct stats_pressure *ret);

#endif
