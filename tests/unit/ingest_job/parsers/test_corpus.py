import re
from pathlib import Path

from kubelore.documents.chunk import ParsedDocument
from kubelore_ingest.parsers.front_matter import split_front_matter
from support.documents import corpus_pages, parse

ANCHOR = re.compile(r'<a id="[^"]*"></a>')
TAG = re.compile(r"</?Tabs?\b[^>]*>")


def words_between_tags(path: Path) -> list[str]:
    """Return a page's words as its author wrote them, without front matter and tags."""
    _, body = split_front_matter(path.read_text())
    return TAG.sub("", ANCHOR.sub("", body)).split()


def is_subsequence(words: list[str], of: list[str]) -> bool:
    """Whether all the words stand in the other list, in their order."""
    others = iter(of)
    return all(word in others for word in words)


def test_every_page_of_the_documentation_is_read() -> None:
    pages = corpus_pages()
    documents: list[ParsedDocument] = [parse(path.read_bytes(), path.name) for path in pages]

    assert len(pages) == 224
    assert all(document.title for document in documents)
    assert sum(not document.headings for document in documents) == 8
    for path, document in zip(pages, documents, strict=True):
        assert is_subsequence(words_between_tags(path), document.text.split()), path
        assert not any(tag in document.text for tag in ("<Tab", "</Tab", "updateAnchor", "<a id")), path
        assert all(document.text.startswith("#", heading.start) for heading in document.headings), path
