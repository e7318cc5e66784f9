/* SPDX-License-Identifier: Apache-2.0 */
/* cli/options.h: every spelling of options, and every mistake. */
#include "cli/options.h"
#include "tap.h"

#include <errno.h>
#include <stdint.h>

static const struct options_row global[] = { OPTIONS_ROW_TEXT("root", "", root, "DIR", "x"),
					     OPTIONS_ROW_MAYBE("trace", "", trace, "FILE", "x"),
					     OPTIONS_ROW_SET("debug", "", log_level, 2, "x"),
					     OPTIONS_ROW_WORD("log-level", "", log_level,
							      "error|warning|debug", "x"),
					     OPTIONS_ROW_FLAG("version", "vV", version, "x"),
					     OPTIONS_END };

static const struct options_row rows[] = {
	OPTIONS_ROW_TEXT("bundle", "b", bundle, "DIR", "x"),
	OPTIONS_ROW_NUMBER("preserve-fds", "", preserve_fds, 100, "N", "x"),
	OPTIONS_ROW_WORD("format", "f", format, "table|json", "x"),
	OPTIONS_ROW_FLAG("detach", "d", detach, "x"),
	OPTIONS_ROW_LIST("env", "e", env, "NAME", "x"),
	OPTIONS_ROW_MAYBE("trace", "", trace, "FILE", "x"),
	OPTIONS_END
};

static const struct options_table command = { .command = "run", .rows = rows, .global = global };
static const struct options_table before = { .rows = global, .in_order = true };

#define WORDS_MAX 8

/* Parse the words of a line that are separated by spaces; "''" is an empty one. */
static int parse(const struct options_table *t, const char *line, struct options *o,
		 struct rl_err *e)
{
	static char text[256];
	char *words[WORDS_MAX];
	int n = 0;

	*o = (struct options)OPTIONS_INIT;
	*e = (struct rl_err)RL_ERR_INIT;
	snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok(text, " "); w; w = strtok(NULL, " "))
		words[n++] = strcmp(w, "''") ? w : (char *)"";
	return options_parse(t, words, n, o, e);
}

static void test_spellings(void)
{
	static const char *const bundle[] = {
		"-b /b id",       "-b=/b id",
		"--bundle /b id", "--bundle=/b id",
		"-bundle /b id",  "-bundle=/b id",
		"id -b /b",       "id --bundle=/b",
		"-b /a -b /b id", "--bundle /a id -b=/b",
		"-b /b -- id",
	};
	struct options o;
	struct rl_err e;

	for (size_t i = 0; i < sizeof(bundle) / sizeof(bundle[0]); i++) {
		ok(parse(&command, bundle[i], &o, &e) > 0, "%s", bundle[i]);
		is_str(o.bundle, "/b", "  bundle");
		is_int(o.n_args, 1, "  one argument");
		is_str(o.args[0], "id", "  which is the id");
	}
	parse(&command, "--bundle=a=b", &o, &e);
	is_str(o.bundle, "a=b", "a value with an equals sign");
	parse(&command, "-b -d", &o, &e);
	is_str(o.bundle, "-d", "a value with a dash is a value");
	ok(!o.detach, "and no option");
}

static void test_kinds(void)
{
	struct options o;
	struct rl_err e;

	parse(&command, "-d", &o, &e);
	ok(o.detach, "a flag");
	parse(&command, "--detach=true", &o, &e);
	ok(o.detach, "a flag that is true");
	parse(&command, "-d --detach=false", &o, &e);
	ok(!o.detach, "the last one counts");
	is_int(parse(&command, "-d id", &o, &e), 2, "a flag takes no word:");
	is_str(o.args[0], "id", "it is an argument");
	parse(&command, "--preserve-fds 100", &o, &e);
	is_int(o.preserve_fds, 100, "a number, the greatest");
	parse(&command, "-f json", &o, &e);
	is_int(o.format, 1, "a word: its position");
	parse(&command, "-format=table", &o, &e);
	is_int(o.format, 0, "the first word");
	parse(&command, "--trace id", &o, &e);
	is_str(o.trace, "-", "an option whose value may be missing");
	is_str(o.args[0], "id", "does not take the next word");
	parse(&command, "--trace=/t", &o, &e);
	is_str(o.trace, "/t", "but the one behind the equals sign");
	parse(&command, "", &o, &e);
	ok(o.log_level == OPTIONS_UNSET && !o.bundle, "nothing given, nothing set");
	parse(&command, "-h", &o, &e);
	ok(o.help, "every table has -h");
	parse(&command, "-help", &o, &e);
	ok(o.help, "and -help");
}

