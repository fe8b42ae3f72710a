"""Takes a document in: the object first, then the task that points to it."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from pydantic import ValidationError

from kubelore.documents.ids import content_version, document_id, tenant_key
from kubelore.documents.layout import Layout
from kubelore.errors import ErrorCode
from kubelore.objectstore.interface import ObjectStore
from kubelore.resources.base import LocalRef, ObjectMeta
from kubelore.resources.ingest_task import IngestTask, IngestTaskSpec, ObjectSource, Operation, Source
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.store import ResourceStore
from kubelore_api.errors import RequestError
from kubelore_api.ingest.task_id import TaskId
from kubelore_api.threads import Threads

_PART_BYTES = 1 << 20
_PREFIXES: Mapping[Operation, str] = {Operation.UPSERT: "upload", Operation.DELETE: "withdraw"}
_TASK_TTL_SECONDS = 7 * 24 * 3600
"""The status of an older upload is answered from its result manifest."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a document is known by, and what is known of it."""

    name: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    access_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A document on its way in; `content` is read from its start, twice."""

    label: Label
    content: BinaryIO
    size: int
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the object store: its key, and the sha256 of what is in it."""

    key: str
    version: str


@dataclass(frozen=True, slots=True)
class Intake:
    """Brings uploads into knowledge bases."""

    objects: ObjectStore
    resources: ResourceStore
    threads: Threads

    async def take(self, kb: KnowledgeBase, tenant: str, upload: Upload) -> TaskId:
        """Keep the document and create its task; a crash in between leaves an object that nothing points to.

        The same name replaces the document of that name. Raises RequestError where metadata, groups or the name
        aren't what a task may hold.
        """
        version = await self.threads.run(lambda: content_version(parts(upload.content)))
        key = original_key(kb, tenant, upload.label.name, version)
        task = _task(kb, tenant, upload.label, key)
        await self.threads.run(self._store, key, upload)
        return await self._created(task)

    async def adopt(self, kb: KnowledgeBase, tenant: str, label: Label, kept: Kept) -> TaskId:
        """Bring in a file that is kept already; raises as `take` does, and OBJECT_NOT_FOUND where it has gone."""
        key = original_key(kb, tenant, label.name, kept.version)
        task = _task(kb, tenant, label, key)
        await self.threads.run(self.objects.copy, kept.key, key)
        return await self._created(task)

    async def withdraw(self, kb: KnowledgeBase, tenant: str, source: str) -> TaskId:
        """Take the document of this name out; its rows are gone when the task is done."""
        key = f"{Layout(kb.metadata.namespace, kb.metadata.name).originals}{tenant_key(tenant)}"
        return await self._created(_task(kb, tenant, Label(source), key, Operation.DELETE))

    async def _created(self, task: IngestTask) -> TaskId:
        created = await self.resources.create_ingest_task(task)
        metadata = created.metadata
        return TaskId(metadata.namespace, created.spec.knowledge_base_ref.name, metadata.name, metadata.uid)

    def _store(self, key: str, upload: Upload) -> None:
        upload.content.seek(0)
        self.objects.put_stream(key, upload.content, upload.size, upload.media_type)


def original_key(kb: KnowledgeBase, tenant: str, name: str, version: str) -> str:
    """Return where the original is kept: by the document's name, and by what is in it."""
    namespace, base = kb.metadata.namespace, kb.metadata.name
    return Layout(namespace, base).original(document_id(namespace, base, tenant, name), version, name)


def parts(content: BinaryIO) -> Iterator[bytes]:
    """Read a file from its start, piece by piece."""
    content.seek(0)
    while part := content.read(_PART_BYTES):
        yield part


def _task(
    kb: KnowledgeBase, tenant: str, label: Label, key: str, operation: Operation = Operation.UPSERT
) -> IngestTask:
    metadata = ObjectMeta(name=f"{_PREFIXES[operation]}-{uuid.uuid4().hex[:20]}", namespace=kb.metadata.namespace)
    try:
        return IngestTask(metadata=metadata, spec=_spec(kb, tenant, label, key, operation))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        parameter = str(first["loc"][0]) if first["loc"][0] in {"metadata", "access_groups"} else "file"
        raise RequestError(ErrorCode.REQUEST_INVALID, parameter, first["msg"]) from error


def _spec(kb: KnowledgeBase, tenant: str, label: Label, key: str, operation: Operation) -> IngestTaskSpec:
    return IngestTaskSpec(
        operation=operation,
        knowledge_base_ref=LocalRef(name=kb.metadata.name),
        source=Source(object=ObjectSource(key=key, document_name=label.name)),
        tenant=tenant,
        metadata=dict(label.metadata),
        access_groups=label.access_groups,
        ttl_seconds_after_finished=_TASK_TTL_SECONDS,
    )
