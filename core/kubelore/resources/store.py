"""The interface that resources are read and created through, whatever keeps them."""

from collections.abc import Sequence
from typing import Protocol

from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer


class ResourceStore(Protocol):
    """Resources by namespace and name.

    Every method raises KubeloreError: RESOURCE_NOT_FOUND where the named one isn't there, RESOURCE_CONFLICT
    where a new one's name is taken, CLUSTER_UNREACHABLE or CLUSTER_REFUSED where the API server is the cause.
    """

    async def knowledge_base(self, namespace: str, name: str) -> KnowledgeBase:
        """Return one knowledge base."""
        ...

    async def knowledge_bases(self) -> Sequence[KnowledgeBase]:
        """Return those of every namespace that is served."""
        ...

    async def llm_server(self, namespace: str, name: str) -> LLMServer:
        """Return one model server."""
        ...

    async def llm_servers(self) -> Sequence[LLMServer]:
        """Return those of every namespace that is served."""
        ...

    async def ingest_task(self, namespace: str, name: str) -> IngestTask:
        """Return one task with its status."""
        ...

    async def create_ingest_task(self, task: IngestTask) -> IngestTask:
        """Create a task, and return it with its uid."""
        ...

    async def cancel_ingest_task(self, task: IngestTask) -> bool:
        """Delete a created task as long as it still is as it was read, and say whether it was."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
