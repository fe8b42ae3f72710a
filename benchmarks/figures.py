"""Prints figures as soon as they are there."""

Figures = dict[str, float]
"""Numbers by what they are, in the order in which they are printed."""


def show(figures: Figures) -> None:
    """Print figures, each in a line with its name."""
    for name, figure in figures.items():
        print(f"{name:<56}{figure:>10.1f}", flush=True)
