from typing import Any

from kubelore.resources.base import Condition, Status
from kubelore.resources.conditions import ConditionType, Reason
from kubelore_operator.reconcile.announce import Announcement, announcements
from support.operator_plans import NOON

READY, PROGRESSING = ConditionType.READY, ConditionType.PROGRESSING


def status(*conditions: Condition) -> Status:
    return Status(conditions=conditions)


def condition(kind: ConditionType, reason: Reason, **fields: Any) -> Condition:
    known = {"type": kind, "status": "False", "reason": reason, "message": "said", "last_transition_time": NOON}
    return Condition(**{**known, **fields})


def test_a_new_reason_is_announced_in_the_conditions_words() -> None:
    old, new = condition(READY, Reason.DEPLOYING), condition(READY, Reason.READY, message="1 of 1 pods answer")

    assert announcements(status(old), status(new)) == (Announcement("Ready", "1 of 1 pods answer", is_warning=False),)


def test_what_needs_somebody_is_a_warning() -> None:
    (announced,) = announcements(status(), status(condition(READY, Reason.REFUSED)))

    assert announced.is_warning


def test_another_message_alone_is_no_transition() -> None:
    old, new = condition(READY, Reason.READY), condition(READY, Reason.READY, message="2 of 2 pods answer")

    assert announcements(status(old), status(new)) == ()


def test_conditions_that_turn_for_one_reason_are_announced_once() -> None:
    new = status(condition(READY, Reason.REFUSED), condition(PROGRESSING, Reason.REFUSED, message="later"))

    assert [told.message for told in announcements(status(), new)] == ["said"]


def test_several_reasons_are_announced_in_order() -> None:
    new = status(condition(READY, Reason.READY), condition(PROGRESSING, Reason.PAUSED))

    assert [told.reason for told in announcements(status(), new)] == ["Ready", "Paused"]


def test_what_everything_goes_through_is_not_announced() -> None:
    assert announcements(status(), status(condition(READY, Reason.DEPLOYING))) == ()
