"""What `POST /v1/rerank` takes and answers, in the shape that Cohere, Jina, vLLM and llama-server share."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator

from kubelore.embedding.cross_encoder import Scores
from kubelore_embedder.body import parse
from kubelore_embedder.embedding_wire import MAX_CHARACTERS
from kubelore_embedder.errors import ParameterError

MAX_DOCUMENTS = 1000
"""Cohere's own limit."""


class RerankRequest(BaseModel):
    """A request's parameters; those that change nothing here are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    query: str = Field(max_length=MAX_CHARACTERS)
    documents: tuple[str, ...] = Field(min_length=1, max_length=MAX_DOCUMENTS)
    top_n: int | None = Field(default=None, ge=1)
    return_documents: bool = False

    @field_validator("documents", mode="before")
    @classmethod
    def _documents(cls, value: object) -> object:
        if not isinstance(value, list):
            raise ValueError("a list of strings is needed")  # noqa: TRY004 - pydantic reports ValueError
        return [_text(document) for document in value]

    def check_fits(self, model: str) -> None:
        """Raise ParameterError if another model is asked for."""
        if self.model != model:
            raise ParameterError("model", f"only {model} is served here", HTTPStatus.NOT_FOUND)


def read_rerank_request(body: bytes) -> RerankRequest:
    """Read a request's body; raises ParameterError with the first parameter that is wrong."""
    return parse(RerankRequest, body)


def write_results(request: RerankRequest, scores: Scores, *, tokens: int) -> bytes:
    """Return the answer's body: the best documents first, by their index in the request."""
    best = _best_first(scores)[: request.top_n]
    answer = {
        "object": "list",
        "model": request.model,
        "results": [_result(request, index, float(scores[index])) for index in best],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return orjson.dumps(answer)


def _text(document: object) -> str:
    text = document.get("text") if isinstance(document, dict) else document
    if not isinstance(text, str):
        raise ValueError("each document must be a string, or an object with its text")  # noqa: TRY004 - as above
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"a document may have {MAX_CHARACTERS} characters at most")
    return text


def _best_first(scores: Scores) -> Sequence[int]:
    return sorted(range(len(scores)), key=lambda index: -scores[index])


def _result(request: RerankRequest, index: int, score: float) -> dict[str, Any]:
    result: dict[str, Any] = {"index": index, "relevance_score": score}
    return {**result, "document": {"text": request.documents[index]}} if request.return_documents else result
