# SPDX-License-Identifier: Apache-2.0
"""
What kubelet asks of a node, asked of Debian's containerd by the CRI: pods of contrib's RuntimeClass and their
containers, from the first call to the last.
"""
import os
import pathlib
import signal
import stat
import subprocess
import tomllib

import pytest
import yaml

from lib.box import eventually
from lib.engine import CONTRIB, INSTALLED, an_engine
from lib.limitfiles import limit_file, on

pytest.importorskip("grpc", reason="no python3-grpcio for the client of the CRI")
from lib import cri as api  # noqa: E402
from lib.kubernetes import CNI, SUBNET, Kubernetes  # noqa: E402


@pytest.fixture(scope="module")
def engine(host):
    if not os.path.exists(f"{CNI}/bridge"):
        pytest.skip("no containernetworking-plugins for the network of pods")
    with an_engine(Kubernetes, host, "containerd", "ctr", "containerd-shim-runc-v2") as place:
        yield place


@pytest.fixture
def node(engine):
    return engine


@pytest.fixture
def pod(node):
    return node.pod()


def wait_exited(node, container):
    eventually(lambda: node.status(container).state == api.EXITED, "it has ended", 20)
    return node.status(container)


def lines(path):
    """Stream and text of each line of a log, which have a time and a tag, too."""
    with open(path) as f:
        return [(line.split(" ", 3)[1], line.rstrip("\n").split(" ", 3)[3]) for line in f]


def test_a_pod(node):
    """It has an address in the network, and goes in two steps."""
    name, _ = node.pod()
    status = node.cri("PodSandboxStatus", pod_sandbox_id=name).status
    assert (status.state, status.runtime_handler) == (api.SANDBOX_READY, node.handler)
    assert status.network.ip.startswith(f"{SUBNET}.")
    assert name in node.states()
    node.cri("StopPodSandbox", pod_sandbox_id=name)
    assert node.cri("PodSandboxStatus", pod_sandbox_id=name).status.state == api.SANDBOX_NOTREADY
    node.cri("StopPodSandbox", pod_sandbox_id=name)         # kubelet asks more than once
    node.cri("RemovePodSandbox", pod_sandbox_id=name)
    assert not node.cri("ListPodSandbox").items


def test_a_class_that_the_node_does_not_know(node):
    with pytest.raises(api.CriError, match='no runtime for "other" is configured'):
        node.cri("RunPodSandbox", config=node.pod_config(), runtime_handler="other")


def test_a_container(node, pod):
    """Each state of its life; the log is where kubelet looks for it."""
    container = node.create(pod, "sh", "-c", "echo out; echo err >&2; read x; exit 3", stdin=True)
    assert node.status(container).state == api.CREATED
    node.cri("StartContainer", container_id=container)
    assert node.status(container).state == api.RUNNING
    eventually(lambda: len(lines(node.log_of)) == 2, "the log is there")
    assert sorted(lines(node.log_of)) == [("stderr", "err"), ("stdout", "out")]
    listed = node.cri("ListContainers").containers
    assert [(c.id, c.pod_sandbox_id, c.state) for c in listed] == [(container, pod[0], api.RUNNING)]
    node.cri("StopContainer", container_id=container, timeout=0)
    status = node.status(container)
    assert (status.state, status.exit_code, status.reason) == (api.EXITED, 137, "Error")
    node.cri("RemoveContainer", container_id=container)
    assert not node.cri("ListContainers").containers and node.states() == [pod[0]]


@pytest.mark.parametrize("script, code, reason", [("exit 0", 0, "Completed"), ("exit 42", 42, "Error")])
def test_the_exit_status(node, pod, script, code, reason):
    status = wait_exited(node, node.start(pod, "sh", "-c", script))
    assert (status.exit_code, status.reason) == (code, reason)


@pytest.mark.parametrize("program, words", [
    ("none", 'exec: "none": executable file not found in $PATH'), ("/none", 'exec: "/none": stat /none: no such file or directory'),
    ("/etc/passwd", 'exec: "/etc/passwd": permission denied'), ("/etc", 'exec: "/etc": is a directory')])
