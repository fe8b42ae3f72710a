"""Reads OLLAMA_HOST as Ollama's own clients do."""

from urllib.parse import urlsplit

_PORT = 11434
_SCHEME_PORTS = {"http": 80, "https": 443}
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - an address that servers listen on


def ollama_address(host: str) -> str:
    """Return the address that OLLAMA_HOST names: `[scheme://]host[:port]`; of nothing, that of the default server."""
    scheme, separator, rest = host.strip().rpartition("://")
    parts = urlsplit(f"//{rest}")
    port = parts.port or (_SCHEME_PORTS.get(scheme, _PORT) if separator else _PORT)
    name = parts.hostname or ""
    name = _EVERYWHERE.get(name, name)
    return f"{scheme or 'http'}://{f'[{name}]' if ':' in name else name}:{port}{parts.path.rstrip('/')}"
