/* SPDX-License-Identifier: Apache-2.0 */
/* cli/update-options.h: from the words of the command line to resources. */
#include "cli/update-options.h"

#include "base/auto.h"
#include "cli/cmd.h"
#include "os/fdio.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define WORDS_MAX 16

static char got[1024]; /* the resources, or the error and its hint */

/* Make *u of the words of a line. */
static int parse(const char *line, struct update_options *u, struct options *o)
{
	struct options_table t = { .command = "update", .rows = cmd_update.rows };
	static char text[512];
	struct rl_err e = RL_ERR_INIT;
	char *words[WORDS_MAX];
	int n = 0, r;

	*o = (struct options)OPTIONS_INIT;
	*u = (struct update_options){ 0 };
	snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		words[n++] = w;
	r = options_parse(&t, words, n, o, &e);
	if (r >= 0)
		r = update_options_init(u, o, &e);
	if (r < 0)
		rl_err_line(&e, got, sizeof(got));
	return r;
}

/* The words ask for these resources. */
static void asks(const char *line, const char *want, bool located)
{
	rl_auto(update_options_done) struct update_options u;
	rl_autofree char *text = NULL;
	struct options o;
	size_t len;
	int r = parse(line, &u, &o);

	is_int(r, 0, "%s", line);
	if (r == 0 && u.update.resources)
		r = oci_save(&oci_resources_table, u.update.resources, &text, &len, 0);
	is_str(r == 0 ? text : got, want, "  the resources");
	ok((u.update.doc != NULL) == located, "  %s place in a document", located ? "a" : "no");
}

static void fails(const char *line, const char *want)
{
	rl_auto(update_options_done) struct update_options u;
	struct options o;

	got[0] = 0;
	ok(parse(line, &u, &o) < 0, "%s", line);
	got[strnlen(got, strlen(want))] = 0; /* yajl has the last word */
	is_str(got, want, "  the error");
}

static void test_limits(void)
{
	static const struct {
		const char *options, *resources;
	} rows[] = {
		{ "--memory 512M", "{\"memory\":{\"limit\":536870912}}" },
		{ "--memory=-1", "{\"memory\":{\"limit\":-1}}" },
		{ "--memory-swap -1", "{\"memory\":{\"swap\":-1}}" },
		{ "--memory-swap=1.5g", "{\"memory\":{\"swap\":1610612736}}" },
		{ "--memory-reservation 64KiB", "{\"memory\":{\"reservation\":65536}}" },
		{ "--kernel-memory 1m", "{\"memory\":{\"kernel\":1048576}}" },
		{ "--kernel-memory-tcp 1m", "{\"memory\":{\"kernelTCP\":1048576}}" },
		{ "--cpu-period 100000", "{\"cpu\":{\"period\":100000}}" },
		{ "--cpu-period 18446744073709551615",
		  "{\"cpu\":{\"period\":18446744073709551615}}" },
		{ "--cpu-quota -1", "{\"cpu\":{\"quota\":-1}}" },
		{ "--cpu-quota=9223372036854775807", "{\"cpu\":{\"quota\":9223372036854775807}}" },
		{ "--cpu-burst 5000", "{\"cpu\":{\"burst\":5000}}" },
		{ "--cpu-share 512", "{\"cpu\":{\"shares\":512}}" },
		{ "--cpu-shares=512", "{\"cpu\":{\"shares\":512}}" },
		{ "--cpu-share 1 --cpu-shares 2", "{\"cpu\":{\"shares\":2}}" },
		{ "--cpu-shares 2 --cpu-share 1", "{\"cpu\":{\"shares\":1}}" },
		{ "--cpu-rt-period 1000000", "{\"cpu\":{\"realtimePeriod\":1000000}}" },
		{ "--cpu-rt-runtime -1", "{\"cpu\":{\"realtimeRuntime\":-1}}" },
		{ "--cpu-idle 1", "{\"cpu\":{\"idle\":1}}" },
		{ "--cpuset-cpus 0-2,7", "{\"cpu\":{\"cpus\":\"0-2,7\"}}" },
		{ "--cpuset-mems=0", "{\"cpu\":{\"mems\":\"0\"}}" },
		{ "--pids-limit 0", "{\"pids\":{\"limit\":0}}" },
		{ "--pids-limit=-1", "{\"pids\":{\"limit\":-1}}" },
		{ "--blkio-weight 65535", "{\"blockIO\":{\"weight\":65535}}" },
		{ "-memory 1k -pids-limit=7",
		  "{\"memory\":{\"limit\":1024},\"pids\":{\"limit\":7}}" },
		{ "--memory 1g --memory-swap 2g --cpu-quota 5000 --pids-limit 7",
		  "{\"memory\":{\"limit\":1073741824,\"swap\":2147483648},"
		  "\"cpu\":{\"quota\":5000},\"pids\":{\"limit\":7}}" },
	};
	rl_auto(update_options_done) struct update_options u;
	struct options o;

	for (size_t i = 0; i < RL_COUNT(rows); i++)
		asks(rows[i].options, rows[i].resources, false);
	is_int(parse("--l3-cache-schema L3:0=f --mem-bw-schema=MB:0=20", &u, &o), 0,
	       "schemata alone: %s", got);
	is_str(u.update.l3_cache_schema, "L3:0=f", "  of the cache");
	is_str(u.update.mem_bw_schema, "MB:0=20", "  of the bandwidth");
	ok(!u.update.resources, "  and no resources");
}

