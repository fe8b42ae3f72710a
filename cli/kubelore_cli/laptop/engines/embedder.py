"""Engine `embedder` with a model of a source: Kubelore's own server of it, on files that are fetched."""

from collections.abc import Mapping
from functools import partial

import aiohttp

from kubelore_cli.laptop.child import running_module
from kubelore_cli.laptop.engines.fetched_model import fetch_model
from kubelore_cli.laptop.engines.interface import ServerOrder, Tell, Workplace
from kubelore_cli.laptop.engines.programs import TIMEOUT, ended, is_healthy, until_it_answers
from kubelore_cli.laptop.engines.state import answering, starting
from kubelore_cli.laptop.ports import LOOPBACK, free_port

_MODULE = "kubelore_embedder.main"
_NAME = "the embedder"
_SECONDS_TO_LOAD = 300.0


class EmbedderEngine:
    """Runs one process for each LLMServer; the built-in model needs none."""

    async def find(self, _environment: Mapping[str, str]) -> str:
        """Say that it is part of Kubelore."""
        return "Kubelore's own server"

    def server(self, order: ServerOrder, workplace: Workplace) -> "EmbedderServer":
        """Return a server for an order, not started yet."""
        return EmbedderServer(order, workplace)


class EmbedderServer:
    """Serves one model on a port of its own."""

    def __init__(self, order: ServerOrder, workplace: Workplace) -> None:
        self._order = order
        self._workplace = workplace
        self._port = free_port()

    async def serve(self, tell: Tell) -> None:
        """Fetch the model, and run the embedder on it with the settings that it has in a cluster."""
        folder, model = await fetch_model(self._order, self._workplace, tell)
        tell(starting(model))
        log = self._workplace.log(self._order)
        async with (
            running_module(_MODULE, environment=self._environment(str(folder)), log=log) as child,
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
        ):
            answers = partial(is_healthy, session, f"http://{LOOPBACK}:{self._port}/readyz")
            await until_it_answers(child, answers, subject=_NAME, seconds=_SECONDS_TO_LOAD)
            tell(answering(f"http://{LOOPBACK}:{self._port}/v1", model))
            await child.wait()
            raise ended(child, _NAME)

    def _environment(self, folder: str) -> dict[str, str]:
        return {
            **self._workplace.environment,
            "KUBELORE_HOST": LOOPBACK,
            "KUBELORE_PORT": str(self._port),
            "KUBELORE_EMBEDDING_MODEL": self._order.spec.model.name,
            "KUBELORE_EMBEDDING_PRECISION": self._order.spec.model.precision.value,
            "KUBELORE_MODEL_DIR": folder,
            "KUBELORE_EMBEDDING_API_KEY": self._order.api_key.get_secret_value(),
            **self._order.environment,
        }
