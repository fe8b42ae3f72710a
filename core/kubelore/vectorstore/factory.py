"""Makes the vector store that the settings name."""

from kubelore.settings import Settings
from kubelore.vectorstore.interface import VectorStore


def make_vector_store(settings: Settings) -> VectorStore:
    """Return the store behind `KUBELORE_VECTOR_STORE`; it connects when it is first asked."""
    from kubelore.vectorstore.milvus import MilvusStore  # noqa: PLC0415 - imports pymilvus: 95 MB and up to a second

    return MilvusStore(settings.vector_store_uri, settings.vector_store_token.get_secret_value())
