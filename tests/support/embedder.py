"""A running embedder, as its own process."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.processes import ServerProcess, free_port

COMMAND = (sys.executable, "-m", "kubelore_embedder.main")


def embedder_process(folder: Path, *, api_key: str = "", **settings: str) -> ServerProcess:
    """Return an embedder that isn't started yet, of the built-in model or as the settings say; its log goes there."""
    port = free_port()
    given = {f"KUBELORE_{name.upper()}": value for name, value in settings.items()}
    env = {**os.environ, "KUBELORE_PORT": str(port), "KUBELORE_EMBEDDING_API_KEY": api_key, **given}
    return ServerProcess(COMMAND, port, folder / "embedder.log", env)


@contextmanager
def running_embedder(folder: Path, *, api_key: str = "", **settings: str) -> Iterator[str]:
    """Run an embedder for the time of the block, and yield its OpenAI-shaped address."""
    with embedder_process(folder, api_key=api_key, **settings).running() as process:
        yield base_url(process)


def base_url(process: ServerProcess) -> str:
    """Return the OpenAI-shaped address of an embedder."""
    return f"http://127.0.0.1:{process.port}/v1"
