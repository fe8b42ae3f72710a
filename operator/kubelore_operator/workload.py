"""What a pod of ours consists of, before it is written as a manifest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kubelore.jobs.model_fetch import ModelProgress
from kubelore.resources.base import ResourceRequirements, SecretKeyRef

FETCH_CONTAINER = "fetch-model"
"""The init container that brings the model, whatever the engine."""


def with_requests(wanted: ResourceRequirements, defaults: Mapping[str, str]) -> ResourceRequirements:
    """Return the requirements with a request for each of the defaults; a limit alone is its own request."""
    missing = {name: amount for name, amount in defaults.items() if name not in wanted.limits}
    return ResourceRequirements(requests={**missing, **wanted.requests}, limits=wanted.limits)


@dataclass(frozen=True, slots=True)
class EnvVar:
    """An environment variable with a value, or with one key of a Secret."""

    name: str
    value: str = ""
    secret: SecretKeyRef | None = None


def secret_env(name: str, secret: SecretKeyRef | None) -> tuple[EnvVar, ...]:
    """Return the variable that holds a Secret's key, where one is named."""
    return (EnvVar(name, secret=secret),) if secret else ()


@dataclass(frozen=True, slots=True)
class EmptyDir:
    """A volume that lives as long as its pod, on the node's disk or `in_memory`."""

    name: str
    in_memory: bool = False


@dataclass(frozen=True, slots=True)
class ClaimVolume:
    """A volume that a PersistentVolumeClaim keeps."""

    name: str
    claim: str


@dataclass(frozen=True, slots=True)
class ImageVolume:
    """The files of an OCI image."""

    name: str
    reference: str


@dataclass(frozen=True, slots=True)
class ConfigMapFile:
    """One key of a ConfigMap as a file named `file`; a pod starts without it, and finds no file."""

    name: str
    config_map: str
    key: str
    file: str


@dataclass(frozen=True, slots=True)
class SecretFolder:
    """A Secret as a folder with a file a key; a pod starts without it, and finds the folder empty."""

    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class ModelCache:
    """A volume that keeps a model; one that is `retained` outlives its server."""

    size: str
    storage_class_name: str | None
    access_mode: str
    retained: bool = False


@dataclass(frozen=True, slots=True)
class ReplicaVolume:
    """A volume that each pod gets a claim of its own for, which goes with the pod."""

    name: str
    cache: ModelCache


@dataclass(frozen=True, slots=True)
class DeviceClaim:
    """Devices of a claim, or of one made from a template: one of both is set."""

    name: str
    claim: str | None = None
    template: str | None = None


Volume = EmptyDir | ClaimVolume | ReplicaVolume | ImageVolume | ConfigMapFile | SecretFolder


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume's place in a container."""

    volume: str
    path: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """A container is well when it answers this path."""

    path: str


@dataclass(frozen=True, slots=True)
class ExecProbe:
    """A container is well when this command succeeds in it."""

    command: tuple[str, ...]


Probe = HttpProbe | ExecProbe


@dataclass(frozen=True, slots=True)
class Container:
    """One container; without a `command` it runs what its image says.

    `startup` holds the other probes back until it succeeds. `log_tail_is_message` makes the end of a failing
    container's log its termination message. `device_claims` are the names of the pod's that it may use.
    """

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    port: int | None = None
    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None
    resources: ResourceRequirements = field(default_factory=ResourceRequirements)
    log_tail_is_message: bool = False
    device_claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheduling:
    """Where pods may run."""

    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()
    affinity: Mapping[str, Any] | None = None
    topology_spread_constraints: tuple[Mapping[str, Any], ...] = ()
    runtime_class_name: str | None = None
    priority_class_name: str | None = None
    scheduler_name: str | None = None


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod; without a `service_account` it gets no token, and with `run_as_user` 0 its image says who runs it."""

    container: Container
    init_container: Container | None = None
    volumes: tuple[Volume, ...] = ()
    service_account: str | None = None
    image_pull_policy: str = "IfNotPresent"
    image_pull_secrets: tuple[str, ...] = ()
    run_as_user: int = 0
    scheduling: Scheduling = field(default_factory=Scheduling)
    device_claims: tuple[DeviceClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelServer:
    """What an engine runs for an LLMServer: nothing when `pod` is None, and clients go to `endpoint` as it is.

    `cache` is the volume that all replicas share, if they do. `read_progress` reads the log of the container that
    fetches its model.
    """

    endpoint: str
    pod: Pod | None = None
    service_port: int = 80
    cache: ModelCache | None = None
    read_progress: Callable[[str], ModelProgress | None] | None = None
