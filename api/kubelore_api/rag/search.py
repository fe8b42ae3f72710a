"""Searches for questions that come at the same time by common calls of the vector store."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore.filters import Filter, render
from kubelore.vectorstore.interface import DenseQueries, DenseQuery, Hit, SparseQueries, SparseQuery, VectorStore
from kubelore_api.metrics import Metrics
from kubelore_api.threads import Threads
from kubelore_api.together import Together

Query = DenseQuery | SparseQuery

MOST_A_CALL = 64
_MOST_ROWS_A_CALL = 4096
"""Rows of two kilobytes, as most are, then stay far below the largest answer that a server gives, 64 MB."""

_EVERYONES = frozenset(
    {ErrorCode.VECTOR_STORE_UNREACHABLE, ErrorCode.COLLECTION_NOT_FOUND, ErrorCode.OVERLOADED, ErrorCode.CANCELLED}
)


@dataclass(frozen=True, slots=True)
class _Kind:
    """All that the questions of one call have in common.

    Filters are the same where they are written the same: as Python values, 1 and true would be, too.
    """

    collection: str
    expression: str
    query: Query
    where: Filter = field(compare=False)


class Searches:
    """Searches under a filter; questions under the same one share calls, those under two filters never do."""

    def __init__(self, store: VectorStore, threads: Threads, metrics: Metrics) -> None:
        """Take the store, and the threads that it is called in."""
        self._store = store
        self._threads = threads
        self._metrics = metrics
        self._together = Together(self._call, _most_a_call, _is_everyones)

    async def find(self, collection: str, where: Filter, query: Query) -> Sequence[Hit]:
        """Return the query's hits, best first; raises as the store does."""
        kind = _Kind(collection, render(where), _without_question(query), where)
        return await self._together.ask(kind, query)

    async def _call(self, kind: _Kind, queries: Sequence[Query]) -> Sequence[Sequence[Hit]]:
        with self._metrics.search_seconds.time():
            return await self._threads.run(
                self._store.search_each, kind.collection, kind.where, _joined(kind.query, queries)
            )


def _most_a_call(kind: _Kind) -> int:
    return max(1, min(MOST_A_CALL, _MOST_ROWS_A_CALL // kind.query.limit))


def _without_question(query: Query) -> Query:
    return replace(query, vector=()) if isinstance(query, DenseQuery) else replace(query, text="")


def _joined(kind: Query, queries: Sequence[Query]) -> DenseQueries | SparseQueries:
    if isinstance(kind, DenseQuery):
        vectors = [query.vector for query in queries if isinstance(query, DenseQuery)]
        return DenseQueries(vectors, kind.limit, kind.ef)
    return SparseQueries([query.text for query in queries if isinstance(query, SparseQuery)], kind.limit)


def _is_everyones(error: Exception) -> bool:
    """Say whether an error would meet each question alone, too."""
    return isinstance(error, KubeloreError) and error.code in _EVERYONES
