"""When a change of status is written: at once where it matters, else not too often."""

from typing import TypeVar

from kubelore.resources.base import Status
from kubelore_operator.reconcile.observed import Context

StatusT = TypeVar("StatusT", bound=Status)


def paced(old: StatusT, new: StatusT, context: Context, *, urgent: bool) -> tuple[StatusT | None, float | None]:
    """Return the status to write now, if any, and after how many seconds to look again, if later."""
    if new == old:
        return None, None
    wait = context.settings.progress_seconds - context.seconds_since_status
    if urgent or wait <= 0:
        return new, None
    return None, wait
