from hypothesis import given
from hypothesis import strategies as st

from kubelore_operator.reconcile.turns import Claim, turns

claims_of_any_kind = st.builds(
    Claim,
    task=st.uuids().map(str),
    group=st.tuples(st.sampled_from(["handbook", "wiki"]), st.sampled_from(["acme", "globex"])),
    places=st.integers(1, 10),
    created=st.sampled_from(["2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z"]),
    is_active=st.booleans(),
)


def claim(task: str, kb: str = "handbook", *, tenant: str = "acme", places: int = 1, active: bool = False) -> Claim:
    return Claim(task, (kb, tenant), places, created=f"2026-11-01T12:00:{task[1:]:0>2}Z", is_active=active)


def started(claims: list[Claim], most: int) -> list[str]:
    return [task for task, turn in turns(claims, most).items() if turn.may_start]


def test_the_oldest_start_first() -> None:
    found = turns([claim("t3"), claim("t1"), claim("t2")], 2)

    assert [(task, turn.before, turn.may_start) for task, turn in found.items()] == [
        ("t1", 0, True),
        ("t2", 1, True),
        ("t3", 2, False),
    ]


def test_knowledge_bases_take_turns_however_many_tasks_one_of_them_has() -> None:
    many = [claim(f"t{number}") for number in range(10)]
    late = [claim("t20", "wiki"), claim("t21", "wiki")]

    assert started([*many, *late], 4) == ["t0", "t20", "t1", "t21"]


def test_tenants_of_one_knowledge_base_take_turns() -> None:
    many = [claim(f"t{number}") for number in range(10)]

    assert started([*many, claim("t20", tenant="globex")], 2) == ["t0", "t20"]


def test_a_group_that_is_at_work_waits_for_those_that_are_not() -> None:
    at_work = [claim("t0", active=True), claim("t1", active=True)]

    assert started([*at_work, claim("t2"), claim("t9", "wiki")], 3) == ["t9"]


def test_a_large_task_is_not_passed_by_small_ones() -> None:
    at_work = claim("t0", places=6, active=True)

    assert started([at_work, claim("t1", "wiki", places=5), claim("t2", "wiki")], 10) == []


def test_nobody_waits_where_all_have_room() -> None:
    assert started([claim("t1", places=4), claim("t2", places=6)], 10) == ["t1", "t2"]


@given(st.lists(claims_of_any_kind, max_size=30), st.integers(1, 20))
def test_never_more_places_are_given_than_there_are(claims: list[Claim], most: int) -> None:
    may_start = set(started(claims, most))
    taken = sum(each.places for each in claims if each.is_active)
    given_away = sum(each.places for each in claims if each.task in may_start)

    assert not given_away or taken + given_away <= most


@given(st.lists(claims_of_any_kind, max_size=30), st.integers(10, 20))
def test_the_order_does_not_depend_on_the_order_of_reading(claims: list[Claim], most: int) -> None:
    assert turns(claims, most) == turns(reversed(claims), most)


@given(st.lists(claims_of_any_kind, min_size=1, max_size=30), st.integers(10, 20))
def test_somebody_may_start_where_nobody_is_at_work(claims: list[Claim], most: int) -> None:
    waiting = [each for each in claims if not each.is_active]

    assert bool(started(waiting, most)) == bool(waiting)
