"""What a knowledge base holds, in its bucket and in Milvus, and whether the two agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from pymilvus import MilvusClient

from kubelore.documents.layout import Layout
from kubelore.documents.record import DocumentRecord, DocumentState
from kubelore.documents.result import ResultManifest
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.interface import ObjectStore
from kubelore.settings import Settings
from kubelore.vectorstore.names import CollectionNames

_ROWS_A_PAGE = 1000
_COLUMNS = ["id", "tenant_id", "document_id", "document_version", "chunk_id"]
_STRONG = "Strong"
_SECONDS_TO_ANSWER = 30


@dataclass(frozen=True, slots=True)
class RowKey:
    """What makes a row the one that it is."""

    id: str
    tenant_id: str
    document_id: str
    document_version: str
    chunk_id: int


@dataclass(frozen=True, slots=True)
class Contents:
    """One knowledge base, seen from outside of Kubelore: by the plain client of Milvus."""

    namespace: str
    knowledge_base: str
    objects: ObjectStore
    settings: Settings

    @property
    def layout(self) -> Layout:
        """Where it keeps its objects."""
        return Layout(self.namespace, self.knowledge_base)

    @property
    def collection(self) -> str:
        """The collection of its first generation."""
        return CollectionNames(self.namespace, self.knowledge_base).collection(1)

    def keys(self) -> list[str]:
        """List the objects that it keeps."""
        return [info.key for info in self.objects.list(self.layout.root)]

    def records(self, tenant: str = "default") -> Mapping[str, DocumentRecord]:
        """Read the record of each of a tenant's documents, by its source."""
        found = [self._record(info.key) for info in self.objects.list(self.layout.records)]
        return {record.source: record for record in found if record is not None and record.tenant == tenant}

    def _record(self, key: str) -> DocumentRecord | None:
        """Read a record; None where it has gone since it was listed."""
        try:
            return DocumentRecord.model_validate_json(self.objects.get(key))
        except KubeloreError as error:
            if error.code is not ErrorCode.OBJECT_NOT_FOUND:
                raise
            return None

    def count_records(self) -> int:
        """Count the documents that are known, whoever's they are."""
        return sum(1 for _ in self.objects.list(self.layout.records))

    def manifests(self, task_uid: str) -> list[ResultManifest]:
        """Read how each shard of a task ended."""
        keys = [info.key for info in self.objects.list(self.layout.results(task_uid))]
        return [ResultManifest.model_validate_json(self.objects.get(key)) for key in keys]

    def has_collection(self) -> bool:
        """Say whether Milvus has any collection of it."""
        alias = CollectionNames(self.namespace, self.knowledge_base).alias
        with self._milvus() as milvus:
            return any(name.startswith(alias) for name in milvus.list_collections())

    def count(self, tenant: str = "default") -> int:
        """Count a tenant's rows, as Milvus counts them."""
        with self._milvus() as milvus:
            milvus.load_collection(self.collection)  # as below
            found = milvus.query(self.collection, _of(tenant), output_fields=["count(*)"], consistency_level=_STRONG)
        return int(found[0]["count(*)"])

    def rows(self, tenant: str = "default") -> list[RowKey]:
        """Read the keys of a tenant's rows."""
        with self._milvus() as milvus:
            milvus.load_collection(self.collection)  # a server that started anew has none loaded
            pages = milvus.query_iterator(
                self.collection,
                batch_size=_ROWS_A_PAGE,
                filter=_of(tenant),
                output_fields=_COLUMNS,
                consistency_level=_STRONG,
            )
            rows: list[RowKey] = []
            while page := pages.next():
                rows += [RowKey(**{column: row[column] for column in _COLUMNS}) for row in page]
            pages.close()
        return rows

    def _milvus(self) -> "closing[MilvusClient]":
        """Connect for one question: the server hangs up on a connection that stands idle."""
        return closing(MilvusClient(self.settings.vector_store_uri, timeout=_SECONDS_TO_ANSWER, dedicated=True))


def assert_exact(contents: Contents, task_uid: str, documents: int, tenant: str = "default") -> None:
    """Hold rows, records and result manifests against each other: no row is missing, and none is there twice."""
    manifests = contents.manifests(task_uid)
    records = contents.records(tenant).values()
    rows = contents.rows(tenant)
    assert sum(manifest.documents.done for manifest in manifests) == documents
    assert [record.state for record in records] == [DocumentState.COMPLETED] * documents
    assert contents.count(tenant) == sum(manifest.chunks for manifest in manifests)
    assert Counter(_place(row) for row in rows) == Counter(_expected_places(list(records)))
    assert len({row.id for row in rows}) == len(rows)


def _place(row: RowKey) -> tuple[str, str, int]:
    return (row.document_id, row.document_version, row.chunk_id)


def _expected_places(records: Sequence[DocumentRecord]) -> list[tuple[str, str, int]]:
    return [(record.document_id, record.version, index) for record in records for index in range(record.chunks)]


def _of(tenant: str) -> str:
    return f'tenant_id == "{tenant}"'
