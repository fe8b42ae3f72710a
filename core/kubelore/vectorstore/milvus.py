"""Milvus through one client: Lite in this process, Lite's server, and a Milvus server."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.vectorstore import id_ranges, schema
from kubelore.vectorstore import rows as rows_of
from kubelore.vectorstore.abilities import LITE, abilities_of
from kubelore.vectorstore.failures import ENGINE_ERRORS, failure_of, is_unloaded
from kubelore.vectorstore.filters import And, Filter, render
from kubelore.vectorstore.interface import (
    MOST_SECONDS_BEHIND,
    Abilities,
    CollectionSpec,
    DenseQueries,
    Hit,
    Row,
    RowKey,
    Search,
    SearchResult,
    SparseQueries,
)
from kubelore.vectorstore.names import is_generation_of

T = TypeVar("T")

_SECONDS_TO_ANSWER = 30.0
_SECONDS_TO_WRITE = 120.0
_FEW_PINGS: Mapping[str, int] = {"grpc.keepalive_time_ms": 300_000, "grpc.keepalive_permit_without_calls": 0}
"""Milvus Lite's server hangs up on a client that pings an idle connection every ten seconds, the library's default."""

_PROBED_IVF_LISTS = 32
_KEYS_A_CALL = 5000
_EVERYTHING_ACKNOWLEDGED = "Strong"
_A_LITTLE_BEHIND = "Bounded"
"""What searches ask for: on a server 2 ms where `Strong` takes 400 (2.3.5, 2,000 rows, time ticks of 200 ms)."""


@dataclass(frozen=True, slots=True)
class _Route:
    """Searches of one index; the parameters are those of every index type: an engine reads those of its own."""

    field: str
    metric: str
    questions: Sequence[Sequence[float]] | Sequence[str]
    limit: int
    params: Mapping[str, int]

    def score(self, distance: float) -> float:
        """Return a score that is better when it is higher: Milvus Lite gives BM25's negated."""
        return abs(distance) if self.metric == schema.BM25 else distance


def _dense(queries: DenseQueries) -> _Route:
    params = {"ef": max(queries.ef, queries.limit), "nprobe": _PROBED_IVF_LISTS}
    vectors = [[float(number) for number in vector] for vector in queries.vectors]
    return _Route(schema.VECTOR, schema.METRIC, vectors, queries.limit, params)


def _sparse(queries: SparseQueries) -> _Route:
    return _Route(schema.SPARSE, schema.BM25, queries.texts, queries.limit, {})


def _quieten(*loggers: str) -> None:
    """Keep libraries from repeating every error with a trace: what matters of it travels in ours."""
    for name in loggers:
        logging.getLogger(name).setLevel(logging.CRITICAL)


