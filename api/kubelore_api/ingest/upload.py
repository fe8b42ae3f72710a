"""Takes a document in: the object first, then the task that points to it."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from pydantic import ValidationError

from kubelore.documents.ids import content_version, document_id
from kubelore.documents.layout import Layout
from kubelore.errors import ErrorCode
from kubelore.objectstore.interface import ObjectStore
from kubelore.resources.base import LocalRef, ObjectMeta
from kubelore.resources.ingest_task import IngestTask, IngestTaskSpec, ObjectSource, Source
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.store import ResourceStore
from kubelore_api.errors import RequestError
from kubelore_api.ingest.task_id import TaskId
from kubelore_api.threads import Threads

_PART_BYTES = 1 << 20
_TASK_TTL_SECONDS = 7 * 24 * 3600
"""The status of an older upload is answered from its result manifest."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A document on its way in; `content` is read from its start, twice."""

    name: str
    content: BinaryIO
    size: int
    media_type: str = "application/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)
    access_groups: tuple[str, ...] = ()


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
        key = await self.threads.run(_key, kb, tenant, upload)
        task = _task(kb, tenant, upload, key)
        await self.threads.run(self._store, key, upload)
        created = await self.resources.create_ingest_task(task)
        return TaskId(created.metadata.namespace, kb.metadata.name, created.metadata.name, created.metadata.uid)

    def _store(self, key: str, upload: Upload) -> None:
        upload.content.seek(0)
        self.objects.put_stream(key, upload.content, upload.size, upload.media_type)


def _key(kb: KnowledgeBase, tenant: str, upload: Upload) -> str:
    """Return where the original is kept: by the document's name, and by what is in it."""
    namespace, name = kb.metadata.namespace, kb.metadata.name
    document = document_id(namespace, name, tenant, upload.name)
    return Layout(namespace, name).original(document, content_version(_parts(upload.content)), upload.name)


def _parts(content: BinaryIO) -> Iterator[bytes]:
    content.seek(0)
    while part := content.read(_PART_BYTES):
        yield part


def _task(kb: KnowledgeBase, tenant: str, upload: Upload, key: str) -> IngestTask:
    metadata = ObjectMeta(name=f"upload-{uuid.uuid4().hex[:20]}", namespace=kb.metadata.namespace)
    try:
        return IngestTask(metadata=metadata, spec=_spec(kb, tenant, upload, key))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        parameter = str(first["loc"][0]) if first["loc"][0] in {"metadata", "access_groups"} else "file"
        raise RequestError(ErrorCode.REQUEST_INVALID, parameter, first["msg"]) from error


def _spec(kb: KnowledgeBase, tenant: str, upload: Upload, key: str) -> IngestTaskSpec:
    return IngestTaskSpec(
        knowledge_base_ref=LocalRef(name=kb.metadata.name),
        source=Source(object=ObjectSource(key=key, document_name=upload.name)),
        tenant=tenant,
        metadata=dict(upload.metadata),
        access_groups=upload.access_groups,
        ttl_seconds_after_finished=_TASK_TTL_SECONDS,
    )
