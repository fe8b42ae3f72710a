"""Writes Markdown pages of English prose, the same ones for the same Python."""

import random
import re
from collections.abc import Iterator
from itertools import cycle, islice
from pydoc_data.topics import topics

SHORTEST, LONGEST = 20, 220
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*[,.;:]?")
"""No sign that means something in Markdown."""


def sections(seed: int = 20) -> Iterator[str]:
    """Yield texts of 20 to 220 words without end, under a heading each."""
    choice = random.Random(seed)  # noqa: S311 - reproducible texts
    words = cycle(word for topic in sorted(topics) for word in topics[topic].split() if _WORD.fullmatch(word))
    number = 0
    while True:
        number += 1
        text = " ".join(islice(words, choice.randint(SHORTEST, LONGEST)))
        yield f"# Section {number}\n\n{text}"


def pages(count: int, sections_a_page: int) -> Iterator[bytes]:
    """Yield pages of so many sections, each of which becomes a chunk."""
    source = sections()
    for _ in range(count):
        yield "\n\n".join(islice(source, sections_a_page)).encode()


def pages_of_size(count: int, size: int) -> Iterator[bytes]:
    """Yield pages of at least so many bytes."""
    source = sections()
    for _ in range(count):
        page = ""
        while len(page) < size:
            page += next(source) + "\n\n"
        yield page.encode()


def notes(count: int) -> Iterator[bytes]:
    """Yield documents of one short chunk each."""
    for number, section in enumerate(islice(sections(), count)):
        yield f"# Note {number}\n\n{' '.join(section.split()[3 : 3 + SHORTEST])}".encode()
