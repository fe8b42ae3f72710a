"""Engine `llamacpp`: the installed llama-server, with a GGUF file that is fetched into the state folder."""

from collections.abc import Mapping
from functools import partial

import aiohttp

from kubelore.jobs.model_fetch import MODEL_LINK
from kubelore.resources.llm_server import Engine
from kubelore_cli.laptop.child import running_program
from kubelore_cli.laptop.engines.fetched_model import fetch_model
from kubelore_cli.laptop.engines.interface import ServerOrder, Tell, Workplace
from kubelore_cli.laptop.engines.programs import TIMEOUT, Program, ended, is_healthy, until_it_answers
from kubelore_cli.laptop.engines.state import answering, starting
from kubelore_cli.laptop.ports import LOOPBACK, free_port
from kubelore_operator.engines.llamacpp import server_arguments

_PROGRAM = Program(
    "llama-server",
    Engine.LLAMACPP,
    "install llama.cpp, as https://github.com/ggml-org/llama.cpp/blob/master/docs/install.md says",
)
_SECONDS_TO_LOAD = 900.0


class LlamaCppEngine:
    """Runs one llama-server for each LLMServer."""

    async def find(self, environment: Mapping[str, str]) -> str:
        """Say where llama-server is."""
        return _PROGRAM.find(environment)

    def server(self, order: ServerOrder, workplace: Workplace) -> "LlamaCppServer":
        """Return a server for an order, not started yet."""
        return LlamaCppServer(order, workplace)


class LlamaCppServer:
    """Serves one model on a port of its own."""

    def __init__(self, order: ServerOrder, workplace: Workplace) -> None:
        self._order = order
        self._workplace = workplace
        self._port = free_port()

    async def serve(self, tell: Tell) -> None:
        """Fetch the model, and run llama-server on it with the arguments that it has in a cluster."""
        program = _PROGRAM.find(self._workplace.environment)
        folder, model = await fetch_model(self._order, self._workplace, tell)
        tell(starting(model))
        arguments = server_arguments(self._order.spec, str(folder / MODEL_LINK), host=LOOPBACK, port=self._port)
        log = self._workplace.log(self._order)
        async with (
            running_program([program, *arguments], environment=self._environment(), log=log) as child,
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
        ):
            answers = partial(is_healthy, session, f"http://{LOOPBACK}:{self._port}/health")
            await until_it_answers(child, answers, subject=_PROGRAM.name, seconds=_SECONDS_TO_LOAD)
            tell(answering(f"http://{LOOPBACK}:{self._port}/v1", model))
            await child.wait()
            raise ended(child, _PROGRAM.name)

    def _environment(self) -> dict[str, str]:
        key = self._order.api_key.get_secret_value()
        return {
            **self._workplace.environment,
            **({"LLAMA_API_KEY": key} if key else {}),
            **self._order.environment,
        }
