"""The simple way to bring a text in: answered when it can be found."""

from contextlib import aclosing
from http import HTTPStatus
from io import BytesIO

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from kubelore.errors import ErrorCode
from kubelore.resources.ingest_task import TaskPhase
from kubelore_api.access.caller import Caller
from kubelore_api.errors import RequestError
from kubelore_api.ingest.follow import follow
from kubelore_api.ingest.progress import TaskProgress
from kubelore_api.ingest.task_id import TaskId
from kubelore_api.ingest.upload import Label, Upload
from kubelore_api.routes.departure import unless_client_leaves
from kubelore_api.routes.dependencies import EditorOf, ServicesOf
from kubelore_api.services import Services

router = APIRouter(prefix="/api/v1/knowledge", tags=["documents"])

PATIENCE_SECONDS = 60.0
"""How long the ingest is waited for; most proxies wait as long."""

LONGEST_TEXT = 1_000_000


class NewDocument(BaseModel):
    """A text, and what it is known by."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"source": "office/hours.md", "content": "# Hours\n\nThe office opens at nine in the morning."}
        },
    )

    source: str = Field(
        min_length=1,
        max_length=1024,
        pattern=r"\S",
        description="Its name, which answers cite; the extension says how it is read, and without one it is text. "
        "The same name replaces the document.",
    )
    content: str = Field(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S")
    knowledge_base: str | None = Field(default=None, max_length=400, description="Default: the only one there is.")
    metadata: dict[str, str] = Field(default={}, description="Kept with every chunk; answers can be filtered by it.")
    access_groups: list[str] = Field(default=[], description="Who may see it; default: the whole tenant.")

    @property
    def upload(self) -> Upload:
        """The text on its way in; raises RequestError for a text that can't be written."""
        try:
            content = self.content.encode()
        except UnicodeEncodeError as error:
            raise RequestError(ErrorCode.REQUEST_INVALID, "content", "it is not valid Unicode") from error
        label = Label(self.source.strip(), self.metadata, tuple(self.access_groups))
        return Upload(label, BytesIO(content), len(content), "text/plain; charset=utf-8")


class AddedDocument(BaseModel):
    """A document that can be found now, or will be when its task is done."""

    source: str
    task_id: str = Field(description="The id to ask `/task-status/{id}` with.")
    status: TaskPhase
    chunks: int


@router.post("/add-document", status_code=HTTPStatus.CREATED, responses={HTTPStatus.ACCEPTED: {"model": AddedDocument}})
async def add_document(
    http: Request, request: NewDocument, response: Response, services: ServicesOf, caller: EditorOf
) -> AddedDocument:
    """Bring a text in, and answer when it can be found; 202 where that takes longer than a client waits."""
    kb = await services.catalog.find_own(request.knowledge_base, "knowledge_base")
    upload = request.upload
    if not upload.label.name.isprintable():
        raise RequestError(ErrorCode.REQUEST_INVALID, "source", "it has unprintable characters")
    task_id = await services.intake.take(kb, caller.tenant, upload)
    progress = await unless_client_leaves(http, _ended(services, task_id, caller))
    if progress.phase is TaskPhase.FAILED:
        raise RequestError(ErrorCode.DOCUMENT_REFUSED, "content", _reason(progress), subject=upload.label.name)
    if not progress.phase.is_final:
        response.status_code = HTTPStatus.ACCEPTED
    return AddedDocument(source=upload.label.name, task_id=str(task_id), status=progress.phase, chunks=progress.chunks)


async def _ended(services: Services, task_id: TaskId, caller: Caller) -> TaskProgress:
    latest: TaskProgress | None = None
    async with aclosing(follow(services.progress, task_id, caller, PATIENCE_SECONDS)) as looks:
        async for progress in looks:
            latest = progress or latest
    if latest is None:
        raise RequestError(ErrorCode.RESOURCE_NOT_FOUND, "task_id", subject=f"task {task_id}")
    return latest


def _reason(progress: TaskProgress) -> str:
    return progress.failures[0].message if progress.failures else "its task failed"
