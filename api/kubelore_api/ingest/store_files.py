"""The documents of a knowledge base as files of a vector store: attached, listed, read and taken out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from kubelore.clock import now
from kubelore.documents.chunk import ParsedDocument
from kubelore.documents.ids import document_id
from kubelore.documents.layout import FilesLayout, Layout
from kubelore.documents.models import StoredModel
from kubelore.documents.record import DocumentRecord, DocumentState, Failure
from kubelore.errors import ErrorCode
from kubelore.objectstore.interface import ObjectStore
from kubelore.resources.generations import answering
from kubelore.resources.ingest_task import TaskPhase
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_api.access.caller import Caller
from kubelore_api.access.rows import may_see_document
from kubelore_api.errors import RequestError
from kubelore_api.ingest.cancel import cancel_unbegun
from kubelore_api.ingest.ids import is_id
from kubelore_api.ingest.kept_files import KeptFiles, is_kept_id, unknown_file
from kubelore_api.ingest.progress import ProgressReader, TaskProgress
from kubelore_api.ingest.stored import object_if_there
from kubelore_api.ingest.task_id import TaskId
from kubelore_api.ingest.upload import Intake, Label
from kubelore_api.pages import Page, page_of
from kubelore_api.threads import Threads

StatusName = Literal["in_progress", "completed", "failed", "cancelled"]

_DOCUMENT_ID_DIGITS = 32
_STATUS_OF_PHASE: Mapping[TaskPhase, StatusName] = {TaskPhase.COMPLETED: "completed", TaskPhase.FAILED: "failed"}


class Attachment(StoredModel):
    """How a kept file came into a knowledge base."""

    file_id: str
    task_id: str
    document_id: str
    filename: str
    bytes: int
    metadata: dict[str, str]
    access_groups: tuple[str, ...] = ()
    created_at: int


@dataclass(frozen=True, slots=True)
class StoreFile:
    """A document in a knowledge base, or on its way there; `created_at` is in seconds since 1970."""

    id: str
    document_id: str
    filename: str
    status: StatusName
    bytes: int
    metadata: Mapping[str, str]
    created_at: int
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class StoreFiles:
    """The files of one knowledge base, as one caller sees them.

    A file is known by the id that it was attached with, by that of its upload's task, or by its document's.
    """

    kb: KnowledgeBase
    caller: Caller
    kept: KeptFiles
    intake: Intake
    progress: ProgressReader

    async def attach(self, file_id: str, metadata: Mapping[str, str]) -> StoreFile:
        """Bring a kept file in; raises RequestError where it isn't there or is larger than allowed.

        A file that an upload has brought in already is only returned.
        """
        if not is_kept_id(file_id):
            return await self.find(file_id)
        file = await self.kept.get(file_id)
        limit = self.kb.spec.ingest.max_document_bytes
        if file.bytes > limit:
            raise RequestError(ErrorCode.SOURCE_TOO_LARGE, "file_id", f"{file.bytes} bytes, at most {limit} are taken")
        label = Label(file.filename, metadata, file.access_groups)
        task = await self.intake.adopt(self.kb, self.caller.tenant, label, self.kept.kept(file))
        attachment = Attachment(
            file_id=file_id,
            task_id=str(task),
            document_id=self._document_id(file.filename),
            filename=file.filename,
            bytes=file.bytes,
            metadata=dict(metadata),
            access_groups=file.access_groups,
            created_at=int(now().timestamp()),
        )
        await self._threads.run(self._objects.put, self._attachment_key(file_id), attachment.to_json().encode())
        return _attached(attachment, "in_progress", None)

    async def find(self, file_id: str) -> StoreFile:
        """Return a file; raises RequestError RESOURCE_NOT_FOUND for one that is not the caller's to see."""
        if is_kept_id(file_id):
            return await self._as_it_stands(await self._threads.run(self._attachment, file_id))
        if _is_document_id(file_id):
            return _recorded(await self._threads.run(self._visible_record, file_id))
        return await self._uploaded(file_id)

    async def cancel(self, file_id: str) -> None:
        """Keep a file from coming in whose turn has not come yet; one that is read already comes in.

        Raises RequestError RESOURCE_NOT_FOUND.
        """
        if is_kept_id(file_id):
            attachment = await self._threads.run(self._attachment, file_id)
            await cancel_unbegun(self.intake.resources, TaskId.parse(attachment.task_id))

    async def page(self, page: Page, status: StatusName | None) -> tuple[list[StoreFile], bool]:
        """Return the documents that have a record, by their ids, and whether there are more."""
        return await self._threads.run(self._page, page, status)

    async def text(self, file_id: str) -> str:
        """Return the parsed text that citations count in; raises RESOURCE_NOT_FOUND where there is none yet."""
        return await self._threads.run(self._text, (await self.find(file_id)).document_id, file_id)

    async def remove(self, file_id: str) -> None:
        """Take a document out; no search finds it once the task that this starts is done."""
        found = await self.find(file_id)
        await self.intake.withdraw(self.kb, self.caller.tenant, found.filename)
        if is_kept_id(file_id):
            await self._threads.run(self._objects.delete, [self._attachment_key(file_id)])

    async def _as_it_stands(self, attachment: Attachment) -> StoreFile:
        """Tell how far a file is; one whose task went without a result, and that did not come in, was cancelled."""
        try:
            progress = await self.progress.read(TaskId.parse(attachment.task_id), self.caller)
        except RequestError as error:
            if error.code is not ErrorCode.RESOURCE_NOT_FOUND:
                raise
            record = await self._threads.run(self._record, attachment.document_id)
            came_in = record is not None and int(record.updated_at.timestamp()) >= attachment.created_at
            return _attached(attachment, "completed" if came_in else "cancelled", None)
        return _attached(attachment, _status(progress), _failure(progress))

    async def _uploaded(self, text: str) -> StoreFile:
        try:
            task_id = TaskId.parse(text)
        except RequestError as error:
            raise unknown_file(text) from error
        if (task_id.namespace, task_id.knowledge_base) != (self.kb.metadata.namespace, self.kb.metadata.name):
            raise unknown_file(text)
        progress = await self.progress.read(task_id, self.caller)
        document = self._document_id(progress.document) if progress.document else ""
        status, failure = _status(progress), _failure(progress)
        return StoreFile(text, document, progress.document, status, 0, {}, progress.created_at, failure)

    def _page(self, page: Page, status: StatusName | None) -> tuple[list[StoreFile], bool]:
        """Read no more records than the page takes; others' are skipped, so that a page may need several looks."""
        prefix = self._layout.records
        ids = [info.key.removeprefix(prefix).removesuffix(".json") for info in self._objects.list(prefix)]
        ordered, _ = page_of(ids, Page(len(ids) or 1, page.order, page.after, page.before))
        files = self._visible(ordered, status)
        chosen = list(islice(files, page.limit))
        return chosen, next(files, None) is not None

    def _visible(self, ids: list[str], status: StatusName | None) -> Iterator[StoreFile]:
        for each in ids:
            record = self._record(each)
            if record is not None and self._may_see(record):
                file = _recorded(record)
                if status in {None, file.status}:
                    yield file

    def _text(self, document: str, file_id: str) -> str:
        record = self._visible_record(document) if document else None
        if record is None or not record.version:
            raise unknown_file(file_id)
        key = self._layout.parsed(document, record.version, answering(self.kb).spec.parsing.identity)
        return ParsedDocument.model_validate_json(self._objects.get(key)).text

    def _visible_record(self, document: str) -> DocumentRecord:
        record = self._record(document)
        if record is None or not self._may_see(record):
            raise unknown_file(document)
        return record

    def _record(self, document: str) -> DocumentRecord | None:
        content = object_if_there(self._objects, self._layout.record(document))
        return DocumentRecord.model_validate_json(content) if content is not None else None

    def _attachment(self, file_id: str) -> Attachment:
        content = object_if_there(self._objects, self._attachment_key(file_id))
        attachment = Attachment.model_validate_json(content) if content is not None else None
        if attachment is None or not may_see_document(self.caller, self.caller.tenant, attachment.access_groups):
            raise unknown_file(file_id)
        return attachment

    def _may_see(self, record: DocumentRecord) -> bool:
        return may_see_document(self.caller, record.tenant, record.access_groups)

    def _document_id(self, name: str) -> str:
        return document_id(self.kb.metadata.namespace, self.kb.metadata.name, self.caller.tenant, name)

    def _attachment_key(self, file_id: str) -> str:
        return self._files.attachment(file_id, self.kb.metadata.namespace, self.kb.metadata.name)

    @property
    def _files(self) -> FilesLayout:
        return self.kept.layout

    @property
    def _layout(self) -> Layout:
        return Layout(self.kb.metadata.namespace, self.kb.metadata.name)

    @property
    def _objects(self) -> ObjectStore:
        return self.kept.objects

    @property
    def _threads(self) -> Threads:
        return self.kept.threads


def _attached(attachment: Attachment, status: StatusName, failure: Failure | None) -> StoreFile:
    return StoreFile(
        id=attachment.file_id,
        document_id=attachment.document_id,
        filename=attachment.filename,
        status=status,
        bytes=attachment.bytes,
        metadata=attachment.metadata,
        created_at=attachment.created_at,
        failure=failure,
    )


def _recorded(record: DocumentRecord) -> StoreFile:
    return StoreFile(
        id=record.document_id,
        document_id=record.document_id,
        filename=record.source,
        status="completed" if record.state is DocumentState.COMPLETED else "failed",
        bytes=record.bytes,
        metadata=record.metadata,
        created_at=int(record.updated_at.timestamp()),
        failure=record.failure,
    )


def _status(progress: TaskProgress) -> StatusName:
    return _STATUS_OF_PHASE.get(progress.phase, "in_progress")


def _failure(progress: TaskProgress) -> Failure | None:
    return progress.failures[0] if progress.failures else None


def _is_document_id(text: str) -> bool:
    return is_id(text, "", _DOCUMENT_ID_DIGITS)