def test_why_a_program_cannot_run(node, pod, program, words):
    """Of a start, whose words kubectl shows; and of an exec."""
    container = node.create(pod, program)
    with pytest.raises(api.CriError) as said:
        node.cri("StartContainer", container_id=container)
    assert "OCI runtime create failed" in str(said.value) and node.said(words, str(said.value))
    status = node.status(container)
    assert (status.state, status.exit_code, status.reason) == (api.EXITED, 128, "StartError")
    with pytest.raises(api.CriError) as said:
        node.exec(node.start(pod, "sleep", "1000"), program)
    assert "OCI runtime exec failed" in str(said.value) and node.said(words, str(said.value))


@pytest.mark.parametrize("command, expected", [
    (["sh", "-c", "echo out; echo err >&2; exit 5"], (5, "out\n", "err\n")),
    (["sh", "-c", "kill -TERM $$"], (143, "", "")), (["sh", "-c", "echo $HOSTNAME$WORD$PWD"], (0, "pod-of-the-test word/tmp\n", "")),
    (["id", "-u"], (0, "1000\n", ""))], ids=["status", "signal", "environment", "user"])
def test_exec(node, command, expected):
    config = node.pod_config() | {"hostname": "pod-of-the-test"}
    container = node.start(node.pod(config), "sleep", "1000", working_dir="/tmp", envs=[{"key": "WORD", "value": " word"}],
                           security={"run_as_user": {"value": 1000}})
    assert node.exec(container, *command) == expected


def test_exec_that_takes_too_long(node, pod):
    """A probe's timeoutSeconds; what it started is gone."""
    container = node.start(pod, "sleep", "1000")
    with pytest.raises(api.CriError, match="DEADLINE_EXCEEDED|timed out|timeout"):
        node.exec(container, "sleep", "999", timeout=1)
    eventually(lambda: "sleep 999" not in node.exec(container, "ps")[1], "it was killed")
    assert node.exec(container, "true")[0] == 0


def test_exec_in_what_has_ended(node, pod):
    container = node.start(pod, "true")
    wait_exited(node, container)
    with pytest.raises(api.CriError, match="not running|CONTAINER_EXITED"):
        node.exec(container, "true")


def test_the_grace_period(node, pod):
    """First TERM, and KILL to what does not listen."""
    script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done"
    container = node.start(pod, "sh", "-c", script)
    eventually(lambda: lines(node.log_of), "the trap is set")
    node.cri("StopContainer", container_id=container, timeout=30)
    assert node.status(container).exit_code == 7
    container = node.start(pod, "sleep", "1000")
    node.cri("StopContainer", container_id=container, timeout=1)
    assert node.status(container).exit_code == 128 + signal.SIGKILL


def test_the_end_of_a_pod_is_that_of_its_containers(node, pod):
    containers = [node.start(pod, "sleep", "1000") for _ in range(3)]
    node.cri("StopPodSandbox", pod_sandbox_id=pod[0])
    assert {node.status(container).state for container in containers} == {api.EXITED}
    node.cri("RemovePodSandbox", pod_sandbox_id=pod[0])
    assert not node.cri("ListContainers").containers


def of_the_host(node, name):
    """The limit in the cgroups of pods and containers."""
    place = pathlib.Path(limit_file(name, node.parent))
    return {path.parent.name: path.read_text().strip() for path in place.parent.glob(f"*/{place.name}")}


