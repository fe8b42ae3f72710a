from typing import Any

import yaml

from kubelore_operator.reconcile.plan import Plan
from support.builders import ingest_task, knowledge_base
from support.operator_plans import NOON, plan_for

PAUSED = {"annotations": {"kubelore.io/paused": "true"}}


def body(resource: Any) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(yaml.safe_dump(resource.model_dump(mode="json", by_alias=True)))
    return document


def ready(plan: Plan, kind: str = "Ready") -> tuple[str, str, str]:
    assert plan.status is not None
    condition = plan.status.condition(kind)
    assert condition is not None
    return condition.status, condition.reason, condition.message


def unreadable_kb(policy: str = "Retain", **meta: Any) -> dict[str, Any]:
    document = body(knowledge_base(meta=meta, deletion_policy=policy))
    document["spec"]["chunking"]["strategy"] = "by-moon-phase"
    return document


def test_nothing_is_done_for_a_paused_resource() -> None:
    plan = plan_for([body(knowledge_base(meta=PAUSED))])

    assert (plan.apply, plan.finalizer) == ((), None)
    assert ready(plan)[:2] == ("Unknown", "Paused")
    assert "kubelore.io/paused" in ready(plan)[2]


def test_a_paused_resource_stays_as_ready_as_it_was() -> None:
    was = {"type": "Ready", "status": "True", "reason": "CollectionReady", "lastTransitionTime": NOON}

    assert ready(plan_for([body(knowledge_base(meta=PAUSED, status={"conditions": [was]}))]))[0] == "True"


def test_a_paused_task_says_so_in_its_own_condition() -> None:
    assert ready(plan_for([body(ingest_task(meta=PAUSED))]), "Succeeded")[:2] == ("Unknown", "Paused")


def test_a_spec_that_this_version_can_not_read_is_named_by_its_field() -> None:
    plan = plan_for([unreadable_kb()])

    assert ready(plan)[:2] == ("False", "InvalidSpec")
    assert "spec.chunking.strategy" in ready(plan)[2]
    assert plan.apply == ()


def test_an_unreadable_resource_without_data_of_its_own_may_go() -> None:
    assert plan_for([unreadable_kb(deletionTimestamp=NOON)]) == Plan(finalizer=False)


def test_an_unreadable_resource_with_data_of_its_own_does_not_go_unnoticed() -> None:
    plan = plan_for([unreadable_kb("Delete", deletionTimestamp=NOON)])

    assert plan.finalizer is None
    assert "kubelore.io/skip-cleanup" in ready(plan)[2]


def test_an_unreadable_resource_goes_when_told_to() -> None:
    skip = {"kubelore.io/skip-cleanup": "true"}

    assert plan_for([unreadable_kb("Delete", deletionTimestamp=NOON, annotations=skip)]) == Plan(finalizer=False)
