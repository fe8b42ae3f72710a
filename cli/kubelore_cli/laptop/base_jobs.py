"""Carries out the Jobs that knowledge bases need for themselves, as Kubernetes would: by one process a shard."""

import asyncio
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from kubelore.clock import now
from kubelore.documents.result import ShardProgress
from kubelore.embedding.cpu import usable_cores
from kubelore.jobs.spec import JOB_VARIABLE, JobOperation, JobSpec
from kubelore.resources.base import ResourceKey
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_cli.asynchronous import cancel
from kubelore_cli.laptop.observed_job import pod_of
from kubelore_cli.laptop.worker import WorkerEnd, WorkerFiles, WorkerOrder
from kubelore_cli.laptop.workers import Workers
from kubelore_operator.manifests.metadata import ATTEMPT_LABEL, INPUT_LABEL, Manifest
from kubelore_operator.reconcile.observed import Job, JobState, Pod


@dataclass(frozen=True, slots=True)
class _BaseJob:
    """One Job at work, or done."""

    name: str
    uid: str
    spec: JobSpec
    input_hash: str
    attempt: int
    created_at: datetime
    folder: Path
    end: asyncio.Task[tuple[Pod, ...]]

    def observed(self) -> Job:
        """Show it as the operator's decisions see a Job."""
        pods = self.end.result() if self.end.done() else ()
        return Job(
            key=ResourceKey("Job", self.spec.namespace, self.name),
            uid=self.name,
            state=self._state(pods),
            created_at=self.created_at,
            finished_at=max(
                (pod.ended.finished_at for pod in pods if pod.ended and pod.ended.finished_at), default=None
            ),
            operation=self.spec.operation,
            input_hash=self.input_hash,
            attempt=self.attempt,
            generations=(self.spec.generation,),
            completions=self.spec.shards,
            pods=pods,
        )

    def files(self, shard: int) -> WorkerFiles:
        """Where one of its workers writes."""
        return WorkerFiles(self.folder / str(shard))

    def _state(self, pods: tuple[Pod, ...]) -> JobState:
        if not self.end.done():
            return JobState.RUNNING
        return JobState.COMPLETE if all(pod.phase == "Succeeded" for pod in pods) else JobState.FAILED


class BaseJobs:
    """Knows the Jobs that were asked for and not deleted yet; after a restart none, and the decisions ask anew."""

    def __init__(self, workers: Workers, folder: Path) -> None:
        self._workers = workers
        self._folder = folder
        self._jobs: dict[str, _BaseJob] = {}

    @property
    def at_work(self) -> list[asyncio.Task[tuple[Pod, ...]]]:
        """What is running now."""
        return [job.end for job in self._jobs.values() if not job.end.done()]

    def of(self, kb: KnowledgeBase) -> tuple[Job, ...]:
        """Show a knowledge base's Jobs."""
        return tuple(job.observed() for job in self._jobs.values() if job.uid == kb.metadata.uid)

    def progress(self, kb: KnowledgeBase) -> Mapping[str, dict[str, ShardProgress]]:
        """Read how far the workers are that fill a generation, by the generation."""
        filling = [
            job
            for job in self._jobs.values()
            if job.uid == kb.metadata.uid and job.spec.operation is JobOperation.REINDEX
        ]
        return {str(job.spec.generation): _progress_of(job) for job in filling}

    def start(self, kb: KnowledgeBase, manifest: Manifest, api_key: SecretStr) -> None:
        """Begin a Job; one that is there already goes on."""
        name, labels = manifest["metadata"]["name"], manifest["metadata"]["labels"]
        if name in self._jobs:
            return
        spec, folder = _spec_of(manifest), self._folder / kb.metadata.uid / name
        self._jobs[name] = _BaseJob(
            name=name,
            uid=kb.metadata.uid,
            spec=spec,
            input_hash=labels[INPUT_LABEL],
            attempt=int(labels[ATTEMPT_LABEL]),
            created_at=now(),
            folder=folder,
            end=asyncio.create_task(self._run(name, spec, folder, api_key)),
        )

    async def delete(self, keys: Iterable[ResourceKey]) -> None:
        """Stop Jobs, and forget them."""
        gone = [job for key in keys if (job := self._jobs.pop(key.name, None)) is not None]
        await cancel([job.end for job in gone])
        for job in gone:
            shutil.rmtree(job.folder, ignore_errors=True)

    async def stop(self) -> None:
        """Stop everything; what is not done is asked for again at the next start."""
        await cancel(self.at_work)

    async def _run(self, name: str, spec: JobSpec, folder: Path, api_key: SecretStr) -> tuple[Pod, ...]:
        shards = range(spec.shards)
        threads = max(1, usable_cores() // min(spec.shards, self._workers.most))
        orders = [
            WorkerOrder(spec, WorkerFiles(folder / str(shard)), shard=shard, threads=threads, api_key=api_key)
            for shard in shards
        ]
        return tuple(await asyncio.gather(*(self._run_shard(name, order) for order in orders)))

    async def _run_shard(self, name: str, order: WorkerOrder) -> Pod:
        """Run one worker; one that can't even be started has failed like any other."""
        try:
            end = await self._workers.run(order, started=lambda: None)
        except OSError:
            end = WorkerEnd(exit_code=1, report="", log=order.files.log)
        return pod_of(name, order.shard, end, now())


def _spec_of(manifest: Manifest) -> JobSpec:
    """Read what the Job's worker is told, out of the environment of its container."""
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    told: list[dict[str, Any]] = [variable for variable in container["env"] if variable["name"] == JOB_VARIABLE]
    return JobSpec.model_validate_json(told[0]["value"])


def _progress_of(job: _BaseJob) -> dict[str, ShardProgress]:
    read = ((str(shard), job.files(shard).read_progress()) for shard in range(job.spec.shards))
    return {shard: progress for shard, progress in read if progress is not None}
