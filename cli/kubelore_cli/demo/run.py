"""Runs the quickstart: ingest, three questions, three answers."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import typer

from kubelore.embedding.cpu import usable_cores
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.factory import make_object_store
from kubelore.resources.conditions import ConditionType, Reason
from kubelore.resources.ingest_task import IngestTask
from kubelore.settings import Settings
from kubelore_cli.demo.observer import DemoObserver
from kubelore_cli.demo.quickstart import KNOWLEDGE_BASE, QUESTIONS, TASK, Quickstart, find_quickstart
from kubelore_cli.gateway_client.client import open_client
from kubelore_cli.gateway_client.models import Answer
from kubelore_cli.laptop.ports import LOOPBACK
from kubelore_cli.laptop.run import Laptop, laptop_settings, run_laptop
from kubelore_cli.terminal.answer import show_answer
from kubelore_cli.terminal.console import messages, output
from kubelore_cli.terminal.document_bar import document_bar
from kubelore_cli.terminal.resource_lines import counts
from kubelore_cli.up import cancel_on_sigterm, log_warnings

_SECONDS_BETWEEN_LOOKS = 0.2


def run_demo(base: Settings, examples: Path | None, state_dir: Path | None) -> None:
    """Print three answers with their sources; exit with 1 where one has none."""
    started = time.monotonic()
    quickstart = find_quickstart(examples)
    with _state_folder(state_dir) as folder:
        settings = _embedded(base, quickstart, folder)
        log_warnings(settings)
        try:
            task, answers = asyncio.run(_demo(settings, quickstart))
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise typer.Exit(code=1) from None
    _sum_up(task, answers, time.monotonic() - started)


@contextmanager
def _state_folder(named: Path | None) -> Iterator[Path]:
    """Yield the named folder, which is kept, or one that goes with the demo."""
    temporary = tempfile.TemporaryDirectory(prefix="kubelore-demo-") if named is None else nullcontext(str(named))
    with temporary as folder:
        yield Path(folder)


def _embedded(base: Settings, quickstart: Quickstart, folder: Path) -> Settings:
    """Return settings that touch no store of the user's."""
    alone = base.model_copy(update={"object_store": "", "vector_store": "", "api_keys_dir": None})
    return laptop_settings(alone, quickstart.manifests, state_dir=folder, host=LOOPBACK, port=0)


async def _demo(settings: Settings, quickstart: Quickstart) -> tuple[IngestTask, list[Answer]]:
    cancel_on_sigterm()
    console = messages()
    keys = await asyncio.to_thread(quickstart.copy_documents, make_object_store(settings))
    console.print(f"Starting Kubelore over {counts(len(keys), 'document')} of {quickstart.documents}")
    with document_bar(console, "ingesting", len(keys)) as show:
        async with run_laptop(settings, usable_cores(), DemoObserver(console, show)) as laptop:
            task = await _until_the_task_ends(laptop, settings.namespace)
            answers = [await _ask(question, laptop.url, settings) for question in QUESTIONS]
    return task, answers


async def _until_the_task_ends(laptop: Laptop, namespace: str) -> IngestTask:
    failing = asyncio.create_task(laptop.until_a_part_fails())
    try:
        while not failing.done():
            task = await laptop.store.ingest_task(namespace, TASK)
            if task.status.phase.is_final:
                return task
            await _see_that_it_can_end(laptop, namespace)
            await asyncio.wait([failing], timeout=_SECONDS_BETWEEN_LOOKS)
        failing.result()
        raise KubeloreError(ErrorCode.CANCELLED, "the demo")
    finally:
        failing.cancel()


async def _see_that_it_can_end(laptop: Laptop, namespace: str) -> None:
    """Give up where `kubelore up` would go on trying."""
    kb = await laptop.store.knowledge_base(namespace, KNOWLEDGE_BASE)
    ready = kb.status.condition(ConditionType.READY)
    if ready is not None and ready.reason == Reason.PREPARE_FAILED:
        raise KubeloreError(ErrorCode.RESOURCE_NOT_READY, str(kb.key), ready.message)


async def _ask(question: str, url: str, settings: Settings) -> Answer:
    async with open_client(url, settings.gateway_api_key) as gateway:
        return await gateway.ask(question, KNOWLEDGE_BASE)


def _sum_up(task: IngestTask, answers: list[Answer], seconds: float) -> None:
    console = output()
    for question, answer in zip(QUESTIONS, answers, strict=True):
        console.rule(style="dim")
        console.print(question, style="bold")
        console.print()
        show_answer(console, answer)
    console.rule(style="dim")
    problems = _problems(task, answers)
    for problem in problems:
        messages().print(f"error: {problem}")
    if problems:
        raise typer.Exit(code=1)
    came_in = f"{counts(task.status.documents.succeeded, 'document')} in {counts(task.status.chunks, 'chunk')}"
    console.print(f"{len(answers)} answers from {came_in}, in {seconds:.1f} seconds")


def _problems(task: IngestTask, answers: list[Answer]) -> list[str]:
    """Say what did not go as it should."""
    failed = [failure.message for failure in task.status.failures]
    unfounded = [
        f"the answer to {question!r} has no source: nothing in the documents fitted it"
        for question, answer in zip(QUESTIONS, answers, strict=True)
        if not answer.sources
    ]
    return failed + unfounded
