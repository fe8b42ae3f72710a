"""Decides what is next for the generations of a knowledge base; carried out by whoever runs its Jobs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from kubelore.clock import timestamp
from kubelore.documents.ids import fingerprint
from kubelore.jobs.index_plan import plan_index
from kubelore.resources.generations import passages_of
from kubelore.resources.knowledge_base import Generation, GenerationStatus, KnowledgeBase

FIRST_GENERATION = 1


class Step(Enum):
    """What is to be done next.

    `BEGIN`, `ABANDON` and `EXPIRE` only change the status; `FILL`, `PROMOTE` and `RETIRE` are a Job's work.
    """

    NOTHING = auto()
    BEGIN = auto()
    FILL = auto()
    PROMOTE = auto()
    ABANDON = auto()
    EXPIRE = auto()
    RETIRE = auto()


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step, the generation that it is about, and after how many seconds there may be another one."""

    step: Step
    generation: Generation | None = None
    look_again: float | None = None


def next_step(kb: KnowledgeBase, now: datetime) -> NextStep:
    """Compare what the spec asks for with the generations that there are."""
    status, pin = kb.status.generation, kb.spec.generations.active
    if pin is not None:
        if status.previous is not None and pin == status.previous.number:
            return NextStep(Step.PROMOTE, status.previous)
        return _settle(kb, now)
    wanted = wanted_generation(kb)
    if status.answering is None or wanted.fingerprint == status.answering.fingerprint:
        return _settle(kb, now)
    if status.previous is not None and wanted.fingerprint == status.previous.fingerprint:
        return NextStep(Step.PROMOTE, status.previous)
    if status.next is not None and wanted.fingerprint == status.next.fingerprint:
        return NextStep(Step.FILL, status.next)
    return NextStep(Step.BEGIN, wanted)


def wanted_generation(kb: KnowledgeBase) -> Generation:
    """Return the generation that the spec asks for, with the number that a new one would get."""
    status = kb.status.generation
    current = status.answering.index if status.answering is not None else None
    index = plan_index(kb.spec.index, kb.status.chunks, current)
    embedding, parsing, chunking = passages_of(kb.spec.embedding), kb.spec.parsing, kb.spec.chunking
    known = [each.number for each in (status.answering, status.next, status.previous) if each is not None]
    return Generation(
        number=max([status.active, *known, *status.outdated]) + 1,
        fingerprint=fingerprint(
            *(part.model_dump_json(exclude_defaults=True) for part in (embedding, chunking, index)),
            kb.spec.index.metric,
            *filter(None, [parsing.identity]),
        ),
        embedding=kb.spec.embedding,
        parsing=parsing,
        chunking=chunking,
        index=index,
    )


def shares_vectors(one: Generation, other: Generation) -> bool:
    """Say whether the rows of two generations are the same, and only their indexes differ."""
    first, second = ((passages_of(each.embedding), each.parsing.identity, each.chunking) for each in (one, other))
    return first == second


def first(kb: KnowledgeBase) -> GenerationStatus:
    """Return the state after the first collection was made."""
    answering = wanted_generation(kb).model_copy(update={"number": FIRST_GENERATION})
    return GenerationStatus(active=FIRST_GENERATION, answering=answering)


def begun(status: GenerationStatus, generation: Generation) -> GenerationStatus:
    """Return the state once a generation is being built."""
    abandoned = (status.next.number,) if status.next is not None else ()
    return status.model_copy(
        update={
            "next": generation,
            "building": generation.number,
            "progress": None,
            "outdated": (*status.outdated, *abandoned),
        }
    )


def abandoned(status: GenerationStatus) -> GenerationStatus:
    """Return the state once nobody wants the generation any more that is being built."""
    outdated = (*status.outdated, status.next.number) if status.next is not None else status.outdated
    return status.model_copy(update={"next": None, "building": None, "progress": None, "outdated": outdated})


def expired(status: GenerationStatus) -> GenerationStatus:
    """Return the state once there is no way back to the generation before."""
    outdated = (*status.outdated, status.previous.number) if status.previous is not None else status.outdated
    return status.model_copy(update={"previous": None, "outdated": outdated})


def promoted(status: GenerationStatus, generation: Generation, now: datetime) -> GenerationStatus:
    """Return the state once a generation answers: the one that answered before is kept, one before that is not."""
    replaced = status.answering.model_copy(update={"replaced_at": timestamp(now)}) if status.answering else None
    before = status.previous
    outdated = (before.number,) if before is not None and before.number != generation.number else ()
    is_next = status.next is not None and status.next.number == generation.number
    left = {"next": None, "building": None, "progress": None} if is_next else {}
    return status.model_copy(
        update={
            "active": generation.number,
            "answering": generation.model_copy(update={"replaced_at": None}),
            "previous": replaced,
            "outdated": (*status.outdated, *outdated),
            **left,
        }
    )


def retired(status: GenerationStatus) -> GenerationStatus:
    """Return the state once the rows of outdated generations are gone."""
    return status.model_copy(update={"outdated": ()})


def kept(status: GenerationStatus) -> tuple[int, ...]:
    """Return the generations whose rows are needed."""
    beside = (each.number for each in (status.next, status.previous) if each is not None)
    return (status.active, *beside)


def _settle(kb: KnowledgeBase, now: datetime) -> NextStep:
    """Let go of what is not needed any more; nothing, while the user holds on to a generation by its number."""
    status = kb.status.generation
    if status.next is not None:
        return NextStep(Step.ABANDON, status.next)
    left = _seconds_left(kb, now)
    if left is not None and left <= 0:
        return NextStep(Step.EXPIRE, status.previous)
    if status.outdated:
        return NextStep(Step.RETIRE, look_again=left)
    return NextStep(Step.NOTHING, look_again=left)


def _seconds_left(kb: KnowledgeBase, now: datetime) -> float | None:
    previous = kb.status.generation.previous
    if previous is None or previous.replaced_at is None or kb.spec.generations.active is not None:
        return None
    until = datetime.fromisoformat(previous.replaced_at) + timedelta(seconds=kb.spec.generations.keep_seconds)
    return (until - now).total_seconds()
