"""Addresses on the web: who stands behind one, and what of it may be shown."""

from urllib.parse import urlsplit


def origin(url: str) -> tuple[str, str]:
    """Return the scheme and the host with its port: credentials for one origin are no other's business."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def shown(url: str) -> str:
    """Return the address without the parts that may hold a secret."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
