"""When a cron expression is due."""

from datetime import datetime


def is_due(schedule: str, last: datetime | None, now: datetime) -> bool:
    """Say whether a run is due that was last begun then; one that never was is due at once.

    The expression has five fields, counted in the time zone of `last`. One that names no moment is never due again.
    """
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - only where something is synced

    if last is None:
        return True
    try:
        return next(CronSim(schedule, last)) <= now
    except (CronSimError, StopIteration):
        return False
