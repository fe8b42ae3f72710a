from dataclasses import replace
from datetime import timedelta

import pytest

from kubelore.documents.result import Verification
from kubelore.errors import ErrorCode
from kubelore_operator.reconcile.observed import Ended
from support.driven_knowledge_base import DrivenKnowledgeBase
from support.operator_world import failure, message

ASKED = {"kubelore.io/verify": "monday"}


def found(**fields: int | tuple[str, ...]) -> Verification:
    return Verification(**{"documents": 8, "rows": 40, **fields})  # type: ignore[arg-type]  # each by its name


def asked(verification: Verification, **annotations: str) -> DrivenKnowledgeBase:
    kb = DrivenKnowledgeBase()
    kb.change(annotations=annotations or ASKED)
    kb.settle(message(verification=verification))
    return kb


def test_it_is_compared_once_when_asked() -> None:
    kb = asked(found())
    kb.settle()

    assert kb.done == ["verify 1"]
    assert kb.condition("Consistent") == ("True", "Verified")
    assert (kb.status.verification.request, kb.status.verification.documents) == ("monday", 8)
    assert kb.world.jobs == ()

    kb.change(annotations={"kubelore.io/verify": "tuesday"})
    kb.settle(message(verification=found()))
    assert kb.done == ["verify 1", "verify 1"]


def test_what_does_not_fit_is_told_of_with_the_way_to_put_it_right() -> None:
    kb = asked(found(gaps=2, orphans=1, examples=("rows of a.md are missing",)))

    assert kb.condition("Consistent") == ("False", "Inconsistent")
    condition = kb.status.condition("Consistent")
    assert condition is not None
    assert "2 documents lack rows, 1 are gone" in condition.message
    assert "a.md" in condition.message
    assert "kubelore.io/repair" in condition.message


def test_it_is_put_right_when_asked() -> None:
    kb = DrivenKnowledgeBase()
    kb.change(annotations={"kubelore.io/repair": "now"})

    (manifest,) = kb.look().apply
    kb.end_jobs(message(verification=found(gaps=2, repaired=2)))
    kb.settle()

    assert '"repair":true' in str(manifest)
    assert kb.condition("Consistent") == ("True", "Verified")


def test_it_is_compared_on_a_schedule() -> None:
    kb = DrivenKnowledgeBase(verify={"intervalSeconds": 600})
    kb.settle(message(verification=found()))
    assert kb.done == ["verify 1"]

    assert kb.look().requeue == pytest.approx(600)
    kb.wait(599)
    kb.settle()
    assert kb.done == ["verify 1"]
    kb.wait(1)
    kb.settle(message(verification=found()))
    assert kb.done == ["verify 1", "verify 1"]


def test_one_that_fails_is_said_to_have_failed_and_tried_again() -> None:
    kb = DrivenKnowledgeBase()
    kb.change(annotations=ASKED)
    kb.look()
    kb.end_jobs(message(failures=(failure(ErrorCode.VECTOR_STORE_UNREACHABLE),)), exit_code=1)

    kb.look()

    assert kb.condition("Consistent") == ("Unknown", "VerifyFailed")
    assert kb.condition("Ready")[0] == "True"


def test_one_whose_report_is_lost_is_done_again() -> None:
    kb = DrivenKnowledgeBase()
    kb.change(annotations=ASKED)
    kb.look()
    kb.end_jobs(message())

    (manifest,) = kb.look().apply

    assert manifest["metadata"]["labels"]["kubelore.io/attempt"] == "2"


@pytest.mark.parametrize("missing", [("alias",), ("collection", "alias")])
def test_what_is_missing_as_a_whole_is_made_again_and_nobody_searches_meanwhile(missing: tuple[str, ...]) -> None:
    kb = DrivenKnowledgeBase()
    kb.change(annotations=ASKED)
    kb.look()
    kb.end_jobs(message(verification=found(missing=missing)))
    kb.look()

    kb.look()
    assert kb.condition("Ready") == ("False", "Rebuilding")
    kb.settle()

    assert kb.done == ["verify 1", "rebuild 1"]
    assert kb.condition("Ready") == ("True", "CollectionReady")


def test_a_collection_that_a_task_did_not_find_is_made_again_once() -> None:
    kb = DrivenKnowledgeBase()
    report = message(failures=(failure(ErrorCode.COLLECTION_NOT_FOUND),)).to_json()
    kb.wait(10)
    kb.world = replace(kb.world, reports=(Ended(1, "Error", report, kb.now - timedelta(seconds=5)),))

    kb.settle()

    assert kb.done == ["rebuild 1"]
    assert kb.condition("Ready") == ("True", "CollectionReady")
