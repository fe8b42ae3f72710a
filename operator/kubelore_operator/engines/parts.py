"""What the pods of all engines have in common."""

from dataclasses import dataclass, replace

from kubelore.resources.base import ResourceRequirements
from kubelore.resources.llm_server import CacheDeletionPolicy, LLMServer
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import (
    ClaimVolume,
    Container,
    DeviceClaim,
    EnvVar,
    ModelCache,
    Pod,
    ReplicaVolume,
    Scheduling,
    Volume,
    with_requests,
)

_DEFAULT_REQUESTS = {"cpu": "500m", "memory": "1Gi"}


def service_endpoint(resource: LLMServer, port: int) -> str:
    """Return the OpenAI-shaped address of the resource's Service."""
    host = f"{resource.metadata.name}.{resource.metadata.namespace}.svc"
    return f"http://{host}/v1" if port == 80 else f"http://{host}:{port}/v1"  # noqa: PLR2004 - HTTP's own port


def user_env(resource: LLMServer) -> tuple[EnvVar, ...]:
    """Return the variables that the resource adds."""
    return tuple(EnvVar(entry.name, entry.value or "", entry.secret_key_ref) for entry in resource.spec.env)


def requirements(resource: LLMServer) -> ResourceRequirements:
    """Return CPU and memory, with requests in any case."""
    return with_requests(resource.spec.resources, _DEFAULT_REQUESTS)


def with_devices(resource: LLMServer) -> ResourceRequirements:
    """Return CPU and memory and the accelerator, as a limit, which is also its request."""
    wanted = requirements(resource)
    accelerator = resource.spec.accelerator
    if accelerator is None:
        return wanted
    devices = {accelerator.resource_name: str(accelerator.count)}
    return ResourceRequirements(requests=wanted.requests, limits={**wanted.limits, **devices})


@dataclass(frozen=True, slots=True)
class CacheVolume:
    """A volume for models, and the claim to make for it unless each pod has its own."""

    volume: Volume
    claim: ModelCache | None


def cache_volume(resource: LLMServer, name: str) -> CacheVolume:
    """Return the volume that keeps the model; several replicas share it where it may be on several nodes."""
    cache = resource.spec.cache
    retained = cache.deletion_policy is CacheDeletionPolicy.RETAIN
    wanted = ModelCache(cache.size, cache.storage_class_name, cache.access_mode, retained=retained)
    if cache.access_mode == "ReadWriteOnce" and resource.spec.most_replicas > 1:
        return CacheVolume(ReplicaVolume(name, wanted), claim=None)
    return CacheVolume(ClaimVolume(name, resource.metadata.name), wanted)


def server_pod(
    resource: LLMServer,
    settings: OperatorSettings,
    container: Container,
    *,
    init_container: Container | None = None,
    volumes: tuple[Volume, ...] = (),
) -> Pod:
    """Put the engine's containers into a pod that runs where the resource says."""
    spec = resource.spec
    claims = tuple(
        DeviceClaim(entry.name, entry.resource_claim_name, entry.resource_claim_template_name)
        for entry in spec.resource_claims
    )
    return Pod(
        container=replace(container, device_claims=tuple(claim.name for claim in claims)),
        device_claims=claims,
        init_container=init_container,
        volumes=volumes,
        image_pull_policy=spec.image_pull_policy,
        image_pull_secrets=tuple(reference.name for reference in spec.image_pull_secrets),
        run_as_user=settings.run_as_user,
        scheduling=Scheduling(
            node_selector=spec.node_selector,
            tolerations=spec.tolerations,
            affinity=spec.affinity,
            topology_spread_constraints=spec.topology_spread_constraints,
            runtime_class_name=spec.runtime_class_name,
            priority_class_name=spec.priority_class_name,
            scheduler_name=spec.scheduler_name,
        ),
    )
