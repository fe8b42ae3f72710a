"""What the pipelines have in common: passages, the embedder, the bare calls, and the measuring.

Usage of each: python PIPELINE PASSAGES QUESTIONS MODEL_PORT FOLDER
"""

import http.client
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kubelore.embedding.builtin import BuiltinEmbedder, load_builtin_model
from kubelore.embedding.config import EmbedderConfig
from kubelore.settings import Settings

MODEL = "mock-model"
HITS = 5
INSTRUCTION = "Answer from the passages alone, and name the one that you take the answer from."
Search = Callable[[Sequence[float]], object]
_WARM_UPS = 20
_ROOMS = ("office", "library", "kitchen", "workshop", "garden", "archive", "studio", "laboratory")


@dataclass(frozen=True)
class Task:
    """What is asked, over what."""

    passages: Sequence[str]
    questions: Sequence[str]
    port: int
    folder: Path
    embedder: BuiltinEmbedder = field(default_factory=lambda: BuiltinEmbedder(_model(), EmbedderConfig()))

    @property
    def model_url(self) -> str:
        """The base address of the model's endpoint."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def database(self) -> str:
        """Where Milvus Lite keeps its rows."""
        return str(self.folder / "milvus.db")

    def embed(self, text: str) -> list[float]:
        """Embed a question."""
        return list(self.embedder.embed_query(text).vector)

    def embed_all(self, texts: Sequence[str]) -> list[list[float]]:
        """Embed passages."""
        vectors: list[list[float]] = self.embedder.embed_passages(texts).tolist()
        return vectors


def read_task() -> Task:
    """Read the command line, and write passages and questions."""
    passages, questions, port = map(int, sys.argv[1:4])
    return Task(
        passages=[_passage(number) for number in range(passages)],
        questions=[f"When does the {_room(number)} open?" for number in range(2 * (questions + _WARM_UPS))],
        port=port,
        folder=Path(sys.argv[4]),
    )


def report(task: Task, search: Search, answer: Callable[[str], object]) -> None:
    """Measure bare calls and whole answers by turns, and print the medians, in milliseconds.

    `search` is the search that the pipeline makes, by Milvus' own client. No question is asked twice.
    """
    times = _Times(task, search)
    for question, other in _pairs(task.questions):
        times.measure_bare(question)
        with _noted(times.whole):
            answer(other)
    times.print_medians()


async def report_awaited(task: Task, search: Search, answer: Callable[[str], Awaitable[object]]) -> None:
    """Do the same for a pipeline that lives on an event loop: to start and stop one is no part of an answer."""
    times = _Times(task, search)
    for question, other in _pairs(task.questions):
        times.measure_bare(question)
        with _noted(times.whole):
            await answer(other)
    times.print_medians()


class _Times:
    """Seconds of each bare call, and of each whole answer."""

    def __init__(self, task: Task, search: Search) -> None:
        self.bare: list[float] = []
        self.whole: list[float] = []
        self._task = task
        self._search = search
        self._connection = http.client.HTTPConnection("127.0.0.1", task.port)

    def measure_bare(self, question: str) -> None:
        with _noted(self.bare):
            _bare(self._task, self._connection, self._search, question)

    def print_medians(self) -> None:
        figures = {"bare": self.bare[_WARM_UPS:], "whole": self.whole[_WARM_UPS:]}
        print(json.dumps({name: 1e3 * statistics.median(times) for name, times in figures.items()}))


@contextmanager
def _noted(times: list[float]) -> Iterator[None]:
    started = time.perf_counter()
    yield
    times.append(time.perf_counter() - started)


def _pairs(questions: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(questions[::2], questions[1::2], strict=True)


def _bare(task: Task, connection: Any, search: Search, text: str) -> None:
    search(task.embed(text))
    prompt = "\n\n".join([INSTRUCTION, *task.passages[:HITS], text])
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": prompt}]})
    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
    json.loads(connection.getresponse().read())


def _model() -> Any:
    return load_builtin_model(Settings())


def _room(number: int) -> str:
    return f"{_ROOMS[number % len(_ROOMS)]} number {number}"


def _passage(number: int) -> str:
    return (
        f"The {_room(number)} opens at {number % 12} and closes at {12 + number % 12}. Who comes later finds the door"
        f" locked, and asks at the desk of floor {number % 7} for the key, which is lent for an hour to everyone who"
        " leaves a name. On holidays it stays closed; what was left in it is kept for a month."
    )
