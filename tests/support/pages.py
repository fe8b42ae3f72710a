"""Markdown documents that a worker has something to do with."""

CHUNKING = {"strategy": "markdown", "size": 48, "overlap": 0}
"""Cuts each part of a page into a chunk of its own."""

_PARTS = 30


def pages(count: int) -> dict[str, bytes]:
    """Write so many different pages, `0.md` and so on: of ten of them a worker embeds more than it does at once."""
    return {f"{number}.md": _page(number) for number in range(count)}


def _page(number: int) -> bytes:
    parts = (f"## Part {part}\n\nOn page {number}, {part} comes before {part + 1}.\n\n" for part in range(_PARTS))
    return "".join(parts).encode()
