import subprocess
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest

from support.laptop import run_kubelore

pytestmark = pytest.mark.slow

ENGLISH = "How do I take documents out of a knowledge base?"
CHINESE = "为什么重试不会产生重复的行？"
OF_THE_PDF = "What does exit code 42 of a worker mean?"

WITHOUT_TORCH = "import sys\nsys.modules['torch'] = None\n"
"""Torch is installed for other tests: this has every process fail that asks for it."""


@dataclass(frozen=True, slots=True)
class Demo:
    """One run of the demo, in a home of its own, with stores that are the user's and not its."""

    folder: Path
    result: subprocess.CompletedProcess[str]

    @property
    def users_stores(self) -> Path:
        return self.folder / "mine"

    def sources_of(self, question: str) -> list[str]:
        """Return the documents that an answer names, in their order."""
        listed = self.result.stdout.partition(question)[2].partition("\nSources\n")[2].splitlines()
        lines = takewhile(lambda line: line.startswith("  ["), listed)
        return [line.partition("] ")[2].partition(" (")[0] for line in lines]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "sitecustomize.py").write_text(WITHOUT_TORCH)
    (folder / "tmp").mkdir()
    result = run_kubelore(
        "demo",
        PYTHONPATH=str(folder),
        TMPDIR=str(folder / "tmp"),
        KUBELORE_OBJECT_STORE=(folder / "mine").as_uri(),
        KUBELORE_VECTOR_STORE="http://127.0.0.1:1",
        KUBELORE_STATE_DIR=str(folder / "mine"),
    )
    return Demo(folder, result)


def test_the_demo_ends_well_without_torch(demo: Demo) -> None:
    assert demo.result.returncode == 0, demo.result.stderr
    assert "3 answers from 14 documents" in demo.result.stdout


@pytest.mark.parametrize(
    ("question", "document"),
    [
        (ENGLISH, "quickstart/en/deletion.md"),
        (CHINESE, "quickstart/zh/ingest.md"),
        (OF_THE_PDF, "quickstart/exit-codes.pdf, page 1"),
    ],
)
def test_each_answer_stands_on_the_right_document(demo: Demo, question: str, document: str) -> None:
    assert demo.sources_of(question)[0] == document


def test_the_demo_shows_its_progress(demo: Demo) -> None:
    assert "KnowledgeBase quickstart: ready, 14 documents" in demo.result.stderr
    assert "ingesting: 14/14" in demo.result.stderr


def test_the_demo_leaves_nothing_behind_and_touches_no_store_of_the_users(demo: Demo) -> None:
    assert list((demo.folder / "tmp").glob("kubelore-*")) == []
    assert not demo.users_stores.exists()


def test_an_answer_without_a_source_fails_the_demo(tmp_path: Path) -> None:
    examples = tmp_path / "examples"
    repository = Path(__file__).resolve().parents[3]
    (examples / "documents").mkdir(parents=True)
    (examples / "documents" / "empty.md").write_text("", encoding="utf-8")
    (examples / "manifests").symlink_to(repository / "examples" / "quickstart" / "manifests")

    result = run_kubelore("demo", "--examples", examples)

    assert result.returncode == 1
    assert "empty.md: the document has no content" in result.stderr
    assert "has no source" in result.stderr
    assert "Traceback" not in result.stderr
