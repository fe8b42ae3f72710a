"""Carries out a plan with as few requests as it takes: what is so already is not written."""

from dataclasses import dataclass

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.base import FINALIZER, ResourceKey, Status
from kubelore_operator.cluster.bodies import Body, key_of, label_of, uid_of
from kubelore_operator.cluster.cache import Cache
from kubelore_operator.cluster.client import ClusterClient
from kubelore_operator.cluster.compare import difference, is_applied, stamped
from kubelore_operator.kinds import KINDS
from kubelore_operator.manifests.metadata import KIND_LABEL, NAME_LABEL, UID_LABEL, Manifest
from kubelore_operator.reconcile.plan import Plan

_WRITTEN_BY_WORKERS = {"shards"}


@dataclass(slots=True)
class Outcome:
    """What carrying out a plan came to; `refusal` is why the API server would not take a child."""

    writes: int = 0
    status_written: bool = False
    refusal: str | None = None


class Executor:
    """Writes what a plan asks for, and remembers every answer."""

    def __init__(self, client: ClusterClient, cache: Cache) -> None:
        """Write through this client, and compare with what this cache knows."""
        self._client = client
        self._cache = cache

    async def execute(self, key: ResourceKey, plan: Plan) -> Outcome:
        """Carry out the whole plan, or stop where the API server refuses a child.

        Raises KubeloreError for whatever may be otherwise the next time.
        """
        outcome = Outcome()
        if plan.finalizer:
            await self._set_finalizer(key, outcome, wanted=True)
        outcome.refusal = await self._apply_all(key, plan, outcome)
        if outcome.refusal is not None:
            return outcome
        for child in plan.delete:
            await self._delete(child, outcome)
        await self.write_status(key, plan.status, outcome)
        if plan.finalizer is False:
            await self._set_finalizer(key, outcome, wanted=False)
        for child in plan.delete_last:
            await self._delete(child, outcome)
        if plan.delete_resource:
            await self._delete(key, outcome)
        return outcome

    async def write_status(self, key: ResourceKey, status: Status | None, outcome: Outcome) -> None:
        """Write what of the status is new."""
        body = self._cache.get(key)
        if status is None or body is None:
            return
        wanted = status.model_dump(mode="json", by_alias=True, exclude=_WRITTEN_BY_WORKERS)
        patch = difference(body.get("status"), wanted)
        if patch:
            await self._merge(key, {"metadata": {"uid": uid_of(body)}, "status": patch}, outcome, "status")
            outcome.status_written = True

    async def _apply_all(self, owner: ResourceKey, plan: Plan, outcome: Outcome) -> str | None:
        try:
            for manifest in plan.apply:
                await self._apply(owner, manifest, outcome)
        except KubeloreError as error:
            if error.kind.retryable:
                raise
            return error.message
        return None

    async def _apply(self, owner: ResourceKey, manifest: Manifest, outcome: Outcome) -> None:
        key, wanted = key_of(manifest), stamped(manifest)
        live = await self._live(key)
        if live is not None:
            if not _is_left_for(live, manifest):
                self._check_owner(key, live, owner)
            if "deletionTimestamp" in live["metadata"] or KINDS[key.kind].written_once or is_applied(live, wanted):
                return
        self._cache.put(await self._client.apply(key, wanted))
        outcome.writes += 1

    async def _live(self, key: ResourceKey) -> Body | None:
        """Return what there is by this name; a stranger's object is in no cache, but must not be overwritten."""
        known = self._cache.get(key)
        if known is not None or KINDS[key.kind].written_once:
            return known
        return await self._client.get(key)

    def _check_owner(self, key: ResourceKey, live: Body, owner: ResourceKey) -> None:
        body = self._cache.get(owner)
        if body is None or label_of(live, UID_LABEL) != uid_of(body):
            detail = f"it does not belong to {owner}; delete or rename it, or rename the {owner.kind}"
            raise KubeloreError(ErrorCode.RESOURCE_CONFLICT, str(key), detail)

    async def _set_finalizer(self, key: ResourceKey, outcome: Outcome, *, wanted: bool) -> None:
        body = self._cache.get(key)
        if body is None:
            return
        metadata = body["metadata"]
        present = list(metadata.get("finalizers") or ())
        if (FINALIZER in present) == wanted:
            return
        others = [finalizer for finalizer in present if finalizer != FINALIZER]
        finalizers = [*others, FINALIZER] if wanted else others
        patch = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": finalizers}}
        await self._merge(key, patch, outcome)
        if not finalizers and "deletionTimestamp" in metadata:
            self._cache.bury(body)

    async def _merge(self, key: ResourceKey, patch: Body, outcome: Outcome, subresource: str | None = None) -> None:
        try:
            body = await self._client.merge(key, patch, subresource)
        except KubeloreError as error:
            known = self._cache.get(key)
            if error.code is ErrorCode.RESOURCE_NOT_FOUND and known is not None:
                self._cache.remove(known)
                return
            raise
        outcome.writes += 1
        self._cache.put(body)

    async def _delete(self, key: ResourceKey, outcome: Outcome) -> None:
        body = self._cache.get(key)
        if body is None or "deletionTimestamp" in body["metadata"]:
            return
        await self._client.delete(key, uid_of(body))
        outcome.writes += 1


def _is_left_for(live: Body, manifest: Manifest) -> bool:
    """Say whether an object that nobody owns was left by an earlier resource of the same kind and name."""
    if live["metadata"].get("ownerReferences") or manifest["metadata"].get("ownerReferences"):
        return False
    return all(label_of(live, name) == label_of(manifest, name) for name in (KIND_LABEL, NAME_LABEL))
