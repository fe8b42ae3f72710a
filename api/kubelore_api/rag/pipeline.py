"""The stages in their order."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from kubelore.llm.interface import ChatModel, Json
from kubelore.vectorstore.interface import Hit
from kubelore_api.metrics import Metrics
from kubelore_api.models import Models
from kubelore_api.rag.cite import number_sources
from kubelore_api.rag.conversation import Conversation
from kubelore_api.rag.filter import relevant
from kubelore_api.rag.fuse import merge
from kubelore_api.rag.generate import Answer, Grounding, ModelAnswer, ReadyAnswer, plan_answer
from kubelore_api.rag.language import language_of
from kubelore_api.rag.phrases import PHRASES
from kubelore_api.rag.rerank import reranked
from kubelore_api.rag.retrieve import Retriever, Scope
from kubelore_api.rag.rewrite import RewriteError, standalone_question

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rag:
    """Answers questions over knowledge bases."""

    retriever: Retriever
    models: Models
    metrics: Metrics

    async def search(self, scope: Scope, questions: Sequence[str]) -> list[Hit]:
        """Return the best rows for one or several questions, each row once."""
        rankings = [await self._ranking(question, part) for part in scope.parts for question in questions]
        return relevant(merge(rankings), threshold=scope.retrieval.score_threshold, most=scope.retrieval.top_k)

    async def _ranking(self, question: str, scope: Scope) -> Sequence[Hit]:
        embedder = await self.models.embedder(scope.knowledge_base)
        hits = await self.retriever.retrieve(question, embedder, scope)
        return await reranked(question, hits, scope, self.models, self.metrics)

    async def answer(self, scope: Scope, conversation: Conversation, parameters: Json) -> Answer:
        """Answer a conversation's question in whole."""
        with self.metrics.rag_seconds.time():
            answer = await (await self.plan(scope, conversation, parameters)).complete()
        self.metrics.unknown_citations.inc(answer.unknown_citations)
        return answer

    async def plan(self, scope: Scope, conversation: Conversation, parameters: Json) -> ReadyAnswer | ModelAnswer:
        """Find the sources for a conversation's question, and say who will answer it."""
        model = await self.models.chat(scope.knowledge_base)
        grounding = await self.ground([scope], conversation, model)
        return plan_answer(scope.knowledge_base.spec.chat, model, grounding, parameters)

    async def ground(self, scopes: Sequence[Scope], conversation: Conversation, model: ChatModel | None) -> Grounding:
        """Find the sources for a conversation's question in one or several knowledge bases."""
        question = await self._standalone(conversation, model)
        rankings = []
        for scope in scopes:
            self.metrics.rag_requests.labels(scope.name, scope.caller.tenant).inc()
            rankings.append(await self.search(scope, [question]))
        most = max(scope.retrieval.top_k for scope in scopes)
        return Grounding(
            conversation=conversation,
            searched=question,
            sources=number_sources(merge(rankings)[:most]),
            phrases=PHRASES[language_of(conversation.question)],
        )

    async def _standalone(self, conversation: Conversation, model: ChatModel | None) -> str:
        """Return the question that is searched for; where rewriting it fails, that is the original one."""
        if model is None or not conversation.has_history:
            return conversation.question
        try:
            return await standalone_question(conversation, model)
        except RewriteError as error:
            _log.warning("Searching for a question as it was asked: %s", error)
            self.metrics.rewrite_failures.inc()
            return conversation.question
