import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.manifests import read_manifests
from kubelore_cli.demo.quickstart import KNOWLEDGE_BASE, PREFIX, TASK

QUICKSTART = Path(__file__).resolve().parents[3] / "examples" / "quickstart"


def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_documents", QUICKSTART / "make_documents.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_manifests_are_what_the_demo_expects() -> None:
    resources = read_manifests(QUICKSTART / "manifests", "default").resources

    task = resources[ResourceKey("IngestTask", "default", TASK)]
    assert ResourceKey("KnowledgeBase", "default", KNOWLEDGE_BASE) in resources
    assert isinstance(task, IngestTask)
    assert task.spec.knowledge_base_ref.name == KNOWLEDGE_BASE
    assert task.spec.source.prefix is not None
    assert task.spec.source.prefix.prefix == PREFIX


@pytest.mark.parametrize("name", ["exit-codes.pdf", "storage-layout.docx"])
def test_the_binary_documents_are_what_their_script_writes(name: str) -> None:
    written = writer().WRITERS[name]()

    assert (QUICKSTART / "documents" / name).read_bytes() == written, "run examples/quickstart/make_documents.py"


def test_the_documents_speak_both_languages_and_every_format() -> None:
    documents = [path for path in (QUICKSTART / "documents").rglob("*") if path.is_file()]

    assert {path.suffix for path in documents} == {".md", ".html", ".pdf", ".docx"}
    assert len([path for path in documents if path.parent.name == "zh"]) >= 3
    assert all(path.stat().st_size < 40_000 for path in documents)
