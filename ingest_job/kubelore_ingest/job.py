"""One run of a worker: what it was told, and the stores that it works on."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from kubelore.documents.ids import document_id
from kubelore.documents.layout import Layout
from kubelore.documents.record import DocumentRecord
from kubelore.jobs.spec import GenerationSpec, JobSpec
from kubelore.objectstore.interface import ObjectStore
from kubelore.retry import retrying
from kubelore.settings import Settings
from kubelore.vectorstore.interface import VectorStore
from kubelore.vectorstore.names import CollectionNames
from kubelore_ingest.stopping import StopFlag

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """What every operation and step is given.

    `other_sources` is where documents are read from, when that is not where the knowledge base keeps them.

    `mounted_source` is the file of an inline or ConfigMap source, `source_headers` the folder of a URL's headers.
    A store that is away is waited for `patience_seconds` before the worker gives up, to be started again later.
    Chunks that were kept less than `in_flight_seconds` ago may belong to a document whose record is still to come.
    """

    spec: JobSpec
    settings: Settings
    objects: ObjectStore
    vectors: VectorStore
    stop: StopFlag
    shard: int = 0
    mounted_source: Path | None = None
    source_headers: Path | None = None
    patience_seconds: float = 60.0
    other_sources: ObjectStore | None = None
    in_flight_seconds: float = 900.0

    @property
    def sources(self) -> ObjectStore:
        """Where documents are read from."""
        return self.other_sources or self.objects

    @property
    def layout(self) -> Layout:
        """Where the knowledge base keeps its objects."""
        return Layout(self.spec.namespace, self.spec.knowledge_base)

    @property
    def names(self) -> CollectionNames:
        """What its collections are called."""
        return CollectionNames(self.spec.namespace, self.spec.knowledge_base)

    @property
    def collection(self) -> str:
        """The collection that this run writes to."""
        return self.names.collection(self.spec.generation)

    @property
    def task_uid(self) -> str:
        """The uid of the task that this run works for; empty where it works for none."""
        return self.spec.task.uid if self.spec.task else ""

    def document_id(self, source: str) -> str:
        """Return the id of a source's document."""
        return document_id(self.spec.namespace, self.spec.knowledge_base, self.spec.tenant, source)

    def parsed_key(self, document_id: str, version: str) -> str:
        """Return where a document's text lies that was read as this run reads."""
        return self.layout.parsed(document_id, version, self.spec.parsing.identity)

    def for_document(self, record: DocumentRecord) -> "Job":
        """Return the job as the task was told that brought this document in."""
        told = {"tenant": record.tenant, "metadata": record.task_metadata, "access_groups": record.access_groups}
        return replace(self, spec=self.spec.model_copy(update=told))

    def for_generation(self, other: GenerationSpec) -> "Job":
        """Return the same job on another generation alone."""
        return replace(self, spec=self.spec.for_generation(other))

    def note_changed_rows(self) -> None:
        """Give the knowledge base's rows another revision: what was remembered of them counts no more.

        It comes after the change, and before the document's record says that the change is made: an attempt that dies
        between them is made again.
        """
        self.patiently(lambda: self.objects.put(self.layout.revision, uuid.uuid4().hex.encode(), "text/plain"))

    def patiently(self, call: Callable[[], T]) -> T:
        """Call a store that may be away for a while."""
        return retrying(call, seconds=self.patience_seconds)
