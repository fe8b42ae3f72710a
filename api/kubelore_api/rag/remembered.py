"""What is remembered of questions: what it depends on, and how it is written down."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from kubelore.errors import KubeloreError
from kubelore.llm.interface import Json
from kubelore.resources.generations import answering
from kubelore.vectorstore.interface import Hit, Row
from kubelore_api.cache.fresh_values import FreshValues, Made, Request
from kubelore_api.models import Models
from kubelore_api.rag.cite import Source
from kubelore_api.rag.conversation import Conversation
from kubelore_api.rag.generate import Answer
from kubelore_api.rag.ranking import Ranking
from kubelore_api.rag.retrieve import Scope

_PLAIN_PARAMETERS = frozenset(
    {
        "frequency_penalty",
        "max_completion_tokens",
        "max_tokens",
        "presence_penalty",
        "seed",
        "stop",
        "temperature",
        "top_p",
        "user",
    }
)
"""With these, an answer is one text. Others ask for tools, several choices, or something that isn't known here."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What answered questions left behind; None where nothing of a kind is remembered."""

    models: Models
    rankings: FreshValues[Ranking] | None = None
    answers: FreshValues[Answer] | None = None

    async def ranking(self, scope: Scope, question: str, make: Callable[[], Awaitable[Made[Ranking]]]) -> Ranking:
        """Return how a question's rows were ranked, or have that found out; raises as `make` does."""
        if self.rankings is not None:
            request = await self._request(scope, question)
            if request is not None:
                return await self.rankings.find_or_make(request, make)
        return (await make()).value

    async def answer(
        self, scope: Scope, conversation: Conversation, parameters: Json, make: Callable[[], Awaitable[Made[Answer]]]
    ) -> Answer:
        """Return what a question was answered, or have it answered; raises as `make` does."""
        request = await self._answer_request(scope, conversation, parameters)
        if self.answers is None or request is None:
            return (await make()).value
        return await self.answers.find_or_make(request, make)

    async def known_answer(self, scope: Scope, conversation: Conversation, parameters: Json) -> Answer | None:
        """Return what a question was answered, if that is remembered."""
        request = await self._answer_request(scope, conversation, parameters)
        return None if self.answers is None or request is None else await self.answers.find(request)

    async def _answer_request(self, scope: Scope, conversation: Conversation, parameters: Json) -> Request | None:
        """Say what an answer depends on; None where none is remembered, or it is more than a text."""
        if self.answers is None or not parameters.keys() <= _PLAIN_PARAMETERS:
            return None
        return await self._request(scope, conversation, sorted(parameters.items()))

    async def _request(self, scope: Scope, *asked: object) -> Request | None:
        """Say what all this depends on; None where a model server isn't there to tell what it is.

        The whole of the resources goes in: what of them matters is decided elsewhere, and they seldom change.
        """
        parts = scope.parts
        try:
            servers = [await self.models.server_specs(part.knowledge_base) for part in parts]
        except KubeloreError:
            return None
        searched = [(part.name, part.knowledge_base.metadata.uid, part.collection) for part in parts]
        specs = [answering(part.knowledge_base).spec for part in parts]
        caller = scope.caller.tenant, sorted(scope.caller.groups)
        identity = repr((asked, caller, scope.where, scope.tuning, searched, specs, servers))
        return Request([part.knowledge_base for part in parts], identity)


def is_plain(answer: Answer) -> bool:
    """Say whether an answer is a text that its model has finished, and nothing else."""
    if answer.completion is None:
        return False
    choices = answer.completion.payload["choices"]
    return len(choices) == 1 and choices[0].get("finish_reason") == "stop" and not _tool_calls(choices[0])


def _tool_calls(choice: Mapping[str, Any]) -> bool:
    return bool(choice["message"].get("tool_calls"))


class RankingCodec:
    """Writes whole rankings as JSON."""

    def pack(self, value: Ranking) -> bytes:
        """Write one; searches return no vectors."""
        return orjson.dumps(value.hits)

    def unpack(self, packed: bytes) -> Ranking | None:
        """Read one, or None for anything else."""
        try:
            hits = orjson.loads(packed)
            return Ranking([_hit(**hit) for hit in hits]) if isinstance(hits, list) else None
        except (ValueError, TypeError, KeyError):
            return None


def _hit(score: float, row: dict[str, Any]) -> Hit:
    return Hit(score, Row(**{**row, "ingested_at": datetime.fromisoformat(row["ingested_at"])}))


class _KeptAnswer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    sources: tuple[Source, ...]


class AnswerCodec:
    """Writes plain answers as JSON: what they took was taken once, and is not kept."""

    def pack(self, value: Answer) -> bytes:
        """Write one."""
        return _KeptAnswer(text=value.text, sources=value.sources).model_dump_json().encode()

    def unpack(self, packed: bytes) -> Answer | None:
        """Read one, or None for anything else."""
        try:
            kept = _KeptAnswer.model_validate_json(packed)
        except ValidationError:
            return None
        return Answer(kept.text, kept.sources)
