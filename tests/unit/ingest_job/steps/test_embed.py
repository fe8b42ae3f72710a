from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kubelore.documents.chunk import Chunk, ParsedDocument
from kubelore.embedding.interface import QueryEmbedding, Vectors
from kubelore.errors import ErrorCode, KubeloreError
from kubelore_ingest.flow import Candidate, ChunkedDocument, Content, EmbeddedDocument, FetchedDocument
from kubelore_ingest.steps.embed import MOST_CHUNKS_AT_ONCE, embed
from support.jobs import job_on_folder


class FakeEmbedder:
    """Gives each text a vector that tells it, and refuses any call that holds a forbidden one."""

    model = "fake"
    dimension = 2

    def __init__(self, forbidden: str = "") -> None:
        self.calls: list[int] = []
        self._forbidden = forbidden

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(len(texts))
        if self._forbidden in texts:
            raise KubeloreError(ErrorCode.EMBEDDER_REFUSED, "model fake")
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)

    def embed_query(self, text: str) -> QueryEmbedding:
        raise NotImplementedError

    def close(self) -> None:
        """Hold nothing."""


def document(name: str, *texts: str) -> ChunkedDocument:
    content = Content(b"x", name)
    fetched = FetchedDocument(name, Candidate(name, lambda: content), content, "v", None)
    chunks = [Chunk(index=index, text=text, char_start=0, char_end=1) for index, text in enumerate(texts)]
    return ChunkedDocument(fetched, ParsedDocument(text="x", title=name), chunks, "text/plain")


def rows_of(result: EmbeddedDocument | KubeloreError) -> list[float]:
    assert isinstance(result, EmbeddedDocument)
    return [float(row.vector[0]) for row in result.rows]


def test_many_small_documents_are_one_call(tmp_path: Path) -> None:
    embedder = FakeEmbedder()

    results = embed(job_on_folder(tmp_path), embedder, [document(f"d{n}", "x" * n, "y" * n * 2) for n in range(1, 60)])

    assert embedder.calls == [118]
    assert [rows_of(result) for result in results] == [[n, 2 * n] for n in range(1, 60)]


def test_a_large_document_goes_in_calls_of_bounded_size(tmp_path: Path) -> None:
    embedder = FakeEmbedder()
    texts = ["x" * (n % 7 + 1) for n in range(3 * MOST_CHUNKS_AT_ONCE + 1)]

    (result,) = embed(job_on_folder(tmp_path), embedder, [document("d", *texts)])

    assert embedder.calls == [MOST_CHUNKS_AT_ONCE] * 3 + [1]
    assert rows_of(result) == [len(text) for text in texts]


def test_long_texts_go_in_calls_of_bounded_bytes(tmp_path: Path) -> None:
    embedder = FakeEmbedder()

    embed(job_on_folder(tmp_path), embedder, [document("d", *["文" * 500_000] * 5)])

    assert embedder.calls == [2, 2, 1]


def test_a_document_that_is_refused_fails_alone(tmp_path: Path) -> None:
    embedder = FakeEmbedder(forbidden="bad")

    good, bad, other = embed(
        job_on_folder(tmp_path), embedder, [document("a", "x"), document("b", "y", "bad"), document("c", "zz")]
    )

    assert isinstance(bad, KubeloreError)
    assert bad.code is ErrorCode.EMBEDDER_REFUSED
    assert (rows_of(good), rows_of(other)) == ([1], [2])


def test_nothing_to_embed_is_no_call(tmp_path: Path) -> None:
    embedder = FakeEmbedder()

    assert embed(job_on_folder(tmp_path), embedder, []) == []
    assert embedder.calls == []


def test_an_embedder_that_stays_away_stops_the_work(tmp_path: Path) -> None:
    class AwayEmbedder(FakeEmbedder):
        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            self.calls.append(len(texts))
            raise KubeloreError(ErrorCode.EMBEDDER_UNREACHABLE, "model fake")

    embedder = AwayEmbedder()

    with pytest.raises(KubeloreError) as caught:
        embed(job_on_folder(tmp_path, patience_seconds=0.5), embedder, [document("a", "x")])

    assert caught.value.code is ErrorCode.EMBEDDER_UNREACHABLE
    assert len(embedder.calls) > 1
