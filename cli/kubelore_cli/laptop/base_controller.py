"""Makes knowledge bases Ready: each one's collection by a worker, again for each change of its spec."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from kubelore.clock import Deadline, now
from kubelore.documents.record import Failure
from kubelore.documents.result import TerminationMessage
from kubelore.embedding.config import EmbedderConfig
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.spec import GenerationSpec, JobOperation, job_for_knowledge_base
from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import ConditionType
from kubelore.resources.generations import answering
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_cli.asynchronous import cancel
from kubelore_cli.laptop import bases
from kubelore_cli.laptop.api_keys import ApiKeys
from kubelore_cli.laptop.base_jobs import BaseJobs
from kubelore_cli.laptop.base_upkeep import BaseUpkeep, servers_of
from kubelore_cli.laptop.errand import run_errand
from kubelore_cli.laptop.observer import Statuses
from kubelore_cli.laptop.worker import WorkerFiles
from kubelore_cli.laptop.workers import Workers
from kubelore_operator.reconcile.dependencies import companions
from kubelore_operator.reconcile.findings import Finding
from kubelore_operator.reconcile.observed import Job

_Work = asyncio.Task[TerminationMessage | Failure]

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class ReadyBase:
    """A knowledge base that tasks can work on, as its answering generation was built, and how they embed for it.

    `also` are the generations that their documents go to beside it.
    """

    kb: KnowledgeBase
    embedder: EmbedderConfig
    api_key: SecretStr
    also: tuple[GenerationSpec, ...] = ()


@dataclass(slots=True)
class _Preparation:
    """The making of one collection, for one spec and one embedder."""

    generation: int
    embedder: EmbedderConfig
    work: _Work | None = None
    failures: int = 0
    pause: Deadline | None = None
    is_done: bool = False


class BaseController:
    """Knows which collections were made since it started; it is the only writer of knowledge bases' statuses."""

    def __init__(self, statuses: Statuses, workers: Workers, api_keys: ApiKeys, folder: Path) -> None:
        self._jobs = BaseJobs(workers, folder)
        self._upkeep = BaseUpkeep(self._jobs, statuses, api_keys)
        self._statuses = statuses
        self._workers = workers
        self._api_keys = api_keys
        self._folder = folder
        self._preparations: dict[str, _Preparation] = {}

    @property
    def at_work(self) -> list[asyncio.Task[Any]]:
        """What is being made now."""
        return [*(each.work for each in self._preparations.values() if each.work is not None), *self._jobs.at_work]

    async def reconcile(
        self,
        there: Iterable[KnowledgeBase],
        servers: Mapping[ResourceKey, LLMServer],
        tasks: Mapping[ResourceKey, Sequence[Job]],
    ) -> dict[ResourceKey, ReadyBase]:
        """Bring each one a step further, and return those that are Ready; `tasks` are those at work on each."""
        ready: dict[ResourceKey, ReadyBase] = {}
        for kb in there:
            built = answering(kb)
            server = servers.get(_server_key(built))
            embedder = bases.embedder_of(built, server)
            if isinstance(embedder, Finding):
                self._forget(kb)
                await self._statuses.put(kb, bases.waiting(kb, embedder, now()))
                continue
            api_key = self._api_keys.of(server)
            prepared = await self._advance(kb, embedder, api_key)
            if prepared is None:
                continue
            kept = await self._upkeep.advance(prepared, embedder, servers, tasks.get(kb.key, ()))
            is_same = kept.status.generation.active == prepared.status.generation.active
            if is_same and kept.status.is_true(ConditionType.READY):
                also = companions(kept, servers_of(kept, servers), in_process=True)
                ready[kb.key] = ReadyBase(answering(kept), embedder, api_key, also)
        return ready

    async def count(self, kb: KnowledgeBase, messages: Sequence[TerminationMessage]) -> KnowledgeBase:
        """Take over what the last of a task's workers counted."""
        if not messages:
            return kb
        return await self._statuses.put(kb, bases.with_totals(kb.status, messages[-1], now()))

    async def end_sync(self, kb: KnowledgeBase, result: TerminationMessage | Failure) -> KnowledgeBase:
        """Take over what a run of its sync came to."""
        return await self._statuses.put(kb, bases.after_sync(kb, result, now()))

    async def stop(self) -> None:
        """Stop what is being made."""
        await cancel(self.at_work)
        await self._jobs.stop()

    async def _advance(self, kb: KnowledgeBase, embedder: EmbedderConfig, api_key: SecretStr) -> KnowledgeBase | None:
        preparation = self._preparation(kb, embedder)
        if preparation.is_done:
            return kb
        if preparation.work is None:
            if preparation.pause is None or preparation.pause.passed:
                preparation.work = self._start(kb, embedder, api_key)
                await self._statuses.put(kb, bases.preparing(kb, now()))
            return None
        if not preparation.work.done():
            return None
        return await self._take_over(kb, preparation, _result(kb, preparation.work))

    def _preparation(self, kb: KnowledgeBase, embedder: EmbedderConfig) -> _Preparation:
        known = self._preparations.get(kb.metadata.uid)
        wanted = _Preparation(kb.metadata.generation, embedder)
        if known is not None and (known.generation, known.embedder) == (wanted.generation, wanted.embedder):
            return known
        self._forget(kb)
        self._preparations[kb.metadata.uid] = wanted
        return wanted

    def _forget(self, kb: KnowledgeBase) -> None:
        """Have the collection looked at anew before the knowledge base counts as Ready again."""
        known = self._preparations.pop(kb.metadata.uid, None)
        if known is not None and known.work is not None:
            known.work.cancel()

    def _start(self, kb: KnowledgeBase, embedder: EmbedderConfig, api_key: SecretStr) -> _Work:
        files = WorkerFiles(self._folder / kb.metadata.uid)
        job = job_for_knowledge_base(kb, embedder, JobOperation.PREPARE)
        return asyncio.create_task(run_errand(job, str(kb.key), api_key, files, self._workers))

    async def _take_over(
        self, kb: KnowledgeBase, preparation: _Preparation, result: TerminationMessage | Failure
    ) -> KnowledgeBase | None:
        preparation.work = None
        if isinstance(result, TerminationMessage):
            preparation.is_done = True
            return await self._statuses.put(kb, bases.ready(kb, result, now()))
        preparation.pause = Deadline(min(_FIRST_PAUSE * 2.0**preparation.failures, _LONGEST_PAUSE))
        preparation.failures += 1
        await self._statuses.put(kb, bases.not_prepared(kb, result, now()))
        return None


def _result(kb: KnowledgeBase, work: _Work) -> TerminationMessage | Failure:
    """Return what a preparation came to; a worker that could not even be started is a failure like any other."""
    try:
        return work.result()
    except OSError as error:
        return Failure.from_error(str(kb.key), KubeloreError(ErrorCode.INTERNAL, str(kb.key), str(error)))


def _server_key(kb: KnowledgeBase) -> ResourceKey:
    ref = kb.spec.embedding.llm_server_ref
    return ResourceKey(LLMServer.info.kind, kb.metadata.namespace, ref.name if ref is not None else "")
