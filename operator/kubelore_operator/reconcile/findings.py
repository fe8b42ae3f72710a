"""How a decision's findings become conditions."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from kubelore.resources.base import ObjectMeta, Status
from kubelore.resources.conditions import ConditionType, Reason, make_condition, with_condition

StatusT = TypeVar("StatusT", bound=Status)


@dataclass(frozen=True, slots=True)
class Finding:
    """One aspect of a resource, as it was found; a `status` of None is Unknown."""

    type: ConditionType
    reason: Reason
    message: str = ""
    status: bool | None = field(kw_only=True)


class HasMetadata(Protocol):
    """Anything that conditions can be about."""

    @property
    def metadata(self) -> ObjectMeta:
        """Its metadata."""
        ...


def report(subject: HasMetadata, status: StatusT, now: datetime, *findings: Finding) -> StatusT:
    """Return the status with these findings as its conditions, for the subject's present generation."""
    conditions = status.conditions
    for finding in findings:
        condition = make_condition(
            finding.type,
            status=finding.status,
            reason=finding.reason,
            message=finding.message,
            generation=subject.metadata.generation,
            now=now,
        )
        conditions = with_condition(conditions, condition)
    return status.model_copy(update={"conditions": conditions, "observed_generation": subject.metadata.generation})
