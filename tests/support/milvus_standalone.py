"""The real Milvus 2.3.5 server, as its package starts it: it has no BM25, and keeps to its limits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from milvus import MilvusServer

from support.processes import free_port

_TICK_MILLISECONDS = 20
"""A read that is to see everything waits for the next tick; by default there are five in a second."""


@contextmanager
def milvus_standalone(folder: Path) -> Iterator[str]:
    """Run a server that keeps its data in a folder, and yield its address.

    It takes free ports for its parts, and can't be told to listen on loopback alone.
    """
    server = MilvusServer()
    server.set_base_dir(str(folder))
    server.listen_port = free_port()
    server.config.set("proxy.timeTickInterval", _TICK_MILLISECONDS)
    with patch.dict(os.environ, ETCD_CONFIG_PATH=str(_etcd_on_free_ports(folder))):
        server.start()
    try:
        yield f"http://127.0.0.1:{server.listen_port}"
    finally:
        server.stop()


def _etcd_on_free_ports(folder: Path) -> Path:
    """Configure the etcd within it, which by default is on 2379 and 2380 or not there at all."""
    clients, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    settings = {
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"default={peers}",
    }
    file = folder / "etcd.yaml"
    file.write_text("".join(f"{name}: {value}\n" for name, value in settings.items()))
    return file
