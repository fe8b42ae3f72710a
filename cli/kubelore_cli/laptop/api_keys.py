"""Finds the API keys of external LLMServers: in the Secrets of the manifests, or in a folder."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr

from kubelore.resources.keyed_data import SECRET
from kubelore.resources.llm_server import LLMServer
from kubelore.resources.manifests import Manifests
from kubelore_cli.laptop.servers import key_file_name, wanted_key

_ONLY_OURS_FOLDER = 0o700
_ONLY_OURS_FILE = 0o600


class ApiKeys:
    """A folder with one file a server, as a Secret mounted into a pod has; the gateway reads the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take_over(self, servers: Iterable[LLMServer], manifests: Manifests) -> None:
        """Write the keys that the manifests' Secrets hold."""
        for server in servers:
            key = _from_manifests(server, manifests)
            if key is not None and key != self._read(server):
                self._write(server, key)

    def of(self, server: LLMServer | None) -> SecretStr:
        """Return a server's key; empty where it wants none, or there is none."""
        if server is None or wanted_key(server) is None:
            return SecretStr("")
        return SecretStr((self._read(server) or b"").decode("utf-8").strip())

    def find(self, server: LLMServer, manifests: Manifests) -> SecretStr:
        """Return a server's key from wherever it is, and write nothing."""
        key = _from_manifests(server, manifests)
        return self.of(server) if key is None else SecretStr(key.decode("utf-8").strip())

    def _read(self, server: LLMServer) -> bytes | None:
        path = self._folder / key_file_name(server)
        return path.read_bytes() if path.is_file() else None

    def _write(self, server: LLMServer, key: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=_ONLY_OURS_FOLDER)
        path = self._folder / key_file_name(server)
        path.touch(mode=_ONLY_OURS_FILE)
        path.write_bytes(key)


def _from_manifests(server: LLMServer, manifests: Manifests) -> bytes | None:
    wanted = wanted_key(server)
    if wanted is None:
        return None
    return manifests.value(SECRET, server.metadata.namespace, wanted.name, wanted.key)
