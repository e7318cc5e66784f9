# SPDX-License-Identifier: Apache-2.0
"""What attacks on the file tree want to reach, and the helper that exchanges names in a race."""
import contextlib
import os
import stat
import threading

from lib import kernel


class Canary:
    """
    A directory outside of every rootfs, with files that attacks want to reach. It is unharmed when
    bytes, modes, owners, times and names are as before, nobody opened any of it, and no container
    had a mount there while it was made.
    """

    def __init__(self, path):
        self.dir = path / "dir"
        self.dir.mkdir(parents=True)
        for name in ("marker", "ptmx", "null", "console"):
            (self.dir / name).write_text(f"canary {name}\n")
        (self.dir / "sub").mkdir()
        self.mounts = path / "mounts"
        self.before = self._look()
        self.events = kernel.inotify(self.dir, self.dir / "sub")

    def _look(self):
        found = {}
        for path, dirs, files in os.walk(self.dir):
            for name in [".", *dirs, *files]:
                full = os.path.join(path, name)
                st = os.lstat(full)
                content = open(full).read() if stat.S_ISREG(st.st_mode) else None
                found[full] = (st.st_mode, st.st_uid, st.st_gid, st.st_size, st.st_mtime_ns, st.st_ino, content)
        return found

    def open_to_all(self):
        """Its modes keep nobody away, whatever the ids of a user namespace are."""
        self.dir.chmod(0o777)
        for path in self.dir.iterdir():
            path.chmod(0o777 if path.is_dir() else 0o666)
        self.before = self._look()
        self._read_events()

    def _read_events(self):
        with contextlib.suppress(BlockingIOError):
            return os.read(self.events, 65536)
        return b""

    def guard(self, box):
        """Note the mounts of the box that are here: a hook that sees them before the root is changed."""
        self.mounts.write_text("")
        self.mounts.chmod(0o666)
        box.cfg.hook("createContainer", f"grep -F ' {self.dir}' /proc/self/mountinfo >> {self.mounts}; true")

    def assert_unharmed(self):
        events = self._read_events()
        assert not events, f"somebody opened or changed what is outside: {events}"
        assert self._look() == self.before
        self._read_events()             # our own look
        assert not self.mounts.exists() or not self.mounts.read_text(), self.mounts.read_text()

    def close(self):
        os.close(self.events)


class Swapper:
    """Exchanges two names without a pause while its block runs; behind it they are as they were."""

    def __init__(self, one, other):
        self.names = str(one), str(other)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while not self.stop.is_set():
            for _ in range(2):
                with contextlib.suppress(FileNotFoundError):    # one is being made anew
                    kernel.swap(*self.names)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
