# SPDX-License-Identifier: Apache-2.0
"""
A small client of the Kubernetes CRI, version runtime.v1, by python3-grpcio. It knows the members that tests
use; their numbers are those of the published interface (kubernetes/cri-api), and what else a server says is
left out. Enumerations are the numbers that they are on the wire.
"""
import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from lib.timing import scaled

NAMESPACE_POD, NAMESPACE_CONTAINER, NAMESPACE_NODE, NAMESPACE_TARGET = range(4)
SANDBOX_READY, SANDBOX_NOTREADY = range(2)
CREATED, RUNNING, EXITED = range(3)
PROFILE_DEFAULT, PROFILE_UNCONFINED = range(2)
PROPAGATION_PRIVATE, PROPAGATION_FROM_HOST, PROPAGATION_BOTH = range(3)

# Message: type, name and number of each member; "map" is one of strings, "*" means any number of them.
MESSAGES = """
Int64Value: int64 value 1
UInt64Value: uint64 value 1
Image: string id 1
KeyValue: string key 1, string value 2
ImageSpec: string image 1
NamespaceOption: int32 network 1, int32 pid 2, int32 ipc 3, string target_id 4
SecurityProfile: int32 profile_type 1, string localhost_ref 2
Capability: *string add_capabilities 1, *string drop_capabilities 2
Mount: string container_path 1, string host_path 2, bool readonly 3, int32 propagation 5
Device: string container_path 1, string host_path 2, string permissions 3
LinuxContainerResources: int64 cpu_period 1, int64 cpu_quota 2, int64 cpu_shares 3, int64 memory_limit_in_bytes 4, \
int64 oom_score_adj 5, string cpuset_cpus 6, string cpuset_mems 7
LinuxSandboxSecurityContext: NamespaceOption namespace_options 1, Int64Value run_as_user 3, bool readonly_rootfs 4, \
bool privileged 6, SecurityProfile seccomp 9
LinuxPodSandboxConfig: string cgroup_parent 1, LinuxSandboxSecurityContext security_context 2, map sysctls 3
PodSandboxMetadata: string name 1, string uid 2, string namespace 3, uint32 attempt 4
PodSandboxConfig: PodSandboxMetadata metadata 1, string hostname 2, string log_directory 3, map labels 6, \
map annotations 7, LinuxPodSandboxConfig linux 8
LinuxContainerSecurityContext: Capability capabilities 1, bool privileged 2, NamespaceOption namespace_options 3, \
Int64Value run_as_user 5, string run_as_username 6, bool readonly_rootfs 7, *int64 supplemental_groups 8, \
bool no_new_privs 11, Int64Value run_as_group 12, *string masked_paths 13, *string readonly_paths 14, \
SecurityProfile seccomp 15
LinuxContainerConfig: LinuxContainerResources resources 1, LinuxContainerSecurityContext security_context 2
ContainerMetadata: string name 1, uint32 attempt 2
ContainerConfig: ContainerMetadata metadata 1, ImageSpec image 2, *string command 3, *string args 4, \
string working_dir 5, *KeyValue envs 6, *Mount mounts 7, *Device devices 8, map labels 9, map annotations 10, \
string log_path 11, bool stdin 12, bool stdin_once 13, bool tty 14, LinuxContainerConfig linux 15
RuntimeCondition: string type 1, bool status 2, string reason 3, string message 4
RuntimeStatus: *RuntimeCondition conditions 1
PodSandboxNetworkStatus: string ip 1
PodSandboxStatus: string id 1, int32 state 3, PodSandboxNetworkStatus network 5, string runtime_handler 9
PodSandbox: string id 1, int32 state 3
Container: string id 1, string pod_sandbox_id 2, int32 state 6
ContainerStatus: string id 1, int32 state 3, int32 exit_code 7, string reason 10, string message 11
CpuUsage: UInt64Value usage_core_nano_seconds 2
MemoryUsage: UInt64Value working_set_bytes 2
ContainerAttributes: string id 1
ContainerStats: ContainerAttributes attributes 1, CpuUsage cpu 2, MemoryUsage memory 3
LinuxPodSandboxStats: CpuUsage cpu 1, MemoryUsage memory 2, *ContainerStats containers 5
PodSandboxStats: LinuxPodSandboxStats linux 2
StatusRequest:
StatusResponse: RuntimeStatus status 1
RunPodSandboxRequest: PodSandboxConfig config 1, string runtime_handler 2
RunPodSandboxResponse: string pod_sandbox_id 1
StopPodSandboxRequest: string pod_sandbox_id 1
StopPodSandboxResponse:
RemovePodSandboxRequest: string pod_sandbox_id 1
RemovePodSandboxResponse:
PodSandboxStatusRequest: string pod_sandbox_id 1
PodSandboxStatusResponse: PodSandboxStatus status 1
ListPodSandboxRequest:
ListPodSandboxResponse: *PodSandbox items 1
PodSandboxStatsRequest: string pod_sandbox_id 1
PodSandboxStatsResponse: PodSandboxStats stats 1
CreateContainerRequest: string pod_sandbox_id 1, ContainerConfig config 2, PodSandboxConfig sandbox_config 3
CreateContainerResponse: string container_id 1
StartContainerRequest: string container_id 1
StartContainerResponse:
StopContainerRequest: string container_id 1, int64 timeout 2
StopContainerResponse:
RemoveContainerRequest: string container_id 1
RemoveContainerResponse:
ListContainersRequest:
ListContainersResponse: *Container containers 1
ContainerStatusRequest: string container_id 1
ContainerStatusResponse: ContainerStatus status 1
ContainerStatsRequest: string container_id 1
ContainerStatsResponse: ContainerStats stats 1
ListContainerStatsRequest:
ListContainerStatsResponse: *ContainerStats stats 1
UpdateContainerResourcesRequest: string container_id 1, LinuxContainerResources linux 2
UpdateContainerResourcesResponse:
ExecSyncRequest: string container_id 1, *string cmd 2, int64 timeout 3
ImageStatusRequest: ImageSpec image 1
ImageStatusResponse: Image image 1
ExecSyncResponse: bytes stdout 1, bytes stderr 2, int32 exit_code 3
"""
PACKAGE = "runtime.v1"
Field = descriptor_pb2.FieldDescriptorProto


