"""Finds the programs that engines are, and waits until they answer."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from kubelore.clock import Deadline
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.llm_server import Engine
from kubelore_cli.laptop.child import Child

TIMEOUT = aiohttp.ClientTimeout(total=10)
"""Seconds; of a question whether a server is there."""

_SECONDS_BETWEEN_LOOKS = 0.1


@dataclass(frozen=True, slots=True)
class Program:
    """The program that an engine is, and where to get it."""

    name: str
    engine: Engine
    install: str

    def find(self, environment: Mapping[str, str]) -> str:
        """Return its path; raises KubeloreError ENGINE_NOT_INSTALLED."""
        found = shutil.which(self.name, path=environment.get("PATH", ""))
        if found is None:
            detail = f"no {self.name} in PATH: {self.install}"
            raise KubeloreError(ErrorCode.ENGINE_NOT_INSTALLED, f"engine {self.engine}", detail)
        return found


async def until_it_answers(
    child: Child, answers: Callable[[], Awaitable[bool]], *, subject: str, seconds: float
) -> None:
    """Return when a child takes requests; raises KubeloreError ENGINE_FAILED where it ends before, or is too slow."""
    deadline = Deadline(seconds)
    while not await answers():
        if not child.is_running:
            raise ended(child, subject)
        if deadline.passed:
            raise KubeloreError(ErrorCode.ENGINE_FAILED, subject, f"no answer within {seconds:g} seconds")
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)


async def is_healthy(session: aiohttp.ClientSession, url: str) -> bool:
    """Say whether an address answers 200."""
    try:
        async with session.get(url) as response:
            return response.status == HTTPStatus.OK
    except (aiohttp.ClientError, TimeoutError):
        return False


def ended(child: Child, subject: str) -> KubeloreError:
    """Say how a child ended that should have gone on."""
    found = f"exit code {child.process.returncode}, {child.last_words() or 'it said nothing'}; its log: {child.log}"
    return KubeloreError(ErrorCode.ENGINE_FAILED, subject, found)
