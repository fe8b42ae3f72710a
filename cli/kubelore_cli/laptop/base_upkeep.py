"""Keeps knowledge bases that answer as their specs ask for, by the operator's own decisions."""

from collections.abc import Mapping, Sequence

from kubelore.clock import now
from kubelore.embedding.config import EmbedderConfig
from kubelore.resources.base import ResourceKey
from kubelore.resources.generations import answering, beside
from kubelore.resources.knowledge_base import Generation, KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_cli.laptop.api_keys import ApiKeys
from kubelore_cli.laptop.base_jobs import BaseJobs
from kubelore_cli.laptop.observer import Statuses
from kubelore_operator.manifests.metadata import GENERATIONS_LABEL, Manifest
from kubelore_operator.reconcile.dependencies import server_of_generation
from kubelore_operator.reconcile.findings import report
from kubelore_operator.reconcile.maintenance import maintain
from kubelore_operator.reconcile.observed import Context, Job, KnowledgeBaseWorld
from kubelore_operator.settings import OperatorSettings


class BaseUpkeep:
    """Sees worker processes as Jobs, and starts and stops them as the decisions say."""

    def __init__(self, jobs: BaseJobs, statuses: Statuses, api_keys: ApiKeys) -> None:
        self._jobs = jobs
        self._statuses = statuses
        self._api_keys = api_keys
        self._settings = OperatorSettings()

    async def advance(
        self,
        kb: KnowledgeBase,
        embedder: EmbedderConfig,
        servers: Mapping[ResourceKey, LLMServer],
        tasks: Sequence[Job],
    ) -> KnowledgeBase:
        """Bring one a step further, and return it with what is then so; `tasks` are those that work on it."""
        own = servers_of(kb, servers)
        shown = kb.model_copy(update={"status": kb.status.model_copy(update={"shards": self._jobs.progress(kb)})})
        world = KnowledgeBaseWorld(llm_servers=own, jobs=self._jobs.of(kb), task_jobs=tuple(tasks))
        context = Context(now=now(), settings=self._settings, in_process=True)
        upkeep = maintain(shown, embedder, world, context)
        await self._jobs.delete(upkeep.delete)
        for manifest in upkeep.apply:
            self._jobs.start(kb, manifest, self._api_keys.of(_server_of(kb, manifest, own)))
        return await self._statuses.put(kb, report(kb, upkeep.status, context.now, *upkeep.findings))


def servers_of(kb: KnowledgeBase, servers: Mapping[ResourceKey, LLMServer]) -> tuple[LLMServer, ...]:
    """Return the model servers that the knowledge base's generations embed with, as far as they are there."""
    embeddings = [kb.spec.embedding, answering(kb).spec.embedding, *(each.embedding for each in beside(kb))]
    names = {each.llm_server_ref.name for each in embeddings if each.llm_server_ref is not None}
    keys = (ResourceKey(LLMServer.info.kind, kb.metadata.namespace, name) for name in sorted(names))
    return tuple(servers[key] for key in keys if key in servers)


def _server_of(kb: KnowledgeBase, manifest: Manifest, servers: Sequence[LLMServer]) -> LLMServer | None:
    number = manifest["metadata"]["labels"][GENERATIONS_LABEL]
    generation = next((each for each in _generations(kb) if str(each.number) == number), None)
    return server_of_generation(generation, servers) if generation is not None else None


def _generations(kb: KnowledgeBase) -> list[Generation]:
    built = kb.status.generation.answering
    return [*beside(kb), *([built] if built is not None else [])]