#define SEE " (see rundlet update --help)"

static void test_mistakes(void)
{
	static const struct {
		const char *options, *message;
	} rows[] = {
		{ "--memory 1x", "option --memory: \"1x\" is no size such as 512M or 1.5GiB" SEE },
		{ "--memory -2", "option --memory: \"-2\" is no size such as 512M or 1.5GiB" SEE },
		{ "--memory 8192p",
		  "option --memory: \"8192p\" is more than 9223372036854775807" SEE },
		{ "--memory=", "option --memory: the value is empty" SEE },
		{ "--cpu-quota 5k", "option --cpu-quota: \"5k\" is no number from -1 to "
				    "9223372036854775807" SEE },
		{ "--cpu-quota 9223372036854775808",
		  "option --cpu-quota: \"9223372036854775808\" is no number from -1 to "
		  "9223372036854775807" SEE },
		{ "--cpu-quota=-2", "option --cpu-quota: \"-2\" is no number from -1 to "
				    "9223372036854775807" SEE },
		{ "--cpu-shares -1", "option --cpu-share: \"-1\" is no number from 0 to "
				     "18446744073709551615" SEE },
		{ "--cpu-period 18446744073709551616",
		  "option --cpu-period: \"18446744073709551616\" is no number from 0 to "
		  "18446744073709551615" SEE },
		{ "--pids-limit -", "option --pids-limit: \"-\" is no number from -1 to "
				    "9223372036854775807" SEE },
		{ "--pids-limit 1.5", "option --pids-limit: \"1.5\" is no number from -1 to "
				      "9223372036854775807" SEE },
		{ "--blkio-weight 65536",
		  "option --blkio-weight: \"65536\" is no number from 0 to 65535" SEE },
		{ "", "nothing to change is given: --resources, or one of the limits" SEE },
		{ "--resources /nonexistent/r",
		  "read the resources from /nonexistent/r: file or directory not found" },
		{ "--resources /proc", "read the resources from /proc: Is a directory" },
	};

	for (size_t i = 0; i < RL_COUNT(rows); i++)
		fails(rows[i].options, rows[i].message);
}

/* What the next command line finds on standard input. */
static void give(const char *text)
{
	int in = memfd_create("in", MFD_CLOEXEC);

	if (write(in, text, strlen(text)) != (ssize_t)strlen(text))
		ok(false, "the test can make its input");
	lseek(in, 0, SEEK_SET);
	dup2(in, STDIN_FILENO);
	close(in);
}

#define SOME "{\"memory\":{\"limit\":5,\"swap\":9},\"pids\":{\"limit\":3},\"unknown\":{}}"

static void test_documents(void)
{
	static const struct {
		const char *document, *options, *resources;
	} rows[] = {
		{ SOME, "--resources -",
		  "{\"memory\":{\"limit\":5,\"swap\":9},\"pids\":{\"limit\":3}}" },
		{ SOME, "-r=-", "{\"memory\":{\"limit\":5,\"swap\":9},\"pids\":{\"limit\":3}}" },
		{ SOME, "-r - --memory 7",
		  "{\"memory\":{\"limit\":7,\"swap\":9},\"pids\":{\"limit\":3}}" },
		{ SOME, "--cpuset-mems 0 -r -",
		  "{\"memory\":{\"limit\":5,\"swap\":9},\"cpu\":{\"mems\":\"0\"},"
		  "\"pids\":{\"limit\":3}}" },
		{ "{}", "--resources=-", "{}" },
	}, mistakes[] = {
		{ "{\"pids\":\n{\"limit\":\"x\"}}", "-r -",
		  "resources: pids.limit: must be an integer, not a string" },
		{ "{\"pids\":{}}", "-r -", "resources: pids.limit: is required" },
		{ "{\"memory\":{\"limit\":1.5}}", "-r -",
		  "resources: memory.limit: must be an integer without fraction and exponent, not 1.5" },
		{ "{\"memory\":{\"limit\":1}", "-r -",
		  "standard input: line 1, column 22: not valid JSON" },
	};

	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		give(rows[i].document);
		asks(rows[i].options, rows[i].resources,
		     !strstr(rows[i].options, " --memory") && !strstr(rows[i].options, "mems"));
	}
	for (size_t i = 0; i < RL_COUNT(mistakes); i++) {
		give(mistakes[i].document);
		fails(mistakes[i].options, mistakes[i].resources);
	}
}

static void test_file(void)
{
	char path[] = "/tmp/rundlet-unit-XXXXXX", line[64];
	int fd = mkstemp(path);

	ok(fd >= 0 && fdio_write_full(fd, SOME, strlen(SOME)) == 0, "the test can make a file");
	close(fd);
	snprintf(line, sizeof(line), "--resources=%s", path);
	asks(line, "{\"memory\":{\"limit\":5,\"swap\":9},\"pids\":{\"limit\":3}}", true);
	unlink(path);
}

int main(void)
{
	test_limits();
	test_mistakes();
	test_documents();
	test_file();
	return tap_done();
}
