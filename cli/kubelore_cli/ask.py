"""Asks a gateway, and shows the answer."""

import asyncio

from pydantic import SecretStr

from kubelore_cli.gateway_client.client import open_client
from kubelore_cli.gateway_client.models import Answer
from kubelore_cli.terminal.answer import show_answer
from kubelore_cli.terminal.console import output


def run_ask(question: str, knowledge_base: str | None, url: str, api_key: SecretStr) -> None:
    """Print the answer with its sources."""
    show_answer(output(), asyncio.run(_ask(question, knowledge_base, url, api_key)))


async def _ask(question: str, knowledge_base: str | None, url: str, api_key: SecretStr) -> Answer:
    async with open_client(url, api_key) as gateway:
        return await gateway.ask(question, knowledge_base)
