"""What the tools do, under the same access rules as every route."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from kubelore.errors import ErrorCode
from kubelore.vectorstore.interface import Hit
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import Permission
from kubelore_api.errors import RequestError
from kubelore_api.rag.retrieve import Scope
from kubelore_api.rag.tuning import Tuning
from kubelore_api.services import Services

LONGEST_QUERY = 8192
MOST_RESULTS = 50


class Found(BaseModel):
    """A passage of a document."""

    id: str = Field(description="What `fetch` takes to return the whole document.")
    title: str
    url: str = Field(description="The document's text, below the gateway's address.")
    text: str = Field(description="The passage.")
    heading_path: str
    page: int | None
    score: float


class Results(BaseModel):
    """The passages that fit best, best first."""

    results: list[Found]


class Document(BaseModel):
    """A whole document."""

    id: str
    title: str
    url: str
    text: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of one caller."""

    services: Services
    caller: Caller

    async def search(self, query: str, knowledge_base: str | None, max_results: int) -> Results:
        """Return the passages that fit a question; raises KubeloreError as searching does."""
        self.caller.require(Permission.READ)
        kb = await self.services.catalog.find_ready(knowledge_base, "knowledge_base")
        scope = Scope(kb, self.caller, tuning=Tuning(top_k=max_results))
        hits = await self.services.rag.search(scope, [query])
        return Results(results=[_found(scope.name, hit) for hit in hits])

    async def fetch(self, document: str) -> Document:
        """Return a document by its id; raises RequestError RESOURCE_NOT_FOUND for what the caller may not see."""
        self.caller.require(Permission.READ)
        name, _, document_id = document.rpartition("/")
        if not name:
            raise RequestError(ErrorCode.RESOURCE_NOT_FOUND, "id", subject=f"document {document[:200]}")
        files = self.services.store_files(await self.services.catalog.find_own(name, "id"), self.caller)
        file, text = await files.find(document_id), await files.text(document_id)
        return Document(
            id=document, title=file.filename, url=_url(name, document_id), text=text, metadata=dict(file.metadata)
        )


def _found(knowledge_base: str, hit: Hit) -> Found:
    row = hit.row
    return Found(
        id=f"{knowledge_base}/{row.document_id}",
        title=row.title or row.source,
        url=_url(knowledge_base, row.document_id),
        text=row.chunk_text,
        heading_path=row.heading_path,
        page=row.page,
        score=round(hit.score, 4),
    )


def _url(knowledge_base: str, document_id: str) -> str:
    return f"/v1/vector_stores/{knowledge_base}/files/{document_id}/content"
