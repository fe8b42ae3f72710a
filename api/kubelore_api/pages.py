"""Pages of a list, as OpenAI's clients walk through one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted: so many entries behind `after` or before `before`, in this order."""

    limit: int
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    before: str | None = None


def page_of(ids: Sequence[str], page: Page) -> tuple[list[str], bool]:
    """Return the ids of a page, and whether more follow; `ids` come in ascending order.

    Cursors are compared, not looked up, so that a page can be had behind an entry that has gone.
    """
    ordered = list(ids) if page.order == "asc" else list(reversed(ids))
    rest = [each for each in ordered if _within(each, page)]
    chosen = rest[-page.limit :] if page.before and not page.after else rest[: page.limit]
    return chosen, len(rest) > len(chosen)


def _within(entry: str, page: Page) -> bool:
    ascending = page.order == "asc"
    if page.after is not None and not (entry > page.after if ascending else entry < page.after):
        return False
    return page.before is None or (entry < page.before if ascending else entry > page.before)
