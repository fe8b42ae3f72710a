"""The server of Milvus Lite for tests, as a laptop and the test cluster run it: one worker, on loopback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.processes import ServerProcess, free_port


def milvus_uri(process: ServerProcess) -> str:
    """The address of a running server."""
    return f"http://127.0.0.1:{process.port}"


@contextmanager
def milvus_server(folder: Path) -> Iterator[ServerProcess]:
    """Run a server that keeps its data in a folder."""
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("milvus-lite")),
        "server",
        "--data-dir",
        str(folder / "milvus"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--max-workers",
        "1",
    ]
    with ServerProcess(command, port, folder / "milvus.log").running() as process:
        yield process
