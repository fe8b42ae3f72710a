"""What `POST /v1/embeddings` takes and answers, in OpenAI's shape."""

import base64
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator

from kubelore.embedding.interface import Vectors
from kubelore_embedder.body import parse
from kubelore_embedder.errors import ParameterError

MAX_INPUTS = 2048
"""OpenAI's own limit."""
MAX_CHARACTERS = 100_000
"""An input's length; models read a small part of that."""


class EmbeddingsRequest(BaseModel):
    """A request's parameters; those that change nothing here, such as `user`, are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    texts: tuple[str, ...] = Field(alias="input")
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = None

    @field_validator("texts", mode="before")
    @classmethod
    def _texts(cls, value: object) -> object:
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not texts:
            raise ValueError("a string or a list of strings is needed")
        if isinstance(texts[0], int | list):
            raise ValueError("token ids are not supported: send the text")  # noqa: TRY004 - pydantic reports ValueError
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a string or a list of strings is needed")
        return _within_limits(texts)

    def check_fits(self, model: str, dimension: int) -> None:
        """Raise ParameterError if another model or another length of vectors is asked for."""
        if self.model != model:
            raise ParameterError("model", f"only {model} is served here", HTTPStatus.NOT_FOUND)
        if self.dimensions not in {None, dimension}:
            raise ParameterError("dimensions", f"the model's vectors have {dimension}, and cannot be shortened")


def read_request(body: bytes) -> EmbeddingsRequest:
    """Read a request's body; raises ParameterError with the first parameter that is wrong."""
    return parse(EmbeddingsRequest, body)


def write_answer(
    request: EmbeddingsRequest, vectors: Vectors, *, prompt_tokens: int, known_share: float | None
) -> bytes:
    """Return the answer's body.

    `usage.known_share` is Kubelore's own: the share of a single input's characters that the model's tokenizer knows.
    """
    usage: dict[str, Any] = {"prompt_tokens": prompt_tokens, "total_tokens": prompt_tokens}
    if known_share is not None:
        usage["known_share"] = known_share
    embeddings = _in_base64(vectors) if request.encoding_format == "base64" else vectors
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(embeddings)]
    answer = {"object": "list", "data": data, "model": request.model, "usage": usage}
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)


def _within_limits(texts: list[str]) -> list[str]:
    if len(texts) > MAX_INPUTS:
        raise ValueError(f"{len(texts)} inputs, and {MAX_INPUTS} are allowed")
    longest = max(len(text) for text in texts)
    if longest > MAX_CHARACTERS:
        raise ValueError(f"an input of {longest} characters, and {MAX_CHARACTERS} are allowed")
    return texts


def _in_base64(vectors: Vectors) -> Sequence[str]:
    return [base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii") for vector in vectors]
