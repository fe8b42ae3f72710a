"""Carries one IngestTask to its end by worker processes, as a Job does by pods."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from kubelore.clock import now
from kubelore.documents.result import ShardProgress, TerminationMessage
from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.cpu import usable_cores
from kubelore.jobs.spec import GenerationSpec, job_for_plan, job_for_task, needs_plan, parallelism_of
from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus, TaskPhase
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_cli.asynchronous import cancel
from kubelore_cli.laptop import task_status
from kubelore_cli.laptop.observed_job import ObservedJob
from kubelore_cli.laptop.observer import Statuses
from kubelore_cli.laptop.worker import WorkerFiles, WorkerOrder
from kubelore_cli.laptop.workers import Workers
from kubelore_operator.reconcile.observed import Job, JobState
from kubelore_operator.reconcile.reports import settled_reports
from kubelore_operator.reconcile.task_outcome import judge
from kubelore_operator.reconcile.task_plan import with_plan

_DEADLINE_EXCEEDED = "DeadlineExceeded"
_SECONDS_BETWEEN_LOOKS = 0.5
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class TaskWork:
    """A task that can begin, and what its workers need; `also` are the generations beside the answering one."""

    task: IngestTask
    kb: KnowledgeBase
    embedder: EmbedderConfig
    api_key: SecretStr
    mounted_source: Path | None
    folder: Path
    also: tuple[GenerationSpec, ...] = ()

    @property
    def parallelism(self) -> int:
        """How many workers may be at it at once."""
        return parallelism_of(self.kb, self.task)

    def plan_order(self) -> WorkerOrder:
        """Say what the worker is given that shares the documents out."""
        return WorkerOrder(job_for_plan(self.kb, self.embedder, self.task), WorkerFiles(self.folder / "plan"))

    def order(self, shard: int, shards: int, most_at_once: int) -> WorkerOrder:
        """Say what one of the workers is given; those that run at once share the cores."""
        return WorkerOrder(
            job=job_for_task(self.kb, self.embedder, self.task, shards).model_copy(update={"also": self.also}),
            files=self.files(shard),
            shard=shard,
            threads=max(1, usable_cores() // min(shards, self.parallelism, most_at_once)),
            api_key=self.api_key,
            mounted_source=self.mounted_source,
        )

    def as_job(self) -> Job:
        """Show it, at work, as a Job that writes to some generations."""
        metadata = self.task.metadata
        return Job(
            key=ResourceKey("Job", metadata.namespace, metadata.name),
            uid=metadata.uid,
            state=JobState.RUNNING,
            created_at=now(),
            generations=(self.kb.status.generation.active, *(other.generation for other in self.also)),
        )

    def files(self, shard: int) -> WorkerFiles:
        """Where one of them writes."""
        return WorkerFiles(self.folder / str(shard))


class TaskRun:
    """One task at work: until it ends, it is the only writer of the task's status."""

    def __init__(self, work: TaskWork, workers: Workers, statuses: Statuses) -> None:
        self._work = work
        self._workers = workers
        self._statuses = statuses
        self._task = work.task
        self._places = asyncio.Semaphore(work.parallelism)
        self._shards = range(1)
        self._job = ObservedJob(work.task, created_at=now())
        self._has_started = False
        self._trouble = ""
        self.is_ending = False

    async def run(self) -> Sequence[TerminationMessage]:
        """Work until the end, whichever, and return what the workers reported."""
        job = await self._carry_out()
        self.is_ending = True
        task = task_status.with_progress(self._task, self._progress())
        verdict = judge(task, job)
        if verdict.phase is TaskPhase.COMPLETED:
            shutil.rmtree(self._work.folder, ignore_errors=True)
        await self._put(task_status.ended(task, verdict, job.created_at, now()))
        return list(settled_reports(job).values())

    async def _carry_out(self) -> Job:
        seconds = self._task.spec.active_deadline_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._plan() or await self._work_shards()
        except TimeoutError:
            return self._job.failed(_DEADLINE_EXCEEDED, f"{seconds} seconds have passed")

    async def _plan(self) -> Job | None:
        """Have the documents of a prefix shared out; returns the Job where that failed."""
        if not needs_plan(self._task):
            return None
        planning = ObservedJob(self._task, created_at=now())
        if not await self._run_to_end(self._work.plan_order(), planning):
            return planning.failed()
        self._task = with_plan(self._task, planning.complete())
        self._shards = range(self._task.status.plan.shards if self._task.status.plan else 0)
        return None

    async def _work_shards(self) -> Job:
        shards = [asyncio.create_task(self._run_shard(shard)) for shard in self._shards]
        try:
            await self._follow(shards)
            return self._job.complete() if all(shard.result() for shard in shards) else self._job.failed()
        finally:
            await cancel(shards)

    async def _follow(self, shards: Sequence[asyncio.Task[bool]]) -> None:
        """Show progress until every shard ended well, or one ended badly."""
        while not _are_over(shards):
            await self._show_progress()
            at_work = [shard for shard in shards if not shard.done()]
            if at_work:
                await asyncio.wait(at_work, timeout=_SECONDS_BETWEEN_LOOKS, return_when=asyncio.FIRST_COMPLETED)

    async def _run_shard(self, shard: int) -> bool:
        async with self._places:
            return await self._run_to_end(self._work.order(shard, len(self._shards), self._workers.most), self._job)

    async def _run_to_end(self, order: WorkerOrder, job: ObservedJob) -> bool:
        """Run a worker again and again until it ends well, or for good otherwise, and say which."""
        while True:
            end = await self._workers.run(order, self._started)
            job.add(order.shard, end, now())
            if end.succeeded:
                return True
            if end.is_final or job.failures > self._task.spec.backoff_limit:
                return False
            self._trouble = f"{job.why_failed().message}; it is tried again"
            await asyncio.sleep(min(2.0 ** (job.failures - 1), _LONGEST_PAUSE))

    def _started(self) -> None:
        self._has_started = True

    async def _show_progress(self) -> None:
        if self._has_started:
            reports = settled_reports(self._job.running())
            await self._put(task_status.running(self._task, self._progress(), reports, self._trouble, now()))

    async def _put(self, status: IngestTaskStatus) -> None:
        self._task = await self._statuses.put(self._task, status)

    def _progress(self) -> dict[int, ShardProgress]:
        read = ((shard, self._work.files(shard).read_progress()) for shard in self._shards)
        return {shard: progress for shard, progress in read if progress is not None}


def _are_over(shards: Sequence[asyncio.Task[bool]]) -> bool:
    """Say whether all ended well, or one ended badly."""
    ended = [shard.result() for shard in shards if shard.done()]
    return len(ended) == len(shards) or not all(ended)
