"""Looks at the object store and the vector store by using them."""

import asyncio
import tempfile
import uuid
from pathlib import Path

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.objectstore.factory import make_object_store
from kubelore.settings import Settings
from kubelore.vectorstore.milvus import MilvusStore
from kubelore_cli.doctor.check import Check, checked
from kubelore_cli.laptop.milvus import MilvusLite

_PROBE = b"kubelore doctor"


def check_object_store(settings: Settings) -> Check:
    """Write an object, read it, and delete it."""

    def look() -> str:
        store = make_object_store(settings)
        store.ensure()
        key = f"kubelore-doctor/{uuid.uuid4().hex}"
        store.put(key, _PROBE)
        try:
            if store.get(key) != _PROBE:
                raise KubeloreError(ErrorCode.OBJECT_STORE_REFUSED, key, "it reads otherwise than it was written")
        finally:
            store.delete([key])
        return f"{settings.object_store_url}: written, read and deleted an object"

    return checked("object store", look)


def check_vector_store(settings: Settings) -> Check:
    """Ask a server what it can do; of Milvus Lite, start one over an empty folder."""
    if settings.vector_store_uri.endswith(".db"):
        return checked("vector store", lambda: asyncio.run(_try_milvus_lite()))
    return checked("vector store", lambda: _abilities(settings.vector_store_uri, settings))


async def _try_milvus_lite() -> str:
    with tempfile.TemporaryDirectory(prefix="kubelore-doctor-") as folder:
        milvus = MilvusLite(Path(folder) / "probe.db", Path(folder) / "log", notice=lambda _: None)
        try:
            await milvus.start()
            return await asyncio.to_thread(_abilities, milvus.address)
        finally:
            await milvus.stop()


def _abilities(uri: str, settings: Settings | None = None) -> str:
    store = MilvusStore(uri, settings.vector_store_token.get_secret_value() if settings else "")
    try:
        abilities = store.abilities()
    finally:
        store.close()
    where = f" at {uri}" if settings else ""
    return f"{abilities.engine}{where}: {', '.join(abilities.names())}"