def test_resources_and_their_update(node, pod):
    """requests and limits; the second is what a resize in place does."""
    container = node.start(pod, "sleep", "1000", resources={
        "cpu_shares": 256, "cpu_quota": 50000, "cpu_period": 100000, "memory_limit_in_bytes": 256 << 20, "cpuset_cpus": "0-1"})

    def values():
        return [of_the_host(node, name)[container].split()[0] for name in ("quota", "memory", "cpus", *on(["shares"], []))]

    assert values() == ["50000", str(256 << 20), "0-1", *on(["256"], [])]
    node.cri("UpdateContainerResources", container_id=container, linux={
        "cpu_shares": 512, "cpu_quota": 20000, "cpu_period": 100000, "memory_limit_in_bytes": 64 << 20, "cpuset_cpus": "0"})
    assert values() == ["20000", str(64 << 20), "0", *on(["512"], [])]
    with pytest.raises(api.CriError):
        node.cri("UpdateContainerResources", container_id=container, linux={"cpuset_cpus": "5000"})
    assert values() == ["20000", str(64 << 20), "0", *on(["512"], [])]


def test_stats(node, pod):
    container = node.start(pod, "sh", "-c", "i=0; while [ $i -lt 10000 ]; do i=$((i + 1)); done; exec sleep 1000")

    def of_container():
        return node.cri("ContainerStats", container_id=container).stats

    eventually(lambda: of_container().cpu.usage_core_nano_seconds.value > 1000000, "it has worked a little")
    assert of_container().attributes.id == container and of_container().memory.working_set_bytes.value > 0
    assert [stats.attributes.id for stats in node.cri("ListContainerStats").stats] == [container]
    whole = node.cri("PodSandboxStats", pod_sandbox_id=pod[0]).stats.linux
    assert whole.memory.working_set_bytes.value > 0
    assert [stats.attributes.id for stats in whole.containers] == [container]


def test_out_of_memory(node, pod):
    status = wait_exited(node, node.start(pod, "tail", "/dev/zero", resources={"memory_limit_in_bytes": 8 << 20}))
    assert (status.exit_code, status.reason) == (137, "OOMKilled")


CAPABILITIES = "grep CapEff /proc/self/status | cut -f2"
SECURITY = {
    "user and groups": ({"run_as_user": {"value": 1000}, "run_as_group": {"value": 1001}, "supplemental_groups": [77]},
                        "echo $(id -u) $(id -G)", "1000 1001 77"),
    "user by name": ({"run_as_username": "user"}, "id -u", "1000"),
    "read-only root": ({"readonly_rootfs": True}, "touch /x 2>/dev/null || echo refused", "refused"),
    "no capabilities": ({"capabilities": {"drop_capabilities": ["ALL"]}}, CAPABILITIES, "0" * 16),
    "one capability": ({"capabilities": {"drop_capabilities": ["ALL"], "add_capabilities": ["NET_BIND_SERVICE"]}},
                       CAPABILITIES, "0000000000000400"),
    "no new privileges": ({"no_new_privs": True}, "grep NoNewPrivs /proc/self/status | cut -f2", "1"),
    "seccomp": ({"seccomp": {"profile_type": api.PROFILE_DEFAULT}}, "grep Seccomp: /proc/self/status | cut -f2", "2"),
    "no seccomp": ({"seccomp": {"profile_type": api.PROFILE_UNCONFINED}}, "grep Seccomp: /proc/self/status | cut -f2", "0"),
    "masked and read-only paths": ({"masked_paths": ["/proc/version"], "readonly_paths": ["/proc/sys"]},
                                   "wc -c </proc/version; grep -c ' /proc/sys proc ro' /proc/mounts", "0\n1"),
    "of the pod's process ids": ({"namespace_options": {"pid": api.NAMESPACE_POD}}, "cat /proc/1/comm", "sleep"),
    "of the node's process ids": ({"namespace_options": {"pid": api.NAMESPACE_NODE}}, "test $$ != 1 && echo node", "node"),
}


@pytest.mark.parametrize("security, script, out", SECURITY.values(), ids=SECURITY)
def test_security_context(node, security, script, out):
    pod = node.pod(security={name: value for name, value in security.items() if name == "namespace_options"})
    status = wait_exited(node, node.start(pod, "sh", "-c", script, security=security))
    assert (status.exit_code, [line for _, line in lines(node.log_of)]) == (0, out.split("\n"))


