"""Shows an answer with the sources that it stands on."""

from rich.console import Console
from rich.text import Text

from kubelore_cli.gateway_client.models import Answer, Source


def show_answer(console: Console, answer: Answer) -> None:
    """Print the answer, then each source on a line of its own."""
    console.print(answer.answer)
    if not answer.sources:
        console.print(Text("\nno sources", "yellow"))
        return
    console.print(Text("\nSources", "bold"))
    for source in answer.sources:
        console.print(Text.assemble((f"  [{source.number}] ", "cyan"), describe(source)))


def describe(source: Source) -> str:
    """Say where a passage stands: its document, its page and its headings."""
    page = f", page {source.page}" if source.page is not None else ""
    heading = source.heading_path or source.title
    return f"{source.document}{page}{f' ({heading})' if heading else ''}"
