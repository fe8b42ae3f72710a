"""Model servers on one machine: real processes, with a stand-in for llama-server and a real fetch of its model."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import ConditionType
from kubelore.resources.llm_server import LLMServer
from kubelore.resources.manifests import Manifests
from kubelore_cli.laptop.api_keys import ApiKeys
from kubelore_cli.laptop.engines.interface import Workplace
from kubelore_cli.laptop.observer import Statuses
from kubelore_cli.laptop.server_controller import ServerController
from support.builders import llm_server
from support.fake_llama_server import write_program
from support.http import get
from support.model_server import ModelServer, ServedFile, model_server
from support.processes import free_port, is_listening

NOTHING = Manifests({}, {}, {}, ())
GGUF = b"GGUF of no meaning"


class NoStore:
    """Keeps no status: the controller's answer has them all."""

    async def put_status(self, key: ResourceKey, status: object) -> None:
        """Take it."""

    def changed(self, resource: object) -> None:
        """Take it."""

    def notice(self, text: str) -> None:
        """Take it."""


class Machine:
    """A controller, and the servers that it was last told of."""

    def __init__(self, folder: Path, path: str) -> None:
        environment = {**os.environ, "PATH": path, "OLLAMA_HOST": f"127.0.0.1:{free_port()}"}
        self.workplace = Workplace(folder, environment)
        store: Any = NoStore()
        self.controller = ServerController(Statuses(store, store), ApiKeys(folder / "keys"), self.workplace)
        self.servers: dict[str, LLMServer] = {}

    def want(self, *servers: LLMServer) -> None:
        self.servers = {server.metadata.name: server for server in servers}

    async def look(self) -> None:
        there = await self.controller.reconcile(list(self.servers.values()), NOTHING)
        self.servers = {server.metadata.name: server for server in there.values()}

    async def until(self, what: str, condition: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(60):
                await self.look()
                while not condition():
                    await asyncio.sleep(0.05)
                    await self.look()
        except TimeoutError as error:
            raise AssertionError(f"{what}: not so; {self.servers}") from error

    def is_ready(self, name: str) -> bool:
        return self.servers[name].status.is_true(ConditionType.READY)

    def message(self, name: str) -> str:
        condition = self.servers[name].status.condition(ConditionType.READY)
        return condition.message if condition is not None else ""

    def port(self, name: str) -> int:
        endpoint = self.servers[name].status.endpoint or ""
        return int(endpoint.removesuffix("/v1").rpartition(":")[2])


@pytest.fixture
def models() -> Iterator[ModelServer]:
    with model_server() as server:
        server.serve("/model.gguf", ServedFile(GGUF))
        yield server


@pytest.fixture
async def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    monkeypatch.setattr("kubelore_cli.laptop.server_run._FIRST_PAUSE", 0.05)
    programs = write_program(tmp_path / "bin")
    machine = Machine(tmp_path / "state", f"{programs}:/usr/bin:/bin")
    yield machine
    await machine.controller.stop()


def llama(models: ModelServer, name: str = "chat", **spec: Any) -> LLMServer:
    source = {"http": {"url": models.url(f"/{spec.pop('file', 'model.gguf')}")}}
    return llm_server(name, engine="llamacpp", serves=["chat"], model={"name": "m", "source": source}, **spec)


async def test_a_server_runs_on_the_model_that_was_fetched_and_says_where(
    machine: Machine, models: ModelServer
) -> None:
    machine.want(llama(models, contextLength=512))

    await machine.until("it is ready", lambda: machine.is_ready("chat"))

    status = machine.servers["chat"].status
    assert (status.ready_replicas, status.model.bytes_done) == (1, len(GGUF))
    assert (status.model.digest or "").startswith("sha256:")
    log = (machine.workplace.state_dir / "logs" / "team-a.chat.log").read_text()
    assert "--host 127.0.0.1" in log
    assert "--ctx-size 512" in log
    assert get(f"http://127.0.0.1:{machine.port('chat')}/health").status == 200


async def test_a_server_that_dies_is_started_again_without_the_network(machine: Machine, models: ModelServer) -> None:
    machine.want(llama(models))
    await machine.until("it is ready", lambda: machine.is_ready("chat"))
    port, asked = machine.port("chat"), len(models.asked)

    with pytest.raises(OSError, match="closed"):
        get(f"http://127.0.0.1:{port}/die")

    await machine.until("its end shows", lambda: not machine.is_ready("chat"))
    await machine.until("it is ready again", lambda: machine.is_ready("chat"))
    assert machine.port("chat") == port
    assert len(models.asked) == asked


async def test_a_changed_spec_takes_the_place_of_the_old_one(machine: Machine, models: ModelServer) -> None:
    machine.want(llama(models))
    await machine.until("it is ready", lambda: machine.is_ready("chat"))
    old = machine.port("chat")

    machine.want(llama(models, parallel=3))
    await machine.look()
    await machine.until("the new one is ready", lambda: machine.is_ready("chat"))

    assert "--parallel 3" in (machine.workplace.state_dir / "logs" / "team-a.chat.log").read_text()
    assert not is_listening(old)


async def test_a_server_whose_manifest_goes_is_stopped(machine: Machine, models: ModelServer) -> None:
    machine.want(llama(models))
    await machine.until("it is ready", lambda: machine.is_ready("chat"))
    port = machine.port("chat")

    machine.want()
    await machine.look()

    assert not is_listening(port)


async def test_a_model_that_is_not_there_is_told_in_the_fetchs_own_words(machine: Machine, models: ModelServer) -> None:
    machine.want(llama(models, file="missing.gguf"))

    await machine.until("the failure shows", lambda: "missing.gguf" in machine.message("chat"))

    assert "the model is not at its source (HTTP 404" in machine.message("chat")


async def test_a_server_that_can_not_load_its_model_says_its_last_words(machine: Machine, models: ModelServer) -> None:
    models.serve("/broken.gguf", ServedFile(b"GGUFbroken"))
    machine.want(llama(models, file="broken.gguf"))

    await machine.until("the failure shows", lambda: "failed to load model" in machine.message("chat"))

    assert "exit code 1" in machine.message("chat")
    assert "team-a.chat.log" in machine.message("chat")


async def test_engines_that_are_not_installed_say_what_to_install(tmp_path: Path, models: ModelServer) -> None:
    machine = Machine(tmp_path, path=str(tmp_path))
    machine.want(llama(models), llm_server("other", engine="ollama", serves=["chat"], model={"name": "qwen3"}))

    await machine.until("llama-server is missed", lambda: "no llama-server in PATH" in machine.message("chat"))
    await machine.until("Ollama is missed", lambda: "no ollama in PATH" in machine.message("other"))

    assert "install llama.cpp" in machine.message("chat")
    assert "https://ollama.com/download" in machine.message("other")
    await machine.controller.stop()


async def test_a_clusters_volume_is_none_of_a_laptops(machine: Machine) -> None:
    source = {"pvc": {"claimName": "models", "path": "m.gguf"}}
    machine.want(llm_server("chat", engine="llamacpp", serves=["chat"], model={"name": "m", "source": source}))

    await machine.until("it shows", lambda: "use http, huggingFace or s3" in machine.message("chat"))
