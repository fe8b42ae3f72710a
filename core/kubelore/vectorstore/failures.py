"""Tells Milvus' errors apart: gone for now, not there, refused."""

from urllib.parse import urlsplit

import grpc
from pymilvus.exceptions import MilvusException

from kubelore.errors import ErrorCode, KubeloreError

_SERVICE_UNAVAILABLE = 2
_RATE_LIMIT = 8
_COLLECTION_NOT_LOADED = 101
_NOT_FOUND = frozenset({100, 1600})
"""A collection, an alias."""

_TRANSIENT = frozenset(
    {
        _SERVICE_UNAVAILABLE,
        _RATE_LIMIT,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
    }
)
_LONGEST_DETAIL = 160

_LOCKED = "Open local milvus failed"

ENGINE_ERRORS: tuple[type[Exception], ...] = (MilvusException, grpc.RpcError, ConnectionError)
"""What the client raises when the engine is the cause."""


def failure_of(error: Exception, what: str, uri: str) -> KubeloreError:
    """Describe an error that met `what` at the engine behind `uri`."""
    return KubeloreError(_code_of(error), f"{what} at {place(uri)}", _detail(error))


def is_unloaded(error: MilvusException) -> bool:
    """Say whether the collection only has to be loaded, as after a restart of the engine."""
    return bool(error.code == _COLLECTION_NOT_LOADED)


def place(uri: str) -> str:
    """Return an address without the credentials that it may hold."""
    return urlsplit(uri)._replace(netloc=urlsplit(uri).netloc.rpartition("@")[2]).geturl()


def _code_of(error: Exception) -> ErrorCode:
    status = _status(error)
    if status in _NOT_FOUND:
        return ErrorCode.COLLECTION_NOT_FOUND
    is_passing = isinstance(error, ConnectionError) or getattr(error, "retriable", False)
    if is_passing or status in _TRANSIENT or _LOCKED in str(error):
        return ErrorCode.VECTOR_STORE_UNREACHABLE
    return ErrorCode.VECTOR_STORE_REFUSED


def _status(error: Exception) -> object:
    return error.code() if isinstance(error, grpc.RpcError) else getattr(error, "code", None)


def _detail(error: Exception) -> str:
    if _LOCKED in str(error):
        return "another process has it open"
    text = error.details() if isinstance(error, grpc.RpcError) else getattr(error, "message", "")
    return str(text or "").partition("\n")[0][:_LONGEST_DETAIL]
