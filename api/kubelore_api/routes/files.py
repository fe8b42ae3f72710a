"""Uploads: an object and a task, answered before any work is done."""

import json
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import BaseModel, Field

from kubelore.clock import now
from kubelore.errors import ErrorCode
from kubelore.resources.ingest_task import TaskPhase
from kubelore_api.errors import RequestError
from kubelore_api.ingest.upload import Intake, Upload
from kubelore_api.routes.dependencies import EditorOf, ServicesOf

PATH = "/v1/files"
router = APIRouter(prefix=PATH, tags=["documents"])

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


@router.post("", status_code=HTTPStatus.ACCEPTED)
async def upload_file(  # noqa: PLR0913, PLR0917 - one argument a form field
    services: ServicesOf,
    caller: EditorOf,
    file: Annotated[UploadFile, File(description="The document.")],
    knowledge_base: Annotated[str | None, Form(description="Default: the only one there is.")] = None,
    purpose: Annotated[str, Form(description="Taken for the sake of OpenAI's clients.")] = "assistants",
    metadata: Annotated[str, Form(description="A JSON object of strings.")] = "{}",
    access_groups: Annotated[list[str] | None, Form(description="Who may see it; default: the whole tenant.")] = None,
) -> IngestTaskObject:
    """Keep a document and start its ingest."""
    kb = await services.catalog.find_own(knowledge_base, "knowledge_base")
    upload = Upload(
        name=_name(file),
        content=file.file,
        size=_size(file, min(services.settings.max_upload_bytes, kb.spec.ingest.max_document_bytes)),
        media_type=file.content_type or _UNKNOWN_TYPE,
        metadata=_metadata(metadata),
        access_groups=tuple(access_groups or ()),
    )
    intake = Intake(services.objects, services.resources, services.threads)
    task_id = await intake.take(kb, caller.tenant, upload)
    return IngestTaskObject(
        id=str(task_id),
        knowledge_base=services.catalog.name_of(kb),
        filename=upload.name,
        bytes=upload.size,
        created_at=int(now().timestamp()),
        purpose=purpose,
    )


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
