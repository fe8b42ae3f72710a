"""The tools that a generation's rows are made with."""

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Self

from kubelore.embedding.factory import make_embedder, make_token_counter
from kubelore.embedding.interface import Embedder
from kubelore_ingest.chunkers.chunker import Chunker
from kubelore_ingest.chunkers.registry import make_chunker
from kubelore_ingest.job import Job
from kubelore_ingest.sandbox import ParserSandbox
from kubelore_ingest.steps.parse import make_sandbox


class Workbench:
    """Makes each tool when it is first needed: where nothing is embedded, no model is asked or loaded."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @cached_property
    def embedder(self) -> Embedder:
        """What gives chunks their vectors."""
        job = self._job
        embedder = make_embedder(job.spec.embedding, job.settings, job.settings.embedding_api_key)
        self._open.callback(embedder.close)
        return embedder

    @cached_property
    def chunker(self) -> Chunker:
        """What cuts texts."""
        chunking = self._job.spec.chunking
        counter = make_token_counter(self._job.spec.embedding, self._job.settings)
        return make_chunker(chunking.strategy, chunking.size, chunking.overlap, chunking.unit, counter)

    @cached_property
    def sandbox(self) -> ParserSandbox:
        """Where originals are parsed."""
        return self._open.enter_context(make_sandbox(self._job))