def test_privileged(node):
    pod = node.pod(security={"privileged": True})
    container = node.start(pod, "sh", "-c", "mount -t tmpfs none /data && echo mounted", security={"privileged": True})
    assert wait_exited(node, container).exit_code == 0 and lines(node.log_of) == [("stdout", "mounted")]


def test_mounts(node, pod, tmp):
    """Volumes and devices."""
    (tmp / "file").write_text("of the host\n")
    script = "cat /data/file; touch /ro/x 2>/dev/null || echo refused; echo new >/data/new; stat -c %t:%T /dev/mine"
    container = node.start(pod, "sh", "-c", script, mounts=[
        {"container_path": "/data", "host_path": str(tmp)},
        {"container_path": "/ro", "host_path": str(tmp), "readonly": True}],
        devices=[{"container_path": "/dev/mine", "host_path": "/dev/full", "permissions": "rw"}])
    assert wait_exited(node, container).exit_code == 0
    assert [line for _, line in lines(node.log_of)] == ["of the host", "refused", "1:7"]
    assert (tmp / "new").read_text() == "new\n"


def test_containers_of_a_pod_share(node):
    """Network, IPC and name of the host; the sysctls are the pod's. Process ids if it says so."""
    pod = node.pod(security={"namespace_options": {"pid": api.NAMESPACE_POD}}, sysctls={"kernel.msgmax": "12345"})
    shared = {"namespace_options": {"pid": api.NAMESPACE_POD}}
    first, second = (node.start(pod, "sleep", seconds, security=shared) for seconds in ("1001", "1002"))
    script = "readlink /proc/self/ns/net /proc/self/ns/ipc /proc/self/ns/uts /proc/self/ns/pid; hostname; cat /proc/sys/kernel/msgmax"
    seen = node.exec(first, "sh", "-c", script)
    assert seen == node.exec(second, "sh", "-c", script) and seen[1].endswith(f"{pod[1]['hostname']}\n12345\n")
    assert "sleep 1001" in node.exec(second, "ps")[1]


def test_a_debug_container_sees_the_processes_of_another(node, pod):
    """kubectl debug --target."""
    target = node.start(pod, "sleep", "1001")
    mode = {"namespace_options": {"pid": api.NAMESPACE_TARGET, "target_id": target}}
    debug = node.start(pod, "sleep", "1002", security=mode)
    assert "sleep 1001" in node.exec(debug, "ps")[1]


def test_pods_reach_each_other(node):
    first, second = node.pod(), node.pod()
    node.start(first, "nc", "-l", "-p", "80", "-e", "echo", "served")
    address = node.cri("PodSandboxStatus", pod_sandbox_id=first[0]).status.network.ip
    client = node.start(second, "sleep", "1000")
    eventually(lambda: node.exec(client, "nc", address, "80")[1] == "served\n", "the other answers")


def test_a_pod_in_the_node_s_network(node):
    host = {"namespace_options": {"network": api.NAMESPACE_NODE, "pid": api.NAMESPACE_CONTAINER}}
    config = node.pod_config(security=host) | {"hostname": ""}        # it has the node's name, too
    container = node.start(node.pod(config), "sleep", "1000", security=host)
    assert "cni-test" in node.exec(container, "ls", "/proc/sys/net/ipv4/conf")[1]


def test_pods_outlive_containerd(node, pod):
    """It is upgraded below them."""
    container = node.start(pod, "sleep", "1000")
    node.stop_daemons()
    node.serve()
    assert node.status(container).state == api.RUNNING and node.exec(container, "echo", "here") == (0, "here\n", "")
    node.cri("StopContainer", container_id=container, timeout=0)
    assert node.status(container).exit_code == 137


