"""Reads the bodies of requests, and says which parameter is wrong."""

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_embedder.errors import ParameterError

MAX_BODY_BYTES = 16 * 1024 * 1024

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request) -> bytes:
    """Read the body, and stop as soon as it is known to be larger than allowed."""
    _check_size(int(request.headers.get("content-length", 0)))
    body = bytearray()
    async for part in request.stream():
        body += part
        _check_size(len(body))
    return bytes(body)


def parse(model: type[M], body: bytes) -> M:
    """Read a body as `model`; raises ParameterError with the first parameter that is wrong."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        parameter = str(first["loc"][0]) if first["loc"] else "body"
        raise ParameterError(parameter, first["msg"].removeprefix("Value error, ")) from error


def _check_size(size: int) -> None:
    if size > MAX_BODY_BYTES:
        raise KubeloreError(ErrorCode.REQUEST_TOO_LARGE, "body", f"at most {MAX_BODY_BYTES} bytes")
