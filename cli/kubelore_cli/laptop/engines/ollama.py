"""Engine `ollama`: the Ollama that runs on this machine already, else one that is started for this server."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import NoReturn

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.llm_server import Engine, ModelStatus
from kubelore_cli.laptop.child import running_program
from kubelore_cli.laptop.engines.interface import ServerOrder, Tell, Workplace
from kubelore_cli.laptop.engines.ollama_address import ollama_address
from kubelore_cli.laptop.engines.ollama_client import OllamaClient, open_ollama
from kubelore_cli.laptop.engines.programs import Program, ended, until_it_answers
from kubelore_cli.laptop.engines.state import answering, fetching, starting
from kubelore_cli.laptop.ports import LOOPBACK, free_port
from kubelore_operator.engines.ollama import full_tag, model_source, tuning

_PROGRAM = Program("ollama", Engine.OLLAMA, "get it from https://ollama.com/download")
_HOST_VARIABLE = "OLLAMA_HOST"
_SECONDS_TO_START = 120.0
_SECONDS_BETWEEN_LOOKS = 3.0


class OllamaEngine:
    """Prefers the Ollama at OLLAMA_HOST, or at its default address, to one of our own."""

    async def find(self, environment: Mapping[str, str]) -> str:
        """Say which one would be used."""
        async with _open_theirs(environment) as theirs:
            if await theirs.answers():
                return f"the Ollama at {theirs.address} answers"
        return _PROGRAM.find(environment)

    def server(self, order: ServerOrder, workplace: Workplace) -> "OllamaServer":
        """Return a server for an order, not started yet."""
        return OllamaServer(order, workplace)


class OllamaServer:
    """Serves one model; an Ollama that is the user's own stays when we go."""

    def __init__(self, order: ServerOrder, workplace: Workplace) -> None:
        self._order = order
        self._workplace = workplace
        self._port = free_port()

    async def serve(self, tell: Tell) -> None:
        """Use the Ollama at OLLAMA_HOST, or the installed one on a port of our own."""
        async with _open_theirs(self._workplace.environment) as theirs:
            if await theirs.answers():
                await self._provide_model(theirs, tell)
                await _until_it_is_away(theirs)
        await self._serve_ours(tell)

    async def _serve_ours(self, tell: Tell) -> None:
        program = _PROGRAM.find(self._workplace.environment)
        tell(starting())
        command = [program, "serve", *self._order.spec.engine_args]
        log = self._workplace.log(self._order)
        async with (
            running_program(command, environment=self._environment(), log=log) as child,
            open_ollama(f"http://{LOOPBACK}:{self._port}") as ours,
        ):
            await until_it_answers(child, ours.answers, subject=self._subject, seconds=_SECONDS_TO_START)
            await self._provide_model(ours, tell)
            await child.wait()
            raise ended(child, self._subject)

    @property
    def _subject(self) -> str:
        return f"Ollama on port {self._port}"

    def _environment(self) -> dict[str, str]:
        return {
            **self._workplace.environment,
            # Without it, each start removes what another one is about to pull.
            "OLLAMA_NOPRUNE": "1",
            **{variable.name: variable.value for variable in tuning(self._order.spec)},
            **self._order.environment,
            _HOST_VARIABLE: f"{LOOPBACK}:{self._port}",
        }

    async def _provide_model(self, ollama: OllamaClient, tell: Tell) -> None:
        """See that Ollama has the model under the name that clients ask for."""
        source, name = model_source(self._order.spec), self._order.spec.model.name
        tag = full_tag(source)
        async with self._workplace.pulling:
            if not await ollama.has(tag):
                async for progress in ollama.pull(tag, insecure=source.insecure):
                    tell(fetching(progress))
        if tag != name:
            await ollama.copy(tag, name)
        tell(answering(f"{ollama.address}/v1", ModelStatus(digest=await ollama.digest(name))))


def _open_theirs(environment: Mapping[str, str]) -> AbstractAsyncContextManager[OllamaClient]:
    return open_ollama(ollama_address(environment.get(_HOST_VARIABLE, "")))


async def _until_it_is_away(ollama: OllamaClient) -> NoReturn:
    while True:
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        if not await ollama.answers():
            raise KubeloreError(ErrorCode.ENGINE_FAILED, f"Ollama at {ollama.address}", "it does not answer any more")
