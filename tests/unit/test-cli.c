/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: what each command asks for, what it prints, and its exit status. */
#include "run-cli.h"

/* It succeeds, prints nothing, and makes this one call. */
static void does(const char *line, const char *want)
{
	call(line);
	is_int(result.status, 0, "%s", line);
	is_str(result.calls, want, "  calls");
	is_str(result.out, "", "  prints nothing");
	is_str(result.err, "", "  says nothing");
}

#define PLAIN(root, id) \
	"create root=" root " id=" id " bundle=- config=- pid-file=- console=- fds=0 cgroups=0"

static void test_create(void)
{
	does("--root /r create web", PLAIN("/r", "web") "\n");
	does("--root=/r// create -- -web", PLAIN("/r", "-web") "\n");
	does("--root /r/./x/ --log-format=json --log /dev/null create web",
	     PLAIN("/r/x", "web") "\n");
	does("--root /r --systemd-cgroup create -b /b web --pid-file /p --console-socket=/c "
	     "--preserve-fds 3 --no-pivot --no-new-keyring -no-subreaper -f /etc/c.json",
	     "create root=/r id=web bundle=/b config=/etc/c.json pid-file=/p console=/c fds=3 cgroups=1 "
	     "no-pivot no-keyring\n");
	does("--root /r --cgroup-manager disabled run -d web --keep",
	     "run detached root=/r id=web bundle=- config=- pid-file=- console=- fds=0 cgroups=2 keep\n");
	call("--root /r run web");
	is_int(result.status, 137, "run has the status of the program");
	is_str(result.out, "", "and prints nothing");
	call("--root /r create warned");
	is_str(result.err, "rundlet: warning: odd, ignoring\n", "a warning is no failure");
	is_int(result.status, 0, "indeed not");
	does("--root /r --log-level error create warned", PLAIN("/r", "warned") "\n");
	does("--root /r --log /dev/null create warned", PLAIN("/r", "warned") "\n");
}

static void test_trace(const char *dir)
{
	char line[256], path[64];
	struct stat st;

	call("--root /r create --trace web");
	is_str(result.err, "traced\n", "the trace is on standard error");
	call("--root /r --trace create web");
	is_str(result.err, "traced\n", "the option may stand before the command");
	snprintf(path, sizeof(path), "%s/trace", dir);
	snprintf(line, sizeof(line), "--root /r --trace=%s create web", path);
	call(line);
	call(line);
	is_str(result.err, "", "or in a file");
	ok(stat(path, &st) == 0 && st.st_size == 2 * (off_t)strlen("traced\n"),
	   "which is appended to");
	unlink(path);
	fails("--root /r --trace=/nonexistent/t create web",
	      "rundlet: create web: open the trace \"/nonexistent/t\": file or directory not found\n");
}

static void test_mounts(void)
{
	int fd = memfd_create("list", 0); /* the program inherits it */
	char line[100];

	ok(write(fd, "[{\"destination\": \"/x\"}]", 23) == 23, "a list");
	snprintf(line, sizeof(line), "--root /r mounts add web /proc/self/fd/%d", fd);
	does(line, "mounts add /r web 1\n");
	snprintf(line, sizeof(line), "--root /r mounts remove web /proc/self/fd/%d", fd);
	does(line, "mounts remove /r web 1\n");
	close(fd);
}

static void test_exec(void)
{
	call("--root /r exec -u 1:2 -g 3 -e A=1 -e B= -c CAP_KILL --cgroup cpu:a --cgroup b --cwd /w "
	     "--pid-file /p --preserve-fds 2 -t --no-new-privs --ignore-paused -d web ls --cwd x");
	is_str(result.calls,
	       "exec /r web ls --cwd x env=A=1 env=B= cap=CAP_KILL gid=3 cgroup=cpu|a cgroup=-|b "
	       "user=1:2 cwd=/w pid-file=/p fds=2 tty nnp ignore-paused detach\n",
	       "every option of exec");
	is_int(result.status, 7, "it has the status of the program");
	call("--root /r exec -u 1x web true");
	is_int(result.status, 255, "its own failure has another");
	is_str(result.err,
	       "rundlet: exec web: --user: \"1x\" is not UID or UID:GID, in numbers up to "
	       "4294967294\n",
	       "and one line");
	is_str(result.calls, "", "and calls nothing");
	call("--root /r exec --nothing web");
	is_int(result.status, 255, "so has a mistake in the options");
}

