"""A knowledge base whose Jobs are carried out as soon as the operator's decisions ask for them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kubelore.documents.result import TerminationMessage
from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import ConditionType
from kubelore.resources.knowledge_base import KnowledgeBase, KnowledgeBaseStatus
from kubelore_operator.reconcile.generations import prepared
from kubelore_operator.reconcile.knowledge_base import reconcile
from kubelore_operator.reconcile.observed import Job, JobState, KnowledgeBaseWorld, Pod
from kubelore_operator.reconcile.plan import Plan
from support.builders import NAMESPACE, knowledge_base
from support.operator_plans import NOON, context
from support.operator_world import ended_pod, job, message

_MOST_LOOKS = 30


class DrivenKnowledgeBase:
    """Takes over statuses, and keeps the Jobs that were asked for until they are deleted."""

    def __init__(self, **spec: Any) -> None:
        kb = knowledge_base(**spec)
        learnt = message(collection="kb_handbook", dimension=384)
        self.kb = kb.model_copy(update={"status": prepared(kb, learnt)})
        self.world = KnowledgeBaseWorld()
        self.now = NOON
        self.done: list[str] = []

    @property
    def status(self) -> KnowledgeBaseStatus:
        """Its status."""
        return self.kb.status

    @property
    def is_busy(self) -> bool:
        """Whether a Job of its own runs."""
        return any(each.state is JobState.RUNNING for each in self.world.jobs)

    def condition(self, kind: str) -> tuple[str, str]:
        """Return one condition's status and reason."""
        condition = self.status.condition(kind)
        assert condition is not None
        return condition.status, condition.reason

    def said(self, kind: ConditionType = ConditionType.REINDEXING) -> str:
        """Return one condition's message."""
        condition = self.status.condition(kind)
        assert condition is not None
        return condition.message

    def change(self, *, annotations: dict[str, str] | None = None, **spec: Any) -> None:
        """Edit the resource as a user does."""
        metadata = self.kb.metadata.model_copy(update={"annotations": annotations or {}})
        self.kb = KnowledgeBase(
            kind="KnowledgeBase", metadata=metadata, spec=knowledge_base(**spec).spec, status=self.status
        )

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def look(self) -> Plan:
        """Decide once; Jobs that were asked for begin to run, and the status is written."""
        plan = reconcile(self.kb, self.world, context(self.now))
        if isinstance(plan.status, KnowledgeBaseStatus):
            self.kb = self.kb.model_copy(update={"status": plan.status})
        left = tuple(each for each in self.world.jobs if each.key not in plan.delete)
        started = tuple(self._job(manifest) for manifest in plan.apply)
        self.world = replace(self.world, jobs=(*left, *started))
        return plan

    def end_jobs(self, report: TerminationMessage | None = None, *, exit_code: int = 0) -> None:
        """Let everything that runs end."""
        pods = (ended_pod(report or message(), exit_code=exit_code, at=self.now),)
        state = JobState.FAILED if exit_code else JobState.COMPLETE
        self.world = replace(self.world, jobs=tuple(_ended(each, state, pods, self.now) for each in self.world.jobs))

    def settle(self, report: TerminationMessage | None = None) -> None:
        """Look, and carry out what is asked for, until there is nothing more to do."""
        for _ in range(_MOST_LOOKS):
            before, was_busy, plan = self.status, self.is_busy, self.look()
            if self.status == before and not was_busy and not self.is_busy and not plan.delete:
                return
            self.end_jobs(report)
        raise AssertionError("the knowledge base does not come to rest")

    def _job(self, manifest: dict[str, Any]) -> Job:
        labels = manifest["metadata"]["labels"]
        operation = labels["kubelore.io/operation"]
        self.done.append(f"{operation} {labels['kubelore.io/generations']}")
        return job(
            key=ResourceKey("Job", NAMESPACE, manifest["metadata"]["name"]),
            operation=operation,
            input_hash=labels["kubelore.io/input"],
            attempt=int(labels["kubelore.io/attempt"]),
            completions=1,
        )


def _ended(running: Job, state: JobState, pods: tuple[Pod, ...], now: datetime) -> Job:
    if running.state is not JobState.RUNNING:
        return running
    return replace(running, state=state, pods=pods, finished_at=now)
