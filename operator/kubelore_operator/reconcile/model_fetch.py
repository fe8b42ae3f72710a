"""What the container that fetches a model said: how far it is, how it ended, and why it failed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from kubelore.errors import ErrorCode
from kubelore.jobs.model_fetch import FetchEnd, ModelDigest, ModelProgress
from kubelore.resources.conditions import Reason
from kubelore.resources.llm_server import ModelStatus
from kubelore_operator.reconcile.log_text import last_words, without_secrets
from kubelore_operator.reconcile.observed import Pod

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000

_PULL_ERROR = re.compile(r"^Error: (.+)$", re.MULTILINE)
_NO_SUCH_MODEL = "file does not exist"
"""Ollama's words for a 404 of the registry."""


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """Why a model could not be fetched."""

    reason: Reason
    message: str


def fetch_failure(termination_message: str) -> FetchFailure | None:
    """Read why a fetch failed, or return None where its end says nothing of it."""
    end = _parsed(termination_message)
    if end is None:
        return _pull_failure(termination_message)
    if end.failure is None:
        return None
    missing = end.failure.code == ErrorCode.MODEL_SOURCE_NOT_FOUND
    reason = Reason.MODEL_MISSING if missing else Reason.MODEL_FETCH_FAILED
    return FetchFailure(reason, without_secrets(end.failure.message))


def _pull_failure(log: str) -> FetchFailure | None:
    """Read the last line of Ollama's, which says in words alone what is wrong."""
    errors = _PULL_ERROR.findall(log)
    if not errors:
        return None
    reason = Reason.MODEL_MISSING if _NO_SUCH_MODEL in errors[-1] else Reason.MODEL_FETCH_FAILED
    message = f"Ollama can't pull the model: {last_words(errors[-1])}; check spec.model.source.ollama and the network"
    return FetchFailure(reason, message)


def model_status(old: ModelStatus, progress: ModelProgress | None, pods: Iterable[Pod]) -> ModelStatus:
    """Return how far the model has come: what is being fetched, else what was fetched whole, else what was known."""
    if progress is not None:
        return fetching_status(progress)
    digest = _digest(pods)
    return old if digest is None else fetched_status(digest)


def fetching_status(progress: ModelProgress) -> ModelStatus:
    """Return the status of a model that is on its way."""
    return ModelStatus(
        bytes_done=progress.bytes_done,
        bytes_total=progress.bytes_total,
        bytes_per_second=round(progress.rate),
        progress=_in_words(progress),
    )


def fetched_status(digest: ModelDigest) -> ModelStatus:
    """Return the status of a model that was fetched whole."""
    return ModelStatus(
        digest=f"sha256:{digest.sha256}", bytes_done=digest.bytes, bytes_total=digest.bytes, progress="100%"
    )


def _in_words(progress: ModelProgress) -> str:
    rate = f", {_amount(progress.rate)}/s" if progress.rate else ""
    if not progress.bytes_total:
        return f"{_amount(progress.bytes_done)}{rate}"
    share = 100 * progress.bytes_done // progress.bytes_total
    return f"{share}% of {_amount(progress.bytes_total)}{rate}"


def _amount(count: float) -> str:
    for unit in _UNITS[:-1]:
        if count < _STEP:
            return f"{count:.3g} {unit}"
        count /= _STEP
    return f"{count:.3g} {_UNITS[-1]}"


def _digest(pods: Iterable[Pod]) -> ModelDigest | None:
    """Return what the pods fetched; one that is ready serves it already."""
    ends = [(pod.is_ready, end.model) for pod in pods if (end := _parsed(pod.fetched)) is not None]
    found = [model for _, model in sorted(ends, key=lambda end: not end[0]) if model is not None]
    return found[0] if found else None


def _parsed(termination_message: str) -> FetchEnd | None:
    try:
        return FetchEnd.model_validate_json(termination_message) if termination_message else None
    except ValidationError:
        return None
