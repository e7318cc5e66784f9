/* SPDX-License-Identifier: Apache-2.0 */
/* base/log.h: what stands in the log file, on standard error, and on a terminal. */
#include "base/auto.h"
#include "base/log.h"
#include "capture.h"
#include "tap.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>

static char dir[] = "/tmp/test-log-XXXXXX";
static char path[64];

static const char *read_log(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, captured_bytes, sizeof(captured_bytes) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return NULL;
	captured_bytes[n] = 0;
	return captured_bytes;
}

/* Replace the digits of times: 2026-11-23T14:59:01.123456Z becomes 0000-00-00T00:00:00.000000Z. */
static const char *without_time(char *s)
{
	static const char shape[] = "0000-00-00T00:00:00.000000Z";

	for (char *p = s; p && *p; p++) {
		size_t i = 0;

		while (shape[i] &&
		       (shape[i] == '0' ? p[i] >= '0' && p[i] <= '9' : p[i] == shape[i]))
			i++;
		if (!shape[i])
			memcpy(p, shape, i);
	}
	return s;
}

static struct rl_err an_error(void)
{
	struct rl_err e = RL_ERR_INIT;

	rl_fail_at(&e, -EACCES, "mounts[7].source", "open \"/srv/\x1b[31m\"");
	rl_hint(&e, "make it \"readable\"");
	e.step = 16;
	e.line = 118;
	e.column = 9;
	return e;
}

static const struct log_error more = {
	.command = "create",
	.id = "web",
	.config = "/b/config.json",
	.step = "mounts_attach",
	.step_index = 17,
	.step_count = 36,
};

#define FIRST_LINE                                             \
	"rundlet: create web: config.json: mounts[7].source: " \
	"open \"/srv/\\x1b[31m\": Permission denied\n"

static void open_log(enum log_format format, enum log_level level)
{
	struct log_options o = { .path = path, .format = format, .level = level };
	struct rl_err e = RL_ERR_INIT;

	unlink(path);
	is_int(log_open(&o, &e), 0, "open the log, format %d, level %d", format, level);
}

static void test_json_file(void)
{
	struct rl_err e = an_error();
	struct stat st;

	open_log(LOG_FORMAT_JSON, LOG_LEVEL_ERROR);
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "the log is for its owner alone");
	capture(memory_file());
	log_warn("w");
	log_debug("d");
	log_error(&e, &more);
	is_str(captured_text(), FIRST_LINE, "one line on standard error, no warning");
	is_str(without_time((char *)read_log()),
	       "{\"level\":\"error\",\"msg\":\"config.json: mounts[7].source: open "
	       "\\\"/srv/\\u001b[31m\\\": "
	       "Permission "
	       "denied\",\"time\":\"0000-00-00T00:00:00.000000Z\",\"step\":\"mounts_attach\","
	       "\"config\":\"mounts[7].source\",\"line\":118,\"column\":9,\"errno\":13,"
	       "\"hint\":\"make it \\\"readable\\\"\"}\n",
	       "one JSON record, no warning");
	log_close();
}

static void test_least(void)
{
	struct rl_err e = RL_ERR_INIT;

	rl_whole(&e, -ENOENT, "container \"x\" does not exist");
	open_log(LOG_FORMAT_JSON, LOG_LEVEL_ERROR);
	capture(memory_file());
	log_error(&e, NULL);
	is_str(captured_text(), "rundlet: container \"x\" does not exist\n",
	       "an error of which little is known");
	is_str(without_time((char *)read_log()),
	       "{\"level\":\"error\",\"msg\":\"container \\\"x\\\" does not exist\","
	       "\"time\":\"0000-00-00T00:00:00.000000Z\",\"errno\":2}\n",
	       "its record");
	log_close();
}

static void test_append(void)
{
	struct rl_err e = RL_ERR_INIT;
	struct log_options o = { .path = path, .format = LOG_FORMAT_JSON };
	size_t lines = 0;

	rl_whole(&e, -EINVAL, "one");
	unlink(path);
	capture(memory_file());
	for (int i = 0; i < 3; i++) {
		log_open(&o, &e);
		log_error(&e, NULL);
		log_close();
	}
	captured_text();
	for (const char *p = read_log(); p && *p; p++)
		lines += *p == '\n';
	is_int(lines, 3, "the log is appended to");
}

