import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kubelore.resources.conditions import ConditionType
from kubelore.resources.folder import FolderResourceStore
from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.manifests import AnyResource
from kubelore.settings import Settings
from kubelore_cli.laptop.api_keys import ApiKeys
from kubelore_cli.laptop.base_controller import BaseController
from kubelore_cli.laptop.controller import Controller
from kubelore_cli.laptop.engines.interface import Workplace
from kubelore_cli.laptop.observer import Statuses
from kubelore_cli.laptop.server_controller import ServerController
from kubelore_cli.laptop.sync_controller import SyncController
from kubelore_cli.laptop.task_controller import TaskController
from kubelore_cli.laptop.workers import Workers
from support.builders import ingest_task
from support.fake_worker import ENDS_VARIABLE, HANG, PREPARE_ENDS_VARIABLE
from support.processes import live_children, wait_until

BASE = """
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: handbook}
spec: {embedding: {builtin: all-MiniLM-L6-v2}}
"""

TASK = """
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: pages}
spec: {knowledgeBaseRef: {name: handbook}, source: {inline: {filename: a.md, text: "# Hello"}}}
"""


class Seen:
    """Keeps the latest state of everything."""

    def __init__(self) -> None:
        self.resources: dict[str, AnyResource] = {}
        self.notices: list[str] = []

    def changed(self, resource: AnyResource) -> None:
        self.resources[resource.metadata.name] = resource

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def phase(self, name: str) -> TaskPhase | None:
        task = self.resources.get(name)
        return task.status.phase if isinstance(task, IngestTask) else None

    def message(self, name: str) -> str:
        resource = self.resources.get(name)
        kind = ConditionType.SUCCEEDED if isinstance(resource, IngestTask) else ConditionType.READY
        condition = resource.status.condition(kind) if resource is not None else None
        return condition.message if condition is not None else ""

    def is_ready(self, name: str) -> bool:
        kb = self.resources.get(name)
        return isinstance(kb, KnowledgeBase) and kb.status.is_true(ConditionType.READY)


