# SPDX-License-Identifier: Apache-2.0
"""
A Kubernetes node without kubelet: Debian's containerd with its CRI plugin, made ready by contrib's node.sh,
and pods on a bridge in the engine's network namespace. Images are those of the test: no registry.
"""
import contextlib
import itertools
import os
import re

from lib.box import eventually
from lib.containerd import Containerd
from lib.cri import Cri, CriError
from lib.engine import CONTRIB, IMAGE, write_image

CONFIG = "/etc/containerd/config.toml"
CNI = "/usr/lib/cni"
PAUSE = "localhost/pause:1"
SUBNET = "10.99.0"
NAMESPACE = "k8s.io"            # of containerd; kubelet's containers are there


class Kubernetes(Containerd):
    name = "kubernetes"

    def begin(self):
        self.numbers, self.cri = itertools.count(1), None
        os.makedirs(f"{self.dir}/cni")
        os.makedirs(f"{self.dir}/logs")
        self.write("cni/10-test.conflist", {"cniVersion": "0.4.0", "name": "test", "plugins": [
            {"type": "bridge", "bridge": "cni-test", "isGateway": True,
             "ipam": {"type": "host-local", "ranges": [[{"subnet": f"{SUBNET}.0/24"}]], "dataDir": f"{self.dir}/ips"}}]})
        self.inside("ip", "link", "set", "lo", "up")        # containerd listens there for kubectl exec
        self.configure()
        self.command = [*self.view.prefix, "ctr", "--namespace", NAMESPACE]
        self.serve()
        write_image(f"{self.dir}/rootfs.tar", f"{self.dir}/image.tar", IMAGE)
        write_image(f"{self.dir}/rootfs.tar", f"{self.dir}/pause.tar", PAUSE, ["sleep", "1000000"])
        for file, name in ("image.tar", IMAGE), ("pause.tar", PAUSE):
            self.ok("images", "import", f"{self.dir}/{file}")
            eventually(lambda name=name: self.cri("ImageStatus", image={"image": name}).image.id, "the plugin has it", 30)
        self.handler = re.search(r"^handler: (\S+)$", self.snippet("kubernetes/runtimeclass.yaml"), re.M)[1]

    def configure(self):
        """As on a node, whose configuration has more than rundlet's."""
        node = self.write("node.toml", f'''version = 2
root = "{self.dir}/root"
state = "{self.dir}/state"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{CNI}"
    conf_dir = "{self.dir}/cni"
''')
        self.inside("install", "-D", node, CONFIG)
        self.inside(CONTRIB / "kubernetes/node.sh")
        self.inside("sed", "-i", f"s,{self.installed},{self.runtime},", CONFIG)

    def serve(self):
        """Start containerd, and be its client."""
        self.daemon("containerd")
        self.ready("version")
        self.cri = Cri(f"{self.dir}/slash-run/containerd/containerd.sock")
        eventually(self.is_ready, "the plugin serves, with a network", 30)

    def is_ready(self):
        with contextlib.suppress(CriError):
            return all(condition.status for condition in self.cri("Status").status.conditions)
        return False

    def stop_daemons(self):
        if self.cri:
            self.cri.close()
        super().stop_daemons()

    def pod_config(self, security=None, **more):
        """What kubelet says of a pod."""
        number = next(self.numbers)
        return {"metadata": {"name": f"pod{number}", "uid": f"uid{number}", "namespace": "default"},
                "hostname": f"pod{number}", "log_directory": f"{self.dir}/logs",
                "linux": {"cgroup_parent": f"/{self.parent}",
                          "security_context": {"namespace_options": {"pid": 1}, **(security or {})}, **more}}

    def pod(self, config=None, **kw):
        """A pod that runs: its id and its configuration."""
        config = config or self.pod_config(**kw)
        return self.cri("RunPodSandbox", config=config, runtime_handler=self.handler).pod_sandbox_id, config

    def create(self, pod, *command, security=None, resources=None, **more):
        """A container of a pod; its id."""
        number = next(self.numbers)
        security = {"namespace_options": {"pid": 1}, **(security or {})}
        config = {"metadata": {"name": f"c{number}"}, "image": {"image": IMAGE}, "command": command,
                  "log_path": f"{number}.log", "linux": {"security_context": security, "resources": resources or {}}, **more}
        self.log_of = f"{self.dir}/logs/{number}.log"
        return self.cri("CreateContainer", pod_sandbox_id=pod[0], config=config, sandbox_config=pod[1]).container_id

    def start(self, pod, *command, **kw):
        """The same, and it runs."""
        container = self.create(pod, *command, **kw)
        self.cri("StartContainer", container_id=container)
        return container

    def status(self, container):
        return self.cri("ContainerStatus", container_id=container).status

    def exec(self, container, *command, timeout=0):
        """Exit status, output and errors of a command."""
        said = self.cri("ExecSync", container_id=container, cmd=command, timeout=timeout)
        return said.exit_code, said.stdout.decode(), said.stderr.decode()

    def states(self):
        root = f"{self.dir}/slash-run/containerd/runc/{NAMESPACE}"
        return os.listdir(root) if os.path.isdir(root) else []

    def remove_all(self):
        for pod in self.cri("ListPodSandbox").items if self.cri else ():
            eventually(lambda pod=pod: self.stopped(pod.id), "the pod stops", 60)
            self.cri("RemovePodSandbox", pod_sandbox_id=pod.id)

    def stopped(self, pod):
        """kubelet asks until it is done: a container that ends by itself at the same time is an error to containerd."""
        try:
            self.cri("StopPodSandbox", pod_sandbox_id=pod)
        except CriError:
            return False
        return True
