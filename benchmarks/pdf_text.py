"""Measures how many pages of PDF text a second Kubelore reads, side by side with pypdf, in one process each.

Usage: python benchmarks/pdf_text.py [PDF...]; without files it writes a PDF of English and Chinese pages itself.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from kubelore_ingest.parsers.pdf import parse
from kubelore_ingest.sandbox import ParserSandbox

PAGES, LINES = 200, 50
ROUNDS = 3
ENGLISH = "An object store keeps each document, its parsed text and its chunks; line {} of page {} says so again."
CHINESE = "对象存储保存每一份文档、解析后的文本以及切分后的片段，这是第{}行，第{}页。"
FONT = "STSong-Light"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader made of a file."""

    pages: int
    characters: int


def written_pdf() -> bytes:
    """Write a PDF whose pages are English and Chinese by turns."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    file = BytesIO()
    canvas = Canvas(file)
    for page in range(PAGES):
        canvas.setFont(FONT if page % 2 else "Helvetica", 9)
        for line in range(LINES):
            canvas.drawString(40, 800 - 15 * line, (CHINESE if page % 2 else ENGLISH).format(line, page))
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def read_with_kubelore(data: bytes) -> Reading:
    """Read a file as the parser does."""
    document = parse(data, "benchmark.pdf")
    return Reading(len(document.pages), len(document.text))


def read_with_pypdf(data: bytes) -> Reading:
    """Read a file as pypdf's documentation shows."""
    texts = [page.extract_text() for page in PdfReader(BytesIO(data)).pages]
    return Reading(len(texts), sum(map(len, texts)))


def pages_per_second(read: Callable[[bytes], Reading], files: Sequence[bytes]) -> tuple[float, Reading]:
    """Return the best of a few rounds, and what was read in it."""
    best = 0.0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        readings = [read(data) for data in files]
        seconds = time.perf_counter() - start
        total = Reading(sum(one.pages for one in readings), sum(one.characters for one in readings))
        best = max(best, total.pages / seconds)
    return best, total


def main() -> None:
    """Print both readers' figures and how they compare."""
    files = [Path(name).read_bytes() for name in sys.argv[1:]] or [written_pdf()]
    with ParserSandbox() as sandbox:

        def read_in_sandbox(data: bytes) -> Reading:
            document = sandbox.parse(data, "benchmark.pdf")
            return Reading(len(document.pages), len(document.text))

        readers = {"pypdf": read_with_pypdf, "kubelore": read_with_kubelore, "kubelore, sandboxed": read_in_sandbox}
        rates = {name: pages_per_second(read, files) for name, read in readers.items()}
    reference = rates["pypdf"][0]
    print(f"{'reader':<22}{'pages/s':>10}{'times pypdf':>14}{'pages':>8}{'characters':>12}")
    for name, (rate, reading) in rates.items():
        print(f"{name:<22}{rate:>10.0f}{rate / reference:>14.1f}{reading.pages:>8}{reading.characters:>12}")


if __name__ == "__main__":
    main()
