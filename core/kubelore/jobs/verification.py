"""Decides when what is searched is compared with what is kept, and takes over what was found."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kubelore.clock import timestamp
from kubelore.documents.result import Verification
from kubelore.resources.base import REPAIR_ANNOTATION, VERIFY_ANNOTATION
from kubelore.resources.knowledge_base import KnowledgeBase, VerificationStatus


@dataclass(frozen=True, slots=True)
class VerificationRequest:
    """One comparison that is due: who asked for it, and whether what doesn't fit is put right."""

    token: str
    repair: bool


def due_verification(kb: KnowledgeBase, now: datetime) -> VerificationRequest | None:
    """Return the comparison that is due: one asked for by an annotation, or the next of the schedule."""
    annotations, done = kb.metadata.annotations, kb.status.verification.request
    repair, verify = annotations.get(REPAIR_ANNOTATION), annotations.get(VERIFY_ANNOTATION)
    asked = _asked(repair, verify)
    if asked is not None and asked != done:
        return VerificationRequest(asked, repair=kb.spec.verify.repair or repair is not None)
    left = seconds_to_schedule(kb, now)
    if left is None or left > 0:
        return None
    return VerificationRequest(asked or "", repair=kb.spec.verify.repair)


def seconds_to_schedule(kb: KnowledgeBase, now: datetime) -> float | None:
    """Return how long it is to the next scheduled comparison, or None where there is no schedule."""
    interval, checked_at = kb.spec.verify.interval_seconds, kb.status.verification.checked_at
    if interval is None:
        return None
    last = datetime.fromisoformat(checked_at) if checked_at else kb.metadata.creation_timestamp
    return (last + timedelta(seconds=interval) - now).total_seconds() if last is not None else 0.0


def verified(request: VerificationRequest, found: Verification, now: datetime) -> VerificationStatus:
    """Return what is known after a comparison."""
    counts = found.model_dump()
    return VerificationStatus(request=request.token or None, checked_at=timestamp(now), **counts)


def rebuilt(status: VerificationStatus, found: Verification | None, now: datetime) -> VerificationStatus:
    """Return what is known once what was missing as a whole was made again; a lost report has found nothing."""
    return verified(VerificationRequest(status.request or "", repair=True), found or Verification(), now)


def _asked(repair: str | None, verify: str | None) -> str | None:
    """Tell requests apart by both annotations, so that either one's change asks anew."""
    if repair is None:
        return verify
    return f"{verify or ''}/{repair}"
