"""Shows a task's worker processes as a Job with its pods, so that the operator's own rules judge them."""

import signal
from dataclasses import replace
from datetime import datetime

from kubelore.documents.record import Failure
from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask
from kubelore_cli.laptop.worker import WorkerEnd
from kubelore_operator.reconcile import reports
from kubelore_operator.reconcile.observed import Ended, Job, JobState, Pod


class ObservedJob:
    """A Job that grows by a pod each time that a worker ends."""

    def __init__(self, task: IngestTask, created_at: datetime) -> None:
        self._task = task
        self._created_at = created_at
        self._pods: list[Pod] = []

    @property
    def failures(self) -> int:
        """How many runs ended otherwise than well: what `backoffLimit` counts."""
        return len(self._failed)

    def add(self, shard: int, end: WorkerEnd, finished_at: datetime) -> None:
        """Take over how a worker ended."""
        self._pods.append(pod_of(self._task.metadata.name, shard, end, finished_at))

    def running(self) -> Job:
        """Return it while shards are at work or about to be tried again."""
        return self._job(JobState.RUNNING)

    def complete(self) -> Job:
        """Return it after every shard ended well."""
        return self._job(JobState.COMPLETE)

    def failed(self, reason: str = "", message: str = "") -> Job:
        """Return it after a shard ended badly for good, or all were stopped."""
        return self._job(JobState.FAILED, reason, message)

    def why_failed(self) -> Failure:
        """Say why the last run that failed did so."""
        return reports.why_failed(replace(self.running(), pods=self._failed[-1:]), str(self._task.key))

    @property
    def _failed(self) -> tuple[Pod, ...]:
        return tuple(pod for pod in self._pods if pod.phase == "Failed")

    def _job(self, state: JobState, reason: str = "", message: str = "") -> Job:
        metadata = self._task.metadata
        return Job(
            key=ResourceKey("Job", metadata.namespace, metadata.name),
            uid=metadata.uid,
            state=state,
            created_at=self._created_at,
            reason=reason,
            message=message,
            pods=tuple(self._pods),
        )


def pod_of(job: str, shard: int, end: WorkerEnd, finished_at: datetime) -> Pod:
    """Show a worker process that has ended as a pod."""
    return Pod(
        name=f"{job}-{shard}",
        phase="Succeeded" if end.succeeded else "Failed",
        shard=shard,
        has_started=True,
        ended=Ended(end.exit_code, _reason(end), end.report, finished_at),
    )


def _reason(end: WorkerEnd) -> str:
    log = f"its log: {end.log}"
    return f"{signal.Signals(-end.exit_code).name}, {log}" if end.exit_code < 0 else log
