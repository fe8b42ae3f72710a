"""Shows a bar while documents are brought in, and sums up."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from kubelore_cli.gateway_client.client import open_client
from kubelore_cli.ingest.files import Document, find_documents
from kubelore_cli.ingest.follow import Summary, bring_in
from kubelore_cli.terminal.console import messages, output
from kubelore_cli.terminal.document_bar import document_bar
from kubelore_cli.terminal.resource_lines import counts

_MOST_FAILURES = 20


def run_ingest(path: Path, glob: str, knowledge_base: str | None, url: str, api_key: SecretStr) -> None:
    """Bring the file or the folder's files in; exit with 1 if any of them failed."""
    documents = find_documents(path, glob)
    with document_bar(messages(), "bringing documents in", len(documents)) as bar:

        def show(summary: Summary) -> None:
            bar(summary.done, summary.total)

        summary = asyncio.run(_bring_in(documents, knowledge_base, url, api_key, show))
    _show_summary(output(), summary)
    if summary.failures:
        raise typer.Exit(code=1)


async def _bring_in(
    documents: Sequence[Document],
    knowledge_base: str | None,
    url: str,
    api_key: SecretStr,
    show: Callable[[Summary], None],
) -> Summary:
    async with open_client(url, api_key) as gateway:
        return await bring_in(documents, gateway, knowledge_base, show)


def _show_summary(console: Console, summary: Summary) -> None:
    console.print(
        f"{counts(summary.total, 'document')}: {summary.succeeded} came in, {summary.skipped} were unchanged, "
        f"{len(summary.failures)} failed; {counts(summary.chunks, 'chunk')}"
    )
    for failure in summary.failures[:_MOST_FAILURES]:
        console.print(Text.assemble(("  ✗ ", "red"), failure.message))
    if len(summary.failures) > _MOST_FAILURES:
        console.print(f"  and {len(summary.failures) - _MOST_FAILURES} more")
