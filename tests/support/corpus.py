"""The corpus that tests use where it is present: it lies beside the repository and is no part of it."""

from pathlib import Path

import pytest

from kubelore.objectstore.interface import ObjectStore

_CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "rustfs-docs"


def corpus_files(pattern: str = "**/*.md*") -> list[Path]:
    """List the corpus' pages; skip the test where there is no corpus."""
    if not _CORPUS.is_dir():
        pytest.skip("the corpus is not beside the repository")
    return sorted(path for path in _CORPUS.glob(pattern) if path.is_file())


def read_corpus(pattern: str = "**/*.md*") -> dict[str, bytes]:
    """Read the corpus' pages, by their paths in it."""
    return {path.relative_to(_CORPUS).as_posix(): path.read_bytes() for path in corpus_files(pattern)}


def put_corpus(objects: ObjectStore, pattern: str = "**/*.md*", prefix: str = "docs/") -> list[str]:
    """Put the corpus' pages into a bucket and return their keys."""
    pages = {f"{prefix}{path}": page for path, page in read_corpus(pattern).items()}
    for key, page in pages.items():
        objects.put(key, page, "text/markdown")
    return sorted(pages)
