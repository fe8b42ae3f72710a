import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from kubelore.documents.result import DocumentCounts, TerminationMessage
from kubelore.embedding.config import EmbedderConfig
from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import ConditionType
from kubelore.resources.folder import FolderResourceStore
from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore.resources.manifests import AnyResource
from kubelore.settings import Settings
from kubelore_cli.laptop.observer import Statuses
from kubelore_cli.laptop.task_run import TaskRun, TaskWork
from kubelore_cli.laptop.workers import Workers
from support.builders import ingest_task, knowledge_base
from support.fake_worker import ENDS_VARIABLE, HANG, KILLED
from support.processes import live_children, wait_until

PREFIX: dict[str, Any] = {"source": {"prefix": {"prefix": "pages/"}}, "parallelism": 2}
TASK = ResourceKey("IngestTask", "team-a", "pages")


class Seen:
    """Notes every phase and message that a user would see."""

    def __init__(self) -> None:
        self.phases: list[TaskPhase] = []
        self.messages: list[str] = []

    def changed(self, resource: AnyResource) -> None:
        assert isinstance(resource, IngestTask)
        condition = resource.status.condition(ConditionType.SUCCEEDED)
        self.phases.append(resource.status.phase)
        self.messages.append(condition.message if condition else "")

    def notice(self, text: str) -> None:
        raise AssertionError(text)


class Bench:
    """A task in a store, and workers that end as the test says."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "run"
        (root / "manifests").mkdir()
        self.store = FolderResourceStore(root / "manifests", root / "state.db", "team-a")
        self.seen = Seen()
        self.workers = Workers(Settings(state_dir=root), most=2, module="support.fake_worker")

    async def start(self, **spec: Any) -> TaskRun:
        task = await self.store.create_ingest_task(ingest_task(**spec))
        work = TaskWork(task, knowledge_base(), EmbedderConfig(), SecretStr(""), None, self.folder)
        return TaskRun(work, self.workers, Statuses(self.store, self.seen))

    async def task(self) -> IngestTask:
        return await self.store.ingest_task(TASK.namespace, TASK.name)

    def attempts(self, shard: int = 0) -> int:
        return len((self.folder / str(shard) / "attempts").read_text().splitlines())


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    monkeypatch.setattr("kubelore_cli.laptop.task_run._LONGEST_PAUSE", 0.01)
    return Bench(tmp_path)


async def until(what: str, condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, what, condition)


def end_with(monkeypatch: pytest.MonkeyPatch, *ends: str) -> None:
    monkeypatch.setenv(ENDS_VARIABLE, ",".join(ends))


async def test_every_shard_is_run_once_and_their_results_are_summed(bench: Bench) -> None:
    messages = await (await bench.start(**PREFIX)).run()

    task = await bench.task()
    assert task.status.phase is TaskPhase.COMPLETED
    assert task.status.documents == DocumentCounts(total=4, succeeded=4)
    assert [message.chunks for message in messages] == [6, 6]
    assert not bench.folder.exists()


async def test_one_document_takes_one_worker(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    end_with(monkeypatch, "42")

    await (await bench.start()).run()

    assert [path.name for path in bench.folder.iterdir()] == ["0"]


async def test_a_worker_that_dies_is_started_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    end_with(monkeypatch, KILLED, "1", "0")

    messages: list[TerminationMessage] = list(await (await bench.start()).run())

    assert (await bench.task()).status.phase is TaskPhase.COMPLETED
    assert len(messages) == 1


async def test_a_bad_document_is_not_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    end_with(monkeypatch, "42")

    await (await bench.start()).run()

    task = await bench.task()
    assert task.status.phase is TaskPhase.FAILED
    assert [failure.document for failure in task.status.failures] == ["a.pdf"]
    assert bench.attempts() == 1


async def test_retries_end_at_the_backoff_limit_and_the_log_stays(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_with(monkeypatch, KILLED)

    await (await bench.start(backoff_limit=2)).run()

    task = await bench.task()
    assert task.status.phase is TaskPhase.FAILED
    assert bench.attempts() == 3
    log = bench.folder / "0" / "worker.log"
    assert str(log) in task.status.failures[0].message
    assert log.is_file()


async def test_what_went_wrong_shows_while_it_is_tried_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    end_with(monkeypatch, KILLED, HANG)
    run = asyncio.create_task((await bench.start()).run())

    await until(
        "the failure shows", lambda: any("SIGKILL" in text and "tried again" in text for text in bench.seen.messages)
    )

    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


async def test_progress_shows_while_it_works(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    end_with(monkeypatch, HANG)
    run = asyncio.create_task((await bench.start()).run())

    await until("it is at work", lambda: TaskPhase.VECTORIZING in bench.seen.phases)

    assert (await bench.task()).status.progress == "1/2"
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


async def test_a_task_that_is_over_its_deadline_is_stopped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    end_with(monkeypatch, HANG)
    run = await bench.start(**PREFIX)
    monkeypatch.setattr(run, "_task", run._task.model_copy(update={"spec": _impatient(run._task)}))

    await run.run()

    condition = (await bench.task()).status.condition(ConditionType.FAILED)
    assert condition is not None
    assert condition.reason == "DeadlineExceeded"


async def test_a_run_that_is_cancelled_leaves_no_process_and_an_unfinished_task(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    end_with(monkeypatch, HANG)
    others = live_children()
    run = asyncio.create_task((await bench.start(**PREFIX)).run())
    await until("it is at work", lambda: TaskPhase.VECTORIZING in bench.seen.phases)
    assert len(live_children() - others) == 2

    run.cancel()
    await asyncio.gather(run, return_exceptions=True)

    assert live_children() <= others
    assert not (await bench.task()).status.phase.is_final


def _impatient(task: IngestTask) -> object:
    return task.spec.model_copy(update={"active_deadline_seconds": 1})
