# SPDX-License-Identifier: Apache-2.0
"""A network namespace of the test's own, with devices in it, from which the runtime is called."""
import json
import shutil
import subprocess

import pytest

IP = shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin")


def enter(pid):
    return ["nsenter", f"--net=/proc/{pid}/ns/net"]


def run(pid, *argv):
    """Run a program in the network namespace of a process; its output."""
    result = subprocess.run([*enter(pid), *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if "Unknown device type" in result.stderr:
        pytest.skip(f"this kernel has not the network devices of: {' '.join(argv)}")
    assert result.returncode == 0, f"{argv}: {result.stderr}"
    return result.stdout


def ip(pid, *args):
    return run(pid, IP, *args)


class Link:
    """What a device is, where it is; None of it if it is not there."""

    def __init__(self, pid, name):
        found = json.loads(ip(pid, "-d", "-j", "addr", "show"))
        self.all = next((link for link in found if link["ifname"] == name), None)

    def __bool__(self):
        return self.all is not None

    def __getitem__(self, key):
        return self.all[key]

    @property
    def up(self):
        return "UP" in self.all["flags"]

    @property
    def addresses(self):
        """Those that are not the kernel's own link-local ones, in order."""
        return [f"{a['local']}/{a['prefixlen']}" for a in self.all["addr_info"] if "local" in a and a["scope"] != "link"]

    def address(self, text):
        return next(a for a in self.all["addr_info"] if f"{a['local']}/{a['prefixlen']}" == text)


class NetNs:
    """One that lives as long as its one process does."""

    def __init__(self, host, *unshare):
        if not IP:
            pytest.skip("no ip: install iproute2")
        self.host = host
        self.process = subprocess.Popen(["unshare", "--net", *unshare, "sh", "-c", "echo; exec sleep 1000"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.pid = self.process.pid
        host.keep.add(self.pid)
        self.process.stdout.readline()
        self.path = f"/proc/{self.pid}/ns/net"
        self.prefix = enter(self.pid)

    def ip(self, *args):
        return ip(self.pid, *args)

    def link(self, name):
        return Link(self.pid, name)

    def device(self, name, *addresses, kind="ifb", up=True):
        """Make one with addresses: "192.0.2.1/24" or ("192.0.2.1/24", "label", "eth0:x")."""
        self.ip("link", "add", name, "type", kind)
        for address in addresses:
            self.ip("addr", "add", *([address] if isinstance(address, str) else address), "dev", name)
        if up:
            self.ip("link", "set", name, "up")
        return self.link(name)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.host.keep.discard(self.pid)
