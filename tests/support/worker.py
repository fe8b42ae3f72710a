"""The real worker for tests, on real stores, in this process or one of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from kubelore.documents.layout import Layout
from kubelore.documents.record import DocumentRecord, DocumentState
from kubelore.documents.result import ResultManifest, ShardProgress, TerminationMessage
from kubelore.jobs.spec import (
    JOB_VARIABLE,
    MOUNTED_SOURCE_VARIABLE,
    PROGRESS_FILE_VARIABLE,
    SHARD_VARIABLE,
    TERMINATION_FILE_VARIABLE,
    JobOperation,
    JobSpec,
    TaskRef,
)
from kubelore.objectstore.factory import make_object_store
from kubelore.objectstore.interface import ObjectStore
from kubelore.resources.ingest_task import ObjectSource, PrefixSource, Source
from kubelore.settings import Settings
from kubelore.vectorstore.factory import make_vector_store
from kubelore.vectorstore.filters import And, Compare, Comparison, Filter
from kubelore.vectorstore.interface import VectorStore
from kubelore.vectorstore.names import CollectionNames
from kubelore_ingest.job import Job
from kubelore_ingest.reporting.progress import FileSink, ProgressMeter
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.run import run
from kubelore_ingest.stopping import StopFlag
from support.jobs import job_spec

NAMESPACE = "team-a"
_SECONDS_TO_END = 240
_WORKER = str(Path(sys.executable).with_name("kubelore-ingest"))
_TERMINATION = "termination.json"
_PLANNED = frozenset({JobOperation.UPSERT, JobOperation.DELETE})


def prefix(value: str, glob: str = "**") -> Source:
    """A source of many objects."""
    return Source(prefix=PrefixSource(prefix=value, glob=glob))


def one_object(key: str, document_name: str | None = None) -> Source:
    """A source of one object."""
    return Source(object=ObjectSource(key=key, document_name=document_name))


@dataclass(frozen=True, slots=True)
class WorkerEnd:
    """How a worker ended, and what it said."""

    exit_code: int
    message: TerminationMessage
    log: str = ""


def read_message(folder: Path) -> TerminationMessage:
    """Read what a worker said at its end; one that was killed said nothing."""
    file = folder / _TERMINATION
    return TerminationMessage.model_validate_json(file.read_bytes()) if file.is_file() else TerminationMessage()


@dataclass(frozen=True, slots=True)
class Workshop:
    """One knowledge base on real stores, and the workers that are sent to it."""

    settings: Settings
    folder: Path
    knowledge_base: str = field(default_factory=lambda: f"kb-{uuid4().hex[:12]}")
    patience_seconds: float = 60.0
    in_flight_seconds: float = 900.0

    @property
    def layout(self) -> Layout:
        """Where it keeps its objects."""
        return Layout(NAMESPACE, self.knowledge_base)

    @property
    def names(self) -> CollectionNames:
        """What its collections are called."""
        return CollectionNames(NAMESPACE, self.knowledge_base)

    def objects(self) -> ObjectStore:
        """The object store."""
        return make_object_store(self.settings)

    @contextmanager
    def vectors(self) -> Iterator[VectorStore]:
        """The vector store, for the time of the block."""
        store = make_vector_store(self.settings)
        try:
            yield store
        finally:
            store.close()

    def count(self, where: Filter = And(())) -> int:  # noqa: B008 - a frozen value
        """Count the rows that the knowledge base has."""
        with self.vectors() as vectors:
            return vectors.count(self.names.collection(1), where)

    def delete_rows(self, document_id: str) -> None:
        """Lose the rows of a document."""
        with self.vectors() as vectors:
            vectors.delete(self.names.collection(1), Compare("document_id", Comparison.EQ, document_id))

    def records(self) -> dict[str, DocumentRecord]:
        """Read every document's record, by its source."""
        objects = self.objects()
        found = [objects.get(info.key) for info in objects.list(self.layout.records)]
        return {record.source: record for record in map(DocumentRecord.model_validate_json, found)}

    def manifest(self, task_uid: str, shard: int = 0) -> ResultManifest:
        """Read how a shard of a task ended."""
        return ResultManifest.model_validate_json(self.objects().get(self.layout.result(task_uid, shard)))

    def spec(
        self, operation: JobOperation, source: Source | None = None, uid: str = "uid-1", **changes: Any
    ) -> JobSpec:
        """Say what a worker is told."""
        task = TaskRef(name="task", uid=uid)
        told = {"operation": operation, "knowledge_base": self.knowledge_base, "source": source, "task": task}
        return job_spec(**(told | changes))

    def prepare(self) -> WorkerEnd:
        """Make the collection."""
        return self.run(self.spec(JobOperation.PREPARE).model_copy(update={"task": None}))

    def upsert(self, source: Source, uid: str = "uid-1", **changes: Any) -> WorkerEnd:
        """Bring documents in."""
        return self.run(self.spec(JobOperation.UPSERT, source, uid, **changes))

    def run(
        self, spec: JobSpec, shard: int = 0, mounted: Path | None = None, vectors: VectorStore | None = None
    ) -> WorkerEnd:
        """Do a worker's work in this process, which saves its start; `vectors` stands in for the vector store."""
        self._plan(spec)
        return self._run(spec, shard, mounted, vectors)

    def plan(self, spec: JobSpec) -> WorkerEnd:
        """Share the documents out that a worker over a prefix is to work."""
        return self._run(spec.model_copy(update={"operation": JobOperation.PLAN, "planned": spec.operation}))

    def _plan(self, spec: JobSpec) -> None:
        """Plan what has to be planned first, once for each task."""
        if spec.operation in _PLANNED and spec.source is not None and spec.source.prefix is not None:
            end = self.plan(spec)
            assert end.exit_code == 0, end.message

    def _run(
        self, spec: JobSpec, shard: int = 0, mounted: Path | None = None, vectors: VectorStore | None = None
    ) -> WorkerEnd:
        folder = self._new_folder()
        job = Job(
            spec=spec,
            settings=self.settings,
            objects=self.objects(),
            vectors=vectors or make_vector_store(self.settings),
            stop=StopFlag(),
            shard=shard,
            mounted_source=mounted,
            patience_seconds=self.patience_seconds,
            in_flight_seconds=self.in_flight_seconds,
        )
        try:
            exit_code = run(job, Tally(ProgressMeter(FileSink(folder / "progress.json"))), folder / _TERMINATION)
        finally:
            job.vectors.close()
        return WorkerEnd(exit_code, read_message(folder))

    def start(
        self, spec: JobSpec, shard: int = 0, mounted: Path | None = None, command: Sequence[str] = (), **variables: str
    ) -> "RunningWorker":
        """Start a worker as a process of its own; `command` stands in for the worker's, with variables of its own."""
        self._plan(spec)
        folder = self._new_folder()
        environment = {**self._environment(spec, shard, mounted, folder), **variables}
        return RunningWorker(folder, environment, command or (_WORKER,))

    def _new_folder(self) -> Path:
        folder = self.folder / f"worker-{uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        return folder

    def _environment(self, spec: JobSpec, shard: int, mounted: Path | None, folder: Path) -> Mapping[str, str]:
        settings = self.settings
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("KUBELORE_")},
            "KUBELORE_OBJECT_STORE": settings.object_store_url,
            "KUBELORE_S3_ACCESS_KEY": settings.s3_access_key.get_secret_value(),
            "KUBELORE_S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
            "KUBELORE_VECTOR_STORE": settings.vector_store_uri,
            "KUBELORE_FETCH_PRIVATE_ADDRESSES": str(settings.fetch_private_addresses),
            "KUBELORE_STATE_DIR": str(folder),
            JOB_VARIABLE: spec.to_json(),
            SHARD_VARIABLE: str(shard),
            PROGRESS_FILE_VARIABLE: str(folder / "progress.json"),
            TERMINATION_FILE_VARIABLE: str(folder / _TERMINATION),
            MOUNTED_SOURCE_VARIABLE: str(mounted or ""),
        }