static void test_life(void)
{
	does("--root /r start web", "start /r web\n");
	does("--root /r update --memory 1m web --pids-limit -1",
	     "update /r web {\"memory\":{\"limit\":1048576},\"pids\":{\"limit\":-1}}\n");
	does("--root /r kill web", "kill /r web 15\n");
	does("--root /r kill web KILL", "kill /r web 9\n");
	does("--root /r kill web SIGKILL", "kill /r web 9\n");
	does("--root /r kill --all web 9", "kill /r web 9 all\n");
	does("--root /r kill web 9 -a", "kill /r web 9 all\n");
	does("--root /r pause web", "pause /r web\n");
	does("--root /r resume web", "resume /r web\n");
	does("--root /r delete --force web", "delete /r web force\n");
	does("--root /r delete -f web", "delete /r web force\n");
	call("--root /r delete web");
	is_str(result.err, "rundlet: delete web: container \"web\" does not exist\n",
	       "an error of an operation");
	is_int(result.status, 1, "is a failure");
	fails("--root /r update web",
	      "rundlet: update web: nothing to change is given: --resources, or one of the limits "
	      "(see rundlet update --help)\n");
	fails("--root /r update --pids-limit 5",
	      "rundlet: update: an argument is missing: ID (see rundlet update --help)\n");
	fails("--root /r mounts move web x",
	      "rundlet: mounts web: \"move\" is neither add nor remove (see rundlet mounts --help)\n");
	fails("--root /r mounts add we/b x",
	      "rundlet: mounts we/b: invalid container ID \"we/b\": only letters, digits and _ + . - are "
	      "allowed\n");
	fails("--root /r mounts add web /nonexistent",
	      "rundlet: mounts web: read the mounts from /nonexistent: file or directory not found\n");
	fails("--root /r kill web NOTHING", "rundlet: kill web: unknown signal \"NOTHING\"\n");
}

static void test_regex(void)
{
	does("--root /r kill --regex web[0-9] KILL", "kill /r web1 9\nkill /r web2 9\n");
	does("--root /r kill -r -a ^(db|.*2)$", "kill /r db 15 all\nkill /r web2 15 all\n");
	does("--root /r kill -r ^WEB", "");
	does("--root /r kill -r none", "kill /r none 15\nstate /r none\n");
	does("--root /r delete -f --regex b", "delete /r db force\ndelete /r web-over force\n"
					      "delete /r web1 force\ndelete /r web2 force\n");
	call("--root /r kill -r w");
	is_str(result.err, "rundlet: kill web-over: container not running\n",
	       "the failure of one is told");
	is_str(result.calls, "kill /r web-over 15\nkill /r web1 15\nkill /r web2 15\n",
	       "it does not stop the others");
	is_int(result.status, 1, "and is the failure of all");
	fails("--root /r kill -r web NOTHING", "rundlet: kill web: unknown signal \"NOTHING\"\n");
}

