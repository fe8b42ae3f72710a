"""Says what has become of an LLMServer on a machine without a cluster."""

from datetime import datetime

from kubelore.resources.base import SecretKeyRef
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.llm_server import Engine, LLMServer, LLMServerStatus
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.server_health import external_health

_IN_PROCESS = "the built-in model runs inside Kubelore's own processes"
_NEEDS_A_CLUSTER = (
    "engine {engine} needs a cluster for now; start such a server yourself, and name its address with engine external"
)
_NEEDS_A_CLUSTER_FOR_ITS_MODEL = (
    "engine embedder with spec.model.source needs a cluster for now; without it, the built-in model is used"
)
_NO_KEY = (
    "the API key is missing; put Secret {name} with key {key} into the manifests folder, "
    "or the key into the file {file} in the folder KUBELORE_API_KEYS_DIR"
)


def server_status(server: LLMServer, *, has_key: bool, now: datetime) -> LLMServerStatus:
    """Return the status of a server; `has_key` says whether the key that it names was found."""
    endpoint = server.spec.external.base_url if server.spec.external is not None else None
    status = server.status.model_copy(update={"endpoint": endpoint})
    return report(server, status, now, *_findings(server, has_key=has_key))


def wanted_key(server: LLMServer) -> SecretKeyRef | None:
    """Return the Secret's key that requests to this server carry."""
    return server.spec.external.api_key_secret_ref if server.spec.external is not None else None


def key_file_name(server: LLMServer) -> str:
    """Return the file's name under which `KUBELORE_API_KEYS_DIR` holds the server's key."""
    return f"{server.metadata.namespace}.{server.metadata.name}"


def _findings(server: LLMServer, *, has_key: bool) -> tuple[Finding, ...]:
    spec = server.spec
    key = wanted_key(server)
    if key is not None and not has_key:
        message = _NO_KEY.format(name=key.name, key=key.key, file=key_file_name(server))
        return (_ready(Reason.INVALID_SPEC, message, status=False),)
    if spec.external is not None:
        return external_health(spec.external.base_url)
    if spec.engine is not Engine.EMBEDDER:
        return (_ready(Reason.ENGINE_UNAVAILABLE, _NEEDS_A_CLUSTER.format(engine=spec.engine), status=False),)
    if spec.model.source is not None:
        return (_ready(Reason.ENGINE_UNAVAILABLE, _NEEDS_A_CLUSTER_FOR_ITS_MODEL, status=False),)
    return (_ready(Reason.READY, _IN_PROCESS, status=True),)


def _ready(reason: Reason, message: str, *, status: bool) -> Finding:
    return Finding(ConditionType.READY, status=status, reason=reason, message=message)
