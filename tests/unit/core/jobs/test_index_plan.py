import pytest

from kubelore.jobs.index_plan import plan_index
from kubelore.resources.knowledge_base import Index, IndexPlan, IndexProfile

AUTO = Index(profile=IndexProfile.AUTO)
MEMORY = Index(profile=IndexProfile.MEMORY)


def test_a_profile_that_is_named_is_taken() -> None:
    assert plan_index(Index(m=24, ef_construction=300), 10**9) == IndexPlan(m=24, ef_construction=300)
    assert plan_index(Index(profile=IndexProfile.EXACT), 10**9).profile is IndexProfile.EXACT


@pytest.mark.parametrize(
    ("rows", "profile", "m"),
    [
        (0, IndexProfile.EXACT, 16),
        (20_000, IndexProfile.EXACT, 16),
        (20_001, IndexProfile.FAST, 16),
        (2_000_000, IndexProfile.FAST, 32),
        (50_000_000, IndexProfile.MEMORY, 16),
    ],
)
def test_auto_takes_what_fits_the_rows(rows: int, profile: IndexProfile, m: int) -> None:
    plan = plan_index(AUTO, rows)

    assert (plan.profile, plan.m) == (profile, m)


@pytest.mark.parametrize(("rows", "nlist"), [(0, 128), (10_000, 512), (1_000_000, 4096), (10**10, 65_536)])
def test_clusters_grow_with_the_root_of_the_rows(rows: int, nlist: int) -> None:
    assert plan_index(MEMORY, rows).nlist == nlist


def test_an_index_stays_until_its_rows_are_well_beyond_what_it_was_chosen_for() -> None:
    exact, graph = plan_index(AUTO, 100), plan_index(AUTO, 100_000)

    assert plan_index(AUTO, 39_000, exact) == exact
    assert plan_index(AUTO, 41_000, exact) == graph
    assert plan_index(AUTO, 11_000, graph) == graph
    assert plan_index(AUTO, 9_000, graph) == exact


def test_clusters_stay_until_they_are_well_off() -> None:
    few = plan_index(MEMORY, 10_000)

    assert plan_index(MEMORY, 60_000, few) == few
    assert plan_index(MEMORY, 1_000_000, few).nlist == 4096


def test_rows_around_a_bound_never_change_the_index_back_and_forth() -> None:
    plans, current = set(), plan_index(AUTO, 41_000)
    for rows in [19_000, 22_000, 15_000, 39_000, 12_000, 30_000] * 3:
        current = plan_index(AUTO, rows, current)
        plans.add(current)

    assert len(plans) == 1


def test_another_profile_is_taken_at_once() -> None:
    assert plan_index(Index(), 10, plan_index(AUTO, 10)).profile is IndexProfile.FAST
