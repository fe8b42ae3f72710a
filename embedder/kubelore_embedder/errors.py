"""Every error as OpenAI's clients read it: a status, and an object that names the parameter."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kubelore.errors import ErrorCode, KubeloreError

_log = logging.getLogger(__name__)

_RETRY_AFTER_SECONDS = 1

_STATUS: Mapping[ErrorCode, HTTPStatus] = {
    ErrorCode.REQUEST_INVALID: HTTPStatus.BAD_REQUEST,
    ErrorCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.REQUEST_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.EMBEDDER_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Codes that are not here are this server's fault, and become 500."""

_HEADERS: Mapping[HTTPStatus, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(_RETRY_AFTER_SECONDS)},
}


class ParameterError(KubeloreError):
    """A request that one of its parameters is wrong in."""

    def __init__(self, parameter: str, detail: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        """Name the parameter and what is wrong with it."""
        super().__init__(ErrorCode.REQUEST_INVALID, parameter, detail)
        self.parameter = parameter
        self.status = status


def handle_errors(app: FastAPI) -> None:
    """Make every error of the application leave it in this one shape."""
    app.exception_handler(KubeloreError)(_on_kubelore_error)
    app.exception_handler(HTTPException)(_on_http_error)
    app.exception_handler(Exception)(_on_defect)


async def _on_kubelore_error(_request: Request, error: KubeloreError) -> JSONResponse:
    if isinstance(error, ParameterError):
        return _answer(error.status, error.message, error.code, error.parameter)
    status = _STATUS.get(error.code, HTTPStatus.INTERNAL_SERVER_ERROR)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("A request failed: %s", error, exc_info=error.__cause__)
    return _answer(status, error.message, error.code)


async def _on_http_error(_request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    return _answer(status, error.detail, status.name)


async def _on_defect(_request: Request, _error: Exception) -> JSONResponse:
    # Starlette raises the error again after this answer, and the server logs it.
    defect = KubeloreError(ErrorCode.INTERNAL, "the embedder")
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, defect.message, defect.code)


def _answer(status: HTTPStatus, message: str, code: str, parameter: str | None = None) -> JSONResponse:
    body = {"error": {"message": message, "type": _type_of(status), "param": parameter, "code": code}}
    return JSONResponse(body, status, headers=_HEADERS.get(status))


def _type_of(status: HTTPStatus) -> str:
    if status is HTTPStatus.UNAUTHORIZED:
        return "authentication_error"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
