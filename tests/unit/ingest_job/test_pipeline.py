from kubelore.documents.chunk import Chunk, ParsedDocument
from kubelore_ingest.flow import Candidate, ChunkedDocument, Content, EmbeddedDocument, FetchedDocument
from kubelore_ingest.pipeline import Batch
from support.rows import rows


def fetched(file_bytes: int = 1) -> FetchedDocument:
    content = Content(b"x" * file_bytes, "a.md")
    return FetchedDocument("d", Candidate("a.md", lambda: content), content, "v", None)


def chunked(count: int, text: str = "x", file_bytes: int = 1) -> ChunkedDocument:
    chunks = [Chunk(index=index, text=text, char_start=0, char_end=1) for index in range(count)]
    return ChunkedDocument(fetched(file_bytes), ParsedDocument(text="x"), chunks, "text/plain")


def added(*documents: ChunkedDocument | EmbeddedDocument) -> Batch:
    batch = Batch()
    for document in documents:
        batch.add(document)
    return batch


def test_an_empty_batch_is_not_full() -> None:
    assert Batch().is_empty
    assert not Batch().is_full


def test_many_small_documents_fill_a_batch_by_their_chunks() -> None:
    assert not added(*[chunked(5)] * 51).is_full
    assert added(*[chunked(5)] * 52).is_full


def test_long_texts_fill_a_batch_by_their_bytes() -> None:
    assert not added(chunked(1, "文" * 1_000_000)).is_full
    assert added(chunked(1, "文" * 1_400_000)).is_full


def test_large_files_fill_a_batch_although_little_text_is_in_them() -> None:
    assert not added(chunked(1, file_bytes=31 << 20)).is_full
    assert added(chunked(1, file_bytes=16 << 20), chunked(1, file_bytes=16 << 20)).is_full


def test_rows_that_were_kept_earlier_count_as_chunks() -> None:
    kept = EmbeddedDocument(fetched(), rows(256), "", "", {})

    assert added(kept).is_full
    assert not added(kept).is_empty
