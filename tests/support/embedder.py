"""A running embedder, as its own process."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.processes import ServerProcess, free_port

COMMAND = (sys.executable, "-m", "kubelore_embedder.main")


def embedder_process(folder: Path, *, api_key: str = "") -> ServerProcess:
    """Return an embedder of the built-in model that isn't started yet; its log goes to the folder."""
    port = free_port()
    env = {**os.environ, "KUBELORE_PORT": str(port), "KUBELORE_EMBEDDING_API_KEY": api_key}
    return ServerProcess(COMMAND, port, folder / "embedder.log", env)


@contextmanager
def running_embedder(folder: Path, *, api_key: str = "") -> Iterator[str]:
    """Run an embedder for the time of the block, and yield its OpenAI-shaped address."""
    with embedder_process(folder, api_key=api_key).running() as process:
        yield base_url(process)


def base_url(process: ServerProcess) -> str:
    """Return the OpenAI-shaped address of an embedder."""
    return f"http://127.0.0.1:{process.port}/v1"
