"""OpenAI's uploads: a large file in parts, each of which can be sent again."""

from typing import Annotated, Literal

from fastapi import APIRouter, File, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from kubelore.documents.layout import PartsLayout
from kubelore.errors import ErrorCode
from kubelore_api.access.caller import Caller
from kubelore_api.errors import RequestError
from kubelore_api.ingest.kept_files import KeptFile
from kubelore_api.ingest.pending_upload import Part, PendingUpload, UploadState
from kubelore_api.ingest.upload import Label
from kubelore_api.ingest.uploads import MOST_PARTS, Completion, Uploads
from kubelore_api.routes.dependencies import EditorOf, ServicesOf
from kubelore_api.routes.files import FileObject
from kubelore_api.routes.noted_use import note_upload
from kubelore_api.services import Services

PATH = "/v1/uploads"
router = APIRouter(prefix=PATH, tags=["documents"])

LARGEST_PART = 64 * 1024 * 1024
"""Bytes; as OpenAI has it, and the size of the parts that its clients send."""


class UploadRequest(BaseModel):
    """A file that will come in parts."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "example": {
                "filename": "handbook.pdf",
                "purpose": "assistants",
                "bytes": 83886080,
                "mime_type": "application/pdf",
            }
        },
    )

    filename: str = Field(min_length=1, max_length=1024, pattern=r"\S")
    purpose: str = Field(min_length=1, max_length=64)
    bytes: int = Field(ge=1, description="Of the whole file.")
    mime_type: str = Field(min_length=1, max_length=255)
    access_groups: list[str] = Field(default=[], max_length=32, description="Who may see it; default: the tenant.")


class CompletionRequest(BaseModel):
    """What the file consists of."""

    model_config = ConfigDict(extra="ignore")

    part_ids: list[str] = Field(min_length=1, max_length=MOST_PARTS, description="In the order of the file.")
    md5: str | None = Field(default=None, pattern="^[0-9A-Fa-f]{32}$", description="Of the whole file.")


class UploadObject(BaseModel):
    """An upload as it stands; `file` is there once it is completed."""

    id: str
    object: Literal["upload"] = "upload"
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    status: UploadState
    file: FileObject | None = None

    @classmethod
    def of(cls, upload: PendingUpload, file: KeptFile | None = None) -> "UploadObject":
        """Describe an upload."""
        return cls(
            id=upload.id,
            bytes=upload.bytes,
            created_at=upload.created_at,
            expires_at=upload.expires_at,
            filename=upload.filename,
            purpose=upload.purpose,
            status=upload.state,
            file=FileObject.of(file) if file else None,
        )


class UploadPart(BaseModel):
    """A part that has come."""

    id: str
    object: Literal["upload.part"] = "upload.part"
    created_at: int
    upload_id: str
    bytes: int
    sha256: str

    @classmethod
    def of(cls, part: Part, upload_id: str) -> "UploadPart":
        """Describe a part."""
        return cls(id=part.id, created_at=part.created_at, upload_id=upload_id, bytes=part.bytes, sha256=part.sha256)


class UploadPartList(BaseModel):
    """The parts that have come, the first one first."""

    object: Literal["list"] = "list"
    data: list[UploadPart]


@router.post("")
async def create_upload(request: UploadRequest, services: ServicesOf, caller: EditorOf) -> UploadObject:
    """Announce a file that comes in parts within a day."""
    limit = services.settings.max_upload_bytes
    if request.bytes > limit:
        raise RequestError(ErrorCode.SOURCE_TOO_LARGE, "bytes", f"{request.bytes} bytes, at most {limit} are taken")
    if not request.filename.isprintable():
        raise RequestError(ErrorCode.REQUEST_INVALID, "filename", "it has unprintable characters")
    label = Label(request.filename.strip(), access_groups=tuple(request.access_groups))
    uploads = _uploads(services, caller)
    return UploadObject.of(await uploads.create(label, request.purpose, request.mime_type, request.bytes))


@router.get("/{upload_id}")
async def get_upload(upload_id: str, services: ServicesOf, caller: EditorOf) -> UploadObject:
    """Say how an upload stands."""
    return UploadObject.of(await _uploads(services, caller).find(upload_id))


@router.get("/{upload_id}/parts")
async def list_parts(upload_id: str, services: ServicesOf, caller: EditorOf) -> UploadPartList:
    """List the parts that have come: whoever was interrupted goes on with those that are missing."""
    parts = await _uploads(services, caller).parts(upload_id)
    return UploadPartList(data=[UploadPart.of(part, upload_id) for part in parts])


@router.post("/{upload_id}/parts")
async def add_part(
    upload_id: str,
    services: ServicesOf,
    caller: EditorOf,
    data: Annotated[UploadFile, File(description="The bytes, at most 64 MiB.")],
) -> UploadPart:
    """Take a part; parts may come in any order, at once, and again."""
    size = data.size or 0
    if not 0 < size <= LARGEST_PART:
        raise RequestError(ErrorCode.REQUEST_INVALID, "data", f"{size} bytes, and a part has 1 to {LARGEST_PART}")
    return UploadPart.of(await _uploads(services, caller).add(upload_id, data.file, size), upload_id)


@router.post("/{upload_id}/complete")
async def complete_upload(
    http: Request, upload_id: str, request: CompletionRequest, services: ServicesOf, caller: EditorOf
) -> UploadObject:
    """Put the parts together into a file that vector stores can take in."""
    uploads = _uploads(services, caller)
    upload, file = await uploads.complete(upload_id, Completion(request.part_ids, request.md5))
    note_upload(http, file.bytes)
    return UploadObject.of(upload, file)


@router.post("/{upload_id}/cancel")
async def cancel_upload(upload_id: str, services: ServicesOf, caller: EditorOf) -> UploadObject:
    """Give an upload up, and forget its parts."""
    return UploadObject.of(await _uploads(services, caller).cancel(upload_id))


def _uploads(services: Services, caller: Caller) -> Uploads:
    return Uploads(services.files_of(caller), PartsLayout(services.settings.namespace, caller.tenant))
