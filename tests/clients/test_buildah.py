# SPDX-License-Identifier: Apache-2.0
"""Debian's buildah drives the runtime: it builds images, and each RUN of theirs is a container."""
import pytest

from lib.engine import IMAGE, Engine, an_engine
from lib.terminal import on_terminal
from lib.timing import scaled



class Buildah(Engine):
    name = "buildah"

    def begin(self):
        self.configure_containers()
        self.command = [*self.view.prefix, "buildah", "--root", f"{self.dir}/root", "--runroot", f"{self.dir}/run",
                        "--storage-driver", "vfs"]
        base = self.ok("from", "scratch").strip()
        self.ok("add", base, f"{self.dir}/rootfs.tar", "/")
        self.ok("config", "--env", "PATH=/bin", base)
        self.ok("commit", "--rm", base, IMAGE)

    def words(self, *args):
        return ["--runtime", self.runtime, "--isolation", "oci", "--network", "none", *args]

    def start(self):
        """A container to work in; its name."""
        return self.ok("from", "--cgroup-parent", f"/{self.parent}", IMAGE).strip()

    def run(self, container, *args, options=()):
        return self("run", *self.words(*options, container, *args))

    def states(self):
        return self.default_states()

    def remove_all(self):
        self("rm", "--all")


@pytest.fixture(scope="module")
def engine(host):
    with an_engine(Buildah, host, "buildah") as place:
        yield place


@pytest.fixture
def buildah(engine):
    return engine


@pytest.mark.parametrize("options, script, status, out", [
    ([], "echo out; exit 5", 5, "out\n"), (["--user", "1000"], "id -u", 0, "1000\n"),
    (["--env", "KEY=two words"], "echo $KEY", 0, "two words\n"),
    (["--workingdir", "/data"], "pwd", 0, "/data\n"), (["--hostname", "web"], "hostname", 0, "web\n"),
    (["--cap-add", "CAP_SYS_ADMIN"], "mount -t tmpfs none /data && echo mounted", 0, "mounted\n"),
    (["--cap-drop", "CAP_CHOWN"], "chown 1 /tmp 2>/dev/null || echo refused", 0, "refused\n"),
    (["--mount", "type=tmpfs,dst=/data"], "grep -c ' /data ' /proc/mounts", 0, "1\n")],
    ids=["status", "--user", "--env", "--workingdir", "--hostname", "--cap-add", "--cap-drop", "--mount"])
def test_buildah_run(buildah, options, script, status, out):
    result = buildah.run(buildah.start(), "sh", "-c", script, options=options)
    assert (result.returncode, result.stdout) == (status, out), result.stderr


@pytest.mark.parametrize("program, words", [
    ("none", "executable file not found in $PATH"), ("/none", "no such file or directory"),
    ("/etc/passwd", "permission denied"), ("/etc", "is a directory")])
def test_buildah_tells_why_a_program_cannot_run(buildah, program, words):
    result = buildah.run(buildah.start(), program)
    assert result.returncode and buildah.said(words, result.stderr), result.stderr


def test_buildah_run_keeps_what_it_made(buildah):
    container = buildah.start()
    assert buildah.run(container, "sh", "-c", "echo made > /file").returncode == 0
    assert buildah.run(container, "cat", "/file").stdout == "made\n"


def test_buildah_passes_input(buildah):
    result = buildah("run", *buildah.words(buildah.start(), "cat"), input="through\n")
    assert result.stdout == "through\n", result.stderr


def test_buildah_run_t(buildah):
    container = buildah.start()
    with on_terminal(buildah, "run", *buildah.words("-t", container, "sh", "-c", "tty; read line; echo got $line; exit 3")) as (
            child, side):
        side.until("/dev/pts/0\r")
        side.type("hello\r")
        side.until("got hello\r")
        assert child.wait(scaled(20)) == 3


def test_buildah_with_a_runtime_of_another_name(buildah, named):
    result = buildah("run", "--runtime", named, "--isolation", "oci", "--network", "none", buildah.start(), "sh", "-c", "exit 5")
    assert result.returncode == 5, result.stderr


def test_buildah_build(buildah, tmp):
    (tmp / "file").write_text("of the host\n")
    (tmp / "Containerfile").write_text(f"""FROM {IMAGE}
COPY file /data/file
RUN cat /data/file > /copy && id -u > /uid
USER user
RUN id -u >> /tmp/uid
""")
    buildah.ok("build", *buildah.words("--cgroup-parent", f"/{buildah.parent}", "--tag", "localhost/made", tmp))
    container = buildah.ok("from", "--cgroup-parent", f"/{buildah.parent}", "localhost/made").strip()
    assert buildah.run(container, "cat", "/copy", "/uid", "/tmp/uid").stdout == "of the host\n0\n1000\n"


def test_buildah_build_fails_with_its_run(buildah, tmp):
    (tmp / "Containerfile").write_text(f"FROM {IMAGE}\nRUN exit 7\n")
    result = buildah("build", *buildah.words("--cgroup-parent", f"/{buildah.parent}", tmp))
    assert result.returncode and "exit status 7" in result.stderr, result.stderr
