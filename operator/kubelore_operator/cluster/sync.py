"""Fills the cache from whole lists: before the first decision, and now and then to catch what a watch missed."""

from kubelore_operator.cluster.bodies import Body
from kubelore_operator.cluster.cache import Cache
from kubelore_operator.cluster.client import ClusterClient
from kubelore_operator.kinds import CHILDREN, RESOURCES, ApiKind
from kubelore_operator.manifests.metadata import MANAGED_BY, MANAGED_BY_LABEL

CHILD_SELECTOR = f"{MANAGED_BY_LABEL}={MANAGED_BY}"


class Lister:
    """Lists all objects that matter here."""

    def __init__(self, client: ClusterClient, cache: Cache, namespaces: tuple[str, ...]) -> None:
        """Look into these namespaces; none: into all."""
        self._client = client
        self._cache = cache
        self._namespaces: tuple[str | None, ...] = namespaces or (None,)

    async def refresh(self) -> None:
        """Bring the cache in line with the API server, kind by kind; raises KubeloreError."""
        for kind in RESOURCES:
            await self._refresh(kind, "")
        for kind in CHILDREN:
            await self._refresh(kind, CHILD_SELECTOR)

    async def _refresh(self, kind: ApiKind, selector: str) -> None:
        bodies: list[Body] = []
        versions: list[int] = []
        for namespace in self._namespaces:
            items, version = await self._client.list(kind, namespace, selector)
            bodies += items
            versions.append(version)
        self._cache.replace(kind.kind, bodies, min(versions))
