"""The objects of OpenAI's chat completions, with the sources that Kubelore adds to them."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from kubelore.clock import now
from kubelore_api.rag.cite import Source
from kubelore_api.rag.generate import Answer

NO_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
"""What an answer costs that no model wrote."""


@dataclass(frozen=True, slots=True)
class Head:
    """What every object of one answer begins with."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(now().timestamp()))

    def chunk(self, *choices: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Build one `chat.completion.chunk`."""
        return {**self._fields("chat.completion.chunk"), "choices": list(choices), **more}

    def completion(self, answer: Answer) -> dict[str, Any]:
        """Build the `chat.completion` of an answer: the model's own response where there is one."""
        sources = {"sources": source_objects(answer.sources)}
        if answer.completion is not None:
            return {**answer.completion.payload, "model": self.model, **sources}
        message = {"role": "assistant", "content": answer.text}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return {**self._fields("chat.completion"), "choices": [choice], "usage": NO_USAGE, **sources}

    def ready_chunks(self, text: str, *, with_usage: bool) -> Iterator[dict[str, Any]]:
        """Build the chunks of an answer that is there already."""
        yield self.chunk(_choice({"role": "assistant", "content": text}))
        yield self.chunk(_choice({}, "stop"))
        if with_usage:
            yield self.chunk(usage=NO_USAGE)

    def sources_chunk(self, sources: Sequence[Source]) -> dict[str, Any]:
        """Build the chunk without choices that carries the sources."""
        return self.chunk(sources=source_objects(sources))

    def _fields(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def source_objects(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Write the sources as JSON objects."""
    return [source.model_dump() for source in sources]


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
