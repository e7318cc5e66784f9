# SPDX-License-Identifier: Apache-2.0
"""Hooks in hostile company: callers with odd settings, hooks that hide from their timeout or fail late."""
import os
import signal

import pytest

from lib.box import FOREVER
from lib.payload import compile_static

LIMIT = 15
# Leaves the process group that its runtime gave it for that of its parent.
DESERTER = """
#include <unistd.h>
int main(void)
{
	setpgid(0, getpgid(getppid()));
	for (;;)
		pause();
}
"""


def ignore_sigchld():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)


@pytest.mark.parametrize("kind", ["prestart", "createRuntime", "createContainer"])
def test_a_failing_hook_is_noticed_when_the_caller_ignores_sigchld(box, kind):
    box.cfg.hook(kind, "exit 7")
    box.create_fails(f"hooks.{kind}[0]", "7", preexec_fn=ignore_sigchld)


def test_run_gives_the_status_when_the_caller_ignores_sigchld(box):
    box.cfg.shell("exit 5")
    assert box.run(preexec_fn=ignore_sigchld).rc == 5
    box.host.assert_clean()


@pytest.mark.parametrize("kind", ["prestart", "createRuntime", "createContainer", "startContainer", "poststart",
                                  "poststop"])
def test_the_umask_of_a_hook_is_the_caller_s(box, tmp, kind):
    (tmp / "log").write_text("")
    box.cfg.bind(tmp, str(tmp)).hook(kind, f"umask >> {tmp}/log").shell("true")

    def set_umask():
        os.umask(0o027)
    box.run(preexec_fn=set_umask).silent()
    assert (tmp / "log").read_text() == "0027\n"


@pytest.mark.parametrize("kind", ["createRuntime", "createContainer", "startContainer", "poststart", "poststop"])
def test_a_hook_that_leaves_its_process_group_is_killed_by_its_timeout(box, tmp, kind):
    path = compile_static(DESERTER, tmp / "deserter")
    box.cfg.bind(tmp, str(tmp)).shell(FOREVER)
    box.cfg["hooks"] = {kind: [{"path": path, "timeout": 1}]}
    results = [box.create(timeout=LIMIT)]
    if results[0].rc == 0:
        results += [box.start(timeout=LIMIT), box.delete("--force", timeout=LIMIT)]
    assert any(f"hooks.{kind}[0]" in r.err and "time" in r.err for r in results), "\n".join(map(str, results))
    box.host.assert_clean()


def test_run_with_a_failing_poststart_hook_runs_poststop_once(box, tmp):
    (tmp / "log").write_text("")
    box.cfg.hook("poststart", "exit 3").hook("poststop", f"echo poststop >> {tmp}/log").shell(FOREVER)
    box.run(timeout=LIMIT).fails("hooks.poststart[0]")
    box.host.assert_clean()
    assert (tmp / "log").read_text() == "poststop\n"
