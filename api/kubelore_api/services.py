"""Makes the gateway's collaborators, and closes them; the one place that knows all of them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from kubelore.documents.layout import FilesLayout
from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.interface import Embedder
from kubelore.errors import KubeloreError
from kubelore.objectstore.factory import make_object_store
from kubelore.objectstore.interface import ObjectStore
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.store import ResourceStore
from kubelore.settings import Settings
from kubelore.vectorstore.factory import make_vector_store
from kubelore.vectorstore.interface import VectorStore
from kubelore_api.access.assemble import make_authenticator
from kubelore_api.access.authenticate import Authenticator
from kubelore_api.access.caller import Caller
from kubelore_api.access.limits import Limits
from kubelore_api.cache.factory import make_cache
from kubelore_api.cache.interface import Cache
from kubelore_api.cache.query_embeddings import CachedQueries
from kubelore_api.catalog import Catalog
from kubelore_api.conversations.retention import keep_for
from kubelore_api.conversations.sessions import Sessions
from kubelore_api.database.database import Database
from kubelore_api.ingest.kept_files import KeptFiles
from kubelore_api.ingest.left_over_parts import keep_clearing
from kubelore_api.ingest.progress import ProgressReader
from kubelore_api.ingest.store_files import StoreFiles
from kubelore_api.ingest.upload import Intake
from kubelore_api.metering.meter import Meter
from kubelore_api.metrics import Metrics
from kubelore_api.models import Models
from kubelore_api.rag.assemble import make_memory
from kubelore_api.rag.pipeline import Rag
from kubelore_api.rag.retrieve import Retriever
from kubelore_api.readiness import Readiness
from kubelore_api.responses.kept import KeptResponses
from kubelore_api.responses.store import RecentResponses, ResponseStore
from kubelore_api.threads import Threads
from kubelore_api.tracing.spans import NO_SPANS, Spans

_log = logging.getLogger(__name__)

_NO_KEY = "readiness"
_NO_ALIAS = "readiness"
"""Nothing has these names; that the stores say so is the answer."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes work with."""

    settings: Settings
    authenticator: Authenticator
    database: Database | None
    limits: Limits
    meter: Meter
    metrics: Metrics
    threads: Threads
    resources: ResourceStore
    objects: ObjectStore
    vectors: VectorStore
    catalog: Catalog
    models: Models
    rag: Rag
    responses: ResponseStore
    readiness: Readiness

    @property
    def intake(self) -> Intake:
        """What brings documents in."""
        return Intake(self.objects, self.resources, self.threads)

    @property
    def progress(self) -> ProgressReader:
        """What follows tasks."""
        return ProgressReader(self.objects, self.resources, self.threads)

    def files_of(self, caller: Caller) -> KeptFiles:
        """The files that the caller's tenant has uploaded into no knowledge base."""
        return KeptFiles(caller, self.objects, self.threads, FilesLayout(self.settings.namespace, caller.tenant))

    def store_files(self, kb: KnowledgeBase, caller: Caller) -> StoreFiles:
        """A knowledge base's documents, as the caller sees them."""
        return StoreFiles(kb, caller, self.files_of(caller), self.intake, self.progress)


@asynccontextmanager
async def open_services(
    settings: Settings, metrics: Metrics, resources: ResourceStore, spans: Spans = NO_SPANS
) -> AsyncIterator[Services]:
    """Connect to the outside parts for as long as the context lasts; the resources stay their owner's to close."""
    async with AsyncExitStack() as stack:
        threads, probing = Threads(), Threads(most=2)
        stack.callback(threads.close)
        stack.callback(probing.close)
        session = await stack.enter_async_context(shared_session())
        vectors = await threads.run(make_vector_store, settings)
        stack.callback(vectors.close)
        objects = await threads.run(make_object_store, settings)
        cache = _cache(settings, stack)
        models = Models(settings, resources, session, threads, spans, _query_cache(settings, cache, metrics))
        stack.callback(models.close)
        database = await _database(settings, stack)
        clearing = asyncio.create_task(keep_clearing(objects, threads, settings.namespace))
        stack.push_async_callback(_cancel, clearing)
        yield Services(
            settings=settings,
            authenticator=make_authenticator(settings, session, database),
            database=database,
            limits=Limits(settings),
            meter=await _meter(database, stack),
            metrics=metrics,
            threads=threads,
            resources=resources,
            objects=objects,
            vectors=vectors,
            catalog=Catalog(resources, settings.namespace),
            models=models,
            rag=Rag(
                Retriever(vectors, threads, metrics, spans),
                models,
                metrics,
                spans,
                make_memory(settings, cache, objects, models, threads, metrics),
            ),
            responses=KeptResponses(database) if database else RecentResponses(),
            readiness=Readiness(
                {
                    "resources": resources.knowledge_bases,
                    "object store": lambda: probing.run(objects.stat, _NO_KEY),
                    "vector store": lambda: probing.run(vectors.alias_target, _NO_ALIAS),
                    **({"database": database.check} if database else {}),
                }
            ),
        )


async def _database(settings: Settings, stack: AsyncExitStack) -> Database | None:
    """Open the database where there is one, and let conversations go that are older than they are kept."""
    if not settings.database_url:
        return None
    database = Database(settings.database_url)
    stack.push_async_callback(database.close)
    if settings.conversation_days:
        kept = Sessions(database), KeptResponses(database)
        forgetting = asyncio.create_task(keep_for(kept, settings.conversation_days))
        stack.push_async_callback(_cancel, forgetting)
    return database


async def _meter(database: Database | None, stack: AsyncExitStack) -> Meter:
    meter = Meter(database)
    writing = asyncio.create_task(meter.keep_writing())
    stack.push_async_callback(_write_the_last, meter)
    stack.push_async_callback(_cancel, writing)
    return meter


async def _write_the_last(meter: Meter) -> None:
    try:
        await meter.write()
    except KubeloreError as error:
        _log.warning("What was used last is not written: %s", error)


def _cache(settings: Settings, stack: AsyncExitStack) -> Cache | None:
    cache = make_cache(settings)
    if cache is not None:
        stack.callback(cache.close)
    return cache


def _query_cache(
    settings: Settings, cache: Cache | None, metrics: Metrics
) -> Callable[[Embedder, EmbedderConfig], Embedder]:
    if cache is None or not settings.cache_seconds:
        return lambda embedder, _config: embedder
    note = metrics.count_cache("query-embedding")
    return lambda embedder, config: CachedQueries(embedder, config, cache, settings.cache_seconds, note)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def shared_session() -> aiohttp.ClientSession:
    """Return a session for all that is asked over HTTP."""
    # As many connections as there are answers being written: the number of those is bounded by whoever asks. A cookie
    # that a server sets with one caller's answer must not go with the next one's request.
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())
