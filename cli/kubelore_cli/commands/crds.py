"""`kubelore crds`."""

from pathlib import Path
from typing import Annotated

import typer


def crds(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write to.")],
) -> None:
    """Write the CustomResourceDefinitions, one file a kind."""
    from kubelore.resources.crd.files import write_crds

    for path in write_crds(output):
        print(path)
