from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from kubelore.documents.layout import Layout
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.interface import ChatCompletion
from kubelore.objectstore.folder import FolderStore
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServerSpec
from kubelore.vectorstore.filters import Compare, Comparison
from kubelore.vectorstore.interface import MOST_SECONDS_BEHIND
from kubelore_api.access.caller import Caller
from kubelore_api.cache.fresh_values import FreshValues, Made
from kubelore_api.cache.memory import MemoryCache
from kubelore_api.cache.revisions import Revisions
from kubelore_api.models import Models
from kubelore_api.rag.cite import number_sources
from kubelore_api.rag.conversation import Conversation, Message
from kubelore_api.rag.generate import Answer
from kubelore_api.rag.ranking import Ranking
from kubelore_api.rag.remembered import AnswerCodec, Memory, RankingCodec, is_plain
from kubelore_api.rag.retrieve import Scope
from kubelore_api.rag.tuning import Tuning
from kubelore_api.threads import Threads
from support.builders import knowledge_base, llm_server
from support.hits import hit

KB = knowledge_base()
SCOPE = Scope(KB, Caller("acme", frozenset({"staff"}), subject="ann"))
ANSWER = Answer("At nine [1].", number_sources([hit(text="Opens at nine.")]))


class FakeModels:
    """Knows a model server, or does not find it."""

    def __init__(self) -> None:
        self.server: LLMServerSpec | None = llm_server().spec

    async def server_specs(self, kb: KnowledgeBase) -> list[LLMServerSpec]:
        if self.server is None:
            raise KubeloreError(ErrorCode.RESOURCE_NOT_READY, str(kb.key))
        return [self.server]


class Remembering:
    """A memory whose rows have settled."""

    def __init__(self, folder: Path, threads: Threads) -> None:
        self.now = 100.0
        self.made = 0
        self.models = FakeModels()
        store = FolderStore(folder)
        for name in ("handbook", "other"):
            store.put(Layout(KB.metadata.namespace, name).revision, b"word")
        revisions = Revisions(store, lambda: self.now)
        revisions.of([KB, knowledge_base("other")])
        self.now += MOST_SECONDS_BEHIND
        shared: Any = {
            "cache": MemoryCache(100_000, lambda: self.now),
            "seconds": 60,
            "revisions": revisions,
            "threads": threads,
            "note": lambda _outcome: None,
        }
        self.memory = Memory(
            cast("Models", self.models),
            FreshValues(codec=RankingCodec(), **shared),
            FreshValues(codec=AnswerCodec(), **shared),
        )

    async def rank(self, scope: Scope = SCOPE, question: str = "why") -> int:
        """Return how often anything was made, once a question is ranked."""

        async def make() -> Made[Ranking]:
            self.made += 1
            return Made(Ranking([hit()]), may_be_kept=True)

        await self.memory.ranking(scope, question, make)
        return self.made

    async def answer(self, question: Conversation | str = "why", **parameters: object) -> int:
        """Return how often anything was made, once a question is answered."""

        async def make() -> Made[Answer]:
            self.made += 1
            return Made(ANSWER, may_be_kept=True)

        conversation = Conversation(question) if isinstance(question, str) else question
        await self.memory.answer(SCOPE, conversation, parameters, make)
        return self.made


@pytest.fixture
def remembering(tmp_path: Path) -> Iterator[Remembering]:
    threads = Threads(2)
    yield Remembering(tmp_path, threads)
    threads.close()


async def test_the_same_question_is_ranked_once_whoever_of_the_tenant_asks(remembering: Remembering) -> None:
    colleague = Scope(KB, Caller("acme", frozenset({"staff"}), subject="bob"))
    assert [await remembering.rank(), await remembering.rank(), await remembering.rank(colleague)] == [1, 1, 1]


