"""`kubelore ingest`, `ask` and `doctor` against a running laptop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.laptop import Laptop, run_kubelore

pytestmark = pytest.mark.slow

TWO_BASES = """
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: handbook}
spec: {embedding: {builtin: all-MiniLM-L6-v2}}
---
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: faq}
spec: {embedding: {builtin: all-MiniLM-L6-v2}}
"""


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    laptop = Laptop(tmp_path_factory.mktemp("laptop"))
    laptop.write("all", TWO_BASES)
    with laptop.running():
        yield laptop


def documents(root: Path, **texts: str) -> Path:
    folder = root / "docs"
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def test_a_folder_is_brought_in_with_its_failures_named(laptop: Laptop, tmp_path: Path) -> None:
    folder = documents(tmp_path, 灯塔="# 灯塔\n\n灯塔看守人名叫王海。", keeper="# Keeper\n\nThe keeper is called Ada.")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing of it")

    result = run_kubelore("ingest", folder, "--kb", "handbook", "--url", laptop.url)

    assert result.returncode == 1
    assert result.stdout.startswith("3 documents: 2 came in, 0 were unchanged, 1 failed")
    assert "docs/broken.pdf: the file is damaged" in result.stdout
    assert "bringing documents in: 3/3" in result.stderr
    assert "Traceback" not in result.stderr


def test_what_came_in_is_found_in_its_own_language(laptop: Laptop, tmp_path: Path) -> None:
    folder = documents(tmp_path, 港口="# 港口\n\n港口的负责人名叫李明。")
    assert run_kubelore("ingest", folder, "--kb", "handbook", "--url", laptop.url).returncode == 0

    result = run_kubelore("ask", "港口的负责人叫什么？", "--kb", "handbook", "--url", laptop.url)

    assert result.returncode == 0
    assert "李明" in result.stdout
    assert "[1] docs/港口.md" in result.stdout


def test_the_same_files_again_are_unchanged(laptop: Laptop, tmp_path: Path) -> None:
    folder = documents(tmp_path, same="# Same\n\nNothing changes here.")
    run_kubelore("ingest", folder, "--kb", "faq", "--url", laptop.url)

    again = run_kubelore("ingest", folder, "--kb", "faq", "--url", laptop.url)

    assert again.returncode == 0
    assert again.stdout.startswith("1 document: 0 came in, 1 were unchanged, 0 failed")


def test_one_file_is_enough(laptop: Laptop, tmp_path: Path) -> None:
    file = documents(tmp_path, one="# One\n\nA single page.") / "one.md"

    result = run_kubelore("ingest", file, "--kb", "faq", "--url", laptop.url)

    assert result.returncode == 0
    assert result.stdout.startswith("1 document: 1 came in")


def test_several_knowledge_bases_have_to_be_told_apart(laptop: Laptop) -> None:
    result = run_kubelore("ask", "Well?", "--url", laptop.url)

    assert result.returncode == 1
    assert "say which one of faq, handbook" in result.stderr


def test_a_knowledge_base_that_is_not_there_is_named(laptop: Laptop, tmp_path: Path) -> None:
    file = documents(tmp_path, one="# One") / "one.md"

    for command in (("ask", "Well?"), ("ingest", file)):
        result = run_kubelore(*command, "--kb", "nowhere", "--url", laptop.url)

        assert result.returncode == 1
        assert "KnowledgeBase nowhere: the resource does not exist" in result.stderr


def test_the_doctor_sees_what_is_running(laptop: Laptop) -> None:
    port = laptop.url.rpartition(":")[2]

    result = run_kubelore("doctor", "-f", laptop.manifests, "--state-dir", laptop.state, "--port", port)

    assert result.returncode == 1
    assert "! state folder" in result.stdout
    assert f"✗ port: 127.0.0.1:{port}: another program listens there" in result.stdout
    assert "✓ embedding model: all-MiniLM-L6-v2" in result.stdout
    assert "✓ manifests" in result.stdout


def test_the_doctor_is_content_without_manifests(tmp_path: Path) -> None:
    result = run_kubelore("doctor", "--state-dir", tmp_path, KUBELORE_PORT="18099")

    assert result.returncode == 0, result.stdout
    assert result.stdout.endswith("all is well\n")
