"""`kubelore demo`."""

from pathlib import Path
from typing import Annotated

import typer

from kubelore_cli.commands.options import StateDir


def demo(
    examples: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder of the quickstart.  [default: examples/quickstart]"),
    ] = None,
    state_dir: StateDir = None,
) -> None:
    """Ingest the example documents, ask three questions, and print the answers with their sources."""
    from kubelore.settings import load_settings
    from kubelore_cli.demo.run import run_demo

    run_demo(load_settings(), examples, state_dir)
