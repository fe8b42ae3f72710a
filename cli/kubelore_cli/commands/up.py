"""`kubelore up`."""

from pathlib import Path
from typing import Annotated

import typer

from kubelore_cli.commands.options import StateDir


def up(
    manifests: Annotated[Path, typer.Option("--filename", "-f", metavar="DIR", help="The folder of manifests.")],
    host: Annotated[
        str | None, typer.Option(help="The address that the gateway listens on.  [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Its port; 0 takes a free one.  [default: 8080]")
    ] = None,
    state_dir: StateDir = None,
    workers: Annotated[int, typer.Option(min=0, help="Ingest workers at once; 0: one a core.")] = 0,
) -> None:
    """Run a folder of manifests on this machine: ingest, search and the gateway, without a cluster."""
    from kubelore.settings import load_settings
    from kubelore_cli.up import run_up

    run_up(load_settings(), manifests, state_dir=state_dir, host=host, port=port, workers=workers)
