"""The documents of a knowledge base as a vector store's files, one by one and in batches."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from kubelore.documents.record import Failure
from kubelore_api.ingest.store_files import StatusName, StoreFile, StoreFiles
from kubelore_api.routes.dependencies import CallerOf, EditorOf, ServicesOf
from kubelore_api.routes.page_query import PageOf

router = APIRouter(prefix="/v1/vector_stores/{name:path}", tags=["documents"])

POLL_HEADER = "openai-poll-after-ms"
_POLL_AFTER = "500"
"""When OpenAI's clients look again; they wait a second where they aren't told."""

_UNSUPPORTED = frozenset({"DOCUMENT_UNSUPPORTED"})
_INVALID = frozenset({"fetch", "parse", "chunk"})

Attribute = bool | float | str
Attributes = dict[str, Attribute]


class AttachRequest(BaseModel):
    """A file to take in; how it is chunked is the knowledge base's to say."""

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"example": {"file_id": "file-…", "attributes": {"author": "Ann"}}}
    )

    file_id: str = Field(min_length=1, max_length=700)
    attributes: Attributes | None = Field(default=None, description="Kept with every chunk, as texts.")

    @property
    def metadata(self) -> dict[str, str]:
        """The attributes as they are kept."""
        return {key: _text(value) for key, value in (self.attributes or {}).items()}


class LastError(BaseModel):
    """Why a document can't be found."""

    code: Literal["server_error", "unsupported_file", "invalid_file"]
    message: str

    @classmethod
    def of(cls, failure: Failure) -> "LastError":
        """Describe a failure."""
        if failure.code in _UNSUPPORTED:
            return cls(code="unsupported_file", message=failure.message)
        return cls(code="invalid_file" if failure.component in _INVALID else "server_error", message=failure.message)


class Chunking(BaseModel):
    """How it is chunked is the knowledge base's to say."""

    type: Literal["other"] = "other"


class StoreFileObject(BaseModel):
    """A document in a vector store, or on its way there."""

    id: str
    object: Literal["vector_store.file"] = "vector_store.file"
    usage_bytes: int
    created_at: int
    vector_store_id: str
    status: StatusName
    last_error: LastError | None
    attributes: dict[str, str]
    chunking_strategy: Chunking = Chunking()
    filename: str
    document_id: str = Field(description="What searches and citations name it by.")

    @classmethod
    def of(cls, file: StoreFile, store: str) -> "StoreFileObject":
        """Describe a document."""
        return cls(
            id=file.id,
            usage_bytes=file.bytes,
            created_at=file.created_at,
            vector_store_id=store,
            status=file.status,
            last_error=LastError.of(file.failure) if file.failure and file.status == "failed" else None,
            attributes=dict(file.metadata),
            filename=file.filename,
            document_id=file.document_id,
        )


class StoreFileList(BaseModel):
    """One page of documents."""

    object: Literal["list"] = "list"
    data: list[StoreFileObject]
    first_id: str | None
    last_id: str | None
    has_more: bool

    @classmethod
    def of(cls, files: list[StoreFile], store: str, *, has_more: bool) -> "StoreFileList":
        """Describe a page."""
        data = [StoreFileObject.of(file, store) for file in files]
        first, last = (data[0].id, data[-1].id) if data else (None, None)
        return cls(data=data, first_id=first, last_id=last, has_more=has_more)


class FileContent(BaseModel):
    """The parsed text of a document."""

    object: Literal["vector_store.file_content.page"] = "vector_store.file_content.page"
    data: list["TextContent"]
    has_more: bool = False
    next_page: str | None = None


class TextContent(BaseModel):
    """A text."""

    type: Literal["text"] = "text"
    text: str


class DeletedStoreFile(BaseModel):
    """A document that is on its way out."""

    id: str
    object: Literal["vector_store.file.deleted"] = "vector_store.file.deleted"
    deleted: Literal[True] = True


async def _readable(name: str, services: ServicesOf, caller: CallerOf) -> StoreFiles:
    return services.store_files(await services.catalog.find_own(name, "vector_store_id"), caller)


async def _changeable(name: str, services: ServicesOf, caller: EditorOf) -> StoreFiles:
    return services.store_files(await services.catalog.find_own(name, "vector_store_id"), caller)


ReadableFiles = Annotated[StoreFiles, Depends(_readable)]
ChangeableFiles = Annotated[StoreFiles, Depends(_changeable)]


def poll_again(response: Response, status: str) -> None:
    """Tell a client that waits when to look again."""
    if status == "in_progress":
        response.headers[POLL_HEADER] = _POLL_AFTER


@router.post("/files")
async def attach_file(name: str, request: AttachRequest, files: ChangeableFiles, response: Response) -> StoreFileObject:
    """Take a kept file into a knowledge base; a document of the same name is replaced."""
    file = await files.attach(request.file_id, request.metadata)
    poll_again(response, file.status)
    return StoreFileObject.of(file, name)


@router.get("/files")
async def list_files(
    name: str,
    files: ReadableFiles,
    page: PageOf,
    wanted: Annotated[StatusName | None, Query(alias="filter")] = None,
) -> StoreFileList:
    """List the documents of a knowledge base by their ids, as far as the caller may see them."""
    found, has_more = await files.page(page, wanted)
    return StoreFileList.of(found, name, has_more=has_more)


@router.get("/files/{file_id}/content")
async def get_file_content(file_id: str, files: ReadableFiles) -> FileContent:
    """Return the parsed text of a document, which citations count in."""
    return FileContent(data=[TextContent(text=await files.text(file_id))])


@router.get("/files/{file_id}")
async def get_file(name: str, file_id: str, files: ReadableFiles, response: Response) -> StoreFileObject:
    """Describe one document."""
    file = await files.find(file_id)
    poll_again(response, file.status)
    return StoreFileObject.of(file, name)


@router.delete("/files/{file_id}")
async def remove_file(file_id: str, files: ChangeableFiles) -> DeletedStoreFile:
    """Take a document out of a knowledge base; no search finds it once its task is done."""
    await files.remove(file_id)
    return DeletedStoreFile(id=file_id)


def _text(value: Attribute) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return value
        case _:
            return f"{value:g}"
