"""Carries out tasks: those of the folder and the uploaded ones, each as soon as it can begin."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kubelore.clock import Deadline, now
from kubelore.documents.result import TerminationMessage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.manifests import Manifests
from kubelore_cli.asynchronous import cancel
from kubelore_cli.laptop import task_status
from kubelore_cli.laptop.base_controller import ReadyBase
from kubelore_cli.laptop.mounted_source import mount_source
from kubelore_cli.laptop.observer import Observer, Statuses
from kubelore_cli.laptop.task_run import TaskRun, TaskWork
from kubelore_cli.laptop.workers import Workers
from kubelore_operator.reconcile.dependencies import missing_knowledge_base
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.observed import Job
from kubelore_operator.reconcile.task_outcome import document_of

_SECONDS_BEFORE_ANOTHER_TRY = 5.0


@dataclass(frozen=True, slots=True)
class _Run:
    """A task at work."""

    work: TaskWork
    run: TaskRun
    end: asyncio.Task[Sequence[TerminationMessage]]


@dataclass(frozen=True, slots=True)
class EndedTask:
    """What a task's workers reported of its knowledge base."""

    kb: ResourceKey
    messages: Sequence[TerminationMessage]


class TaskController:
    """Knows which tasks are at work."""

    def __init__(self, statuses: Statuses, workers: Workers, observer: Observer, folder: Path) -> None:
        self._statuses = statuses
        self._workers = workers
        self._observer = observer
        self._folder = folder
        self._runs: dict[str, _Run] = {}
        self._not_before: dict[str, Deadline] = {}

    @property
    def at_work(self) -> list[asyncio.Task[Sequence[TerminationMessage]]]:
        """What is running now."""
        return [run.end for run in self._runs.values()]

    def jobs_at_work(self) -> dict[ResourceKey, list[Job]]:
        """Show what is running as Jobs, by the knowledge base that they work on."""
        jobs: defaultdict[ResourceKey, list[Job]] = defaultdict(list)
        for run in self._runs.values():
            jobs[run.work.kb.key].append(run.work.as_job())
        return dict(jobs)

    def take_over_ended(self) -> list[EndedTask]:
        """Let go of the runs that are over, and return what they reported."""
        over = {uid: run for uid, run in self._runs.items() if run.end.done()}
        for uid in over:
            del self._runs[uid]
        return [ended for run in over.values() if (ended := self._ended(run)) is not None]

    async def reconcile(
        self,
        unfinished: Iterable[IngestTask],
        there: Mapping[ResourceKey, KnowledgeBase],
        ready: Mapping[ResourceKey, ReadyBase],
        manifests: Manifests,
    ) -> None:
        """Begin what can begin, stop what should not run any more, and say what each other one waits for."""
        wanted = [task for task in unfinished if not task.is_paused]
        await self._stop_all_but({task.metadata.uid for task in wanted if not task.spec.suspend})
        for task in _first_of_each_document(wanted):
            uid = task.metadata.uid
            if uid not in self._runs and self._may_begin(uid):
                waits_for = self._begin(task, there, ready, manifests)
                if waits_for is not None:
                    await self._show_waiting(task, waits_for)

    async def stop(self) -> None:
        """Stop everything; what was at work goes on at the next start."""
        await cancel(self.at_work)

    async def _show_waiting(self, task: IngestTask, waits_for: Finding) -> None:
        try:
            await self._statuses.put(task, task_status.waiting(task, waits_for, now()))
        except KubeloreError as error:
            # It may have been cancelled since it was read.
            if error.code is not ErrorCode.RESOURCE_NOT_FOUND:
                raise

    async def _stop_all_but(self, wanted: set[str]) -> None:
        unwanted = [uid for uid, run in self._runs.items() if uid not in wanted and not run.run.is_ending]
        await cancel([self._runs.pop(uid).end for uid in unwanted])

    def _may_begin(self, uid: str) -> bool:
        deadline = self._not_before.get(uid)
        return deadline is None or deadline.passed

    def _begin(
        self,
        task: IngestTask,
        there: Mapping[ResourceKey, KnowledgeBase],
        ready: Mapping[ResourceKey, ReadyBase],
        manifests: Manifests,
    ) -> Finding | None:
        """Begin a task, or return what it waits for; nothing new while its knowledge base is being made."""
        if task.spec.suspend:
            return task_status.suspended()
        key = _base_key(task)
        missing = missing_knowledge_base(task, there.get(key))
        if missing is not None or key not in ready:
            return missing
        folder = self._folder / task.metadata.uid
        source = mount_source(task, manifests, folder)
        if isinstance(source, Finding):
            return source
        base = ready[key]
        work = TaskWork(task, base.kb, base.embedder, base.api_key, source, folder, base.also)
        run = TaskRun(work, self._workers, self._statuses)
        self._runs[task.metadata.uid] = _Run(work, run, asyncio.create_task(run.run()))
        return None

    def _ended(self, run: _Run) -> EndedTask | None:
        try:
            messages = run.end.result()
        except (KubeloreError, OSError) as error:
            self._observer.notice(f"{run.work.task.key} was interrupted and is begun again: {error}")
            self._not_before[run.work.task.metadata.uid] = Deadline(_SECONDS_BEFORE_ANOTHER_TRY)
            return None
        return EndedTask(run.work.kb.key, messages)


def _base_key(task: IngestTask) -> ResourceKey:
    return ResourceKey(KnowledgeBase.info.kind, task.metadata.namespace, task.spec.knowledge_base_ref.name)


def _first_of_each_document(tasks: Iterable[IngestTask]) -> list[IngestTask]:
    """Leave out tasks for a document that an earlier one is still at: the later version has to win."""
    first: dict[tuple[str, ...], IngestTask] = {}
    for task in tasks:
        document = document_of(task.spec.source)
        key = (str(_base_key(task)), task.spec.tenant, document) if document else (task.metadata.uid,)
        first.setdefault(key, task)
    return list(first.values())
