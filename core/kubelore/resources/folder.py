"""A resource store without a cluster: manifests in a folder, everything else in SQLite."""

import asyncio
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar, cast

from kubelore.clock import now
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ObjectMeta, ResourceKey
from kubelore.resources.folder_sync import plan_sync, spec_digest
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore.resources.llm_server import LLMServer, LLMServerStatus
from kubelore.resources.manifests import Manifests, read_manifests
from kubelore.resources.state_database import StateDatabase, StoredObject
from kubelore.resources.yaml_files import folder_signature

R = TypeVar("R", LLMServer, KnowledgeBase, IngestTask)
Served = TypeVar("Served", LLMServer, KnowledgeBase)

AnyStatus = LLMServerStatus | KnowledgeBaseStatus | IngestTaskStatus


class FolderResourceStore:
    """Implements ResourceStore over a folder; reads it again when `refresh` finds it changed.

    Safe to call from several threads and event loops. `task_created` is set at each created task, for the event loop
    that creates tasks, and cleared by whoever waits for it.
    """

    def __init__(self, folder: Path, state_db: Path, namespace: str) -> None:
        """Read the folder and open the state.

        Raises KubeloreError RESOURCE_INVALID that names every wrong field, or SETTINGS_INVALID.
        """
        self._lock = threading.Lock()
        self._folder = folder
        self._namespace = namespace
        self._signature = folder_signature(folder)
        self._manifests = read_manifests(folder, namespace)
        self._state = StateDatabase(state_db)
        self._assembled: dict[ResourceKey, LLMServer | KnowledgeBase] = {}
        self.task_created = asyncio.Event()
        self._take_over(self._manifests)

    @property
    def manifests(self) -> Manifests:
        """The folder as it was last read without an error."""
        return self._manifests

    async def refresh(self) -> bool:
        """Read the folder again if a file of it changed, and say whether that was so.

        Raises KubeloreError RESOURCE_INVALID once a change; what was read before stays.
        """
        return await asyncio.to_thread(self._refresh)

    async def knowledge_base(self, namespace: str, name: str) -> KnowledgeBase:
        """Return one knowledge base."""
        return await self._assembled_once(KnowledgeBase, namespace, name)

    async def knowledge_bases(self) -> Sequence[KnowledgeBase]:
        """Return those of every namespace."""
        return await asyncio.to_thread(self._all, KnowledgeBase)

    async def llm_server(self, namespace: str, name: str) -> LLMServer:
        """Return one model server."""
        return await self._assembled_once(LLMServer, namespace, name)

    async def llm_servers(self) -> Sequence[LLMServer]:
        """Return those of every namespace."""
        return await asyncio.to_thread(self._all, LLMServer)

    async def ingest_task(self, namespace: str, name: str) -> IngestTask:
        """Return one task with its status."""
        return await asyncio.to_thread(self._task, ResourceKey(IngestTask.info.kind, namespace, name))

    async def ingest_tasks(self, *, unfinished_only: bool = False) -> Sequence[IngestTask]:
        """Return those of the folder and the created ones, in the order in which they came."""
        return await asyncio.to_thread(self._all, IngestTask, unfinished_only=unfinished_only)

    async def create_ingest_task(self, task: IngestTask) -> IngestTask:
        """Create a task that outlives this process, and return it with its uid."""
        created = await asyncio.to_thread(self._create, task)
        self.task_created.set()
        return created

    async def delete_ingest_task(self, namespace: str, name: str) -> None:
        """Forget a created task; one of the folder stays until its manifest goes."""
        await asyncio.to_thread(self._forget, ResourceKey(IngestTask.info.kind, namespace, name))

    async def cancel_ingest_task(self, task: IngestTask) -> bool:
        """Forget a created task as long as it still is as it was read, and say whether it was."""
        version = int(task.metadata.resource_version or 0)
        return await asyncio.to_thread(self._state.delete_created, task.metadata.uid, version)

    async def put_status(self, key: ResourceKey, status: AnyStatus) -> None:
        """Replace a resource's status; raises KubeloreError RESOURCE_NOT_FOUND."""
        finished = isinstance(status, IngestTaskStatus) and status.phase.is_final
        await asyncio.to_thread(self._put_status, key, _json(status), finished=finished)

    async def close(self) -> None:
        """Close the state."""
        await asyncio.to_thread(self._state.close)

    def _refresh(self) -> bool:
        signature = folder_signature(self._folder)
        if signature == self._signature:
            return False
        self._signature = signature
        self._take_over(read_manifests(self._folder, self._namespace))
        return True

    def _take_over(self, manifests: Manifests) -> None:
        kinds = (LLMServer.info.kind, KnowledgeBase.info.kind, IngestTask.info.kind)
        stored = {kept.key: kept for kind in kinds for kept in self._state.objects(kind)}
        plan = plan_sync(manifests, stored, now())
        with self._lock:
            self._state.change(new=plan.new, respecified=plan.respecified, gone=plan.gone)
            self._manifests = manifests
            self._assembled.clear()

    async def _assembled_once(self, model: type[Served], namespace: str, name: str) -> Served:
        """Return a resource of the folder as it was put together last: every question asks for the same few."""
        key = ResourceKey(model.info.kind, namespace, name)
        assembled = self._assembled.get(key)
        if assembled is None:
            return await asyncio.to_thread(self._assemble, model, key)
        return cast("Served", assembled)

    def _assemble(self, model: type[Served], key: ResourceKey) -> Served:
        with self._lock:
            assembled = self._assembled[key] = self._found(model, key)
            return assembled

    def _put_status(self, key: ResourceKey, status: str, *, finished: bool) -> None:
        with self._lock:
            self._state.put_status(key, status, finished=finished)
            self._assembled.pop(key, None)

    def _task(self, key: ResourceKey) -> IngestTask:
        with self._lock:
            return self._found(IngestTask, key)

    def _found(self, model: type[R], key: ResourceKey) -> R:
        stored = self._state.get(key)
        if stored is None:
            raise KubeloreError(ErrorCode.RESOURCE_NOT_FOUND, str(key))
        return self._resource(model, stored)

    def _all(self, model: type[R], *, unfinished_only: bool = False) -> Sequence[R]:
        with self._lock:
            stored = self._state.objects(model.info.kind, unfinished_only=unfinished_only)
            return [self._resource(model, kept) for kept in stored]

    def _create(self, task: IngestTask) -> IngestTask:
        stored = StoredObject(
            key=task.key,
            uid=str(uuid.uuid4()),
            generation=1,
            digest=spec_digest(task),
            created_at=now(),
            manifest=task.model_dump_json(by_alias=True, exclude_none=True, exclude={"status"}),
        )
        self._state.insert(stored)
        return self._resource(IngestTask, stored)

    def _forget(self, key: ResourceKey) -> None:
        stored = self._state.get(key)
        if stored is not None and stored.manifest is not None:
            self._state.change(gone=[key])

    def _resource(self, model: type[R], stored: StoredObject) -> R:
        """Put the resource together from its manifest and what is kept of it."""
        written = self._manifests.resources[stored.key] if stored.manifest is None else stored.manifest
        resource = model.model_validate_json(written) if isinstance(written, str) else cast("R", written)
        status = type(resource.status).model_validate_json(stored.status)
        return resource.model_copy(update={"metadata": _metadata(resource.metadata, stored), "status": status})


def _metadata(written: ObjectMeta, stored: StoredObject) -> ObjectMeta:
    return written.model_copy(
        update={
            "uid": stored.uid,
            "generation": stored.generation,
            "resource_version": str(stored.version),
            "creation_timestamp": stored.created_at,
        }
    )


def _json(status: AnyStatus) -> str:
    return status.model_dump_json(by_alias=True, exclude_none=True)
