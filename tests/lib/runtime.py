# SPDX-License-Identifier: Apache-2.0
"""Calls the runtime under test as an engine would, and judges its answers."""
import contextlib
import json
import os
import select
import subprocess

from lib.timing import scaled

TIMEOUT = 30


class Result:
    """What one call gave. out and err are read when asked: a container may still write to them."""

    def __init__(self, argv, rc, out_fd, err_fd):
        self.argv, self.rc = argv, rc
        self._out, self._err = open(out_fd, "rb"), open(err_fd, "rb")

    @staticmethod
    def _text(file):
        size = os.fstat(file.fileno()).st_size
        return os.pread(file.fileno(), size, 0).decode(errors="replace")

    @property
    def out(self):
        return self._text(self._out)

    @property
    def err(self):
        return self._text(self._err)

    def __str__(self):
        return f"{' '.join(map(str, self.argv))}\nrc {self.rc}\nout {self.out!r}\nerr {self.err!r}"

    def ok(self):
        """It succeeded and said nothing on stderr."""
        assert self.rc == 0 and self.err == "", str(self)
        return self

    def silent(self):
        self.ok()
        assert self.out == "", str(self)
        return self

    def fails(self, *words, rc=1):
        """It failed with one clear line that has all the words, and nothing on stdout."""
        assert self.rc == rc and self.out == "", str(self)
        lines = self.err.splitlines()
        assert len(lines) == 1 and len(lines[0]) > 10, f"not one clear line:\n{self}"
        for word in words:
            assert word in lines[0], f"{word!r} is not in the message:\n{self}"
        return self

    def json(self):
        return json.loads(self.ok().out)


class Runtime:
    """One binary with one state root and global options; prefix is put before the command (see views.py)."""

    def __init__(self, path, root, prefix=(), env=None, options=()):
        self.path, self.root, self.prefix, self.env, self.options = str(path), root, list(prefix), env, options

    def __call__(self, *args, before=(), root=None, env=None, cwd=None, stdin=subprocess.DEVNULL,
                 pass_fds=(), timeout=TIMEOUT, preexec_fn=None):
        """Run `PATH --root ROOT before... args...`. Outputs go to files, so that a container
        which keeps them open does not keep us waiting."""
        argv = self._argv(args, before, self.root if root is None else root)
        out, err = os.memfd_create("stdout"), os.memfd_create("stderr")
        with subprocess.Popen(list(map(str, argv)), stdin=stdin, stdout=out, stderr=err, env=env or
                              self.env, cwd=cwd, pass_fds=pass_fds, preexec_fn=preexec_fn) as child:
            rc = self._wait(child, scaled(timeout))
        return Result(argv, rc, out, err)

    @staticmethod
    def _wait(child, timeout):
        """Its status. Popen.wait() with a timeout would look only every 50 ms."""
        fd = os.pidfd_open(child.pid)
        try:
            if select.select([fd], [], [], timeout)[0]:
                return child.wait()
        finally:
            os.close(fd)
        child.kill()
        child.wait()
        return f"still running after {timeout} s"

    def argv(self, *args):
        """The words of a call, for who starts it himself."""
        return self._argv(args, (), self.root)

    def _argv(self, args, before, root):
        return [*self.prefix, self.path, *(["--root", root] if root else []), *self.options, *before, *args]

    @contextlib.contextmanager
    def begin(self, *args, before=()):
        """The same call in the background, without its outputs; what still runs at the end of the
        block is killed."""
        argv = self._argv(args, before, self.root)
        with subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env=self.env) as child:
            try:
                yield child
            finally:
                child.kill()

    def with_env(self, **more):
        return Runtime(self.path, self.root, self.prefix, {**(self.env or os.environ), **more}, self.options)

    def with_prefix(self, *words):
        return Runtime(self.path, self.root, [*self.prefix, *words], self.env, self.options)

    def with_options(self, *options):
        return Runtime(self.path, self.root, self.prefix, self.env, [*self.options, *options])
