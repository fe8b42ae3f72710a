"""Says what has become of an LLMServer on a machine without a cluster."""

from datetime import datetime

from kubelore.embedding.resolve import is_builtin
from kubelore.resources.base import SecretKeyRef
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.llm_server import Engine, LLMServer, LLMServerSpec, LLMServerStatus
from kubelore_cli.laptop.engines.registry import LOCAL_ENGINES
from kubelore_cli.laptop.engines.state import ServerState, unusable
from kubelore_operator.reconcile.findings import Finding, report
from kubelore_operator.reconcile.server_health import external_health

_IN_PROCESS = "the built-in model runs inside Kubelore's own processes"
_NEEDS_A_CLUSTER = (
    "engine {engine} does not run on a laptop: use ollama or llamacpp, or start such a server yourself and name its "
    "address with engine external"
)
_NO_KEY = (
    "the API key is missing; put Secret {name} with key {key} into the manifests folder, "
    "or the key into the file {file} in the folder KUBELORE_API_KEYS_DIR"
)


def server_status(server: LLMServer, state: ServerState, now: datetime) -> LLMServerStatus:
    """Return the status of a server that is so far."""
    status = server.status.model_copy(
        update={
            "endpoint": state.endpoint,
            "replicas": state.replicas,
            "ready_replicas": state.ready_replicas,
            "model": state.model,
        }
    )
    return report(server, status, now, *state.findings)


def state_without_a_run(server: LLMServer, *, has_key: bool) -> ServerState | None:
    """Return the state of a server that nothing has to be run for, None for one that an engine of this machine runs.

    `has_key` says whether the key that it names was found.
    """
    spec, key = server.spec, wanted_key(server)
    if key is not None and not has_key:
        return unusable(Reason.INVALID_SPEC, _NO_KEY.format(name=key.name, key=key.key, file=key_file_name(server)))
    if spec.external is not None:
        return ServerState(external_health(spec.external.base_url), endpoint=spec.external.base_url)
    if spec.replicas == 0:
        return unusable(Reason.SCALED_TO_ZERO, "spec.replicas is 0")
    if is_builtin(server):
        return ServerState((Finding(ConditionType.READY, Reason.READY, _IN_PROCESS, status=True),))
    return None if spec.engine in LOCAL_ENGINES else _needs_a_cluster(spec)


def _needs_a_cluster(spec: LLMServerSpec) -> ServerState:
    return unusable(Reason.ENGINE_UNAVAILABLE, _NEEDS_A_CLUSTER.format(engine=spec.engine))


def wanted_key(server: LLMServer) -> SecretKeyRef | None:
    """Return the Secret's key that requests to this server carry."""
    if server.spec.external is not None:
        return server.spec.external.api_key_secret_ref
    takes_keys = server.spec.engine in {Engine.LLAMACPP, Engine.EMBEDDER} and not is_builtin(server)
    return server.spec.api_key_secret_ref if takes_keys else None


def key_file_name(server: LLMServer) -> str:
    """Return the file's name under which `KUBELORE_API_KEYS_DIR` holds the server's key."""
    return f"{server.metadata.namespace}.{server.metadata.name}"
