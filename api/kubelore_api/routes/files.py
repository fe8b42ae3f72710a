"""Uploads: an object and a task, answered before any work is done."""

import json
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from kubelore.clock import now
from kubelore.errors import ErrorCode
from kubelore.resources.ingest_task import TaskPhase
from kubelore_api.errors import RequestError
from kubelore_api.ingest.kept_files import KeptFile
from kubelore_api.ingest.readable import require_readable_file
from kubelore_api.ingest.upload import Label, Upload
from kubelore_api.routes.dependencies import CallerOf, EditorOf, ServicesOf
from kubelore_api.routes.noted_use import note_upload
from kubelore_api.routes.page_query import PageOf

PATH = "/v1/files"
router = APIRouter(prefix=PATH, tags=["documents"])

_PURPOSE = "assistants"
_UNKNOWN_TYPE = "application/octet-stream"


class IngestTaskObject(BaseModel):
    """A document that was taken in, and the task that brings it into its knowledge base."""

    id: str = Field(description="The id to ask `/task-status/{id}` with.")
    object: Literal["ingest.task"] = "ingest.task"
    status: TaskPhase = TaskPhase.PENDING
    knowledge_base: str
    filename: str
    bytes: int
    created_at: int
    purpose: str


class FileObject(BaseModel):
    """A file that is kept, for a knowledge base to take in."""

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: int
    filename: str
    purpose: str
    status: Literal["processed"] = "processed"

    @classmethod
    def of(cls, file: KeptFile) -> "FileObject":
        """Describe a kept file."""
        return cls(
            id=file.id, bytes=file.bytes, created_at=file.created_at, filename=file.filename, purpose=file.purpose
        )


class FileList(BaseModel):
    """One page of the files."""

    object: Literal["list"] = "list"
    data: list[FileObject]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


class DeletedFile(BaseModel):
    """A file that is no longer kept."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True


@router.post("", status_code=HTTPStatus.ACCEPTED, responses={HTTPStatus.OK: {"model": FileObject}})
async def upload_file(  # noqa: PLR0913, PLR0917 - one argument a form field
    http: Request,
    services: ServicesOf,
    caller: EditorOf,
    response: Response,
    file: Annotated[UploadFile, File(description="The document.")],
    knowledge_base: Annotated[
        str | None,
        Form(description="Default: with a purpose none, the file is kept; without one, the only one there is."),
    ] = None,
    purpose: Annotated[str | None, Form(max_length=64, description="What OpenAI's clients send.")] = None,
    metadata: Annotated[str, Form(description="A JSON object of strings.")] = "{}",
    access_groups: Annotated[list[str] | None, Form(description="Who may see it; default: the whole tenant.")] = None,
) -> IngestTaskObject | FileObject:
    """Keep a document and start its ingest, or keep it until a vector store takes it in."""
    label = Label(_name(file), _metadata(metadata), tuple(access_groups or ()))
    if knowledge_base is None and purpose is not None:
        upload = _upload(file, label, services.settings.max_upload_bytes)
        response.status_code = HTTPStatus.OK
        note_upload(http, upload.size)
        return FileObject.of(await services.files_of(caller).keep(upload, purpose))
    kb = await services.catalog.find_own(knowledge_base, "knowledge_base")
    upload = _upload(file, label, min(services.settings.max_upload_bytes, kb.spec.ingest.max_document_bytes))
    task_id = await services.intake.take(kb, caller.tenant, upload)
    note_upload(http, upload.size)
    return IngestTaskObject(
        id=str(task_id),
        knowledge_base=services.catalog.name_of(kb),
        filename=label.name,
        bytes=upload.size,
        created_at=int(now().timestamp()),
        purpose=purpose or _PURPOSE,
    )


@router.get("")
async def list_files(
    services: ServicesOf, caller: CallerOf, page: PageOf, purpose: Annotated[str | None, Query(max_length=64)] = None
) -> FileList:
    """List the files that are kept, the latest first."""
    files, has_more = await services.files_of(caller).page(page)
    data = [FileObject.of(file) for file in files if purpose in {None, file.purpose}]
    first, last = (files[0].id, files[-1].id) if files else (None, None)
    return FileList(data=data, first_id=first, last_id=last, has_more=has_more)


@router.get("/{file_id}")
async def get_file(file_id: str, services: ServicesOf, caller: CallerOf) -> FileObject:
    """Describe a file that is kept."""
    return FileObject.of(await services.files_of(caller).get(file_id))


@router.get("/{file_id}/content", response_class=StreamingResponse)
async def get_file_content(file_id: str, services: ServicesOf, caller: CallerOf) -> StreamingResponse:
    """Return a file as it came."""
    content = await services.files_of(caller).content(file_id)
    return StreamingResponse(services.threads.iterate(content), media_type=_UNKNOWN_TYPE)


@router.delete("/{file_id}")
async def delete_file(file_id: str, services: ServicesOf, caller: EditorOf) -> DeletedFile:
    """Forget a file; documents that were made of it stay in their knowledge bases."""
    await services.files_of(caller).delete(file_id)
    return DeletedFile(id=file_id)


def _upload(file: UploadFile, label: Label, limit: int) -> Upload:
    size = _size(file, limit)
    require_readable_file("file", label.name, file.file)
    return Upload(label, file.file, size, file.content_type or _UNKNOWN_TYPE)


def _name(file: UploadFile) -> str:
    name = (file.filename or "").strip()
    if not name or not name.isprintable():
        raise RequestError(ErrorCode.REQUEST_INVALID, "file", "its filename is missing, or has unprintable characters")
    return name


def _size(file: UploadFile, limit: int) -> int:
    size = file.size or 0
    if size > limit:
        raise RequestError(ErrorCode.SOURCE_TOO_LARGE, "file", f"{size} bytes, at most {limit} are taken")
    return size


def _metadata(text: str) -> dict[str, str]:
    try:
        metadata = json.loads(text)
    except ValueError as error:
        raise RequestError(ErrorCode.REQUEST_INVALID, "metadata", "it is not valid JSON") from error
    if not isinstance(metadata, dict):
        raise RequestError(ErrorCode.REQUEST_INVALID, "metadata", "it is not a JSON object")
    return metadata
