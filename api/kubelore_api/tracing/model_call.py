"""One call of a model server as a span: what was asked of which model, and what the answer took."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import orjson
from opentelemetry.trace import Span, SpanKind
from opentelemetry.util.types import AttributeValue

from kubelore.llm.config import ServedModel
from kubelore.llm.openai_shaped import CHAT_PATH
from kubelore_api.metering.use import AnswerReader, Use
from kubelore_api.tracing.contents import input_messages, output_messages
from kubelore_api.tracing.spans import MODEL, OPERATION, Spans, note_error

_PROVIDER = "openai"
"""Whose interface it is; the conventions allow that where another one may stand behind it."""

_REQUEST_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "temperature": "gen_ai.request.temperature",
        "top_p": "gen_ai.request.top_p",
        "max_tokens": "gen_ai.request.max_tokens",
        "max_completion_tokens": "gen_ai.request.max_tokens",
        "frequency_penalty": "gen_ai.request.frequency_penalty",
        "presence_penalty": "gen_ai.request.presence_penalty",
        "seed": "gen_ai.request.seed",
        "n": "gen_ai.request.choice.count",
    }
)
_LARGEST_CONTENT = 1 << 20
"""Bytes of an answer that are kept for its span."""


class ModelCall:
    """A call under way; it is ended once, by whoever sees its end first."""

    def __init__(self, spans: Spans, path: str, served: ServedModel, body: bytes) -> None:
        """Begin its span."""
        self._is_chat = path == CHAT_PATH
        self._keeps_content = spans.with_contents and self._is_chat
        self._use = Use()
        self._reader = AnswerReader(self._use)
        self._content = bytearray()
        self._is_ended = False
        operation = "chat" if self._is_chat else path
        attributes = _request_attributes(operation, served, orjson.loads(body), with_contents=self._keeps_content)
        self.span: Span = spans.tracer.start_span(
            f"{operation} {served.model}", kind=SpanKind.CLIENT, attributes=attributes
        )

    def read(self, data: bytes) -> None:
        """Look at the next bytes of the answer."""
        self._reader.read(data)
        if self._keeps_content and len(self._content) < _LARGEST_CONTENT:
            self._content += data[: _LARGEST_CONTENT - len(self._content)]

    def fail(self, error: BaseException) -> None:
        """End it with an error."""
        if not self._is_ended:
            note_error(self.span, error)
        self.end()

    def end(self) -> None:
        """End it with what was read."""
        if self._is_ended:
            return
        self._is_ended = True
        if self._is_chat:
            self._reader.end()
        self._note_use()
        self.span.end()

    def _note_use(self) -> None:
        use = self._use
        if use.model:
            self.span.set_attribute("gen_ai.response.model", use.model)
        if use.prompt_tokens:
            self.span.set_attribute("gen_ai.usage.input_tokens", use.prompt_tokens)
        if use.completion_tokens:
            self.span.set_attribute("gen_ai.usage.output_tokens", use.completion_tokens)
        if self._keeps_content:
            self.span.set_attribute("gen_ai.output.messages", output_messages(bytes(self._content)))


def _request_attributes(
    operation: str, served: ServedModel, body: Mapping[str, Any], *, with_contents: bool
) -> dict[str, AttributeValue]:
    address = urlsplit(served.base_url)
    attributes: dict[str, AttributeValue] = {
        OPERATION: operation,
        "gen_ai.provider.name": _PROVIDER,
        MODEL: served.model,
        "server.address": address.hostname or "",
    }
    if address.port:
        attributes["server.port"] = address.port
    for field, name in _REQUEST_FIELDS.items():
        value = body.get(field)
        if isinstance(value, int | float):
            attributes[name] = value
    if with_contents:
        attributes["gen_ai.input.messages"] = input_messages(body.get("messages"))
    return attributes
