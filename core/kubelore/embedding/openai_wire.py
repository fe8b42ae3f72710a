"""Reads the answers and the errors of OpenAI-shaped embedding endpoints."""

import base64
import binascii

import numpy as np
import openai
from pydantic import BaseModel, ConfigDict, ValidationError

from kubelore.embedding.interface import Vectors
from kubelore.errors import ErrorCode, KubeloreError

_WORTH_REPEATING = frozenset({408, 409, 425, 429})
_FIRST_SERVER_ERROR = 500
_LONGEST_DETAIL = 200
_LEAST_NORM = 1e-12


class _AnswerModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class EmbeddingItem(_AnswerModel):
    """One text's vector: little-endian float32 in base64, or numbers from servers that don't know base64."""

    index: int
    embedding: str | tuple[float, ...]

    def values(self) -> Vectors:
        """Return the vector; raises ValueError."""
        if isinstance(self.embedding, str):
            return np.frombuffer(base64.b64decode(self.embedding, validate=True), dtype="<f4")
        return np.asarray(self.embedding, dtype=np.float32)


class Usage(_AnswerModel):
    """What the request took; `known_share` comes from Kubelore's own server, and for a single input alone."""

    known_share: float = 1.0


class EmbeddingAnswer(_AnswerModel):
    """The body of a successful answer."""

    data: tuple[EmbeddingItem, ...]
    usage: Usage = Usage()


def read_answer(body: bytes, texts: int, endpoint: str) -> tuple[Vectors, float]:
    """Return the vectors, L2-normalised and in the order of the request's `texts`, and the known share.

    Raises KubeloreError EMBEDDER_REFUSED for what is no answer to the request.
    """
    try:
        answer = EmbeddingAnswer.model_validate_json(body)
        items = sorted(answer.data, key=lambda item: item.index)
        vectors = np.array([item.values() for item in items], dtype=np.float32)
    except (ValidationError, binascii.Error, ValueError) as error:
        raise _not_understood(endpoint, "the answer is no list of embeddings") from error
    if [item.index for item in items] != list(range(texts)):
        raise _not_understood(endpoint, f"{len(items)} vectors for {texts} texts")
    if not np.isfinite(vectors).all():
        raise _not_understood(endpoint, "a vector holds what is no number")
    return _normalised(vectors), answer.usage.known_share


def explain(error: openai.OpenAIError, endpoint: str, api_key: str) -> KubeloreError:
    """Return what an error of the SDK means, without the key: EMBEDDER_UNREACHABLE is worth repeating."""
    if isinstance(error, openai.APIStatusError):
        detail = f"HTTP {error.status_code}{_server_message(error)}"
        return KubeloreError(_code_of(error.status_code), endpoint, _safe(detail, api_key))
    if isinstance(error, openai.APITimeoutError):
        return KubeloreError(ErrorCode.EMBEDDER_UNREACHABLE, endpoint, "no answer in time")
    if isinstance(error, openai.APIConnectionError):
        return KubeloreError(ErrorCode.EMBEDDER_UNREACHABLE, endpoint, _safe(str(error.__cause__ or error), api_key))
    return KubeloreError(ErrorCode.EMBEDDER_REFUSED, endpoint, _safe(str(error), api_key))


def _code_of(status: int) -> ErrorCode:
    repeat = status >= _FIRST_SERVER_ERROR or status in _WORTH_REPEATING
    return ErrorCode.EMBEDDER_UNREACHABLE if repeat else ErrorCode.EMBEDDER_REFUSED


def _server_message(error: openai.APIStatusError) -> str:
    """Return the message of an error in OpenAI's shape; other bodies may repeat the texts that were sent."""
    message = error.body.get("message") if isinstance(error.body, dict) else None
    return f": {message}" if isinstance(message, str) else ""


def _safe(detail: str, api_key: str) -> str:
    return detail.replace(api_key, "***")[:_LONGEST_DETAIL]


def _not_understood(endpoint: str, detail: str) -> KubeloreError:
    return KubeloreError(ErrorCode.EMBEDDER_REFUSED, endpoint, detail)


def _normalised(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, _LEAST_NORM), dtype=np.float32)
