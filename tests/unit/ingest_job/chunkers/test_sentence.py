import pytest

from kubelore.documents.chunk import ParsedDocument
from kubelore_ingest.chunkers.limits import CHARACTERS
from kubelore_ingest.chunkers.registry import make_chunker
from support.documents import tokenizer


def cut(text: str, size: int, overlap: int = 0) -> list[str]:
    """Return the chunks' texts, sizes in characters."""
    chunker = make_chunker("sentence", size, overlap, CHARACTERS, tokenizer())
    return [chunk.text for chunk in chunker.chunk(ParsedDocument(text=text))]


def test_chinese_sentences_are_packed_whole() -> None:
    assert cut("先安装。再检查！“好了吗？”最后运行。", 12) == ["先安装。再检查！", "“好了吗？”最后运行。"]


def test_english_sentences_are_packed_whole() -> None:
    assert cut('Version 3.14 is out. He said "Go!" Then we went.\n\nNew part', 30) == [
        "Version 3.14 is out.",
        'He said "Go!" Then we went.',
        "New part",
    ]


def test_neighbours_share_whole_sentences() -> None:
    assert cut("一二三。四五六。七八九。十一二。", 12, 8) == [
        "一二三。四五六。七八九。",
        "四五六。七八九。十一二。",
    ]


@pytest.mark.parametrize("sentence", ["存储" * 50, "word " * 40])
def test_a_sentence_that_is_too_long_is_cut(sentence: str) -> None:
    chunks = cut(f"{sentence}。 End.", 60)

    assert len(chunks) > 1
    assert max(map(len, chunks)) <= 60
