"""`kubelore ask`."""

from typing import Annotated

import typer

from kubelore_cli.commands.options import KnowledgeBaseName, Url
from kubelore_cli.defaults import GATEWAY_URL


def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    knowledge_base: KnowledgeBaseName = None,
    url: Url = GATEWAY_URL,
) -> None:
    """Ask a running gateway a question, and print the answer with its sources."""
    from kubelore.settings import load_settings
    from kubelore_cli.ask import run_ask

    run_ask(question, knowledge_base, url, load_settings().gateway_api_key)
