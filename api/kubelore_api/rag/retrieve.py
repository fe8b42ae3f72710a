"""Finds the rows that may answer a question."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kubelore.embedding.interface import Embedder
from kubelore.resources.knowledge_base import KnowledgeBase, Retrieval
from kubelore.vectorstore.filters import And, Filter
from kubelore.vectorstore.interface import Abilities, DenseQuery, Hit, SearchResult, SparseQuery, VectorStore
from kubelore.vectorstore.names import CollectionNames
from kubelore_api.access.caller import Caller
from kubelore_api.access.rows import may_see, visible_to
from kubelore_api.metrics import Metrics
from kubelore_api.rag.fuse import fuse
from kubelore_api.rag.route import Routes, is_understood, open_routes
from kubelore_api.rag.search import Query, Searches
from kubelore_api.rag.tuning import Tuning
from kubelore_api.threads import Threads
from kubelore_api.tracing.spans import NO_SPANS, Spans

_log = logging.getLogger(__name__)

EVERYTHING = And(())


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a question is searched: a knowledge base's rows that the caller may see, narrowed by a filter.

    The rows of `others` are searched as well; the first one's models and prompts answer.
    """

    knowledge_base: KnowledgeBase
    caller: Caller
    where: Filter = EVERYTHING
    tuning: Tuning = field(default_factory=Tuning)
    others: tuple[KnowledgeBase, ...] = ()

    @property
    def parts(self) -> tuple["Scope", ...]:
        """The scope of each knowledge base by itself: this one, and the others that are searched beside it."""
        return tuple(replace(self, knowledge_base=kb, others=()) for kb in (self.knowledge_base, *self.others))

    @property
    def retrieval(self) -> Retrieval:
        """How it is searched."""
        return self.tuning.retrieval(self.knowledge_base)

    @property
    def name(self) -> str:
        """The knowledge base, with its namespace."""
        metadata = self.knowledge_base.metadata
        return f"{metadata.namespace}/{metadata.name}"

    @property
    def collection(self) -> str:
        """The collection that is searched: that of the generation whose model embeds the question.

        The alias moves to the next one a moment before its status does.
        """
        metadata, generation = self.knowledge_base.metadata, self.knowledge_base.status.generation.active
        names = CollectionNames(metadata.namespace, metadata.name)
        return names.collection(generation) if generation else names.alias

    @property
    def filter(self) -> Filter:
        """The one filter that every route searches under."""
        return And((visible_to(self.caller), self.where))


class Retriever:
    """Asks the vector store by both routes at once, and joins what they find."""

    def __init__(self, store: VectorStore, threads: Threads, metrics: Metrics, spans: Spans = NO_SPANS) -> None:
        """Take the store; what its engine can do is asked once, at the first question."""
        self._store = store
        self._threads = threads
        self._metrics = metrics
        self._spans = spans
        self._searches = Searches(store, threads, metrics)
        self._abilities: Abilities | None = None

    async def retrieve(self, question: str, embedder: Embedder, scope: Scope) -> list[Hit]:
        """Return the rows that the caller may see, best first; each route fetches `fetch_k`.

        Raises KubeloreError as the store and the embedder do.
        """
        retrieval = scope.retrieval
        routes = open_routes(retrieval.mode, bm25=(await self._known_abilities()).bm25)
        found = await self._found(question, embedder, scope, routes)
        return _permitted(fuse(found, retrieval.fusion), scope)

    async def _found(self, question: str, embedder: Embedder, scope: Scope, routes: Routes) -> SearchResult:
        if not routes.sparse:
            return SearchResult(dense=await self._by_meaning(question, embedder, scope, always=True))
        if not routes.dense:
            return SearchResult(sparse=await self._by_words(question, scope))
        by_meaning = self._by_meaning(question, embedder, scope, always=False)
        return SearchResult(*await asyncio.gather(by_meaning, self._by_words(question, scope)))

    async def _by_meaning(self, question: str, embedder: Embedder, scope: Scope, *, always: bool) -> Sequence[Hit]:
        with self._metrics.embedding_seconds.time(), self._spans.embedding(embedder.model):
            embedding = await self._threads.run(embedder.embed_query, question)
        if not always and not is_understood(embedding):
            return ()
        breadth = scope.tuning.breadth(scope.knowledge_base)
        query = DenseQuery(embedding.vector, limit=scope.retrieval.fetch_k, ef=breadth)
        return await self._rows_for(scope, query)

    async def _by_words(self, question: str, scope: Scope) -> Sequence[Hit]:
        return await self._rows_for(scope, SparseQuery(question, limit=scope.retrieval.fetch_k))

    async def _rows_for(self, scope: Scope, query: Query) -> Sequence[Hit]:
        with self._spans.vector_search(scope.collection):
            return await self._searches.find(scope.collection, scope.filter, query)

    async def _known_abilities(self) -> Abilities:
        if self._abilities is None:
            self._abilities = await self._threads.run(self._store.abilities)
        return self._abilities


def _permitted(hits: Sequence[Hit], scope: Scope) -> list[Hit]:
    """Check every row once more: a filter that an engine misread must not show one tenant's rows to another."""
    permitted = [hit for hit in hits if may_see(scope.caller, hit.row)]
    if len(permitted) < len(hits):
        _log.error("The vector store returned %d rows that its filter excludes", len(hits) - len(permitted))
    return permitted
