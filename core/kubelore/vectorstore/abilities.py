"""What an engine can do, told by its version."""

import re

from kubelore.vectorstore.interface import Abilities

LITE = "milvus-lite"
SERVER = "milvus"

_LITE_PREFIX = "milvus_lite"

_VERSION = re.compile(r"(\d+)\.(\d+)")


def abilities_of(server_version: str) -> Abilities:
    """Say what the engine that names this version can do.

    Milvus Lite names itself `milvus_lite-3.2.2`, a server `v2.6.1`, or `v2.3.5-lite` where it came as a Python package.
    BM25 functions and nullable fields came with server 2.5. Server 2.3 upserts into wrong partitions of a collection
    with a partition key, so it gets none.
    """
    version = _version(server_version)
    if server_version.startswith(_LITE_PREFIX):
        return Abilities(engine=f"{LITE} {version}", bm25=True, hybrid=True, partition_key=True, nullable=True)
    modern = _at_least(version, 2, 5)
    return Abilities(
        engine=f"{SERVER} {version}",
        bm25=modern,
        hybrid=_at_least(version, 2, 4),
        partition_key=_at_least(version, 2, 4),
        nullable=modern,
    )


def _version(text: str) -> str:
    match = re.search(r"\d+(\.\d+)*", text)
    return match[0] if match else "unknown"


def _at_least(version: str, major: int, minor: int) -> bool:
    """Say whether a version is this one or newer; one that can't be read counts as older."""
    match = _VERSION.match(version)
    return match is not None and (int(match[1]), int(match[2])) >= (major, minor)
