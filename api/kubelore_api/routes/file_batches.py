"""Files that are taken into a knowledge base together."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from kubelore.errors import ErrorCode
from kubelore_api.errors import RequestError
from kubelore_api.ingest.file_batches import Batch, FileBatches, Member
from kubelore_api.ingest.store_files import StatusName, StoreFile
from kubelore_api.pages import page_of
from kubelore_api.routes.page_query import PageOf
from kubelore_api.routes.store_files import (
    AttachRequest,
    Attributes,
    ChangeableFiles,
    ReadableFiles,
    StoreFileList,
    poll_again,
)
from kubelore_api.routes.vector_stores import FileCounts

router = APIRouter(prefix="/v1/vector_stores/{name:path}/file_batches", tags=["documents"])

MOST_FILES = 100


class BatchRequest(BaseModel):
    """The files by their ids, or each with attributes of its own."""

    model_config = ConfigDict(extra="ignore", json_schema_extra={"example": {"file_ids": ["file-…"]}})

    file_ids: list[str] = Field(default=[], max_length=MOST_FILES)
    files: list[AttachRequest] = Field(default=[], max_length=MOST_FILES)
    attributes: Attributes | None = Field(default=None, description="Of the files that are given by their ids.")

    @property
    def members(self) -> list[Member]:
        """The files that are to come; raises RequestError where there are none."""
        alike = [AttachRequest(file_id=file_id, attributes=self.attributes) for file_id in self.file_ids if file_id]
        members = [Member(each.file_id, each.metadata) for each in (*alike, *self.files)]
        if not members:
            raise RequestError(ErrorCode.REQUEST_INVALID, "file_ids", "it names no file")
        return members


class BatchObject(BaseModel):
    """A batch as it stands."""

    id: str
    object: Literal["vector_store.file_batch"] = "vector_store.file_batch"
    created_at: int
    vector_store_id: str
    status: StatusName
    file_counts: FileCounts

    @classmethod
    def of(cls, batch: Batch, files: list[StoreFile], store: str) -> "BatchObject":
        """Count the files; a batch has failed when none came in and it was not cancelled."""
        states = [file.status for file in files]
        counts = FileCounts(
            total=len(files),
            completed=states.count("completed"),
            in_progress=states.count("in_progress"),
            failed=states.count("failed"),
            cancelled=states.count("cancelled"),
        )
        return cls(
            id=batch.id,
            created_at=batch.created_at,
            vector_store_id=store,
            status=_status(counts, is_cancelled=batch.is_cancelled),
            file_counts=counts,
        )


def _status(counts: FileCounts, *, is_cancelled: bool) -> StatusName:
    if counts.in_progress:
        return "in_progress"
    if is_cancelled:
        return "cancelled"
    return "failed" if counts.failed and not counts.completed else "completed"


@router.post("")
async def create_batch(name: str, request: BatchRequest, files: ChangeableFiles, response: Response) -> BatchObject:
    """Take several kept files into a knowledge base."""
    batch, attached = await FileBatches(files).create(request.members)
    return _told(BatchObject.of(batch, attached, name), response)


@router.get("/{batch_id}")
async def get_batch(name: str, batch_id: str, files: ReadableFiles, response: Response) -> BatchObject:
    """Say how far a batch is."""
    batches = FileBatches(files)
    batch = await batches.find(batch_id)
    return _told(BatchObject.of(batch, await batches.members(batch), name), response)


@router.post("/{batch_id}/cancel")
async def cancel_batch(name: str, batch_id: str, files: ChangeableFiles, response: Response) -> BatchObject:
    """Keep those files of a batch from coming in that nobody has begun to read."""
    batches = FileBatches(files)
    batch = await batches.cancel(await batches.find(batch_id))
    return _told(BatchObject.of(batch, await batches.members(batch), name), response)


@router.get("/{batch_id}/files")
async def list_batch_files(
    name: str,
    batch_id: str,
    files: ReadableFiles,
    page: PageOf,
    wanted: Annotated[StatusName | None, Query(alias="filter")] = None,
) -> StoreFileList:
    """List a batch's files as they stand."""
    batches = FileBatches(files)
    members = await batches.members(await batches.find(batch_id))
    there = {file.id: file for file in members if wanted in {None, file.status}}
    ids, has_more = page_of(sorted(there), page)
    return StoreFileList.of([there[file_id] for file_id in ids], name, has_more=has_more)


def _told(batch: BatchObject, response: Response) -> BatchObject:
    poll_again(response, batch.status)
    return batch