static void test_lists(void)
{
	static char *words[2 * OPTIONS_LIST_MAX + 2];
	struct options o;
	struct rl_err e;

	ok(parse(&command, "-e A=1 --env B=2=3 --env=C id", &o, &e) > 0, "an option that adds up");
	is_int((int)o.env.n, 3, "each time one more");
	is_str(o.env.v[0], "A=1", "in order");
	is_str(o.env.v[1], "B=2=3", "with all behind the first '='");
	is_str(o.env.v[2], "C", "also as one word");
	ok(parse(&command, "--env= id", &o, &e) < 0, "an empty one: %s", e.what);
	ok(parse(&command, "id -e", &o, &e) < 0, "one without a value: %s", e.what);
	for (int i = 0; i < 2 * (OPTIONS_LIST_MAX + 1); i += 2) {
		words[i] = (char *)(uintptr_t) "-e";
		words[i + 1] = (char *)(uintptr_t) "x";
	}
	o = (struct options)OPTIONS_INIT;
	e = (struct rl_err)RL_ERR_INIT;
	ok(options_parse(&command, words, 2 * OPTIONS_LIST_MAX, &o, &e) > 0, "as many as fit");
	o = (struct options)OPTIONS_INIT;
	ok(options_parse(&command, words, 2 * (OPTIONS_LIST_MAX + 1), &o, &e) < 0, "one more: %s",
	   e.what);
}

static void test_before_the_command(void)
{
	struct options o;
	struct rl_err e;

	is_int(parse(&before, "--root /r create --bundle b", &o, &e), 2, "ends at the command");
	is_str(o.root, "/r", "root");
	is_int(parse(&before, "--debug -- create", &o, &e), 2, "ends behind --");
	is_int(o.log_level, 2, "debug sets the level");
	is_int(parse(&before, "", &o, &e), 0, "nothing at all");
	parse(&before, "--log-level error --debug", &o, &e);
	is_int(o.log_level, 2, "the last of two options for one thing counts");
	parse(&before, "--debug --log-level=warning", &o, &e);
	is_int(o.log_level, 1, "in both orders");
	parse(&before, "--debug=false", &o, &e);
	ok(o.log_level == OPTIONS_UNSET, "--debug=false is nothing");
	parse(&before, "-v", &o, &e);
	ok(o.version, "-v");
	parse(&before, "-V", &o, &e);
	ok(o.version, "-V");
	is_int(parse(&before, "--root /r id --root /s", &o, &e), 2, "what follows");
	is_str(o.root, "/r", "is no option of ours");
	is_int(parse(&before, "-", &o, &e), 0, "a single dash is no option");
}

static void test_arguments(void)
{
	struct options o;
	struct rl_err e;

	is_int(parse(&command, "a b c d e f", &o, &e), 6, "more arguments than any command takes");
	is_int(o.n_args, 6, "are counted");
	is_str(o.args[OPTIONS_ARGS - 1], "d", "and the first are kept");
	parse(&command, "-- -d --bundle", &o, &e);
	is_int(o.n_args, 2, "behind -- all words are arguments");
	ok(!o.detach && !o.bundle, "and none is an option");
	parse(&command, "a - b", &o, &e);
	is_str(o.args[1], "-", "a single dash is an argument");
}

