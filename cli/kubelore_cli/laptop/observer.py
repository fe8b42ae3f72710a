"""Who is told what happens, and the one way by which statuses are written."""

from typing import Protocol, TypeVar

from kubelore.resources.base import ResourceKey
from kubelore.resources.folder import AnyStatus, FolderResourceStore
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore.resources.manifests import AnyResource

R = TypeVar("R", LLMServer, KnowledgeBase, IngestTask)


class Observer(Protocol):
    """Shows a user what happens."""

    def changed(self, resource: AnyResource) -> None:
        """Take a resource whose status has just changed."""
        ...

    def notice(self, text: str) -> None:
        """Take something that is worth a line."""
        ...


class Statuses:
    """Writes a status where it differs, and tells the observer; also of each resource's first one as it was found."""

    def __init__(self, store: FolderResourceStore, observer: Observer) -> None:
        self._store = store
        self._observer = observer
        self._known: set[ResourceKey] = set()

    async def put(self, resource: R, status: AnyStatus) -> R:
        """Return the resource with the status; raises KubeloreError RESOURCE_NOT_FOUND for one that is gone."""
        is_first = resource.key not in self._known
        self._known.add(resource.key)
        if status != resource.status:
            await self._store.put_status(resource.key, status)
        elif not is_first:
            return resource
        updated = resource.model_copy(update={"status": status})
        self._observer.changed(updated)
        return updated
