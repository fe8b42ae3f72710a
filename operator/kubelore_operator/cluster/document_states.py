"""How many documents came to which state, over all tasks that are there."""

from collections.abc import Iterator
from dataclasses import dataclass

from kubelore.resources.ingest_task import IngestTask, TaskPhase
from kubelore_operator.cluster.bodies import Body
from kubelore_operator.cluster.cache import Change

_FINAL_PHASES = frozenset(phase.value for phase in TaskPhase if phase.is_final)
_ENDS = ("succeeded", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class StateChange:
    """So many documents more, or fewer, of a knowledge base are in a state: an end, or `processing`."""

    namespace: str
    knowledge_base: str
    state: str
    documents: int


def state_changes(change: Change) -> Iterator[StateChange]:
    """Return what a change of a task means for the documents' states; nothing for any other object."""
    if change.key.kind != IngestTask.info.kind:
        return
    for body, sign in ((change.old, -1), (change.new, 1)):
        if body is None:
            continue
        kb = str(body["spec"]["knowledgeBaseRef"]["name"])
        for state, documents in _states(body):
            yield StateChange(change.key.namespace, kb, state, sign * documents)


def _states(body: Body) -> Iterator[tuple[str, int]]:
    status = body.get("status") or {}
    counts = status.get("documents") or {}
    ends = [(end, int(counts.get(end, 0))) for end in _ENDS]
    yield from ends
    if status.get("phase") not in _FINAL_PHASES:
        yield "processing", max(0, int(counts.get("total", 0)) - sum(number for _, number in ends))
