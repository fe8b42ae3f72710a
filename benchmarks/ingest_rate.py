"""Measures how many chunks a second come in, from the first document that is read to the last row."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from figures import Figures, show
from ingest_sides import CHUNKING, LANGCHAIN_COLLECTION, new_langchain, new_workshop, put_pages, require
from ingest_texts import pages
from numpy.typing import NDArray
from process_cost import processor_seconds_of_children
from pymilvus import MilvusClient

from kubelore.embedding.builtin import BuiltinEmbedder, load_builtin_model
from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import JobOperation
from kubelore.resources.precision import Precision
from kubelore.settings import Settings
from support.worker import prefix

SECTIONS_A_PAGE = 15
_FOLDER = "pages/"
_ROWS_A_READ = 500

Vectors = Mapping[str, NDArray[np.float32]]
"""Stored vectors by their texts, white space apart."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Chunks a second, and a second of a processor: that is the same beside other work, and leaves the store's out."""

    wall: float
    processor: float


@dataclass(frozen=True, slots=True)
class Run:
    """How long one side took, and what it stored."""

    seconds: float
    processor_seconds: float
    vectors: Vectors

    @property
    def rate(self) -> Rate:
        """How fast it was."""
        return Rate(len(self.vectors) / self.seconds, len(self.vectors) / self.processor_seconds)


def measure_rate(scratch: Path, page_count: int) -> None:
    """Print both sides' rates, and how the stored vectors compare; reading and cutting the pages is part of both."""
    texts = list(pages(page_count, SECTIONS_A_PAGE))
    theirs = _langchain(scratch / "langchain", texts)
    show({f"{len(theirs.vectors)} chunks: chunks a second of LangChain": theirs.rate.wall})
    for precision in Precision:
        embedding = EmbedderConfig(precision=precision)
        ours = _kubelore(scratch / precision, texts, embedding)
        bare = _bare_rate(list(ours.vectors), embedding)
        print(f"in {precision}")
        show(_compared(ours, theirs, bare))


def _compared(ours: Run, theirs: Run, bare: Rate) -> Figures:
    require(ours.vectors.keys() == theirs.vectors.keys(), "the sides have not cut alike")
    cosines = [float(ours.vectors[text] @ theirs.vectors[text]) for text in ours.vectors]
    return {
        "chunks a second of Kubelore": ours.rate.wall,
        "times as fast (at least 2.5)": ours.rate.wall / theirs.rate.wall,
        "times as fast by processor time": ours.rate.processor / theirs.rate.processor,
        "1000 times the least cosine (at least 990)": 1000 * min(cosines),
        "chunks a second of the embedder alone": bare.wall,
        "percent of that (at least 90)": 100 * ours.rate.wall / bare.wall,
        "percent of that by processor time": 100 * ours.rate.processor / bare.processor,
    }


def _kubelore(folder: Path, texts: Sequence[bytes], embedding: EmbedderConfig) -> Run:
    """Bring the pages in in this process, whose libraries are loaded; the model is loaded within the time."""
    with new_workshop(folder) as workshop:
        put_pages(workshop, _FOLDER, texts)
        spec = workshop.spec(JobOperation.UPSERT, prefix(_FOLDER), chunking=CHUNKING, embedding=embedding)
        workshop.plan(spec)
        start, used = time.perf_counter(), _processor_seconds()
        end = workshop.run(spec)
        seconds, processor_seconds = time.perf_counter() - start, _processor_seconds() - used
        require(end.message.documents.succeeded == len(texts), f"not all pages came in: {end.message}")
        uri, collection = workshop.settings.vector_store_uri, workshop.names.collection(1)
        return Run(seconds, processor_seconds, _stored(uri, collection, "chunk_text"))


def _processor_seconds() -> float:
    """Return those of this process and of the parsers that have ended."""
    return time.process_time() + processor_seconds_of_children()


def _langchain(folder: Path, texts: Sequence[bytes]) -> Run:
    with new_langchain(folder) as pipeline:
        output, _ = pipeline.start(texts).communicate()
        seconds, processor_seconds = map(float, output.split()[-2:])
        return Run(seconds, processor_seconds, _stored(pipeline.uri, LANGCHAIN_COLLECTION, "text"))


def _bare_rate(texts: Sequence[str], embedding: EmbedderConfig) -> Rate:
    """Embed the chunks in one call, on an otherwise idle machine, the model being loaded."""
    embedder = BuiltinEmbedder(load_builtin_model(Settings(), embedding.precision), embedding)
    start, used = time.perf_counter(), time.process_time()
    embedder.embed_passages(texts)
    return Rate(len(texts) / (time.perf_counter() - start), len(texts) / (time.process_time() - used))


def _stored(uri: str, collection: str, text_field: str) -> Vectors:
    client = MilvusClient(uri=uri)
    reader = client.query_iterator(collection, batch_size=_ROWS_A_READ, output_fields=[text_field, "vector"])
    vectors: dict[str, NDArray[np.float32]] = {}
    while rows := reader.next():
        vectors |= {" ".join(row[text_field].split()): np.asarray(row["vector"], np.float32) for row in rows}
    client.close()
    return vectors