def _type(field, name):
    """Give a field a type of the wire or the message of that name."""
    number = getattr(Field, f"TYPE_{name.upper()}", None)
    if number:
        field.type = number
    else:
        field.type, field.type_name = Field.TYPE_MESSAGE, f".{PACKAGE}.{name}"


def _add_map(message, field):
    entry = message.nested_type.add(name="".join(word.capitalize() for word in field.name.split("_")) + "Entry")
    entry.options.map_entry = True
    for number, name in enumerate(("key", "value"), 1):
        entry.field.add(name=name, number=number, label=Field.LABEL_OPTIONAL, type=Field.TYPE_STRING)
    field.type, field.type_name = Field.TYPE_MESSAGE, f".{PACKAGE}.{message.name}.{entry.name}"
    field.label = Field.LABEL_REPEATED


def _messages():
    """The class of each message."""
    file = descriptor_pb2.FileDescriptorProto(name="cri.proto", package=PACKAGE, syntax="proto3")
    for line in MESSAGES.strip().splitlines():
        name, members = line.split(":")
        message = file.message_type.add(name=name)
        for member in filter(None, members.strip().split(", ")):
            kind, called, number = member.split()
            field = message.field.add(name=called, number=int(number), label=Field.LABEL_OPTIONAL)
            if kind == "map":
                _add_map(message, field)
                continue
            if kind.startswith("*"):
                field.label = Field.LABEL_REPEATED
            _type(field, kind.lstrip("*"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {message.name: factory.GetPrototype(pool.FindMessageTypeByName(f"{PACKAGE}.{message.name}"))
            for message in file.message_type}


class CriError(Exception):
    """What the server refused, with its words."""


class Cri:
    """Called with the name of a call and the members of its request; its response."""
    kinds = _messages()

    def __init__(self, path):
        self.channel = grpc.insecure_channel(f"unix:{path}")

    def __call__(self, name, **members):
        service = "ImageService" if name.startswith("Image") else "RuntimeService"
        call = self.channel.unary_unary(f"/{PACKAGE}.{service}/{name}",
                                        request_serializer=self.kinds[f"{name}Request"].SerializeToString,
                                        response_deserializer=self.kinds[f"{name}Response"].FromString)
        try:
            return call(self.kinds[f"{name}Request"](**members), timeout=scaled(60))
        except grpc.RpcError as e:
            raise CriError(f"{e.code().name}: {e.details()}") from None

    def close(self):
        self.channel.close()
