"""Prints figures as tables."""

from collections.abc import Sequence

_LARGE = 100


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str | float]]) -> None:
    """Print a table with its title; numbers with three digits, or all those before the point."""
    cells = [list(head), *([cell if isinstance(cell, str) else _written(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print(f"\n{title}")
    for row in cells:
        first, *others = (
            f"{cell:<{width}}" if i == 0 else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((first, *others)), flush=True)


def _written(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= _LARGE else f"{number:.3g}"
