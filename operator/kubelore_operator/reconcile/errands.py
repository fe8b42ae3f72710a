"""Jobs that a knowledge base needs done for itself, tried until they succeed, with growing waits between."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from kubelore.documents.record import Failure
from kubelore.documents.result import EXIT_OK, TerminationMessage
from kubelore.jobs.spec import JobOperation, JobSpec
from kubelore.resources.base import ResourceKey
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.manifests.job import Shards, Work, job
from kubelore_operator.manifests.metadata import ATTEMPT_LABEL, INPUT_LABEL, Manifest, child_name, short_hash
from kubelore_operator.reconcile.observed import Context, Job, JobState, KnowledgeBaseWorld
from kubelore_operator.reconcile.pods import Problem, problem_of
from kubelore_operator.reconcile.reports import (
    SECONDS_FOR_REPORTS,
    all_are_in,
    latest_ends,
    settled_reports,
    why_failed,
)
from kubelore_operator.reconcile.workers import worker_labels, worker_pod

_BACKOFF_LIMIT = 2
_DEADLINE_SECONDS = 1800
_SECONDS_FOR_ALL_DOCUMENTS = 86_400
_OF_ALL_DOCUMENTS = frozenset({JobOperation.REINDEX, JobOperation.PROMOTE, JobOperation.REBUILD, JobOperation.VERIFY})
_FIRST_WAIT = timedelta(seconds=15)
_LONGEST_WAIT = timedelta(minutes=10)


class ErrandState(Enum):
    """How far an errand is."""

    RUNNING = auto()
    DONE = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Errand:
    """What has become of an errand, and what to do to get on with it."""

    state: ErrandState
    apply: tuple[Manifest, ...] = ()
    delete: tuple[ResourceKey, ...] = ()
    requeue: float | None = None
    report: TerminationMessage | None = None
    failure: Failure | None = None
    problem: Problem | None = None


class ErrandRunner:
    """Carries one operation of one knowledge base to its end."""

    def __init__(self, kb: KnowledgeBase, server: LLMServer | None, spec: JobSpec, context: Context) -> None:
        """Say whose errand it is, and what its worker is told."""
        self._kb = kb
        self._server = server
        self._spec = spec
        self._context = context
        self._input_hash = short_hash(spec.to_json())

    def advance(self, world: KnowledgeBaseWorld) -> Errand:
        """Look at the latest attempt, and start the first or the next one when it is time."""
        jobs = [job for job in world.jobs if job.operation == self._spec.operation]
        outdated = tuple(job.key for job in jobs if job.input_hash != self._input_hash)
        attempts = sorted((job for job in jobs if job.input_hash == self._input_hash), key=lambda job: job.attempt)
        if not attempts:
            return self._start(1, outdated)
        latest = attempts[-1]
        surplus = (*outdated, *(job.key for job in attempts[:-1]))
        match latest.state:
            case JobState.RUNNING:
                return self._running(latest, surplus)
            case JobState.COMPLETE:
                return self._complete(latest, surplus)
            case JobState.FAILED:
                return self._failed(latest, surplus)

    def _start(self, attempt: int, delete: tuple[ResourceKey, ...], failure: Failure | None = None) -> Errand:
        manifest = job(self._kb, self._work(attempt))
        return Errand(ErrandState.RUNNING, apply=(manifest,), delete=delete, failure=failure)

    def _running(self, latest: Job, surplus: tuple[ResourceKey, ...]) -> Errand:
        """Tell why the Job's last pod failed, while another one of it tries again."""
        has_failed = any(ended.exit_code != EXIT_OK for ended in latest_ends(latest.pods).values())
        failure = why_failed(latest, str(self._kb.key)) if has_failed else None
        return Errand(ErrandState.RUNNING, delete=surplus, failure=failure, problem=problem_of(latest))

    def _complete(self, latest: Job, surplus: tuple[ResourceKey, ...]) -> Errand:
        if not all_are_in(latest) and self._seconds_since_end(latest) < SECONDS_FOR_REPORTS:
            return Errand(ErrandState.RUNNING, delete=surplus, requeue=1)
        return Errand(ErrandState.DONE, delete=surplus, report=settled_reports(latest).get(0))

    def _failed(self, latest: Job, surplus: tuple[ResourceKey, ...]) -> Errand:
        failure = why_failed(latest, str(self._kb.key))
        wait = min(_FIRST_WAIT * 2 ** min(latest.attempt - 1, 16), _LONGEST_WAIT).total_seconds()
        left = wait - self._seconds_since_end(latest)
        if left <= 0:
            return self._start(latest.attempt + 1, (*surplus, latest.key), failure)
        return Errand(ErrandState.FAILED, delete=surplus, requeue=left, failure=failure)

    def finished(self, world: KnowledgeBaseWorld) -> tuple[ResourceKey, ...]:
        """Return the Jobs that have to go, so that the same work can be done once more later."""
        return tuple(job.key for job in world.jobs if job.operation == self._spec.operation and not job.is_deleting)

    def again(self, world: KnowledgeBaseWorld) -> Errand:
        """Start over although the latest attempt succeeded, because its report is lost."""
        attempts = [job for job in world.jobs if job.operation == self._spec.operation]
        return self._start(max(job.attempt for job in attempts) + 1, tuple(job.key for job in attempts))

    def _seconds_since_end(self, ended: Job) -> float:
        return (self._context.now - (ended.finished_at or ended.created_at)).total_seconds()

    def _work(self, attempt: int) -> Work:
        kb, spec = self._kb, self._spec
        is_long, is_shared = spec.operation in _OF_ALL_DOCUMENTS, spec.operation is JobOperation.REINDEX
        marks = {INPUT_LABEL: self._input_hash, ATTEMPT_LABEL: str(attempt)}
        return Work(
            name=child_name(f"{kb.metadata.name}-{spec.operation}", kb.metadata.uid, self._input_hash, str(attempt)),
            pod=worker_pod(kb, self._server, spec, self._context.settings, reports_progress=is_shared),
            backoff_limit=_BACKOFF_LIMIT,
            active_deadline_seconds=_SECONDS_FOR_ALL_DOCUMENTS if is_long else _DEADLINE_SECONDS,
            shards=Shards(spec.shards, parallelism=spec.shards) if is_shared else None,
            ttl_seconds=self._context.settings.job_ttl_seconds,
            queue_name=kb.spec.ingest.queue_name,
            labels=worker_labels(kb.metadata.name, spec) | marks,
            outlives_owner=spec.operation is JobOperation.PURGE,
        )