class MilvusStore:
    """A vector store over one Milvus; `uri` is an address, or a path ending in `.db` for Lite in this process.

    Connects when it is first asked. Lite in this process loses acknowledged rows when several threads write, so there
    one lock goes round every change, and round the first use of a collection.
    """

    def __init__(self, uri: str, token: str = "") -> None:
        self._uri = uri
        self._token = token
        self._connecting = threading.Lock()
        self._changing = threading.RLock()
        self._opened: set[str] = set()
        self._connected: MilvusClient | None = None

    def abilities(self) -> Abilities:
        """Say what the engine can do."""
        return self._abilities

    def ensure_collection(self, spec: CollectionSpec) -> None:
        """Create what is missing of the collection, its indexes and its being loaded."""
        with self._change(spec.name):
            if not self._client.has_collection(spec.name, timeout=_SECONDS_TO_ANSWER):
                self._create_collection(spec)
            self._check_dimension(spec)
            self._create_missing_indexes(spec)
            self._client.load_collection(spec.name, timeout=_SECONDS_TO_WRITE)

    def point_alias(self, alias: str, collection: str) -> None:
        """Make the alias stand for this collection."""
        current = self.alias_target(alias)
        if current == collection:
            return
        with self._change(alias):
            if current is None:
                self._client.create_alias(collection, alias, timeout=_SECONDS_TO_ANSWER)
            else:
                self._client.alter_alias(collection, alias, timeout=_SECONDS_TO_ANSWER)

    def alias_target(self, alias: str) -> str | None:
        """Return the collection that the alias stands for."""
        try:
            with self._failures(alias):
                described = self._client.describe_alias(alias, timeout=_SECONDS_TO_ANSWER)
        except KubeloreError as error:
            if error.code is ErrorCode.COLLECTION_NOT_FOUND:
                return None
            raise
        return str(described["collection_name"])

    def drop_alias(self, alias: str) -> None:
        """Have the alias stand for nothing."""
        if self.alias_target(alias) is not None:
            with self._change(alias):
                self._client.drop_alias(alias, timeout=_SECONDS_TO_ANSWER)

    def collections(self, alias: str) -> tuple[str, ...]:
        """Name every collection of a knowledge base."""
        with self._failures(alias):
            names = self._client.list_collections(timeout=_SECONDS_TO_ANSWER)
        return tuple(name for name in names if is_generation_of(alias, name))

    def drop_all(self, alias: str) -> None:
        """Drop the alias, then its collections by their own names: Lite's drop of an alias drops what it stands for."""
        self.drop_alias(alias)
        with self._change(alias):
            for name in self.collections(alias):
                self._client.drop_collection(name, timeout=_SECONDS_TO_WRITE)

    def drop_collection(self, collection: str) -> None:
        """Drop one collection by its own name: Lite would drop what an alias stands for."""
        if self.alias_target(collection) is not None:
            raise KubeloreError(ErrorCode.VECTOR_STORE_REFUSED, f"collection {collection}", "it is an alias")
        with self._change(collection):
            if self._client.has_collection(collection, timeout=_SECONDS_TO_ANSWER):
                self._client.drop_collection(collection, timeout=_SECONDS_TO_WRITE)

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows by their ids in as many calls as it takes."""
        for row in rows:
            rows_of.check_row(row)
        for batch in rows_of.batches(rows_of.without_repeats(rows)):
            entities = [rows_of.to_entity(row) for row in batch]
            with self._change(collection):
                self._client.upsert(collection, entities, timeout=_SECONDS_TO_WRITE)

    def delete(self, collection: str, where: Filter) -> None:
        """Delete every row that the filter holds for."""
        expression = render(where)
        with self._change(collection):
            self._client.delete(collection, filter=expression, timeout=_SECONDS_TO_WRITE)

    def settle(self) -> None:
        """Wait until no search may answer from before; Lite answers from now in any case."""
        if not self._abilities.engine.startswith(LITE):
            time.sleep(MOST_SECONDS_BEHIND)

    def count(self, collection: str, where: Filter) -> int:
        """Count rows."""
        expression = render(where)
        answer = self._read(
            collection,
            lambda: self._client.query(
                collection,
                filter=expression,
                output_fields=["count(*)"],
                consistency_level=_EVERYTHING_ACKNOWLEDGED,
                timeout=_SECONDS_TO_ANSWER,
            ),
        )
        return int(answer[0]["count(*)"])

    def keys(self, collection: str) -> Iterator[RowKey]:
        """Go through the keys of all rows, a few thousand a call."""
        pending = id_ranges.prefixes(self.count(collection, And(())), _KEYS_A_CALL)
        while pending:
            prefix = pending.pop()
            page = self._keys_beginning_with(collection, prefix)
            if len(page) < _KEYS_A_CALL:
                yield from page
            else:
                pending += id_ranges.longer(prefix)

    def search(self, collection: str, search: Search) -> SearchResult:
        """Search each route that is asked for."""
        dense, sparse = search.dense, search.sparse
        by_meaning = DenseQueries([dense.vector], dense.limit, dense.ef) if dense else None
        by_words = SparseQueries([sparse.text], sparse.limit) if sparse else None
        return SearchResult(
            dense=self.search_each(collection, search.where, by_meaning)[0] if by_meaning else (),
            sparse=self.search_each(collection, search.where, by_words)[0] if by_words else (),
        )

    def search_each(
        self, collection: str, where: Filter, queries: DenseQueries | SparseQueries
    ) -> Sequence[Sequence[Hit]]:
        """Search for several questions at once; by words, an engine without BM25 finds nothing."""
        if isinstance(queries, DenseQueries):
            return self._hits(collection, _dense(queries), render(where))
        if not self._abilities.bm25:
            return [()] * len(queries.texts)
        return self._hits(collection, _sparse(queries), render(where))

    def close(self) -> None:
        """Close the connection; Lite in this process keeps its lock until its server is released."""
        with self._connecting:
            if self._connected is None:
                return
            self._connected.close()
            self._connected = None
        if self._is_in_process:
            from milvus_lite.server_manager import server_manager_instance  # noqa: PLC0415 - embedded installs only

            server_manager_instance.release_server(self._uri)

    @property
    def _is_in_process(self) -> bool:
        return self._uri.endswith(".db")

    @property
    def _client(self) -> MilvusClient:
        with self._connecting:
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    @cached_property
    def _abilities(self) -> Abilities:
        with self._failures("version"):
            return abilities_of(self._client.get_server_version(timeout=_SECONDS_TO_ANSWER))

    def _connect(self) -> MilvusClient:
        _quieten("pymilvus")
        if self._is_in_process:
            _quieten("faiss", "grpc", "jieba", "milvus_lite")
            Path(self._uri).parent.mkdir(parents=True, exist_ok=True)
        return MilvusClient(
            uri=self._uri,
            token=self._token,
            timeout=_SECONDS_TO_ANSWER,
            dedicated=True,
            grpc_options=_FEW_PINGS,
        )

    @contextmanager
    def _failures(self, what: str) -> Iterator[None]:
        try:
            yield
        except ENGINE_ERRORS as error:
            raise failure_of(error, what, self._uri) from error

    @contextmanager
    def _change(self, what: str) -> Iterator[None]:
        with self._failures(what):
            if not self._is_in_process:
                yield
                return
            with self._changing:
                yield

    def _read(self, collection: str, read: Callable[[], T]) -> T:
        """Read; after a restart the engine may have to load the collection again."""
        with self._failures(collection):
            self._open(collection)
            try:
                return read()
            except MilvusException as error:
                if not is_unloaded(error):
                    raise
            self._client.load_collection(collection, timeout=_SECONDS_TO_WRITE)
            return read()

    def _open(self, collection: str) -> None:
        """Have Lite in this process open a collection before it is read.

        Of several calls that are the first to name one, each would open it for itself: what one of them loads, the
        others don't see.
        """
        if not self._is_in_process or collection in self._opened:
            return
        with self._changing:
            self._client.describe_collection(collection, timeout=_SECONDS_TO_WRITE)
        self._opened.add(collection)

    def _keys_beginning_with(self, collection: str, prefix: str) -> list[RowKey]:
        expression = render(id_ranges.beginning_with(prefix))
        entities = self._read(
            collection,
            lambda: self._client.query(
                collection,
                filter=expression,
                limit=_KEYS_A_CALL,
                output_fields=list(schema.KEYS),
                consistency_level=_EVERYTHING_ACKNOWLEDGED,
                timeout=_SECONDS_TO_ANSWER,
            ),
        )
        return [RowKey(**{name: entity[name] for name in schema.KEYS}) for entity in entities]

    def _create_collection(self, spec: CollectionSpec) -> None:
        columns = schema.collection_schema(spec, self._abilities)
        try:
            self._client.create_collection(
                spec.name, schema=columns, consistency_level=_A_LITTLE_BEHIND, timeout=_SECONDS_TO_WRITE
            )
        except MilvusException:
            if not self._client.has_collection(spec.name, timeout=_SECONDS_TO_ANSWER):
                raise

    def _check_dimension(self, spec: CollectionSpec) -> None:
        fields = self._client.describe_collection(spec.name, timeout=_SECONDS_TO_ANSWER)["fields"]
        found = next(int(field["params"]["dim"]) for field in fields if field["name"] == schema.VECTOR)
        if found != spec.dimension:
            detail = f"it holds vectors of {found} numbers, the model gives {spec.dimension}"
            raise KubeloreError(ErrorCode.EMBEDDING_DIMENSION, f"collection {spec.name}", detail)

    def _create_missing_indexes(self, spec: CollectionSpec) -> None:
        existing = self._indexes_of(spec)
        for index in schema.index_specs(spec, self._abilities):
            if index.field not in existing:
                self._create_index(spec, index)

    def _create_index(self, spec: CollectionSpec, index: schema.IndexSpec) -> None:
        """Create one index; several workers may do so at once, and who comes second finds it made."""
        wanted = self._client.prepare_index_params()
        wanted.add_index(
            index.field,
            index_type=index.index_type,
            index_name=index.field,
            metric_type=index.metric,
            params=index.params,
        )
        try:
            self._client.create_index(spec.name, wanted, timeout=_SECONDS_TO_WRITE)
        except MilvusException:
            if index.field not in self._indexes_of(spec):
                raise

    def _indexes_of(self, spec: CollectionSpec) -> set[str]:
        return set(self._client.list_indexes(spec.name, timeout=_SECONDS_TO_ANSWER))

    def _hits(self, collection: str, route: _Route, expression: str) -> Sequence[Sequence[Hit]]:
        answers = self._read(
            collection,
            lambda: self._client.search(
                collection,
                data=list(route.questions),
                anns_field=route.field,
                filter=expression,
                limit=route.limit,
                search_params={"metric_type": route.metric, "params": dict(route.params)},
                output_fields=list(schema.SCALARS),
                timeout=_SECONDS_TO_ANSWER,
            ),
        )
        return [
            tuple(Hit(route.score(hit["distance"]), rows_of.from_entity(hit["entity"])) for hit in answer)
            for answer in answers
        ]
