from dataclasses import replace

import numpy as np

from kubelore_ingest.kept_rows import KeptRows, read_rows, write_rows
from support.rows import row, rows


def kept(count: int = 3) -> KeptRows:
    written = [
        row(
            index,
            chunk_text=f"安装 {index} \x00\n🙂",
            page=index or None,
            access_groups=("a", "b"),
            metadata={"k": "v"},
        )
        for index in range(count)
    ]
    return KeptRows(version="v1", fingerprint="f1", media_type="text/markdown", rows=written)


def test_rows_come_back_as_they_were_kept() -> None:
    read = read_rows(write_rows(kept()))

    assert read is not None
    assert (read.version, read.fingerprint, read.media_type) == ("v1", "f1", "text/markdown")
    assert [replace(each, vector=()) for each in read.rows] == [replace(each, vector=()) for each in kept().rows]


def test_vectors_come_back_to_the_last_bit() -> None:
    vectors = np.random.default_rng(1).normal(size=(50, 384)).astype(np.float32)
    written = [row(index, vector=vector) for index, vector in enumerate(vectors)]

    read = read_rows(write_rows(KeptRows("v", "f", "", written)))

    assert read is not None
    assert np.array_equal(np.stack([each.vector for each in read.rows]), vectors)


def test_text_is_compressed() -> None:
    size = len(write_rows(KeptRows("v", "f", "", rows(200, chunk_text="The same words again. " * 50))))

    assert size < 200 * 1000


def test_what_is_not_a_whole_file_of_ours_is_taken_for_none() -> None:
    whole = write_rows(kept())

    assert read_rows(b"") is None
    assert read_rows(b"PAR1 nonsense") is None
    assert read_rows(whole[: len(whole) // 2]) is None