static void test_bad_regex(void)
{
	static const char *const rows[][2] = {
		{ "web[0-9", "[0-9" },
		{ "(a|b", "(a|b" },
		{ "(a)b(c", "(c" },
		{ "x+a{2,1}", "{2,1}" },
		{ "[[:digits:]]", "[[:digits:]]" },
		{ "*", "*" },
		{ "a\\", "\\" },
	};
	char line[256];

	for (size_t i = 0; i < RL_COUNT(rows); i++) {
		snprintf(line, sizeof(line), "--root /r delete -f -r %s", rows[i][0]);
		call(line);
		is_int(result.status, 1, "%s", line);
		snprintf(line, sizeof(line), "invalid regular expression \"%s\": ", rows[i][0]);
		ok(strstr(result.err, line), "  the error: %s", result.err);
		snprintf(line, sizeof(line), ", at \"%s\"\n", rows[i][1]);
		ok(strstr(result.err, line), "  has the part%s", line);
		is_str(result.calls, "", "  calls nothing");
	}
	fails("--root /r delete -f -r ''", "rundlet: delete : the regular expression is empty\n");
}

#define STATE                                                                    \
	"{\n  \"ociVersion\": \"1.2.0\",\n  \"id\": \"%s\",\n  \"pid\": 2322,\n" \
	"  \"status\": \"running\",\n  \"bundle\": \"/b\\u001b\",\n"             \
	"  \"rootfs\": \"/b/rootfs\",\n"                                         \
	"  \"created\": \"2026-11-22T09:58:09.784969134Z\",\n%s  \"owner\": \"\"\n}\n"

#define ITEM(id, owner)                                                                    \
	"{\"ociVersion\":\"1.2.0\",\"id\":\"" id "\",\"pid\":2322,\"status\":\"running\"," \
	"\"bundle\":\"/b\\u001b\",\"rootfs\":\"/b/rootfs\","                               \
	"\"created\":\"2026-11-22T09:58:09.784969134Z\",\"owner\":\"" owner "\"}"

static void test_look(void)
{
	char want[1024];

	call("--root /r state web");
	snprintf(want, sizeof(want), STATE, "web", "");
	is_str(result.out, want, "state");
	call("--root /r state annotated");
	snprintf(want, sizeof(want), STATE, "annotated",
		 "  \"annotations\": {\n    \"a.b\": \"c\"\n  },\n");
	is_str(result.out, want, "state with annotations");

	call("--root /r list -f json");
	is_str(result.out, "[" ITEM("db", "root") "," ITEM("website", "#4000000000") "]\n",
	       "list as JSON");
	call("--root /empty list --format=json");
	is_str(result.out, "[]\n", "an empty list is a list");
	call("--root /r list");
	is_str(result.out,
	       "ID       PID   STATUS   BUNDLE  CREATED                         OWNER\n"
	       "db       2322  running  /b\\x1b  2026-11-22T09:58:09.784969134Z  root\n"
	       "website  2322  running  /b\\x1b  2026-11-22T09:58:09.784969134Z  #4000000000\n",
	       "list as a table");
	call("--root /empty list");
	is_str(result.out, "ID  PID  STATUS  BUNDLE  CREATED  OWNER\n", "an empty table");
	call("--root /r list -q");
	is_str(result.out, "db\nwebsite\n", "the ids only");
}

static void test_events(void)
{
	does("--root /r events web", "events /r web 5000000000\n");
	does("--root /r events web --interval=500ms", "events /r web 500000000\n");
	does("--root /r events --interval 2 web", "events /r web 2000000000\n");
	call("--root /r events --stats web");
	is_str(result.calls, "stats /r web\n", "events --stats");
	is_str(result.out, "{}\n", "prints them");
	fails("events --interval 0s web",
	      "rundlet: events web: option --interval: \"0s\" is less than 1ms "
	      "(see rundlet events --help)\n");
	fails("events --interval -5s web",
	      "rundlet: events web: option --interval: \"-5s\" is out of range "
	      "(see rundlet events --help)\n");
	fails("events --interval soon web",
	      "rundlet: events web: option --interval: \"soon\" is no duration "
	      "(see rundlet events --help)\n");
	call("--root /r events unread");
	is_int(result.status, 141, "a reader that goes away ends it");
	is_str(result.err, "", "without a word");
	is_str(result.out, "", "and nothing more is written");
}

