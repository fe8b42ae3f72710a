"""Decides which index a knowledge base gets, from its profile and the number of its rows."""

import math

from kubelore.resources.knowledge_base import Index, IndexPlan, IndexProfile

MOST_EXACT_ROWS = 20_000
"""Up to here a scan of all vectors takes a few milliseconds, finds all and needs no index to be built."""

MOST_GRAPH_ROWS = 20_000_000
"""Beyond it the graph's links cost more memory than most installations have."""

_LARGER_GRAPH_ROWS = 1_000_000
_LARGER_M = 32
_LARGER_EF_CONSTRUCTION = 400

_FEWEST_LISTS = 128
_MOST_LISTS = 65_536

_SLACK = 2.0
"""An index stays until the rows are so many times over, or under, what it was chosen for."""


def plan_index(index: Index, rows: int, current: IndexPlan | None = None) -> IndexPlan:
    """Return the index to have; the current one stays while it still fits, so that growth doesn't rebuild it often."""
    wanted = _for_rows(index, rows)
    if current is None or wanted == current:
        return wanted
    still_fits = {_for_rows(index, round(rows * _SLACK)), _for_rows(index, round(rows / _SLACK))}
    return current if _is_near(index, current, rows) or current in still_fits else wanted


def _for_rows(index: Index, rows: int) -> IndexPlan:
    match index.profile:
        case IndexProfile.FAST:
            return _graph(index.m, index.ef_construction)
        case IndexProfile.MEMORY:
            return _lists(rows)
        case IndexProfile.EXACT:
            return IndexPlan(profile=IndexProfile.EXACT)
        case IndexProfile.AUTO:
            return _automatic(index, rows)


def _automatic(index: Index, rows: int) -> IndexPlan:
    if rows <= MOST_EXACT_ROWS:
        return IndexPlan(profile=IndexProfile.EXACT)
    if rows > MOST_GRAPH_ROWS:
        return _lists(rows)
    if rows <= _LARGER_GRAPH_ROWS:
        return _graph(index.m, index.ef_construction)
    return _graph(max(index.m, _LARGER_M), max(index.ef_construction, _LARGER_EF_CONSTRUCTION))


def _graph(m: int, ef_construction: int) -> IndexPlan:
    return IndexPlan(profile=IndexProfile.FAST, m=m, ef_construction=ef_construction)


def _lists(rows: int) -> IndexPlan:
    """Milvus advises four times the root of the rows; powers of two, so that it changes seldom."""
    wanted = 4 * math.sqrt(max(rows, 1))
    nlist = 2 ** round(math.log2(wanted))
    return IndexPlan(profile=IndexProfile.MEMORY, nlist=min(max(nlist, _FEWEST_LISTS), _MOST_LISTS))


def _is_near(index: Index, current: IndexPlan, rows: int) -> bool:
    """Say whether IVF's clusters are within a factor of two of what the rows ask for."""
    wanted = _for_rows(index, rows)
    both_lists = wanted.profile is IndexProfile.MEMORY and current.profile is IndexProfile.MEMORY
    return both_lists and wanted.nlist <= current.nlist * 2 and current.nlist <= wanted.nlist * 2