static void test_levels(void)
{
	open_log(LOG_FORMAT_JSON, LOG_LEVEL_WARNING);
	capture(memory_file());
	log_warn("w%d, ignoring", 1);
	log_debug("d");
	is_str(captured_text(), "", "warnings for the log are not for standard error");
	is_str(without_time((char *)read_log()),
	       "{\"level\":\"warning\",\"msg\":\"w1, "
	       "ignoring\",\"time\":\"0000-00-00T00:00:00.000000Z\"}\n",
	       "a warning");
	log_close();

	open_log(LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
	log_debug("d\n");
	is_str(without_time((char *)read_log()),
	       "time=\"0000-00-00T00:00:00.000000Z\" level=debug msg=\"d\\n\"\n",
	       "a text record has one line");
	log_close();
}

static void test_text_file(void)
{
	struct rl_err e = an_error();

	open_log(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR);
	capture(memory_file());
	log_error(&e, &more);
	is_str(captured_text(), FIRST_LINE, "the line on standard error is the same");
	is_str(without_time((char *)read_log()),
	       "time=\"0000-00-00T00:00:00.000000Z\" level=error msg=\"config.json: "
	       "mounts[7].source: open "
	       "\\\"/srv/\\u001b[31m\\\": Permission denied\" step=\"mounts_attach\" "
	       "config=\"mounts[7].source\" "
	       "line=118 column=9 errno=13 hint=\"make it \\\"readable\\\"\"\n",
	       "a text record");
	log_close();
}

static void test_no_file(void)
{
	struct log_options json = { .format = LOG_FORMAT_JSON, .level = LOG_LEVEL_WARNING };
	struct rl_err e = an_error(), none = RL_ERR_INIT;

	capture(memory_file());
	log_warn("\x1b, ignoring");
	log_debug("d");
	log_error(&e, &more);
	is_str(captured_text(), "rundlet: warning: \\x1b, ignoring\n" FIRST_LINE,
	       "without a log, warnings are on standard error");

	log_open(&json, &none);
	capture(memory_file());
	log_warn("w");
	log_error(&e, NULL);
	ok(!strncmp(captured_text(), "{\"level\":\"warning\",", 19) &&
		   strstr(captured_bytes, "\n{\"level\":\"error\","),
	   "as JSON, if that is asked for");
	ok(!strstr(captured_bytes, "rundlet:"), "and not as text");
	log_close();
}

/* A failure of errno alone has the hint of errors.def. */
static void test_hint_of_errno(void)
{
	struct rl_err e = RL_ERR_INIT;

	rl_fail(&e, -EMFILE, "open \"/x\"");
	open_log(LOG_FORMAT_JSON, LOG_LEVEL_ERROR);
	capture(memory_file());
	log_error(&e, NULL);
	captured_text();
	ok(strstr(read_log(), "\"hint\":\"raise RLIMIT_NOFILE"), "the hint of errors.def");
	log_close();
}

/* What a terminal shows of an error. */
static const char *on_terminal(const struct rl_err *e)
{
	int master, slave;
	struct termios t;
	ssize_t n;

	if (openpty(&master, &slave, NULL, NULL, NULL) < 0)
		return NULL;
	tcgetattr(slave, &t);
	t.c_oflag &= (tcflag_t)~OPOST; /* no \r */
	tcsetattr(slave, TCSANOW, &t);
	capture(slave);
	log_error(e, &more);
	n = read(master, captured_bytes, sizeof(captured_bytes) - 1);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(slave);
	close(master);
	captured_bytes[n > 0 ? n : 0] = 0;
	return captured_bytes;
}

static void test_terminal(void)
{
	struct rl_err e = an_error();

	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	if (!on_terminal(&e)) {
		skip("no pseudo-terminal here");
		return;
	}
	is_str(captured_bytes,
	       FIRST_LINE "  at    /b/config.json line 118, column 9\n"
			  "  step  mounts_attach (17 of 36)\n"
			  "  hint  make it \"readable\"\n",
	       "all lines on a terminal");
	unsetenv("NO_COLOR");
	ok(strstr(on_terminal(&e), "\033[1;31mrundlet:\033[0m create web: "), "in colour");
	ok(!strstr(captured_bytes, "\033[31m"), "but not in that of the message");
	setenv("TERM", "dumb", 1);
	ok(!strchr(on_terminal(&e), '\033'), "not on a dumb terminal");
	unsetenv("TERM");
	ok(!strchr(on_terminal(&e), '\033'), "nor on an unknown one");
}

static void test_failures(void)
{
	struct log_options o = { .path = "/nonexistent/log" };
	struct rl_err e = RL_ERR_INIT;

	is_int(log_open(&o, &e), -ENOENT, "a log that cannot be opened");
	is_str(e.what, "open the log \"/nonexistent/log\"", "is named");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/log", dir);
	test_json_file();
	test_least();
	test_append();
	test_levels();
	test_text_file();
	test_no_file();
	test_hint_of_errno();
	test_terminal();
	test_failures();
	unlink(path);
	rmdir(dir);
	return tap_done();
}
