"""`kubelore ingest`."""

from pathlib import Path
from typing import Annotated

import typer

from kubelore_cli.commands.options import KnowledgeBaseName, Url
from kubelore_cli.defaults import GATEWAY_URL


def ingest(
    path: Annotated[Path, typer.Argument(exists=True, help="A file, or a folder with all the files under it.")],
    knowledge_base: KnowledgeBaseName = None,
    glob: Annotated[str, typer.Option(help="Which files of the folder.")] = "**/*",
    url: Url = GATEWAY_URL,
) -> None:
    """Upload documents to a running gateway, and wait until they can be found."""
    from kubelore.settings import load_settings
    from kubelore_cli.ingest.run import run_ingest

    run_ingest(path, glob, knowledge_base, url, load_settings().gateway_api_key)
