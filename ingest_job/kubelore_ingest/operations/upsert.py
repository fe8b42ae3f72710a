"""Brings the documents of a task in."""

from collections.abc import Iterator

from kubelore.embedding.factory import make_embedder, make_token_counter
from kubelore.resources.ingest_task import Source
from kubelore_ingest.chunkers.registry import make_chunker
from kubelore_ingest.flow import Candidate
from kubelore_ingest.job import Job
from kubelore_ingest.operations.companions import Companions
from kubelore_ingest.pipeline import Pipeline, Tools
from kubelore_ingest.reporting.tally import Tally
from kubelore_ingest.steps import fetch
from kubelore_ingest.steps.parse import make_sandbox


def upsert(job: Job, source: Source, tally: Tally) -> None:
    """Work a shard of a task; raises KubeloreError when a store or the embedder stays away or refuses."""
    tally.expect(fetch.count_candidates(job, source))
    bring_in(job, fetch.candidates(job, source), tally)


def bring_in(job: Job, candidates: Iterator[Candidate], tally: Tally) -> None:
    """Bring documents in; raises KubeloreError when a store or the embedder stays away or refuses."""
    spec, chunking = job.spec, job.spec.chunking
    counter = make_token_counter(spec.embedding, job.settings)
    chunker = make_chunker(chunking.strategy, chunking.size, chunking.overlap, chunking.unit, counter)
    embedder = make_embedder(spec.embedding, job.settings, job.settings.embedding_api_key)
    try:
        with make_sandbox(job) as sandbox, Companions(job) as companions:
            Pipeline(job, Tools(sandbox, chunker, embedder), tally, companions).run(candidates)
    finally:
        embedder.close()
