"""The query parameters by which OpenAI's clients walk through a list."""

from typing import Annotated, Literal

from fastapi import Depends, Query

from kubelore_api.pages import Page

MOST_ENTRIES = 1000


def _page(
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 100,
    order: Annotated[Literal["asc", "desc"], Query()] = "desc",
    after: Annotated[str | None, Query(max_length=400, description="The id before the page's first.")] = None,
    before: Annotated[str | None, Query(max_length=400, description="The id behind the page's last.")] = None,
) -> Page:
    return Page(limit, order, after, before)


PageOf = Annotated[Page, Depends(_page)]
