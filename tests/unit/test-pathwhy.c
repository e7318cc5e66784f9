/* SPDX-License-Identifier: Apache-2.0 */
/* os/pathwhy.c: which part of a path is the reason. The part that needs another user needs root. */
#include "os/pathwhy.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/rundlet-pathwhy-XXXXXX";

static const char *at(const char *name)
{
	static char path[4][256];
	static unsigned int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", dir, name);
	return path[next];
}

static const char *hint(const char *path, int error)
{
	static struct rl_err e;

	e = (struct rl_err)RL_ERR_INIT;
	rl_fail(&e, error, "open it");
	pathwhy_hint(path, error, &e);
	return e.hint;
}

static void says(const char *name, int error, const char *words)
{
	const char *text = hint(at(name), error);

	ok(strstr(text, words) && strstr(text, dir), "%s: %s", name, text);
}

static void test_missing(void)
{
	says("no/such/dir", -ENOENT, "/no\" does not exist");
	says("dir/no", -ENOENT, "/dir/no\" does not exist");
	says("file/x", -ENOTDIR, "/file\" is not a directory");
	says("link/x", -ENOENT, "/link\" is a symlink to \"/nowhere\", which does not exist");
	says("loop/x", -ELOOP, "/loop\" is a symlink to \"loop\", which leads to itself");
	is_str(hint(at("dir"), -ENOENT), "", "a path that is there by now");
	is_str(hint(at("no"), -EIO), "", "another error");
}

static void test_relative(void)
{
	is_int(chdir(dir), 0, "in the directory");
	is_str(hint("dir/no", -ENOENT), "\"dir/no\" does not exist", "a relative path");
}

/* In a child, because it changes its user. */
static void test_denied(void)
{
	int status;
	pid_t pid;

	if (getuid()) {
		skip("another user is needed, which only root can become");
		return;
	}
	pid = fork();
	if (pid == 0) {
		if (setuid(1000) < 0)
			_exit(2);
		_exit(strstr(hint(at("closed/in/x"), -EACCES), "/closed\" (mode 0700, owner 0:0)") ?
			      0 :
			      1);
	}
	waitpid(pid, &status, 0);
	ok(pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	   "the directory that denies access, with its mode and owner");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	chmod(dir, 0755);
	mkdir(at("dir"), 0755);
	mkdir(at("closed"), 0700);
	mkdir(at("closed/in"), 0755);
	fclose(fopen(at("file"), "we"));
	if (symlink("/nowhere", at("link")) < 0 || symlink("loop", at("loop")) < 0)
		return 1;
	test_missing();
	test_denied();
	test_relative();
	unlink(at("file"));
	unlink(at("link"));
	unlink(at("loop"));
	rmdir(at("closed/in"));
	rmdir(at("closed"));
	rmdir(at("dir"));
	rmdir(dir);
	return tap_done();
}