class Laptop:
    """The control loop over a folder, with workers that end as the test says."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "manifests"
        self.folder.mkdir()
        self.seen = Seen()

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.yaml").write_text(text, encoding="utf-8")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FolderResourceStore]:
        store = FolderResourceStore(self.folder, self.root / "state.db", "default")
        statuses = Statuses(store, self.seen)
        workers = Workers(Settings(state_dir=self.root), most=2, module="support.fake_worker")
        keys = ApiKeys(self.root / "keys")
        run = self.root / "run"
        controller = Controller(
            store=store,
            observer=self.seen,
            servers=ServerController(statuses, keys, Workplace(self.root, os.environ)),
            bases=BaseController(statuses, workers, keys, run),
            tasks=TaskController(statuses, workers, self.seen, run),
            syncs=SyncController(workers, run),
        )
        loop = asyncio.create_task(controller.run())
        try:
            yield store
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
            await store.close()


@pytest.fixture
def laptop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laptop:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    monkeypatch.setattr("kubelore_cli.laptop.controller._SECONDS_BETWEEN_LOOKS", 0.05)
    return Laptop(tmp_path)


async def until(what: str, condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, what, condition)


async def test_a_knowledge_base_is_prepared_and_its_task_completed(laptop: Laptop) -> None:
    laptop.write("all", f"{BASE}---{TASK}")

    async with laptop.running():
        await until("the task ends", lambda: laptop.seen.phase("pages") is TaskPhase.COMPLETED)
        await until("its rows are counted", lambda: ", ".join(_counts(laptop)) == "2, 6")

    assert laptop.seen.is_ready("handbook")


async def test_a_knowledge_base_is_synced_at_the_start_and_says_so(laptop: Laptop) -> None:
    synced_base = BASE.replace("}}", "}, sync: {prefix: pages/, schedule: '0 3 * * *'}}")
    laptop.write("base", synced_base)

    def synced() -> str:
        kb = laptop.seen.resources.get("handbook")
        condition = kb.status.condition(ConditionType.SYNCED) if kb is not None else None
        return condition.message if condition is not None else ""

    async with laptop.running():
        await until("it is in step", lambda: "2 added" in synced())

    attempts = list(laptop.root.glob("run/*/sync/attempts"))
    assert [path.read_text().splitlines() for path in attempts] == [["attempt"]]


async def test_a_task_waits_for_its_knowledge_base_and_goes_on_when_it_appears(laptop: Laptop) -> None:
    laptop.write("task", TASK)

    async with laptop.running():
        await until("the task waits", lambda: "handbook does not exist yet" in laptop.seen.message("pages"))
        assert laptop.seen.phase("pages") is TaskPhase.PENDING

        laptop.write("base", BASE)
        await until("the task ends", lambda: laptop.seen.phase("pages") is TaskPhase.COMPLETED)


async def test_an_upload_begins_at_once(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop.write("base", BASE)
    monkeypatch.setattr("kubelore_cli.laptop.controller._SECONDS_BETWEEN_LOOKS", 3600)

    async with laptop.running() as store:
        await until("the base is ready", lambda: laptop.seen.is_ready("handbook"))
        await store.create_ingest_task(ingest_task("upload-1", namespace="default"))
        await until("the upload ends", lambda: laptop.seen.phase("upload-1") is TaskPhase.COMPLETED)


async def test_versions_of_one_document_are_worked_on_one_after_the_other(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDS_VARIABLE, HANG)
    laptop.write("base", BASE)
    first, second = (ingest_task(f"upload-{number}", namespace="default") for number in (2, 1))
    other = ingest_task("upload-3", namespace="default", source={"object": {"key": "pages/second.md"}})

    async with laptop.running() as store:
        for task in (first, second, other):
            await store.create_ingest_task(task)
        await until("the other document's task runs", lambda: laptop.seen.phase("upload-3") is TaskPhase.VECTORIZING)
        await until("the first version's task runs", lambda: laptop.seen.phase("upload-2") is TaskPhase.VECTORIZING)

    assert laptop.seen.phase("upload-1") is None


async def test_a_task_that_was_interrupted_is_finished_by_the_next_start(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.write("all", f"{BASE}---{TASK}")
    monkeypatch.setenv(ENDS_VARIABLE, HANG)
    async with laptop.running():
        await until("the task runs", lambda: laptop.seen.phase("pages") is TaskPhase.VECTORIZING)

    monkeypatch.setenv(ENDS_VARIABLE, "0")
    async with laptop.running():
        await until("the task ends", lambda: laptop.seen.phase("pages") is TaskPhase.COMPLETED)


async def test_a_finished_task_does_not_run_again_at_the_next_start(laptop: Laptop) -> None:
    laptop.write("all", f"{BASE}---{TASK}")
    async with laptop.running():
        await until("the task ends", lambda: laptop.seen.phase("pages") is TaskPhase.COMPLETED)
    laptop.seen = Seen()

    async with laptop.running() as store:
        await until("the base is ready again", lambda: laptop.seen.is_ready("handbook"))
        assert await store.ingest_tasks(unfinished_only=True) == []

    assert laptop.seen.phase("pages") is None


async def test_a_task_whose_manifest_goes_is_stopped(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDS_VARIABLE, HANG)
    laptop.write("base", BASE)
    laptop.write("task", TASK)
    others = live_children()
    async with laptop.running() as store:
        await until("the task runs", lambda: laptop.seen.phase("pages") is TaskPhase.VECTORIZING)

        (laptop.folder / "task.yaml").unlink()
        await until("its worker is gone", lambda: live_children() <= others)
        assert await store.ingest_tasks() == []


async def test_a_suspended_task_waits_and_goes_on(laptop: Laptop) -> None:
    laptop.write("all", f"{BASE}---{TASK.replace('spec: {', 'spec: {suspend: true, ')}")

    async with laptop.running():
        await until("the task waits", lambda: "spec.suspend" in laptop.seen.message("pages"))
        laptop.write("all", f"{BASE}---{TASK} ")
        await until("the task ends", lambda: laptop.seen.phase("pages") is TaskPhase.COMPLETED)


async def test_a_paused_task_is_left_alone(laptop: Laptop) -> None:
    paused = "{name: pages, annotations: {kubelore.io/paused: 'true'}}"
    laptop.write("all", f"{BASE}---{TASK.replace('{name: pages}', paused)}")

    async with laptop.running():
        await until("the base is ready", lambda: laptop.seen.is_ready("handbook"))

    assert laptop.seen.phase("pages") is None


async def test_a_collection_that_can_not_be_made_is_tried_again(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubelore_cli.laptop.base_controller._FIRST_PAUSE", 0.01)
    monkeypatch.setenv(PREPARE_ENDS_VARIABLE, "1,1,0")
    laptop.write("base", BASE)

    async with laptop.running():
        await until("the failure shows", lambda: "it is tried again" in laptop.seen.message("handbook"))
        await until("the base is ready", lambda: laptop.seen.is_ready("handbook"))


async def test_a_knowledge_base_is_ready_again_when_its_server_is_back(laptop: Laptop) -> None:
    server = """
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: embedder}
spec: {engine: embedder, serves: [embedding], model: {name: all-MiniLM-L6-v2}}
"""
    laptop.write("base", BASE.replace("builtin: all-MiniLM-L6-v2", "llmServerRef: {name: embedder}"))
    laptop.write("server", server)

    async with laptop.running():
        await until("the base is ready", lambda: laptop.seen.is_ready("handbook"))
        (laptop.folder / "server.yaml").unlink()
        await until("the base waits", lambda: "embedder" in laptop.seen.message("handbook"))
        laptop.write("server", server)
        await until("the base is ready again", lambda: laptop.seen.is_ready("handbook"))


async def test_manifests_that_become_wrong_are_told_and_count_as_they_were(laptop: Laptop) -> None:
    laptop.write("base", BASE)

    async with laptop.running() as store:
        await until("the base is ready", lambda: laptop.seen.is_ready("handbook"))
        laptop.write("base", BASE.replace("embedding", "embeding"))
        await until("the problem is told", lambda: any("embeding" in text for text in laptop.seen.notices))
        assert len(await store.knowledge_bases()) == 1


async def test_a_finished_upload_is_forgotten_after_its_time_to_live(laptop: Laptop) -> None:
    laptop.write("base", BASE)

    async with laptop.running() as store:
        await store.create_ingest_task(ingest_task("old", namespace="default", ttl_seconds_after_finished=0))
        await until("the upload ends", lambda: laptop.seen.phase("old") is TaskPhase.COMPLETED)

    async with laptop.running() as store, asyncio.timeout(20):
        while await store.ingest_tasks():
            await asyncio.to_thread(time.sleep, 0.05)


def _counts(laptop: Laptop) -> list[str]:
    kb = laptop.seen.resources["handbook"]
    assert isinstance(kb, KnowledgeBase)
    return [str(kb.status.documents), str(kb.status.chunks)]
