"""A request whose JSON is read once, by the quickest parser, for whoever asks."""

from typing import Any, TypeVar

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from kubelore.errors import ErrorCode, KubeloreError
from kubelore_api.errors import RequestError

M = TypeVar("M", bound=BaseModel)

_BODY = "body"


class JsonRequest(Request):
    """A request with a JSON body; its errors are those of the framework's own reading."""

    async def json(self) -> Any:
        """Return what the body says.

        Raises RequestError for what is no JSON, and KubeloreError CANCELLED where the client leaves before its end.
        """
        if not hasattr(self, "_json"):
            self._json = _parsed(await self._read())
        return self._json

    async def read_as(self, model: type[M]) -> M:
        """Return the body as a model; raises RequestValidationError where it isn't one, and as `json` does."""
        # A page of another site may post any form unasked, but no JSON: so the type must say that it is some.
        body = await self.json() if _is_json(self.headers.get("content-type", "")) else await self._read()
        try:
            return model.model_validate(body)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            raise RequestValidationError([{**each, "loc": (_BODY, *each["loc"])} for each in errors]) from error

    async def _read(self) -> bytes:
        try:
            return await self.body()
        except ClientDisconnect as error:
            raise KubeloreError(ErrorCode.CANCELLED, "the request", "its client left") from error


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError(ErrorCode.REQUEST_INVALID, _BODY, "it is not valid JSON") from error


def _is_json(content_type: str) -> bool:
    main, _, sub = content_type.partition(";")[0].strip().lower().partition("/")
    return main == "application" and (sub == "json" or sub.endswith("+json"))
