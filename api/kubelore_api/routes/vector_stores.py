"""Knowledge bases as OpenAI's vector stores: listed, and searched."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kubelore.resources.conditions import ConditionType
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.vectorstore.interface import Hit
from kubelore_api.access.caller import Caller
from kubelore_api.access.permissions import Permission
from kubelore_api.catalog import Catalog
from kubelore_api.rag.retrieve import EVERYTHING, Scope
from kubelore_api.rag.tuning import Tuning
from kubelore_api.routes.attribute_filter import AttributeFilter, typed_filter
from kubelore_api.routes.dependencies import CallerOf, ServicesOf
from kubelore_api.routes.models import created_at
from kubelore_api.routes.retrieval_options import RankingOptions

router = APIRouter(prefix="/v1/vector_stores", tags=["search"])

Query = Annotated[str, Field(min_length=1, max_length=8192, pattern=r"\S")]


def _as_list(query: object) -> object:
    return [query] if isinstance(query, str) else query


Queries = Annotated[
    list[Query], Field(min_length=1, max_length=16), BeforeValidator(_as_list, json_schema_input_type=str | list[str])
]
"""One query or several; one validator for both, so that an error names the parameter alone."""


class FileCounts(BaseModel):
    """Documents by their state, all tenants' that can be found; the installation's owner alone is told."""

    total: int
    completed: int
    in_progress: int = 0
    failed: int = 0
    cancelled: int = 0


class VectorStore(BaseModel):
    """A knowledge base."""

    id: str
    object: Literal["vector_store"] = "vector_store"
    name: str
    status: Literal["completed", "in_progress"]
    file_counts: FileCounts
    usage_bytes: int = 0
    created_at: int
    last_active_at: int | None = None
    metadata: dict[str, str] = Field(default_factory=dict)


class VectorStoreList(BaseModel):
    """All of them, on one page."""

    object: Literal["list"] = "list"
    data: list[VectorStore]
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


class SearchRequest(BaseModel):
    """What is searched for; `rewrite_query` is taken for the sake of OpenAI's clients."""

    model_config = ConfigDict(extra="forbid")

    query: Queries
    max_num_results: int = Field(default=10, ge=1, le=50)
    filters: AttributeFilter | None = None
    ranking_options: RankingOptions = RankingOptions()
    rewrite_query: bool = False

    def tuning(self) -> Tuning:
        """Return it as the stages read it."""
        ranking = self.ranking_options
        return Tuning(top_k=self.max_num_results, score_threshold=ranking.score_threshold, ef=ranking.ef)


class Content(BaseModel):
    """A passage."""

    type: Literal["text"] = "text"
    text: str


class SearchResult(BaseModel):
    """A passage of a document; `char_start:char_end` are its place in the document's parsed text."""

    file_id: str
    filename: str
    score: float
    attributes: dict[str, str]
    content: list[Content]
    title: str
    heading_path: str
    page: int | None
    char_start: int
    char_end: int


class SearchResultsPage(BaseModel):
    """The best passages, on one page."""

    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"
    search_query: list[str]
    data: list[SearchResult]
    has_more: bool = False
    next_page: str | None = None


@router.get("")
async def list_vector_stores(services: ServicesOf, caller: CallerOf) -> VectorStoreList:
    """List the knowledge bases."""
    data = [_vector_store(services.catalog, kb, caller) for kb in await services.resources.knowledge_bases()]
    return VectorStoreList(data=data, first_id=data[0].id if data else None, last_id=data[-1].id if data else None)


@router.post("/{name:path}/search")
async def search(name: str, request: SearchRequest, services: ServicesOf, caller: CallerOf) -> SearchResultsPage:
    """Return the passages that fit best, of those that the caller may see."""
    where = typed_filter(request.filters) if request.filters else EVERYTHING
    kb = await services.catalog.find_ready(name, "vector_store_id")
    hits = await services.rag.search(Scope(kb, caller, where, request.tuning()), request.query)
    return SearchResultsPage(search_query=request.query, data=[_result(hit) for hit in hits])


@router.get("/{name:path}")
async def get_vector_store(name: str, services: ServicesOf, caller: CallerOf) -> VectorStore:
    """Return one knowledge base."""
    return _vector_store(services.catalog, await services.catalog.find(name, "vector_store_id"), caller)


def _vector_store(catalog: Catalog, kb: KnowledgeBase, caller: Caller) -> VectorStore:
    # The status counts every tenant's documents.
    documents = kb.status.documents if Permission.OPERATE in caller.permissions else 0
    return VectorStore(
        id=catalog.name_of(kb),
        name=catalog.name_of(kb),
        status="completed" if kb.status.is_true(ConditionType.READY) else "in_progress",
        file_counts=FileCounts(total=documents, completed=documents),
        created_at=created_at(kb),
    )


def _result(hit: Hit) -> SearchResult:
    row = hit.row
    return SearchResult(
        file_id=row.document_id,
        filename=row.source,
        score=round(hit.score, 4),
        attributes=row.metadata,
        content=[Content(text=row.chunk_text)],
        title=row.title,
        heading_path=row.heading_path,
        page=row.page,
        char_start=row.char_start,
        char_end=row.char_end,
    )
