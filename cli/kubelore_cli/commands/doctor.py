"""`kubelore doctor`."""

from pathlib import Path
from typing import Annotated

import typer

from kubelore_cli.commands.options import StateDir


def doctor(
    manifests: Annotated[
        Path | None,
        typer.Option("--filename", "-f", metavar="DIR", help="A folder of manifests, whose LLMServers to ask too."),
    ] = None,
    state_dir: StateDir = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port that the gateway is to have.  [default: 8080]")
    ] = None,
) -> None:
    """Check every outside part, and say what is wrong and what to do."""
    from kubelore.settings import load_settings
    from kubelore_cli.doctor.run import run_doctor

    run_doctor(load_settings(), manifests, state_dir=state_dir, port=port)
