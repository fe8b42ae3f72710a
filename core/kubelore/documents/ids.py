"""Identities that are the same on every attempt, so that a retry writes the same rows."""

import hashlib
from collections.abc import Iterable

_SEPARATOR = "\x1f"
_ID_HEX_DIGITS = 32


def _digest(*parts: str) -> str:
    return hashlib.sha256(_SEPARATOR.join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def document_id(namespace: str, knowledge_base: str, tenant: str, source: str) -> str:
    """Return the id that a source keeps within its knowledge base and tenant, whatever its content: 32 hex digits."""
    return _digest(namespace, knowledge_base, tenant, source)[:_ID_HEX_DIGITS]


def tenant_key(tenant: str) -> str:
    """Return what stands for a tenant in a key, whatever characters its name has: 32 hex digits."""
    return _digest("tenant", tenant)[:_ID_HEX_DIGITS]


def content_version(parts: Iterable[bytes]) -> str:
    """Return the sha256 of a document's content in hex: its version."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def chunk_key(tenant: str, document: str, version: str, index: int) -> str:
    """Return a row's primary key: 32 hex digits over the tenant, the document, its version and the chunk's index."""
    return _digest(tenant, document, version, str(index))[:_ID_HEX_DIGITS]


def fingerprint(*parts: str) -> str:
    """Return a short hash of settings that decide a document's rows: 16 hex digits."""
    return _digest(*parts)[:16]
