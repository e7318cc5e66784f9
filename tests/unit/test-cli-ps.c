/* SPDX-License-Identifier: Apache-2.0 */
/* The command ps: the table that ps(1) makes of the processes, and the list of them as JSON. */
#include "run-cli.h"

/* A ps of the test's own: a script in the directory. */
static void write_ps(const char *dir, const char *script)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/ps", dir);
	unlink(path);
	f = fopen(path, "we");
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fchmod(fileno(f), 0755);
	fclose(f);
}

static void test_ps(const char *dir)
{
	static const struct {
		const char *line, *script, *out, *err;
	} rows[] = {
		{ "ps web",
		  "echo UID PID CMD; echo a 2322 x; echo b 23 y; echo c 2330 z; echo \"$*\" >&2",
		  "UID PID CMD\na 2322 x\nc 2330 z\n", "-ef\n" },
		{ "ps stopped", "echo UID PID CMD; echo a 2322 x", "UID PID CMD\n", "" },
		{ "ps web -o pid,comm --root -f json",
		  "echo \"  PID COMMAND\"; echo \"    7 a b\"; echo \" 2322 c d\"; echo \"$*\" >&2",
		  "  PID COMMAND\n 2322 c d\n", "-o pid,comm --root -f json\n" },
		{ "ps -f=table web -p 1", "echo PID; exit 1", "PID\n", "" },
		{ "ps web -p 1", "echo PID; echo 7; exit 1", "PID\n",
		  "rundlet: ps web: ps ended with status 1\n" },
		{ "ps web", "echo PID; exit 2", "PID\n",
		  "rundlet: ps web: ps ended with status 2\n" },
		{ "ps web", "echo PID; kill -KILL $$", "PID\n",
		  "rundlet: ps web: ps was killed by signal 9\n" },
		{ "ps web", "echo no >&2; exit 1", "",
		  "no\nrundlet: ps web: ps printed nothing\n" },
		{ "ps web", "echo PPID SPID; echo 1 2322", "",
		  "rundlet: ps web: ps prints no column PID\n" },
		{ "ps web -o comm,pid", "echo COMMAND PID; echo tmux: server 7", "COMMAND PID\n",
		  "rundlet: ps web: ps: a row has no number in the column PID\n" },
		{ "ps web", "echo A PID; echo 2322", "A PID\n",
		  "rundlet: ps web: ps: a row has no number in the column PID\n" },
		{ "ps web", "read line || echo PID; (: >&9) 2>&- && echo 2322; :", "PID\n", "" },
	};
	char line[128], path[64], *old = strdup(getenv("PATH"));

	dup2(STDOUT_FILENO, 9); /* a descriptor that the caller leaks */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_ps(dir, rows[i].script);
		setenv("PATH", dir, 1);
		snprintf(line, sizeof(line), "--root /r %s", rows[i].line);
		call(line);
		setenv("PATH", old, 1);
		is_str(result.out, rows[i].out, "%s: %s", rows[i].line, rows[i].script);
		is_str(result.err, rows[i].err, "  its errors");
		is_int(result.status, strstr(result.err, "rundlet: ") != NULL, "  its status");
	}
	setenv("PATH", "relative:/nonexistent", 1);
	call("--root /r ps web");
	is_str(result.err, "rundlet: ps web: the table is made by ps, which is not in PATH\n",
	       "no ps");
	setenv("PATH", "", 1);
	call("--root /r ps self");
	ok(strstr(result.out, " PID "), "an empty PATH has the ps of the system");
	is_int(result.status, 0, "  which does it");
	setenv("PATH", old, 1);
	free(old);
	close(9);
	snprintf(path, sizeof(path), "%s/ps", dir);
	unlink(path);
	call("--root /r ps --format json web");
	is_str(result.out, "[2322,2330,2147483647]\n", "as JSON");
	is_str(result.calls, "pids /r web\n", "  calls");
	call("--root /r ps -f json stopped");
	is_str(result.out, "[]\n", "none as JSON");
	fails("--root /r ps --format json web -ef",
	      "rundlet: ps web: the argument \"-ef\" is for ps, which makes tables only "
	      "(see rundlet ps --help)\n");
	fails("ps", "rundlet: ps: an argument is missing: ID [PS-ARGUMENT...] "
		    "(see rundlet ps --help)\n");
}

int main(void)
{
	char dir[] = "/tmp/test-cli-ps-XXXXXX";

	if (!mkdtemp(dir))
		return 1;
	test_ps(dir);
	rmdir(dir);
	return tap_done();
}
