"""The stages in their order."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from kubelore.llm.interface import ChatModel, Json
from kubelore.vectorstore.interface import Hit
from kubelore_api.cache.fresh_values import Made
from kubelore_api.metrics import Metrics
from kubelore_api.models import Models
from kubelore_api.rag.cite import number_sources
from kubelore_api.rag.conversation import Conversation
from kubelore_api.rag.filter import relevant
from kubelore_api.rag.fuse import merge
from kubelore_api.rag.generate import Answer, Grounding, ModelAnswer, ReadyAnswer, plan_answer
from kubelore_api.rag.language import language_of
from kubelore_api.rag.phrases import PHRASES
from kubelore_api.rag.ranking import Ranking
from kubelore_api.rag.remembered import Memory, is_plain
from kubelore_api.rag.rerank import reranked
from kubelore_api.rag.retrieve import Retriever, Scope
from kubelore_api.rag.rewrite import RewriteError, standalone_question
from kubelore_api.tracing.spans import Spans

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rag:
    """Answers questions over knowledge bases."""

    retriever: Retriever
    models: Models
    metrics: Metrics
    spans: Spans
    memory: Memory

    async def search(self, scope: Scope, questions: Sequence[str]) -> list[Hit]:
        """Return the best rows for one or several questions, each row once."""
        return list((await self._search(scope, questions)).hits)

    async def answer(self, scope: Scope, conversation: Conversation, parameters: Json) -> Answer:
        """Answer a conversation's question in whole."""
        with self.metrics.rag_seconds.time():
            return await self.memory.answer(
                scope, conversation, parameters, lambda: self._answered(scope, conversation, parameters)
            )

    async def plan(self, scope: Scope, conversation: Conversation, parameters: Json) -> ReadyAnswer | ModelAnswer:
        """Find the sources for a conversation's question, and say who will answer it."""
        known = await self.memory.known_answer(scope, conversation, parameters)
        if known is not None:
            return ReadyAnswer(known.text, known.sources)
        plan, _ = await self._planned(scope, conversation, parameters)
        return plan

    async def ground(self, scopes: Sequence[Scope], conversation: Conversation, model: ChatModel | None) -> Grounding:
        """Find the sources for a conversation's question in one or several knowledge bases."""
        question = await self._standalone(conversation, model)
        rankings = []
        for scope in scopes:
            self.metrics.rag_requests.labels(scope.name, scope.caller.tenant).inc()
            rankings.append(await self._search(scope, [question or conversation.question]))
        most = max(scope.retrieval.top_k for scope in scopes)
        return Grounding(
            conversation=conversation,
            searched=question or conversation.question,
            sources=number_sources(merge([ranking.hits for ranking in rankings])[:most]),
            phrases=PHRASES[language_of(conversation.question)],
            is_whole=question is not None and all(ranking.is_whole for ranking in rankings),
        )

    async def _answered(self, scope: Scope, conversation: Conversation, parameters: Json) -> Made[Answer]:
        plan, is_whole = await self._planned(scope, conversation, parameters)
        answer = await plan.complete()
        self.metrics.unknown_citations.inc(answer.unknown_citations)
        return Made(answer, may_be_kept=is_whole and is_plain(answer))

    async def _planned(
        self, scope: Scope, conversation: Conversation, parameters: Json
    ) -> tuple[ReadyAnswer | ModelAnswer, bool]:
        model = await self.models.chat(scope.knowledge_base)
        grounding = await self.ground([scope], conversation, model)
        return plan_answer(scope.knowledge_base.spec.chat, model, grounding, parameters), grounding.is_whole

    async def _search(self, scope: Scope, questions: Sequence[str]) -> Ranking:
        with self.spans.retrieval(scope.name, scope.caller.tenant, questions) as span:
            rankings = [await self._ranking(question, part) for part in scope.parts for question in questions]
            merged = merge([ranking.hits for ranking in rankings])
            hits = relevant(merged, threshold=scope.retrieval.score_threshold, most=scope.retrieval.top_k)
            self.spans.note_hits(span, hits)
        return Ranking(hits, all(ranking.is_whole for ranking in rankings))

    async def _ranking(self, question: str, scope: Scope) -> Ranking:
        return await self.memory.ranking(scope, question, lambda: self._ranked(question, scope))

    async def _ranked(self, question: str, scope: Scope) -> Made[Ranking]:
        embedder = await self.models.embedder(scope.knowledge_base)
        hits = await self.retriever.retrieve(question, embedder, scope)
        ranking = await reranked(question, hits, scope, self.models, self.metrics)
        return Made(ranking, may_be_kept=ranking.is_whole)

    async def _standalone(self, conversation: Conversation, model: ChatModel | None) -> str | None:
        """Return the question that is searched for, or None where it could not be made to stand alone."""
        if model is None or not conversation.has_history:
            return conversation.question
        try:
            return await standalone_question(conversation, model)
        except RewriteError as error:
            _log.warning("Searching for a question as it was asked: %s", error)
            self.metrics.rewrite_failures.inc()
            return None
