"""Passes a request on to a model server, and its answer back, as the bytes that they are."""

from http import HTTPStatus

import orjson
from fastapi.responses import Response

from kubelore.errors import ErrorCode
from kubelore.llm.endpoint import Endpoint, EndpointError
from kubelore.llm.openai_shaped import EVENT_STREAM
from kubelore_api.errors import RequestError
from kubelore_api.routes.departure import unless_client_leaves
from kubelore_api.routes.event_stream import ModelEvents, Stopwatch
from kubelore_api.routes.json_request import JsonRequest

_CALLERS_FAULT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


async def pass_through(http: JsonRequest, endpoint: Endpoint, path: str, stopwatch: Stopwatch) -> Response:
    """Post the request's own body, with the model's name as the server knows it, and relay what it answers.

    Raises RequestError for what the server says is the request's fault, and KubeloreError as the endpoint does.
    """
    body = {**await http.json(), "model": endpoint.served.model}
    try:
        return await unless_client_leaves(http, _answer(endpoint, path, orjson.dumps(body), stopwatch))
    except EndpointError as error:
        if error.status in _CALLERS_FAULT:
            raise RequestError(ErrorCode.REQUEST_INVALID, "body", error.reason) from error
        raise


async def _answer(endpoint: Endpoint, path: str, body: bytes, stopwatch: Stopwatch) -> Response:
    answer = await endpoint.post(path, body)
    if answer.content_type == EVENT_STREAM:
        return ModelEvents(answer, stopwatch)
    content = await answer.read()
    stopwatch.end()
    return Response(content, media_type=answer.content_type)
