"""What a decision asks for."""

from dataclasses import dataclass

from kubelore.resources.base import ResourceKey, Status
from kubelore_operator.manifests.metadata import Manifest


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to do for one resource, in the order of its fields; an empty plan changes nothing.

    `finalizer` says whether the resource's deletion must wait for us: True is carried out first, False when all above
    is done. What proves that it may be False is among those to `delete_last`: an operator that dies in between must
    find it still.
    `status` is the whole status as it should be. `requeue` is the number of seconds after which to look again.
    """

    apply: tuple[Manifest, ...] = ()
    delete: tuple[ResourceKey, ...] = ()
    status: Status | None = None
    finalizer: bool | None = None
    delete_last: tuple[ResourceKey, ...] = ()
    delete_resource: bool = False
    requeue: float | None = None
