"""The real Milvus 2.3.5 server, as its package starts it: it has no BM25, and keeps to its limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from milvus import MilvusServer

from support.processes import free_port


@contextmanager
def milvus_standalone(folder: Path) -> Iterator[str]:
    """Run a server that keeps its data in a folder, and yield its address.

    It takes free ports for its parts, and can't be told to listen on loopback alone.
    """
    server = MilvusServer()
    server.set_base_dir(str(folder))
    server.listen_port = free_port()
    server.start()
    try:
        yield f"http://127.0.0.1:{server.listen_port}"
    finally:
        server.stop()
