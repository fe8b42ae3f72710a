"""Every error as OpenAI's clients read it: a status, and an object that names the parameter."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kubelore.errors import ErrorCode, KubeloreError

_log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
_CHALLENGE = {"WWW-Authenticate": "Bearer"}

_STATUS: Mapping[ErrorCode, HTTPStatus] = {
    ErrorCode.REQUEST_INVALID: HTTPStatus.BAD_REQUEST,
    ErrorCode.FILTER_INVALID: HTTPStatus.BAD_REQUEST,
    ErrorCode.DOCUMENT_REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.DOCUMENT_UNSUPPORTED: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.RESOURCE_NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.ENTRY_NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.ENTRY_CONFLICT: HTTPStatus.CONFLICT,
    ErrorCode.DATABASE_NOT_CONFIGURED: HTTPStatus.NOT_IMPLEMENTED,
    ErrorCode.RESOURCE_CONFLICT: HTTPStatus.CONFLICT,
    ErrorCode.REQUEST_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.SOURCE_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.CANCELLED: HTTPStatus.REQUEST_TIMEOUT,
    ErrorCode.CHAT_REFUSED: HTTPStatus.BAD_GATEWAY,
    ErrorCode.EMBEDDER_REFUSED: HTTPStatus.BAD_GATEWAY,
    ErrorCode.OVERLOADED: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.RESOURCE_NOT_READY: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.COLLECTION_NOT_FOUND: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.CHAT_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.EMBEDDER_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.VECTOR_STORE_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.OBJECT_STORE_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.CLUSTER_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.DATABASE_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.IDENTITY_PROVIDER_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Codes that are not here are the installation's fault, and become 500."""


class RequestError(KubeloreError):
    """An error that one parameter of the request is the cause of."""

    def __init__(self, code: ErrorCode, parameter: str, detail: str = "", subject: str | None = None) -> None:
        """Name the parameter; the subject is the parameter where nothing else is given."""
        super().__init__(code, subject or parameter, detail)
        self.parameter = parameter


class RateLimitedError(KubeloreError):
    """More was asked for than the limit named; `retry_after` is in seconds."""

    def __init__(self, limit: str, retry_after: int) -> None:
        """Name the limit."""
        super().__init__(ErrorCode.RATE_LIMITED, limit)
        self.retry_after = retry_after


def status_of(code: ErrorCode) -> HTTPStatus:
    """Return the HTTP status that an error is answered with."""
    return _STATUS.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)


def error_object(error: KubeloreError) -> dict[str, Any]:
    """Describe an error as OpenAI's clients read it, in a body or in a stream's event."""
    parameter = error.parameter if isinstance(error, RequestError) else None
    return _error_object(status_of(error.code), error.message, error.code, parameter)


def error_response(error: KubeloreError) -> JSONResponse:
    """Answer with an error."""
    status = status_of(error.code)
    return JSONResponse(error_object(error), status, headers=_headers(error, status))


def handle_errors(app: FastAPI) -> None:
    """Make every error of the application leave it in this one shape."""
    app.exception_handler(KubeloreError)(_on_kubelore_error)
    app.exception_handler(RequestValidationError)(_on_invalid_request)
    app.exception_handler(HTTPException)(_on_http_error)
    app.exception_handler(Exception)(_on_defect)


async def _on_kubelore_error(_request: Request, error: KubeloreError) -> JSONResponse:
    if status_of(error.code) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("A request failed: %s", error, exc_info=error.__cause__)
    return error_response(error)


async def _on_invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return error_response(RequestError(ErrorCode.REQUEST_INVALID, "body", "it is not valid JSON"))
    return error_response(RequestError(ErrorCode.REQUEST_INVALID, _parameter(first["loc"]), first["msg"]))


async def _on_http_error(_request: Request, error: HTTPException) -> JSONResponse:
    if isinstance(error.__cause__, KubeloreError):
        return error_response(error.__cause__)
    status = HTTPStatus(error.status_code)
    return JSONResponse(_error_object(status, str(error.detail), status.name, None), status, headers=error.headers)


async def _on_defect(_request: Request, _error: Exception) -> JSONResponse:
    # Starlette raises the error again after this answer, and the server logs it.
    return error_response(KubeloreError(ErrorCode.INTERNAL, "the gateway"))


def _error_object(status: HTTPStatus, message: str, code: str, parameter: str | None) -> dict[str, Any]:
    return {"error": {"message": message, "type": _type_of(status), "param": parameter, "code": code}}


def _type_of(status: HTTPStatus) -> str:
    if status is HTTPStatus.UNAUTHORIZED:
        return "authentication_error"
    if status is HTTPStatus.FORBIDDEN:
        return "permission_error"
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limit_error"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"


def _headers(error: KubeloreError, status: HTTPStatus) -> dict[str, str] | None:
    if isinstance(error, RateLimitedError):
        return {"Retry-After": str(error.retry_after)}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return _CHALLENGE if status is HTTPStatus.UNAUTHORIZED else None


def _parameter(location: tuple[str | int, ...]) -> str:
    """Return a parameter's path without where it was sent (`body`, `path`, `query`, `header`)."""
    return ".".join(str(part) for part in location[1:]) or str(location[0])