static void test_mistakes(void)
{
	static const struct {
		const struct options_table *table;
		const char *line, *message, *hint;
	} cases[] = {
		{ &command, "--nothing id", "unknown option --nothing (see rundlet run --help)",
		  "" },
		{ &command, "--bundel=/b id", "unknown option --bundel (see rundlet run --help)",
		  "did you mean --bundle?" },
		{ &command, "-bundel /b", "unknown option -bundel (see rundlet run --help)",
		  "did you mean --bundle?" },
		{ &command, "-x", "unknown option -x (see rundlet run --help)", "" },
		{ &command, "-b/b id", "unknown option -b/b (see rundlet run --help)", "" },
		{ &command, "--b /b id", "unknown option --b (see rundlet run --help)", "" },
		{ &command, "-db /b id", "unknown option -db (see rundlet run --help)", "" },
		{ &command, "--root /r id",
		  "--root is a global option: it stands before \"run\" (see rundlet --help)", "" },
		{ &command, "id --bundle",
		  "flag needs an argument: --bundle DIR (see rundlet run --help)", "" },
		{ &command, "-b", "flag needs an argument: --bundle DIR (see rundlet run --help)",
		  "" },
		{ &command, "--bundle= id",
		  "option --bundle: the value is empty (see rundlet run --help)", "" },
		{ &command, "--bundle '' id",
		  "option --bundle: the value is empty (see rundlet run --help)", "" },
		{ &command, "--trace= id",
		  "option --trace: the value is empty (see rundlet run --help)", "" },
		{ &command, "-d=maybe",
		  "option --detach: \"maybe\" is neither true nor false (see rundlet run --help)",
		  "" },
		{ &command, "-f xml",
		  "option --format: \"xml\" is none of table|json (see rundlet run --help)", "" },
		{ &command, "-f tab",
		  "option --format: \"tab\" is none of table|json (see rundlet run --help)", "" },
		{ &command, "-f ''",
		  "option --format: \"\" is none of table|json (see rundlet run --help)", "" },
		{ &command, "--preserve-fds=-1",
		  "option --preserve-fds: \"-1\" is no number from 0 to 100 (see "
		  "rundlet run --help)",
		  "" },
		{ &command, "--preserve-fds=101",
		  "option --preserve-fds: \"101\" is no number from 0 to 100 (see "
		  "rundlet run --help)",
		  "" },
		{ &command, "--preserve-fds=99999999999999999999999",
		  "option --preserve-fds: \"99999999999999999999999\" is no number from "
		  "0 to 100 (see rundlet run --help)",
		  "" },
		{ &command, "--preserve-fds=1x",
		  "option --preserve-fds: \"1x\" is no number from 0 to 100 (see "
		  "rundlet run --help)",
		  "" },
		{ &command, "--preserve-fds=",
		  "option --preserve-fds: \"\" is no number from 0 to 100 (see rundlet run --help)",
		  "" },
		{ &before, "--bundle /b run", "unknown option --bundle (see rundlet --help)", "" },
		{ &before, "--log-level loud",
		  "option --log-level: \"loud\" is none of error|warning|debug (see "
		  "rundlet --help)",
		  "" },
		{ &before, "--debug=2",
		  "option --debug: \"2\" is neither true nor false (see rundlet --help)", "" },
	};
	struct options o;
	struct rl_err e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_int(parse(cases[i].table, cases[i].line, &o, &e), -EINVAL, "%s", cases[i].line);
		is_str(e.what, cases[i].message, "  the message");
		is_str(e.hint, cases[i].hint, "  the hint");
		ok(e.flags & RL_ERR_WHOLE, "  which is whole");
	}
}

static void test_limits(void)
{
	static char value[OPTIONS_VALUE_MAX + 2];
	char *words[] = { (char *)"-b", value };

	for (int more = 0; more < 2; more++) {
		struct options o = OPTIONS_INIT;
		struct rl_err e = RL_ERR_INIT;

		memset(value, 'x', sizeof(value));
		value[OPTIONS_VALUE_MAX + more] = 0;
		is_int(options_parse(&command, words, 2, &o, &e), more ? -EINVAL : 2,
		       "a value of %d bytes", OPTIONS_VALUE_MAX + more);
	}
}

int main(void)
{
	test_spellings();
	test_kinds();
	test_lists();
	test_before_the_command();
	test_arguments();
	test_mistakes();
	test_limits();
	return tap_done();
}
