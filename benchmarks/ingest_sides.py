"""The two sides that are compared: a Kubelore knowledge base and LangChain's pipeline, on a Milvus Lite server each."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from environments import environment

from kubelore.embedding.model_location import locate_model
from kubelore.resources.knowledge_base import Chunking, ChunkingStrategy
from kubelore.settings import Settings
from support.milvus import milvus_server, milvus_uri
from support.worker import Workshop

CHUNKING = Chunking(strategy=ChunkingStrategy.MARKDOWN, size=512, overlap=0)
"""A section is a chunk, as it is with LangChain's splitter."""

LANGCHAIN_COLLECTION = "LangChainCollection"
_PIPELINE = Path(__file__).with_name("langchain_pipeline.py")
_PACKAGES = ("langchain-milvus==0.4.0", "langchain-text-splitters==1.1.3", "sentence-transformers")


@contextmanager
def new_workshop(folder: Path) -> Iterator[Workshop]:
    """Make a knowledge base on an empty server, with the objects in a folder."""
    folder.mkdir(parents=True)
    with milvus_server(folder) as server:
        settings = Settings(
            state_dir=folder, object_store=(folder / "objects").as_uri(), vector_store=milvus_uri(server)
        )
        workshop = Workshop(settings, folder)
        require(workshop.prepare().exit_code == 0, "the knowledge base is not prepared")
        yield workshop


def put_pages(workshop: Workshop, prefix: str, pages: Iterable[bytes]) -> None:
    """Put pages into the knowledge base's bucket."""
    objects = workshop.objects()
    for number, page in enumerate(pages):
        objects.put(f"{prefix}{number:05}.md", page, "text/markdown")


@dataclass(frozen=True, slots=True)
class LangChain:
    """The pipeline on an empty server at `uri`, with its files in a folder."""

    folder: Path
    uri: str

    def start(self, pages: Iterable[bytes]) -> subprocess.Popen[bytes]:
        """Start a process that brings these pages in, and only these."""
        files = self.folder / "files"
        files.mkdir(exist_ok=True)
        for number, page in enumerate(pages):
            (files / f"{number:05}.md").write_bytes(page)
        command = (str(_langchain_python()), str(_PIPELINE), str(locate_model(None).folder), str(files), self.uri)
        offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
        return subprocess.Popen(command, env=offline, stdout=subprocess.PIPE, stderr=sys.stderr)


@contextmanager
def new_langchain(folder: Path) -> Iterator[LangChain]:
    """Make an empty server for LangChain's pipeline."""
    _langchain_python()
    folder.mkdir(parents=True)
    with milvus_server(folder) as server:
        yield LangChain(folder, milvus_uri(server))


def _langchain_python() -> Path:
    return environment("langchain-ingest", _PACKAGES, as_locked=True) / "python"


def require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a condition, as `assert` takes it
    """End the benchmark where a figure would be wrong."""
    if not holds:
        raise RuntimeError(otherwise)
