"""What every engine that runs on this machine has in common."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from kubelore.resources.llm_server import LLMServerSpec
from kubelore_cli.laptop.engines.state import ServerState

Tell = Callable[[ServerState], None]
"""Takes how far a server is."""


@dataclass(frozen=True, slots=True)
class ServerOrder:
    """Which server is wanted; equal orders want the same.

    `name` is `<namespace>.<name>`; `environment` are the variables of `spec.env`, `credentials` those that the model's
    source is asked with.
    """

    name: str
    spec: LLMServerSpec
    api_key: SecretStr = field(default=SecretStr(""))
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Workplace:
    """What all servers of a laptop share: its state folder, its environment, and the one turn to pull with Ollama."""

    state_dir: Path
    environment: Mapping[str, str] = field(repr=False)
    pulling: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def models(self) -> Path:
        """The folder of fetched models."""
        return self.state_dir / "models"

    def log(self, order: ServerOrder) -> Path:
        """Where a server's output goes."""
        return self.state_dir / "logs" / f"{order.name}.log"


class LocalServer(Protocol):
    """A model server on this machine."""

    async def serve(self, tell: Tell) -> None:
        """Bring it up, say how far it is, and return when it has gone; cancelled, it takes its processes with it.

        Raises KubeloreError: ENGINE_NOT_INSTALLED, ENGINE_FAILED, or what hindered the fetch of its model.
        """
        ...


class LocalEngine(Protocol):
    """A way to run models on this machine."""

    async def find(self, environment: Mapping[str, str]) -> str:
        """Say what would run; raises KubeloreError ENGINE_NOT_INSTALLED, which says what to install."""
        ...

    def server(self, order: ServerOrder, workplace: Workplace) -> LocalServer:
        """Return a server for an order, not started yet."""
        ...
