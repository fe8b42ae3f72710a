"""What the operator would do, were the cluster to hold just these objects."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from kubelore_operator.cluster.bodies import key_of
from kubelore_operator.cluster.cache import Cache
from kubelore_operator.cluster.observe import Observer
from kubelore_operator.reconcile.decide import decide
from kubelore_operator.reconcile.observed import NEVER, Context
from kubelore_operator.reconcile.plan import Plan
from kubelore_operator.settings import OperatorSettings

NOON = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)

SETTINGS = OperatorSettings(
    job_image="registry.example/job:1",
    embedder_image="registry.example/embedder:1",
    ollama_image="registry.example/ollama:1",
    llamacpp_image="registry.example/llamacpp:1",
    llamacpp_cuda_image="registry.example/llamacpp-cuda:1",
    vllm_image="registry.example/vllm:1",
)


def context(now: datetime = NOON, refusal: str | None = None, seconds_since_status: float = NEVER) -> Context:
    """Build what a decision may know besides the objects."""
    return Context(now, SETTINGS, refusal, seconds_since_status)


def plan_for(objects: Sequence[Mapping[str, Any]], around: Context | None = None) -> Plan:
    """Decide about the first of these objects, as the API server would show them."""
    cache = Cache(lambda _: None)
    for body in objects:
        cache.put(dict(body))
    observer = Observer(cache)
    resource = observer.resource(key_of(dict(objects[0])))
    assert resource is not None
    return decide(resource, observer.world(resource), around or context())


def as_document(plan: Plan) -> dict[str, Any]:
    """Write a plan as plain data, without what it does not ask for."""
    document = asdict(plan)
    document["status"] = plan.status.to_manifest() if plan.status is not None else None
    document["delete"] = [str(key) for key in plan.delete]
    document["delete_last"] = [str(key) for key in plan.delete_last]
    document["apply"] = list(plan.apply)
    if not plan.delete_resource:
        del document["delete_resource"]
    return {name: value for name, value in document.items() if value not in (None, [])}
