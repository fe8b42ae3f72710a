"""Finds the knowledge base or the model server that a request names."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.conditions import ConditionType
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer, Task
from kubelore.resources.store import ResourceStore
from kubelore_api.errors import RequestError

R = TypeVar("R")

_OTHER_STORES = "spec.storage names stores of its own, and this gateway holds the installation's credentials alone"


@dataclass(frozen=True, slots=True)
class Catalog:
    """The knowledge bases and model servers of the namespaces that are served."""

    resources: ResourceStore
    default_namespace: str

    async def find(self, reference: str | None, parameter: str) -> KnowledgeBase:
        """Return the knowledge base `name` or `namespace/name`; without a reference, the only one there is.

        Raises RequestError with the parameter's name.
        """
        if reference is None:
            return await self._only_one(parameter)
        kb = await self._knowledge_base(reference)
        if kb is None:
            raise RequestError(ErrorCode.RESOURCE_NOT_FOUND, parameter, subject=f"KnowledgeBase {reference}")
        return kb

    async def find_model(self, reference: str, *tasks: Task) -> KnowledgeBase | LLMServer:
        """Return what a request names as its model: a knowledge base, else an LLMServer that serves one of the tasks.

        Raises RequestError RESOURCE_NOT_FOUND where there is neither.
        """
        kb = await self._knowledge_base(reference)
        if kb is not None:
            return kb
        namespace, _, name = reference.rpartition("/")
        server = await found_or_none(self.resources.llm_server(namespace or self.default_namespace, name))
        if server is None or not set(tasks) & set(server.spec.serves):
            raise RequestError(ErrorCode.RESOURCE_NOT_FOUND, "model", subject=f"model {reference}")
        return server

    async def find_own(self, reference: str | None, parameter: str) -> KnowledgeBase:
        """Return a knowledge base whose data the gateway reaches; raises RESOURCE_INVALID for one with other stores."""
        kb = await self.find(reference, parameter)
        _require_own(kb)
        return kb

    async def find_ready(self, reference: str | None, parameter: str) -> KnowledgeBase:
        """Return a knowledge base that can be searched; raises RESOURCE_NOT_READY for one that can't yet."""
        return self.require_ready(await self.find(reference, parameter), parameter)

    def require_ready(self, kb: KnowledgeBase, parameter: str) -> KnowledgeBase:
        """Return the knowledge base if it can be searched; raises as `find_own` and `find_ready` do."""
        _require_own(kb)
        ready = kb.status.condition(ConditionType.READY)
        if ready is None or ready.status != "True":
            found = ready.message if ready else ""
            raise RequestError(ErrorCode.RESOURCE_NOT_READY, parameter, found, f"KnowledgeBase {self.name_of(kb)}")
        return kb

    def name_of(self, resource: KnowledgeBase | LLMServer) -> str:
        """Return the name that clients know it by: with its namespace, unless that is the default one."""
        metadata = resource.metadata
        return (
            metadata.name if metadata.namespace == self.default_namespace else f"{metadata.namespace}/{metadata.name}"
        )

    async def _knowledge_base(self, reference: str) -> KnowledgeBase | None:
        namespace, _, name = reference.rpartition("/")
        return await found_or_none(self.resources.knowledge_base(namespace or self.default_namespace, name))

    async def _only_one(self, parameter: str) -> KnowledgeBase:
        there = await self.resources.knowledge_bases()
        if len(there) == 1:
            return there[0]
        found = f"say which one of {', '.join(sorted(map(self.name_of, there)))}" if there else "there is none yet"
        raise RequestError(ErrorCode.REQUEST_INVALID, parameter, found)


async def found_or_none(finding: Coroutine[Any, Any, R]) -> R | None:
    """Return what is found, or None where the resource isn't there; any other error is raised."""
    try:
        return await finding
    except KubeloreError as error:
        if error.code is not ErrorCode.RESOURCE_NOT_FOUND:
            raise
        return None


def _require_own(kb: KnowledgeBase) -> None:
    if kb.spec.storage.vector_store or kb.spec.storage.object_store:
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, str(kb.key), _OTHER_STORES)