class RunningWorker:
    """A worker process and the files that it writes."""

    def __init__(self, folder: Path, environment: Mapping[str, str], command: Sequence[str]) -> None:
        self._folder = folder
        with (folder / "worker.log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def progress(self) -> ShardProgress:
        """How far it says that it is."""
        file = self._folder / "progress.json"
        return ShardProgress.model_validate_json(file.read_bytes()) if file.is_file() else ShardProgress()

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def wait(self) -> WorkerEnd:
        """Wait for its end; one that was killed left no message."""
        exit_code = self.process.wait(_SECONDS_TO_END)
        log = (self._folder / "worker.log").read_text(encoding="utf-8", errors="replace")
        return WorkerEnd(exit_code, read_message(self._folder), log)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait(_SECONDS_TO_END)


def assert_exact(workshop: Workshop, expected: int, *uids: str) -> None:
    """Hold rows, records and manifests against each other: nothing is missing, nothing is there twice."""
    records, objects, layout = workshop.records(), workshop.objects(), workshop.layout
    assert len(records) == expected
    assert {record.state for record in records.values()} == {DocumentState.COMPLETED}
    with workshop.vectors() as vectors:
        for source, record in records.items():
            rows = Compare("document_id", Comparison.EQ, record.document_id)
            assert vectors.count(workshop.names.alias, rows) == record.chunks, source
            assert objects.stat(layout.chunks(1, record.document_id)) is not None, source
            assert objects.stat(layout.parsed(record.document_id, record.version)) is not None, source
            current = And([rows, Compare("document_version", Comparison.EQ, record.version)])
            assert vectors.count(workshop.names.alias, current) == record.chunks, source
        total = vectors.count(workshop.names.alias, And(()))
    assert total == sum(record.chunks for record in records.values())
    for uid in uids:
        assert workshop.manifest(uid).chunks == total
