"""Finds the knowledge base that a request names."""

from dataclasses import dataclass

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.conditions import ConditionType
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.store import ResourceStore
from kubelore_api.errors import RequestError

_OTHER_STORES = "spec.storage names stores of its own, and this gateway holds the installation's credentials alone"


@dataclass(frozen=True, slots=True)
class Catalog:
    """The knowledge bases of the namespaces that are served."""

    resources: ResourceStore
    default_namespace: str

    async def find(self, reference: str | None, parameter: str) -> KnowledgeBase:
        """Return the knowledge base `name` or `namespace/name`; without a reference, the only one there is.

        Raises RequestError with the parameter's name.
        """
        if reference is None:
            return await self._only_one(parameter)
        namespace, _, name = reference.rpartition("/")
        try:
            return await self.resources.knowledge_base(namespace or self.default_namespace, name)
        except KubeloreError as error:
            if error.code is not ErrorCode.RESOURCE_NOT_FOUND:
                raise
            raise RequestError(error.code, parameter, subject=f"KnowledgeBase {reference}") from error

    async def find_own(self, reference: str | None, parameter: str) -> KnowledgeBase:
        """Return a knowledge base whose data the gateway reaches; raises RESOURCE_INVALID for one with other stores."""
        kb = await self.find(reference, parameter)
        if kb.spec.storage.vector_store or kb.spec.storage.object_store:
            raise KubeloreError(ErrorCode.RESOURCE_INVALID, str(kb.key), _OTHER_STORES)
        return kb

    async def find_ready(self, reference: str | None, parameter: str) -> KnowledgeBase:
        """Return a knowledge base that can be searched; raises RESOURCE_NOT_READY for one that can't yet."""
        kb = await self.find_own(reference, parameter)
        ready = kb.status.condition(ConditionType.READY)
        if ready is None or ready.status != "True":
            found = ready.message if ready else ""
            raise RequestError(ErrorCode.RESOURCE_NOT_READY, parameter, found, f"KnowledgeBase {self.name_of(kb)}")
        return kb

    def name_of(self, kb: KnowledgeBase) -> str:
        """Return the name that clients know it by: with its namespace, unless that is the default one."""
        metadata = kb.metadata
        return (
            metadata.name if metadata.namespace == self.default_namespace else f"{metadata.namespace}/{metadata.name}"
        )

    async def _only_one(self, parameter: str) -> KnowledgeBase:
        there = await self.resources.knowledge_bases()
        if len(there) == 1:
            return there[0]
        found = f"say which one of {', '.join(sorted(map(self.name_of, there)))}" if there else "there is none yet"
        raise RequestError(ErrorCode.REQUEST_INVALID, parameter, found)