static void test_plan(void)
{
	call("--root /r plan -b /b");
	is_str(result.out, "plan 0\n", "plan, as text");
	is_str(result.calls,
	       "plan root=/r id=plan bundle=/b config=- pid-file=- console=- fds=0 cgroups=0\n",
	       "needs no id");
	call("--root /r plan --format=json web");
	is_str(result.out, "plan 1\n", "plan, as JSON");
}

static void test_mistakes(void)
{
	char id[1100] = "--root /r create ";

	fails("create",
	      "rundlet: create: an argument is missing: ID (see rundlet create --help)\n");
	fails("create a b",
	      "rundlet: create a: unexpected argument \"b\" (see rundlet create --help)\n");
	fails("kill a 9 c d e f",
	      "rundlet: kill a: unexpected argument \"c\" (see rundlet kill --help)\n");
	fails("list a", "rundlet: list a: unexpected argument \"a\" (see rundlet list --help)\n");
	fails("creat", "rundlet: unknown command \"creat\" (see rundlet --help)\n");
	fails("''", "rundlet: unknown command \"\" (see rundlet --help)\n");
	fails("checkpoint --help",
	      "rundlet: unknown command \"checkpoint\" (see rundlet --help)\n");
	fails("help checkpoint", "rundlet: unknown command \"checkpoint\" (see rundlet --help)\n");
	fails("create --nothing web",
	      "rundlet: create: unknown option --nothing (see rundlet create --help)\n");
	fails("--nothing", "rundlet: unknown option --nothing (see rundlet --help)\n");
	fails("start --root /r web",
	      "rundlet: start: --root is a global option: it stands before \"start\" "
	      "(see rundlet --help)\n");
	fails("create a/b",
	      "rundlet: create a/b: invalid container ID \"a/b\": only letters, digits and "
	      "_ + . - are allowed\n");
	fails("delete --force ..",
	      "rundlet: delete ..: invalid container ID \"..\": it starts with a dot\n");
	fails("start ''", "rundlet: start : invalid container ID: it is empty\n");
	memset(id + strlen(id), 'x', 1025);
	call(id);
	is_int(result.status, 1, "an id of 1025 characters");
	ok(strstr(result.err, "1025 characters"), "is too long");
	fails("--root / list",
	      "rundlet: list: option --root: \"/\" is the root of the file system\n");
	fails("--root /a/.. list",
	      "rundlet: list: option --root: \"/a/..\" is the root of the file system\n");
	fails("--log journald:x list",
	      "rundlet: option --log: \"journald:x\": only files are supported "
	      "(see rundlet --help)\n");
	fails("--log /nonexistent/l list",
	      "rundlet: open the log \"/nonexistent/l\": file or directory not found\n");
}

static void test_log(const char *dir)
{
	char line[256], path[64], text[2048];
	int fd;

	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(line, sizeof(line),
		 "--root /r --log file:%s --log-format json create -b /b refused", path);
	call(line);
	is_int(result.status, 1, "a refusal");
	is_str(result.err, "rundlet: create refused: config.json: linux.x: not carried out\n",
	       "is said");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	text[read(fd, text, sizeof(text) - 1)] = 0;
	close(fd);
	ok(strstr(text,
		  "{\"level\":\"error\",\"msg\":\"config.json: linux.x: not carried out\",") ==
		   text,
	   "and logged");
	ok(strstr(text,
		  "\"step\":\"sources_open\",\"config\":\"linux.x\",\"line\":118,\"errno\":22}\n"),
	   "with its place");
	unlink(path);
	snprintf(line, sizeof(line), "--log %s --log-format json create --nothing", path);
	call(line);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ok(fd >= 0 && read(fd, text, sizeof(text)) > 0,
	   "a mistake in the command line is logged, too");
	close(fd);
	unlink(path);
}

