import re

import pytest

from kubelore.documents.chunk import ParsedDocument
from kubelore_ingest.chunkers.limits import CHARACTERS, TOKENS
from kubelore_ingest.chunkers.registry import make_chunker
from support.documents import tokenizer


def test_windows_are_full_and_overlap_exactly() -> None:
    text = "abcdefghij" * 10

    chunks = list(make_chunker("token", 30, 10, CHARACTERS, tokenizer()).chunk(ParsedDocument(text=text)))

    assert [(chunk.char_start, chunk.char_end) for chunk in chunks] == [
        (0, 30),
        (20, 50),
        (40, 70),
        (60, 90),
        (80, 100),
    ]


def test_tokens_are_the_models() -> None:
    text = "storage node healing " * 100

    chunks = list(make_chunker("token", 50, 0, TOKENS, tokenizer()).chunk(ParsedDocument(text=text)))

    assert {tokenizer().count(chunk.text) for chunk in chunks} == {50}


@pytest.mark.parametrize("overlap", [0, 7, 20])
def test_windows_begin_and_end_between_words(overlap: int) -> None:
    text = "RustFS heals disks, 修复磁盘的速度 depends on naïve Größe; " * 20

    chunks = list(make_chunker("token", 41, overlap, CHARACTERS, tokenizer()).chunk(ParsedDocument(text=text)))

    words = {*re.findall(r"[A-Za-zïöß]+", text)}
    assert all({*re.findall(r"[A-Za-zïöß]+", chunk.text)} <= words for chunk in chunks)
    assert min(len(chunk.text) for chunk in chunks[:-1]) > 41 - len("depends") - 2


def test_a_window_that_adds_but_white_space_is_no_chunk() -> None:
    text = "storage storage storage "

    chunks = list(make_chunker("token", 23, 11, CHARACTERS, tokenizer()).chunk(ParsedDocument(text=text)))

    assert [chunk.text for chunk in chunks] == ["storage storage storage"]
