"""The two consoles: results go to standard output, everything about the work to standard error."""

import sys

from rich.console import Console

from kubelore.errors import KubeloreError


def output() -> Console:
    """Return the console for results; where it is no terminal, lines keep their length."""
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def messages() -> Console:
    """Return the console for progress, notices and errors."""
    return Console(file=sys.stderr, highlight=False, markup=False, emoji=False, soft_wrap=not sys.stderr.isatty())


def show_error(error: KubeloreError) -> None:
    """Say what went wrong, where, and what to do."""
    console = messages()
    console.print("error:", style="bold red", end=" ")
    console.print(error.message)
