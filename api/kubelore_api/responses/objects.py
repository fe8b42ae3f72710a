"""The objects of OpenAI's responses, built from what the gateway knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubelore.llm.interface import Json
from kubelore_api.rag.cite import Source, cited_numbers

TEXT_FORMAT = {"format": {"type": "text"}}
_FINISHED_EARLY = {"length": "max_output_tokens", "content_filter": "content_filter"}


@dataclass(frozen=True, slots=True)
class Head:
    """What stays the same in every state of one response; `echo` is what the client asked for."""

    id: str
    created_at: int
    model: str
    echo: Json

    def response(
        self, status: str, output: Sequence[Json] = (), usage: Json | None = None, error: Json | None = None
    ) -> dict[str, Any]:
        """Build the response as it stands."""
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created_at,
            "status": status,
            "error": error,
            "incomplete_details": None,
            "model": self.model,
            "output": list(output),
            "parallel_tool_calls": False,
            "reasoning": {"effort": None, "summary": None},
            "text": TEXT_FORMAT,
            "tool_choice": "auto",
            "truncation": "auto",
            "usage": usage,
            **self.echo,
        }

    def finished(self, output: Sequence[Json], usage: Json | None, finish_reason: str | None) -> dict[str, Any]:
        """Build the response at its end: completed, or incomplete where the model stopped early."""
        early = _FINISHED_EARLY.get(finish_reason or "")
        response = self.response("incomplete" if early else "completed", output, usage)
        return {**response, "incomplete_details": {"reason": early}} if early else response


def search_call(item_id: str, status: str, queries: Sequence[str], results: Sequence[Json] | None) -> dict[str, Any]:
    """Build the item that says what was searched for."""
    return {
        "id": item_id,
        "type": "file_search_call",
        "status": status,
        "queries": list(queries),
        "results": None if results is None else list(results),
    }


def search_results(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Build what a search call found, for a client that asks for it."""
    return [
        {
            "file_id": source.document_id,
            "filename": source.document,
            "score": source.score,
            "text": source.text,
            "attributes": {"title": source.title, "heading_path": source.heading_path, "page": source.page or 0},
        }
        for source in sources
    ]


def message(item_id: str, status: str, content: Sequence[Json]) -> dict[str, Any]:
    """Build the item of the answer."""
    return {"id": item_id, "type": "message", "role": "assistant", "status": status, "content": list(content)}


def output_text(text: str, annotations: Sequence[Json]) -> dict[str, Any]:
    """Build the text of the answer."""
    return {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}


def annotations(text: str, sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Build a file citation for each citation in the text; `index` is the place behind it."""
    by_number = {source.number: source for source in sources}
    return [
        {
            "type": "file_citation",
            "file_id": by_number[number].document_id,
            "filename": by_number[number].document,
            "index": index,
        }
        for number, index in cited_numbers(text)
        if number in by_number
    ]


def usage_object(usage: Json) -> dict[str, Any]:
    """Build what the answer cost, from a completion's usage; zeros where no model told."""
    sent, written = _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens")
    return {
        "input_tokens": sent,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": sent + written,
    }


def _tokens(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) else 0