@pytest.mark.parametrize(
    "other",
    [
        replace(SCOPE, caller=Caller("evil", frozenset({"staff"}))),
        replace(SCOPE, caller=Caller("acme", frozenset())),
        replace(SCOPE, caller=Caller("acme", frozenset({"staff", "bosses"}))),
        replace(SCOPE, where=Compare("source", Comparison.EQ, "a.md")),
        replace(SCOPE, tuning=Tuning(top_k=2)),
        replace(SCOPE, others=(knowledge_base("other"),)),
        replace(SCOPE, knowledge_base=knowledge_base("other")),
        replace(SCOPE, knowledge_base=knowledge_base(meta={"uid": "created-anew"})),
        replace(SCOPE, knowledge_base=knowledge_base(retrieval={"topK": 3})),
        replace(SCOPE, knowledge_base=knowledge_base(embedding={"builtin": "all-MiniLM-L6-v2", "queryPrefix": "q: "})),
        replace(SCOPE, knowledge_base=knowledge_base(status={"generation": {"active": 2}})),
    ],
)
async def test_whatever_decides_a_ranking_tells_it_from_another(remembering: Remembering, other: Scope) -> None:
    assert [await remembering.rank(), await remembering.rank(other)] == [1, 2]


async def test_another_question_is_ranked_by_itself(remembering: Remembering) -> None:
    assert [await remembering.rank(), await remembering.rank(question="why not")] == [1, 2]


async def test_another_model_behind_a_server_ranks_anew(remembering: Remembering) -> None:
    await remembering.rank()
    remembering.models.server = llm_server(
        model={"name": "another", "source": {"http": {"url": "https://models/another"}}}
    ).spec
    assert await remembering.rank() == 2


async def test_nothing_is_remembered_while_a_model_server_is_missing(remembering: Remembering) -> None:
    remembering.models.server = None
    assert [await remembering.rank(), await remembering.rank()] == [1, 2]


async def test_the_same_conversation_is_answered_once(remembering: Remembering) -> None:
    asked = Conversation("why", (Message("user", "hello"), Message("assistant", "hi")))
    assert [await remembering.answer(asked, seed=1), await remembering.answer(asked, seed=1)] == [1, 1]
    assert await remembering.memory.known_answer(SCOPE, asked, {"seed": 1}) == ANSWER


@pytest.mark.parametrize(
    ("question", "parameters"),
    [
        ("why not", {}),
        (Conversation("why", (Message("user", "hello"),)), {}),
        (Conversation("why", after=(Message("tool", "42"),)), {}),
        ("why", {"temperature": 1}),
    ],
)
async def test_another_conversation_is_answered_by_itself(
    remembering: Remembering, question: Conversation | str, parameters: dict[str, object]
) -> None:
    assert [await remembering.answer(), await remembering.answer(question, **parameters)] == [1, 2]


@pytest.mark.parametrize("parameters", [{"n": 2}, {"tools": []}, {"logprobs": True}, {"what_comes_next_year": 1}])
async def test_what_is_more_than_a_text_is_not_remembered(
    remembering: Remembering, parameters: dict[str, object]
) -> None:
    assert [await remembering.answer(**parameters), await remembering.answer(**parameters)] == [1, 2]
    assert await remembering.memory.known_answer(SCOPE, Conversation("why"), parameters) is None


def completed(finish_reason: str = "stop", choices: int = 1, **message: object) -> Answer:
    choice = {"finish_reason": finish_reason, "message": {"content": "At nine.", **message}}
    return replace(ANSWER, completion=ChatCompletion("At nine.", {"choices": [choice] * choices}))


@pytest.mark.parametrize(
    ("answer", "plain"),
    [
        (completed(), True),
        (completed("length"), False),
        (completed(choices=2), False),
        (completed(tool_calls=[{"id": "1"}]), False),
        (ANSWER, False),
    ],
)
def test_only_a_text_that_a_model_has_finished_is_a_plain_answer(answer: Answer, *, plain: bool) -> None:
    assert is_plain(answer) is plain


def test_a_ranking_is_read_as_it_was_written() -> None:
    found = Ranking([hit("one", 0.123456789012345, groups=["staff"], metadata={"a": "ü"}), hit("two")])
    read = RankingCodec().unpack(RankingCodec().pack(found))
    assert read is not None
    assert [(each.score, each.row.id, each.row.metadata, each.row.ingested_at) for each in read.hits] == [
        (each.score, each.row.id, each.row.metadata, each.row.ingested_at) for each in found.hits
    ]


@pytest.mark.parametrize(
    "packed", [b"", b"\x00", b"{}", b"null", b"[1]", b'[{"score": 1}]', b'[{"score": 1, "row": {}}]']
)
def test_what_is_no_value_of_ours_is_nothing(packed: bytes) -> None:
    assert AnswerCodec().unpack(packed) is None
    assert RankingCodec().unpack(packed) is None
