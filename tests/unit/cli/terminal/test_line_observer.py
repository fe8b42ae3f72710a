import io
from typing import Any

import pytest
from rich.console import Console

from kubelore.clock import now
from kubelore.jobs.model_fetch import ModelProgress
from kubelore.resources.llm_server import LLMServer
from kubelore_cli.terminal.line_observer import LineObserver
from kubelore_operator.reconcile.model_fetch import fetching_status
from support.builders import ingest_task, llm_server


class Screen:
    """An observer and the lines that it wrote."""

    def __init__(self, width: int = 200) -> None:
        self._file = io.StringIO()
        self.observer = LineObserver(Console(file=self._file, width=width, markup=False, highlight=False))

    @property
    def lines(self) -> list[str]:
        return self._file.getvalue().splitlines()


def running(progress: str) -> dict[str, Any]:
    done, total = map(int, progress.split("/"))
    condition = {
        "type": "Succeeded",
        "status": "Unknown",
        "reason": "Running",
        "message": "at work",
        "lastTransitionTime": now(),
    }
    documents = {"total": total, "succeeded": done}
    return {"phase": "PROCESSING", "progress": progress, "documents": documents, "conditions": [condition]}


def failed_documents(number: int) -> dict[str, Any]:
    failures = [
        {
            "document": f"{index}.pdf",
            "component": "parse",
            "code": "DOCUMENT_BROKEN",
            "retryable": False,
            "message": f"{index}.pdf: the file is damaged",
        }
        for index in range(min(number, 20))
    ]
    return {"phase": "COMPLETED", "documents": {"total": number, "failed": number}, "failures": failures}


def test_the_same_is_not_said_twice() -> None:
    screen = Screen()
    server = llm_server(status={"conditions": [{"type": "Ready", "status": "True", "reason": "Ready",
                                                "lastTransitionTime": now()}]})  # fmt: skip

    screen.observer.changed(server)
    screen.observer.changed(server)

    assert screen.lines == ["✓ LLMServer embedder: ready"]


def test_a_quick_task_shows_its_end_only() -> None:
    screen = Screen()

    screen.observer.changed(ingest_task(status=running("0/1")))
    screen.observer.changed(ingest_task(status={"phase": "COMPLETED"}))

    assert screen.lines == ["✓ IngestTask pages (pages/first.md): completed, "]


def test_a_slow_task_shows_its_progress_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubelore_cli.terminal.line_observer._SECONDS_BEFORE_PROGRESS", 0.0)
    screen = Screen()
    prefix: dict[str, Any] = {"source": {"prefix": {"prefix": "a/"}}}

    for done in range(5):
        screen.observer.changed(ingest_task(status=running(f"{done}/9"), **prefix))

    assert screen.lines == ["… IngestTask pages: processing 0/9, at work"]


def test_failed_documents_are_listed_up_to_a_limit() -> None:
    screen = Screen()

    screen.observer.changed(ingest_task(status=failed_documents(12)))

    assert screen.lines[1] == "  ✗ 0.pdf: the file is damaged"
    assert len(screen.lines) == 12
    assert screen.lines[-1].startswith("  and 2 more")


def test_brackets_of_a_document_are_no_markup() -> None:
    screen = Screen()

    screen.observer.notice("[bold]not bold[/bold] [red")

    assert screen.lines == ["… [bold]not bold[/bold] [red"]


def test_a_narrow_terminal_loses_no_words() -> None:
    screen = Screen(width=30)

    screen.observer.notice("知识库 quickstart 的文档正在导入 and the rest of a long line follows")

    assert "".join(screen.lines).replace(" ", "") == "…知识库quickstart的文档正在导入andtherestofalonglinefollows"


def test_a_model_that_is_fetched_shows_how_far_it_is_now_and_then() -> None:
    screen = Screen()

    screen.observer.changed(fetching(3_000_000))
    screen.observer.changed(fetching(4_000_000))

    assert screen.lines == ["… LLMServer chat: fetching qwen3, 33% of 9 MB"]


def test_on_a_terminal_a_model_has_a_bar_until_it_is_there() -> None:
    file = io.StringIO()
    observer = LineObserver(Console(file=file, width=120, force_terminal=True, markup=False, highlight=False))

    observer.changed(fetching(3_000_000))
    observer.changed(fetching(9_000_000))
    observer.close()

    assert "fetching qwen3" in file.getvalue()
    assert "9.0/9.0 MB" in file.getvalue()


def fetching(done: int) -> LLMServer:
    condition = {"type": "Ready", "status": "False", "reason": "ModelFetching", "lastTransitionTime": now()}
    progress = ModelProgress(bytes_done=done, bytes_total=9_000_000)
    return llm_server(
        "chat",
        engine="ollama",
        serves=["chat"],
        model={"name": "qwen3"},
        status={"conditions": [condition], "model": fetching_status(progress).model_dump()},
    )
