"""Tells how far a task is: from the task, or from its result manifests once it is gone."""

from collections.abc import Sequence
from dataclasses import dataclass

from kubelore.documents.layout import Layout
from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts, ResultManifest
from kubelore.jobs.outcome import final_phase
from kubelore.objectstore.interface import ObjectStore
from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore.resources.store import ResourceStore
from kubelore_api.access.caller import Caller
from kubelore_api.ingest.stored import task_if_there
from kubelore_api.ingest.task_id import TaskId, unknown_task
from kubelore_api.threads import Threads


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """How far a task is, in the words of its status; `document` and `created_at` are known while the task is there."""

    phase: TaskPhase
    progress: str
    documents: DocumentCounts
    chunks: int
    failures: Sequence[Failure]
    document: str = ""
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class ProgressReader:
    """Follows tasks."""

    objects: ObjectStore
    resources: ResourceStore
    threads: Threads

    async def read(self, task_id: TaskId, caller: Caller) -> TaskProgress:
        """Return a task's progress; raises RESOURCE_NOT_FOUND for a task that is unknown or another tenant's."""
        task = await task_if_there(self.resources, task_id)
        if task is not None:
            if task.spec.tenant != caller.tenant:
                raise unknown_task(str(task_id))
            return _from_task(task)
        manifests = await self.threads.run(self._manifests, task_id)
        if not manifests or any(manifest.tenant != caller.tenant for manifest in manifests):
            raise unknown_task(str(task_id))
        return _from_manifests(manifests)

    def _manifests(self, task_id: TaskId) -> list[ResultManifest]:
        prefix = Layout(task_id.namespace, task_id.knowledge_base).results(task_id.uid)
        return [ResultManifest.model_validate_json(self.objects.get(info.key)) for info in self.objects.list(prefix)]


def _from_task(task: IngestTask) -> TaskProgress:
    status = task.status
    source, created = task.spec.source.object, task.metadata.creation_timestamp
    return TaskProgress(
        phase=status.phase,
        progress=status.progress,
        documents=status.documents,
        chunks=status.chunks,
        failures=status.failures,
        document=(source.document_name or source.key) if source else "",
        created_at=int(created.timestamp()) if created else 0,
    )


def _from_manifests(manifests: Sequence[ResultManifest]) -> TaskProgress:
    """Sum the shards; a task that went before all of them ended did not complete."""
    documents = sum((manifest.documents for manifest in manifests), DocumentCounts())
    whole = len(manifests) == manifests[0].shards
    return TaskProgress(
        phase=final_phase(documents) if whole else TaskPhase.FAILED,
        progress=f"{documents.done}/{documents.total}",
        documents=documents,
        chunks=sum(manifest.chunks for manifest in manifests),
        failures=[failure for manifest in manifests for failure in manifest.failures],
    )
