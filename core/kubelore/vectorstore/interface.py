"""The interface a vector store implements, and the rows that go in and come out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kubelore.resources.knowledge_base import IndexProfile
from kubelore.vectorstore.filters import Filter

Vector = Sequence[float] | NDArray[np.float32]
"""One vector; an array takes an eighth of a list's memory."""


MOST_SECONDS_BEHIND = 5.0
"""How far behind acknowledged changes a search may answer: a Milvus server's default `common.gracefulTime`."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the engine behind the address can do, detected once."""

    engine: str
    bm25: bool
    hybrid: bool
    partition_key: bool
    nullable: bool

    def names(self) -> tuple[str, ...]:
        """The abilities it has, for a condition's message."""
        return tuple(name for name in ("bm25", "hybrid", "partition_key", "nullable") if getattr(self, name))


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """A collection to create: its vectors' length and its index."""

    name: str
    dimension: int
    profile: IndexProfile
    m: int
    ef_construction: int
    nlist: int = 128


@dataclass(frozen=True, slots=True)
class RowKey:
    """What a row is told apart by: enough to say whether it should be there."""

    id: str
    tenant_id: str
    document_id: str
    document_version: str
    chunk_id: int


@dataclass(frozen=True, slots=True)
class Row:
    """One chunk as it is written; `chunk_id` is its index in the document, `metadata` goes to a JSON column."""

    id: str
    vector: Vector
    chunk_text: str
    document_id: str
    document_version: str
    chunk_id: int
    tenant_id: str
    source: str
    title: str
    heading_path: str
    page: int | None
    char_start: int
    char_end: int
    access_groups: Sequence[str]
    metadata: dict[str, str]
    ingested_at: datetime


@dataclass(frozen=True, slots=True)
class Hit:
    """One row that a search returned; a higher score is better."""

    score: float
    row: Row


@dataclass(frozen=True, slots=True)
class DenseQuery:
    """Nearest neighbours of a vector; `ef` is the breadth of the search."""

    vector: Vector
    limit: int
    ef: int = 64


@dataclass(frozen=True, slots=True)
class SparseQuery:
    """Best matches of a text by BM25."""

    text: str
    limit: int


@dataclass(frozen=True, slots=True)
class DenseQueries:
    """Several dense queries that differ in their vectors alone."""

    vectors: Sequence[Vector]
    limit: int
    ef: int


@dataclass(frozen=True, slots=True)
class SparseQueries:
    """Several sparse queries that differ in their texts alone."""

    texts: Sequence[str]
    limit: int


@dataclass(frozen=True, slots=True)
class Search:
    """One search: a dense query, a sparse one, or both, under one filter.

    The results of the routes come back apart: fusing them is the caller's.
    """

    where: Filter
    dense: DenseQuery | None = None
    sparse: SparseQuery | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits of each route, best first; a row's `vector` is empty."""

    dense: Sequence[Hit] = field(default=())
    sparse: Sequence[Hit] = field(default=())


class VectorStore(Protocol):
    """Collections of rows behind aliases; safe to call from several threads.

    Every method raises KubeloreError VECTOR_STORE_UNREACHABLE (a retry may help), VECTOR_STORE_REFUSED or
    COLLECTION_NOT_FOUND.
    """

    def abilities(self) -> Abilities:
        """Say what the engine can do."""
        ...

    def ensure_collection(self, spec: CollectionSpec) -> None:
        """Create the collection with its indexes where it is missing, and load it.

        Raises EMBEDDING_DIMENSION where it exists with another dimension.
        """
        ...

    def point_alias(self, alias: str, collection: str) -> None:
        """Make the alias stand for this collection, at once for every search."""
        ...

    def alias_target(self, alias: str) -> str | None:
        """Return the collection that the alias stands for."""
        ...

    def drop_alias(self, alias: str) -> None:
        """Have the alias stand for nothing; one that isn't there is no error."""
        ...

    def collections(self, alias: str) -> tuple[str, ...]:
        """Name every collection of the alias' knowledge base, whichever it stands for."""
        ...

    def drop_all(self, alias: str) -> None:
        """Drop the alias and every collection of its knowledge base; nothing there is no error."""
        ...

    def drop_collection(self, collection: str) -> None:
        """Drop one collection; one that isn't there is no error, one that an alias stands for is refused."""
        ...

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows by their ids, in batches that the engine takes; a repeated id is the same row again."""
        ...

    def delete(self, collection: str, where: Filter) -> None:
        """Delete every row that the filter holds for."""
        ...

    def settle(self) -> None:
        """Return once every search, whoever asks, sees all changes that were acknowledged before."""
        ...

    def count(self, collection: str, where: Filter) -> int:
        """Count rows, with everything acknowledged before included."""
        ...

    def keys(self, collection: str) -> Iterator[RowKey]:
        """Go through the keys of all rows, with everything acknowledged before included, in no order."""
        ...

    def search(self, collection: str, search: Search) -> SearchResult:
        """Search a collection or an alias; changes of the last seconds may not be seen yet, see `settle`."""
        ...

    def search_each(
        self, collection: str, where: Filter, queries: DenseQueries | SparseQueries
    ) -> Sequence[Sequence[Hit]]:
        """Return what `search` finds for each query, in their order, by one call of the engine."""
        ...

    def close(self) -> None:
        """Close the connection and release the engine's lock."""
        ...
