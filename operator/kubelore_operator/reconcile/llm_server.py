"""What to do for an LLMServer."""

from kubelore.resources.base import ResourceKey
from kubelore.resources.llm_server import CacheDeletionPolicy, LLMServer, LLMServerStatus, ModelStatus
from kubelore_operator.engines.registry import ENGINES
from kubelore_operator.manifests.deployment import Rollout, deployment
from kubelore_operator.manifests.horizontal_pod_autoscaler import horizontal_pod_autoscaler
from kubelore_operator.manifests.metadata import Manifest, selector
from kubelore_operator.manifests.network_policy import Installation, network_policy
from kubelore_operator.manifests.pod_disruption_budget import pod_disruption_budget
from kubelore_operator.manifests.pvc import pvc
from kubelore_operator.manifests.service import service
from kubelore_operator.reconcile.findings import report
from kubelore_operator.reconcile.model_fetch import model_status
from kubelore_operator.reconcile.observed import Context, Deployment, LLMServerWorld
from kubelore_operator.reconcile.plan import Plan
from kubelore_operator.reconcile.server_health import Seen, external_health, health, seconds_to_judgement
from kubelore_operator.reconcile.throttle import paced
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import HttpProbe, ModelServer, Pod, Probe

_CLAIM = "PersistentVolumeClaim"


def reconcile(resource: LLMServer, world: LLMServerWorld, context: Context) -> Plan:
    """Run what the engine needs, and say whether it answers."""
    if resource.is_being_deleted:
        return Plan()
    server = ENGINES[resource.spec.engine].server(resource, context.settings)
    manifests = _children(resource, server, context.settings)
    seen = _seen(resource, server, world, context)
    status = _status(resource, server, world, seen)
    status_now, later = paced(resource.status, status, context, urgent=not _tells_the_same(resource.status, status))
    looks = (later, seconds_to_judgement(seen), context.settings.progress_seconds if world.fetching_pod else None)
    return Plan(
        apply=manifests,
        delete=_surplus(resource, world, manifests),
        status=status_now,
        requeue=min((seconds for seconds in looks if seconds is not None), default=None),
    )


def _tells_the_same(old: LLMServerStatus, new: LLMServerStatus) -> bool:
    """Say whether nothing has changed but how far it is: the model's bytes, and the number of pods."""
    counts = {"model": old.model, "replicas": old.replicas, "ready_replicas": old.ready_replicas}
    return new.model_copy(update=counts) == old


def _children(resource: LLMServer, server: ModelServer, settings: OperatorSettings) -> tuple[Manifest, ...]:
    pod = server.pod
    if pod is None:
        return ()
    claims = (pvc(resource, server.cache),) if server.cache else ()
    return (
        *claims,
        *_policy(resource, pod, settings),
        service(resource, server.service_port),
        *_scaling(resource),
        deployment(resource, pod, _rollout(resource, server)),
    )


def _policy(resource: LLMServer, pod: Pod, settings: OperatorSettings) -> tuple[Manifest, ...]:
    if pod.container.port is None:
        return ()
    installation = Installation(settings.installation, settings.installation_namespace)
    return (network_policy(resource, pod.container.port, installation),)


def _rollout(resource: LLMServer, server: ModelServer) -> Rollout:
    """Have the old pod answer until the new one does, beside it where both use one volume."""
    spec = resource.spec
    asks_for_devices = spec.accelerator is not None or bool(spec.resource_claims)
    return Rollout(
        replicas=None if spec.autoscaling else spec.least_replicas,
        surge=not asks_for_devices if spec.surge is None else spec.surge,
        one_node=server.cache is not None and server.cache.access_mode == "ReadWriteOnce",
    )


def _scaling(resource: LLMServer) -> tuple[Manifest, ...]:
    autoscaling = resource.spec.autoscaling
    budget = (pod_disruption_budget(resource),) if resource.spec.most_replicas > 1 else ()
    return (*budget, horizontal_pod_autoscaler(resource, autoscaling)) if autoscaling else budget


def _wanted(resource: LLMServer, seen: Deployment) -> int:
    """Return how many pods there should be; what an autoscaler made of it is as good as what was asked for."""
    least = resource.spec.least_replicas
    return max(least, seen.replicas) if resource.spec.autoscaling else least


def _surplus(resource: LLMServer, world: LLMServerWorld, manifests: tuple[Manifest, ...]) -> tuple[ResourceKey, ...]:
    """Return the children that nobody asks for any more; a volume that is retained stays."""
    wanted = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}
    kept = {_CLAIM} if resource.spec.cache.deletion_policy is CacheDeletionPolicy.RETAIN else set()
    return tuple(child for child in world.children if (child.kind, child.name) not in wanted and child.kind not in kept)


def _seen(resource: LLMServer, server: ModelServer, world: LLMServerWorld, context: Context) -> Seen:
    deployment = world.deployment or Deployment()
    return Seen(
        wanted=_wanted(resource, deployment),
        deployment=deployment,
        pods=world.pods,
        refusal=context.refusal,
        readiness=_in_words(server.pod.container.readiness) if server.pod else "",
        now=context.now,
    )


def _in_words(probe: Probe | None) -> str:
    if probe is None:
        return "none"
    return f"GET {probe.path}" if isinstance(probe, HttpProbe) else " ".join(probe.command)


def _status(resource: LLMServer, server: ModelServer, world: LLMServerWorld, seen: Seen) -> LLMServerStatus:
    runs_here = server.pod is not None
    status = resource.status.model_copy(
        update={
            "endpoint": server.endpoint,
            "replicas": seen.deployment.replicas,
            "ready_replicas": seen.deployment.ready,
            "selector": ",".join(f"{key}={value}" for key, value in selector(resource).items()) if runs_here else "",
            "model": _model(resource, server, world),
        }
    )
    findings = health(seen) if runs_here else external_health(server.endpoint)
    return report(resource, status, seen.now, *findings)


def _model(resource: LLMServer, server: ModelServer, world: LLMServerWorld) -> ModelStatus:
    if server.read_progress is None:
        return ModelStatus()
    return model_status(resource.status.model, server.read_progress(world.fetch_log), world.pods)
