"""Gives chunks their vectors: those of many small documents together, those of a large one in parts."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from kubelore.clock import now
from kubelore.embedding.interface import Embedder, Vectors
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.flow import ChunkedDocument, EmbeddedDocument
from kubelore_ingest.job import Job
from kubelore_ingest.rows import build_row, metadata_of

MOST_CHUNKS_AT_ONCE = 256
MOST_BYTES_AT_ONCE = 4 * 1024 * 1024


def embed(job: Job, embedder: Embedder, documents: Sequence[ChunkedDocument]) -> list[EmbeddedDocument | KubeloreError]:
    """Return each document with its rows, or why it alone was refused.

    The embedder says of a whole call that it refuses it: then each document is tried by itself. Raises
    EMBEDDER_UNREACHABLE, and EMBEDDING_DIMENSION.
    """
    if not documents:
        return []
    try:
        vectors = _embed_texts(job, embedder, [chunk.text for document in documents for chunk in document.chunks])
    except KubeloreError as error:
        if error.code is not ErrorCode.EMBEDDER_REFUSED:
            raise
        if len(documents) == 1:
            return [error]
        return [result for document in documents for result in embed(job, embedder, [document])]
    starts = np.cumsum([0, *(len(document.chunks) for document in documents)])
    return [
        _with_vectors(job, document, vectors[start : start + len(document.chunks)])
        for document, start in zip(documents, starts, strict=False)
    ]


def _embed_texts(job: Job, embedder: Embedder, texts: Sequence[str]) -> Vectors:
    return np.concatenate([job.patiently(partial(embedder.embed_passages, part)) for part in _parts(texts)])


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut texts into calls bounded in number and bytes."""
    start, size = 0, 0
    for index, text in enumerate(texts):
        length = len(text.encode())
        if index > start and (index - start >= MOST_CHUNKS_AT_ONCE or size + length > MOST_BYTES_AT_ONCE):
            yield texts[start:index]
            start, size = index, 0
        size += length
    yield texts[start:]


def _with_vectors(job: Job, chunked: ChunkedDocument, vectors: Vectors) -> EmbeddedDocument:
    moment = now()
    rows = [
        build_row(job.spec, chunked, chunk, moment, vector)
        for chunk, vector in zip(chunked.chunks, vectors, strict=True)
    ]
    return EmbeddedDocument(
        document=chunked.document,
        rows=rows,
        title=rows[0].title,
        media_type=chunked.media_type,
        metadata=metadata_of(job.spec, chunked),
        chunked=chunked,
    )
