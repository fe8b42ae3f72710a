import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore.resources.folder import FolderResourceStore
from kubelore.resources.ingest_task import IngestTaskStatus, TaskPhase
from kubelore.resources.knowledge_base import KnowledgeBaseStatus
from support.builders import ingest_task

MANIFESTS = """
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {name: embedder}
spec: {engine: embedder, serves: [embedding], model: {name: all-MiniLM-L6-v2}}
---
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {name: handbook}
spec: {embedding: {llmServerRef: {name: embedder}}, chunking: {size: 256}}
---
apiVersion: kubelore.io/v1alpha1
kind: IngestTask
metadata: {name: pages}
spec: {knowledgeBaseRef: {name: handbook}, source: {prefix: {prefix: pages/}}}
"""

PAGES = ResourceKey("IngestTask", "default", "pages")
HANDBOOK = ResourceKey("KnowledgeBase", "default", "handbook")


class Laptop:
    """A manifests folder and a state folder, and stores opened over them."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "manifests"
        self.state = root / "state" / "kubelore.db"
        self.folder.mkdir()
        self.write(MANIFESTS)

    def write(self, text: str, name: str = "all.yaml") -> None:
        path = self.folder / name
        changed = path.stat().st_mtime_ns + 1_000_000 if path.exists() else None
        path.write_text(text, encoding="utf-8")
        if changed is not None:
            os.utime(path, ns=(changed, changed))

    def store(self) -> FolderResourceStore:
        return FolderResourceStore(self.folder, self.state, "default")


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


async def test_the_folders_resources_are_found_by_namespace_and_name(laptop: Laptop) -> None:
    store = laptop.store()

    assert (await store.knowledge_base("default", "handbook")).spec.chunking.size == 256
    assert [server.metadata.name for server in await store.llm_servers()] == ["embedder"]
    assert [kb.metadata.name for kb in await store.knowledge_bases()] == ["handbook"]
    assert [task.metadata.name for task in await store.ingest_tasks()] == ["pages"]


async def test_what_is_not_there_is_named(laptop: Laptop) -> None:
    with pytest.raises(KubeloreError, match="KnowledgeBase default/faq") as raised:
        await laptop.store().knowledge_base("default", "faq")
    assert raised.value.code is ErrorCode.RESOURCE_NOT_FOUND


async def test_a_resource_keeps_its_uid_and_status_over_a_restart(laptop: Laptop) -> None:
    store = laptop.store()
    before = await store.ingest_task("default", "pages")
    await store.put_status(PAGES, IngestTaskStatus(phase=TaskPhase.COMPLETED, chunks=12))
    await store.close()

    after = await laptop.store().ingest_task("default", "pages")

    assert after.metadata.uid == before.metadata.uid != ""
    assert after.metadata.creation_timestamp == before.metadata.creation_timestamp
    assert after.status == IngestTaskStatus(phase=TaskPhase.COMPLETED, chunks=12)


async def test_a_created_task_outlives_the_process(laptop: Laptop) -> None:
    store = laptop.store()
    created = await store.create_ingest_task(ingest_task("upload-1", namespace="default", tenant="acme"))
    await store.close()

    found = await laptop.store().ingest_task("default", "upload-1")

    assert found == created
    assert found.spec.tenant == "acme"
    assert created.metadata.uid not in {"", "uid-of-upload-1"}


async def test_creating_a_task_wakes_whoever_waits_for_one(laptop: Laptop) -> None:
    store = laptop.store()

    await store.create_ingest_task(ingest_task("upload-1"))

    await asyncio.wait_for(store.task_created.wait(), timeout=5)


@pytest.mark.parametrize("taken", ["pages", "upload-1"])
async def test_a_name_is_given_once(laptop: Laptop, taken: str) -> None:
    store = laptop.store()
    await store.create_ingest_task(ingest_task("upload-1", namespace="default"))

    with pytest.raises(KubeloreError, match=f"IngestTask default/{taken}") as raised:
        await store.create_ingest_task(ingest_task(taken, namespace="default"))
    assert raised.value.code is ErrorCode.RESOURCE_CONFLICT


async def test_tasks_keep_the_order_in_which_they_came(laptop: Laptop) -> None:
    store = laptop.store()
    names = ["upload-9", "upload-1", "upload-5"]
    for name in names:
        await store.create_ingest_task(ingest_task(name, namespace="default"))

    assert [task.metadata.name for task in await store.ingest_tasks()] == ["pages", *names]


async def test_of_many_creators_of_one_name_one_wins(laptop: Laptop) -> None:
    store = laptop.store()

    results = await asyncio.gather(
        *(store.create_ingest_task(ingest_task("upload", namespace="default")) for _ in range(20)),
        return_exceptions=True,
    )

    assert sum(not isinstance(result, KubeloreError) for result in results) == 1


async def test_finished_tasks_are_left_out_of_the_unfinished_ones(laptop: Laptop) -> None:
    store = laptop.store()
    await store.create_ingest_task(ingest_task("upload-1", namespace="default"))

    await store.put_status(PAGES, IngestTaskStatus(phase=TaskPhase.FAILED))

    unfinished = await store.ingest_tasks(unfinished_only=True)
    assert [task.metadata.name for task in unfinished] == ["upload-1"]
    assert len(await store.ingest_tasks()) == 2


async def test_every_status_write_raises_the_resource_version(laptop: Laptop) -> None:
    store = laptop.store()
    before = await store.knowledge_base("default", "handbook")

    await store.put_status(HANDBOOK, KnowledgeBaseStatus(documents=3))

    after = await store.knowledge_base("default", "handbook")
    assert int(after.metadata.resource_version) == int(before.metadata.resource_version) + 1
    assert after.status.documents == 3


async def test_a_resource_is_put_together_once_for_all_who_ask(laptop: Laptop) -> None:
    store = laptop.store()
    first = await store.llm_server("default", "embedder")
    assert await store.llm_server("default", "embedder") is first


async def test_the_status_of_nothing_is_refused(laptop: Laptop) -> None:
    with pytest.raises(KubeloreError, match="gone") as raised:
        await laptop.store().put_status(ResourceKey("IngestTask", "default", "gone"), IngestTaskStatus())
    assert raised.value.code is ErrorCode.RESOURCE_NOT_FOUND


async def test_a_file_that_changes_is_read_again(laptop: Laptop) -> None:
    store = laptop.store()
    assert not await store.refresh()

    laptop.write(MANIFESTS.replace("size: 256", "size: 128"))

    assert await store.refresh()
    kb = await store.knowledge_base("default", "handbook")
    assert kb.spec.chunking.size == 128
    assert kb.metadata.generation == 2
    assert not await store.refresh()


async def test_a_file_that_comes_later_brings_its_resources(laptop: Laptop) -> None:
    store = laptop.store()

    laptop.write(MANIFESTS.split("---")[1].replace("handbook", "faq"), name="faq.yaml")

    assert await store.refresh()
    assert len(await store.knowledge_bases()) == 2


async def test_a_change_that_is_not_valid_is_told_once_and_changes_nothing(laptop: Laptop) -> None:
    store = laptop.store()
    laptop.write(MANIFESTS.replace("size: 256", "size: 1"))

    with pytest.raises(KubeloreError, match=r"spec\.chunking\.size"):
        await store.refresh()

    assert (await store.knowledge_base("default", "handbook")).spec.chunking.size == 256
    assert not await store.refresh()


async def test_a_folder_that_vanishes_is_told_once_and_read_when_it_is_back(laptop: Laptop) -> None:
    store = laptop.store()
    laptop.folder.rename(laptop.folder.with_name("away"))

    with pytest.raises(KubeloreError, match="there is no such folder"):
        await store.refresh()
    assert not await store.refresh()
    assert len(await store.knowledge_bases()) == 1

    laptop.folder.with_name("away").rename(laptop.folder)
    assert await store.refresh()


async def test_what_is_no_file_is_passed_over(laptop: Laptop) -> None:
    store = laptop.store()
    (laptop.folder / "loop.yaml").symlink_to("loop.yaml")
    (laptop.folder / "folder.yaml").mkdir()
    (laptop.folder / "gone.yaml").symlink_to("nowhere.yaml")

    assert not await store.refresh()

    assert len(await store.knowledge_bases()) == 1


async def test_a_resource_whose_manifest_goes_is_gone_and_new_when_it_comes_back(laptop: Laptop) -> None:
    store = laptop.store()
    before = await store.ingest_task("default", "pages")
    await store.put_status(PAGES, IngestTaskStatus(phase=TaskPhase.COMPLETED))
    await store.create_ingest_task(ingest_task("upload-1", namespace="default"))

    laptop.write(MANIFESTS.rpartition("---")[0])
    await store.refresh()
    assert [task.metadata.name for task in await store.ingest_tasks()] == ["upload-1"]

    laptop.write(MANIFESTS)
    await store.refresh()
    after = await store.ingest_task("default", "pages")
    assert after.metadata.uid != before.metadata.uid
    assert after.status.phase is TaskPhase.PENDING


async def test_a_tasks_spec_is_immutable_but_for_suspend(laptop: Laptop) -> None:
    store = laptop.store()
    laptop.write(MANIFESTS.replace("prefix: pages/}}", "prefix: pages/}}, suspend: true"))
    await store.refresh()
    assert (await store.ingest_task("default", "pages")).spec.suspend

    laptop.write(MANIFESTS.replace("prefix: pages/", "prefix: other/"))
    with pytest.raises(KubeloreError, match=r"all\.yaml, document 3, spec: .*give IngestTask default/pages a new name"):
        await store.refresh()


async def test_a_manifest_can_not_take_a_created_tasks_name(laptop: Laptop) -> None:
    store = laptop.store()
    await store.create_ingest_task(ingest_task("upload-1", namespace="default"))

    laptop.write(MANIFESTS.replace("name: pages", "name: upload-1"))

    with pytest.raises(KubeloreError, match=r"all\.yaml, document 3, metadata\.name"):
        await store.refresh()


async def test_only_created_tasks_can_be_deleted(laptop: Laptop) -> None:
    store = laptop.store()
    await store.create_ingest_task(ingest_task("upload-1", namespace="default"))

    await store.delete_ingest_task("default", "upload-1")
    await store.delete_ingest_task("default", "pages")

    assert [task.metadata.name for task in await store.ingest_tasks()] == ["pages"]


async def test_a_task_is_cancelled_only_as_it_was_read(laptop: Laptop) -> None:
    store = laptop.store()
    created = await store.create_ingest_task(ingest_task("upload-1", namespace="default"))
    await store.put_status(created.key, IngestTaskStatus(phase=TaskPhase.PROCESSING))
    begun = await store.ingest_task("default", "upload-1")

    assert not await store.cancel_ingest_task(created)
    assert await store.cancel_ingest_task(begun)
    assert not await store.cancel_ingest_task(begun)
    assert not await store.cancel_ingest_task(await store.ingest_task("default", "pages"))


def test_a_state_file_of_a_newer_version_is_refused(laptop: Laptop) -> None:
    laptop.store()
    with sqlite3.connect(laptop.state) as connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(KubeloreError, match=r"kubelore\.db.*a newer Kubelore wrote it") as raised:
        laptop.store()
    assert raised.value.code is ErrorCode.SETTINGS_INVALID


def test_a_state_file_that_is_no_database_is_refused(laptop: Laptop) -> None:
    laptop.state.parent.mkdir()
    laptop.state.write_bytes(b"something else " * 100)

    with pytest.raises(KubeloreError, match=r"kubelore\.db.*not a database"):
        laptop.store()


async def test_the_store_serves_threads_and_event_loops_at_once(laptop: Laptop) -> None:
    store = laptop.store()

    def create(number: int) -> None:
        asyncio.run(store.create_ingest_task(ingest_task(f"upload-{number}", namespace="default")))

    await asyncio.gather(*(asyncio.to_thread(create, number) for number in range(8)))

    assert len(await store.ingest_tasks()) == 9
