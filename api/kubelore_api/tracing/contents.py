"""Writes what was asked and answered as the conventions have it: messages that consist of parts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from kubelore_api.sse import data_of, whole_events

_DONE = b"[DONE]"
_ASSISTANT = "assistant"


def input_messages(messages: Any) -> str:
    """Write a request's messages; of what is no message, nothing."""
    return _written(_message(each) for each in messages or () if isinstance(each, Mapping))


def output_messages(body: bytes) -> str:
    """Write the first choice of an answer, a whole one or a stream's events; nothing of what is neither."""
    try:
        chunks = [orjson.loads(data) for data in _chunks(body)]
        choices = [choice for chunk in chunks for choice in chunk.get("choices") or () if not choice.get("index")]
        parts = [choice.get("message") or choice.get("delta") or {} for choice in choices]
        reasons = [reason for choice in choices if (reason := choice.get("finish_reason"))]
    except (ValueError, AttributeError, TypeError):
        return "[]"
    text = "".join(str(part.get("content") or "") for part in parts)
    return _written([{**_message({"role": _ASSISTANT, "content": text}), "finish_reason": "".join(reasons[-1:])}])


def _chunks(body: bytes) -> Iterator[bytes]:
    if body.lstrip().startswith(b"{"):
        yield body
        return
    for event in whole_events(body):
        data = data_of(event)
        if data and data != _DONE:
            yield data


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    parts = [{"type": "text", "content": content}] if isinstance(content, str) else content or []
    return {"role": message.get("role", ""), "parts": parts}


def _written(messages: Iterable[Mapping[str, Any]]) -> str:
    return orjson.dumps(list(messages)).decode()
