"""How far a model server on this machine is, in the words of an LLMServer's status."""

from dataclasses import dataclass, field

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.model_fetch import ModelProgress
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.llm_server import ModelStatus
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.model_fetch import fetching_status

_REASONS = {
    ErrorCode.ENGINE_NOT_INSTALLED: Reason.ENGINE_UNAVAILABLE,
    ErrorCode.ENGINE_FAILED: Reason.ENGINE_UNAVAILABLE,
    ErrorCode.RESOURCE_INVALID: Reason.INVALID_SPEC,
    ErrorCode.MODEL_SOURCE_NOT_FOUND: Reason.MODEL_MISSING,
}
"""What else goes wrong, goes wrong while the model is fetched."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """What a status is made of; without an endpoint nobody can ask the server anything."""

    findings: tuple[Finding, ...]
    endpoint: str | None = None
    model: ModelStatus = field(default_factory=ModelStatus)
    replicas: int = 0
    ready_replicas: int = 0

    @property
    def has_failed(self) -> bool:
        """Whether something went wrong."""
        return self.findings[0].reason in {*_REASONS.values(), Reason.MODEL_FETCH_FAILED}

    @property
    def is_starting(self) -> bool:
        """Whether it is on its way up, with nothing to tell yet."""
        return self.findings[0].reason is Reason.DEPLOYING


def starting(model: ModelStatus | None = None) -> ServerState:
    """Return the state of a server that is on its way up."""
    return _not_ready(Reason.DEPLOYING, "the server is being started", progressing=True, model=model)


def fetching(progress: ModelProgress) -> ServerState:
    """Return the state of a server whose model is on its way."""
    model = fetching_status(progress)
    message = f"the model is being fetched: {model.progress}"
    return _not_ready(Reason.MODEL_FETCHING, message, progressing=True, model=model)


def answering(endpoint: str, model: ModelStatus) -> ServerState:
    """Return the state of a server that takes requests."""
    return ServerState(
        findings=(
            Finding(ConditionType.READY, Reason.READY, f"requests go to {endpoint}", status=True),
            Finding(ConditionType.MODEL_AVAILABLE, Reason.MODEL_LOADED, "the model answers", status=True),
            Finding(ConditionType.PROGRESSING, Reason.UP_TO_DATE, "the server runs as it is wanted", status=False),
        ),
        endpoint=endpoint,
        model=model,
        replicas=1,
        ready_replicas=1,
    )


def failed(error: KubeloreError) -> ServerState:
    """Return the state of a server that could not be brought up, or has gone; it is tried again."""
    return _not_ready(_REASONS.get(error.code, Reason.MODEL_FETCH_FAILED), error.message, progressing=False)


def unusable(reason: Reason, message: str) -> ServerState:
    """Return the state of a server that nothing is run for, and why."""
    return ServerState(findings=(Finding(ConditionType.READY, reason, message, status=False),))


def _not_ready(reason: Reason, message: str, *, progressing: bool, model: ModelStatus | None = None) -> ServerState:
    return ServerState(
        findings=(
            Finding(ConditionType.READY, reason, message, status=False),
            Finding(ConditionType.MODEL_AVAILABLE, reason, message, status=False),
            Finding(ConditionType.PROGRESSING, reason, message, status=progressing),
        ),
        model=model or ModelStatus(),
    )
