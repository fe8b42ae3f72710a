"""Shows how many documents are done: a bar on a terminal, now and then a line elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kubelore.clock import Deadline

_SECONDS_BETWEEN_LINES = 5.0

ShowDone = Callable[[int, int], None]
"""Takes the documents done, and all of them."""


@contextmanager
def document_bar(console: Console, title: str, total: int) -> Iterator[ShowDone]:
    """Yield what shows progress."""
    if console.is_terminal:
        yield from _bar(console, title, total)
    else:
        yield _lines(console, title)


def _bar(console: Console, title: str, total: int) -> Iterator[ShowDone]:
    columns = (SpinnerColumn(), TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _lines(console: Console, title: str) -> ShowDone:
    quiet = Deadline(0)

    def show(done: int, total: int) -> None:
        nonlocal quiet
        if quiet.passed or done == total:
            quiet = Deadline(_SECONDS_BETWEEN_LINES)
            console.print(f"{title}: {done}/{total}")

    return show