static void test_output(void)
{
	call_to("--root /r list", "/dev/full");
	is_int(result.status, 1, "a full disk is noticed");
	is_str(result.err, "rundlet: list: write to standard output: No space left\n", "and named");
	call_to("--root /r list", "closed");
	is_int(result.status, 1, "a closed output is noticed");
	call_to("--root /r start web", "closed");
	is_int(result.status, 0, "by those who write to it");
}

static void test_version_and_help(void)
{
	call("--version");
	ok(!strncmp(result.out, "rundlet version ", 16), "the first line says name and version");
	ok(strstr(result.out, "\ncommit: ") && strstr(result.out, "\nspec: 1.3.0\n"),
	   "commit and spec follow");
	call("-v");
	ok(!strncmp(result.out, "rundlet version ", 16), "-v");
	call("");
	is_int(result.status, 0, "no arguments");
	ok(strstr(result.out, "  create    "), "show the commands");
	call("--help");
	ok(strstr(result.out, "  --root DIR") && strstr(result.out, "  --log FILE"),
	   "--help shows the options");
	for (const struct cmd *const *c = commands; *c; c++) {
		char line[64];

		snprintf(line, sizeof(line), "%s -h", (*c)->name);
		call(line);
		is_int(result.status, 0, "%s", line);
		ok(strstr(result.out, (*c)->summary), "  says what it does");
		for (const struct options_row *row = (*c)->rows; row->name; row++)
			ok(strstr(result.out, row->name), "  has --%s", row->name);
		is_str(result.calls, "", "  does nothing");
	}
}

/* A file of the source tree, or NULL. */
static char *source_file(const char *name)
{
	char path[512], *text = calloc(1, TEXT_MAX);
	int fd;

	snprintf(path, sizeof(path), "%.*s../../%s", (int)(strrchr(__FILE__, '/') + 1 - __FILE__),
		 __FILE__, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, TEXT_MAX - 1) <= 0) {
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static void test_rows_in_manual(const char *manual, const struct options_row *rows)
{
	for (; rows->name; rows++) {
		char want[64];

		snprintf(want, sizeof(want), "Fl -%s", rows->name);
		ok(strstr(manual, want), "--%s is in the manual", rows->name);
	}
}

static void test_manual(void)
{
	rl_autofree char *manual = source_file("docs/rundlet.1");

	if (!manual) {
		skip("the manual is not here");
		return;
	}
	test_rows_in_manual(manual, global_rows);
	for (const struct cmd *const *c = commands; *c; c++) {
		char want[64];

		snprintf(want, sizeof(want), ".It Cm %s", (*c)->name);
		ok(strstr(manual, want), "%s is in the manual", (*c)->name);
		test_rows_in_manual(manual, (*c)->rows);
	}
}

static void test_spec(const char *dir)
{
	char line[256], path[64];
	struct stat st;

	snprintf(path, sizeof(path), "%s/config.json", dir);
	snprintf(line, sizeof(line), "spec -b %s", dir);
	does(line, "");
	ok(stat(path, &st) == 0 && st.st_size > 1000, "spec writes a config.json");
	call(line);
	is_int(result.status, 1, "and does not overwrite it");
	ok(strstr(result.err, path), "which it names");
	unlink(path);
	call("features");
	is_int(result.status, 0, "features");
	ok(strstr(result.out, "\"ociVersionMax\"") && strstr(result.out, "\"rro\""),
	   "is the document");
	is_str(result.err, "", "and nothing else");
}

int main(void)
{
	char dir[] = "/tmp/test-cli-XXXXXX";

	if (!mkdtemp(dir))
		return 1;
	test_create();
	test_trace(dir);
	test_exec();
	test_life();
	test_regex();
	test_bad_regex();
	test_mounts();
	test_look();
	test_events();
	test_plan();
	test_mistakes();
	test_log(dir);
	test_output();
	test_version_and_help();
	test_manual();
	test_spec(dir);
	rmdir(dir);
	return tap_done();
}
