"""Keeps knowledge bases in step with their prefixes, by the clock."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kubelore.clock import now
from kubelore.documents.record import Failure
from kubelore.documents.result import TerminationMessage
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import job_for_sync
from kubelore.resources.base import ResourceKey
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore_cli.asynchronous import cancel
from kubelore_cli.laptop.base_controller import ReadyBase
from kubelore_cli.laptop.errand import run_errand
from kubelore_cli.laptop.schedule import is_due
from kubelore_cli.laptop.worker import WorkerFiles
from kubelore_cli.laptop.workers import Workers


@dataclass(frozen=True, slots=True)
class EndedSync:
    """What one run came to."""

    kb: ResourceKey
    result: TerminationMessage | Failure


class SyncController:
    """Knows which syncs are at work; one knowledge base has one at a time."""

    def __init__(self, workers: Workers, folder: Path) -> None:
        self._workers = workers
        self._folder = folder
        self._runs: dict[ResourceKey, asyncio.Task[TerminationMessage | Failure]] = {}
        self._begun: dict[str, datetime] = {}

    @property
    def at_work(self) -> list[asyncio.Task[TerminationMessage | Failure]]:
        """What is running now."""
        return list(self._runs.values())

    def take_over_ended(self) -> list[EndedSync]:
        """Let go of the runs that are over, and return what they came to."""
        over = [key for key, run in self._runs.items() if run.done()]
        return [EndedSync(key, _result(key, self._runs.pop(key))) for key in over]

    def reconcile(self, ready: Iterable[ReadyBase]) -> None:
        """Begin what is due, and stop what is not wanted any more."""
        wanted = {base.kb.key: base for base in ready if base.kb.spec.sync is not None}
        for key in [key for key in self._runs if key not in wanted]:
            self._runs.pop(key).cancel()
        for key, base in wanted.items():
            if key not in self._runs and self._is_due(base.kb):
                self._begun[base.kb.metadata.uid] = now()
                self._runs[key] = asyncio.create_task(self._run(base))

    async def stop(self) -> None:
        """Stop everything."""
        await cancel(self.at_work)

    def _is_due(self, kb: KnowledgeBase) -> bool:
        ended = kb.status.sync.finished_at if kb.status.sync is not None else ""
        last = self._begun.get(kb.metadata.uid) or (datetime.fromisoformat(ended) if ended else None)
        return kb.spec.sync is not None and is_due(kb.spec.sync.schedule, last, now())

    async def _run(self, base: ReadyBase) -> TerminationMessage | Failure:
        kb, files = base.kb, WorkerFiles(self._folder / base.kb.metadata.uid / "sync")
        job = job_for_sync(kb, base.embedder).model_copy(update={"also": base.also})
        return await run_errand(job, str(kb.key), base.api_key, files, self._workers)


def _result(key: ResourceKey, run: asyncio.Task[TerminationMessage | Failure]) -> TerminationMessage | Failure:
    """Return what a run came to; a worker that could not even be started is a failure like any other."""
    try:
        return run.result()
    except OSError as error:
        return Failure.from_error(str(key), KubeloreError(ErrorCode.INTERNAL, str(key), str(error)))