def test_contrib_s_pod(node):
    """kubelet's part, which is to make requests of the members of pod.yaml."""
    spec = yaml.safe_load(node.snippet("kubernetes/pod.yaml"))["spec"]
    assert spec["runtimeClassName"] == yaml.safe_load(node.snippet("kubernetes/runtimeclass.yaml"))["metadata"]["name"]
    of_pod, (container,) = spec["securityContext"], spec["containers"]
    own, limits = container["securityContext"], container["resources"]["limits"]
    seccomp = {"RuntimeDefault": api.PROFILE_DEFAULT}[of_pod["seccompProfile"]["type"]]
    pod = node.pod(security={"seccomp": {"profile_type": seccomp}})
    name = node.start(pod, *container["command"], security={
        "run_as_user": {"value": of_pod["runAsUser"]}, "run_as_group": {"value": of_pod["runAsGroup"]},
        "seccomp": {"profile_type": seccomp}, "no_new_privs": not own["allowPrivilegeEscalation"],
        "readonly_rootfs": own["readOnlyRootFilesystem"], "capabilities": {"drop_capabilities": own["capabilities"]["drop"]}},
        resources={"cpu_quota": 100 * int(limits["cpu"].rstrip("m")), "cpu_period": 100000,
                   "memory_limit_in_bytes": int(limits["memory"].rstrip("Mi")) << 20})
    eventually(lambda: lines(node.log_of) == [("stdout", f"hello from {pod[1]['hostname']}")], "it says hello")
    status = dict(line.split(":\t") for line in node.exec(name, "cat", "/proc/1/status")[1].splitlines() if ":\t" in line)
    assert (status["Uid"].split()[0], status["CapEff"], status["CapBnd"]) == ("1000", "0" * 16, "0" * 16)
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert of_the_host(node, "quota")[name].split()[0] == "50000"


PLUGINS = {2: "io.containerd.grpc.v1.cri", 3: "io.containerd.cri.v1.runtime"}


def node_sh(node, tmp, *args, text=None):
    """What becomes of a configuration, and what is said."""
    if text:
        (tmp / "config.toml").write_text(text)
        (tmp / "config.toml").chmod(0o600)
    script = 'mount --bind "$1" /etc/containerd; shift; exec "$@"'
    result = subprocess.run([*node.view.prefix, "unshare", "-m", "sh", "-c", script, "sh", tmp, CONTRIB / "kubernetes/node.sh", *args],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return (tmp / "config.toml").read_text(), result


@pytest.mark.parametrize("version", PLUGINS)
@pytest.mark.parametrize("runc", [False, True], ids=["bare", "with runc"])
@pytest.mark.parametrize("args", [(), ("--systemd",)], ids=["cgroupfs", "systemd"])
def test_node_sh(node, tmp, version, runc, args):
    """The tables of the version, that of runc not twice; once is enough."""
    table = f'[plugins."{PLUGINS[version]}".containerd.runtimes.runc]\nruntime_type = "mine"'
    text, result = node_sh(node, tmp, *args, text=f"version = {version}\n{table if runc else ''}")
    assert result.returncode == 0, result.stderr
    assert stat.S_IMODE((tmp / "config.toml").stat().st_mode) == 0o600, "it may hold passwords"
    plugins = tomllib.loads(text)["plugins"]
    runtimes = plugins[PLUGINS[version]]["containerd"]["runtimes"]
    assert len(plugins) == 1 and set(runtimes) == {"runc", "rundlet"}
    assert runtimes["runc"]["runtime_type"] == ("mine" if runc else "io.containerd.runc.v2")
    assert runtimes["rundlet"]["options"] == {"BinaryName": INSTALLED, "SystemdCgroup": bool(args)}
    again, result = node_sh(node, tmp, *args)
    assert again == text and "has rundlet already" in result.stdout


@pytest.mark.parametrize("text, args, words", [
    ("x = 1\n", [], "has to say version"), ("version = 1\n", [], "has to say version"),
    ("version = 2\n", ["--other"], "usage")])
def test_node_sh_refuses(node, tmp, text, args, words):
    after, result = node_sh(node, tmp, *args, text=text)
    assert result.returncode == 1 and words in result.stderr and after == text
