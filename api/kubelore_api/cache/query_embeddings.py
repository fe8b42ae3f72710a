"""Embeds a question that was asked lately without asking the model again."""

import hashlib
import struct
import threading
from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.interface import Embedder, QueryEmbedding, Vectors
from kubelore_api.cache.interface import Cache

_SHARE = struct.Struct("<d")
_FLOATS = "f"


class CachedQueries:
    """An embedder whose questions are kept by the whole configuration and their text.

    Of the same question at the same moment, one reaches the model, and the others wait for its answer. Vectors are kept
    as 32-bit floats, which is all that a vector store takes.
    """

    def __init__(
        self, embedder: Embedder, config: EmbedderConfig, cache: Cache, seconds: int, note: Callable[[str], None]
    ) -> None:
        """Take the embedder that is asked for what isn't kept for so long; `note` is told `hit` or `miss`."""
        self._embedder = embedder
        self._identity = config.model_dump_json().encode()
        self._cache = cache
        self._seconds = seconds
        self._note = note
        self._lock = threading.Lock()
        self._asking: dict[str, Future[QueryEmbedding]] = {}

    @property
    def model(self) -> str:
        """The model's name."""
        return self._embedder.model

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._embedder.dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages, which nobody asks for twice."""
        return self._embedder.embed_passages(texts)

    def embed_query(self, text: str) -> QueryEmbedding:
        """Return what is kept, or ask the model; raises as the embedder does, and keeps no failure."""
        key = self._key(text)
        kept = _unpacked(self._cache.get(key))
        self._note("hit" if kept else "miss")
        return kept or self._asked_once(key, text)

    def close(self) -> None:
        """Close the embedder."""
        self._embedder.close()

    def _asked_once(self, key: str, text: str) -> QueryEmbedding:
        with self._lock:
            asking = self._asking.get(key)
            mine = asking is None
            if asking is None:
                asking = self._asking[key] = Future()
        if mine:
            self._ask(key, text, asking)
        return asking.result()

    def _ask(self, key: str, text: str, answer: Future[QueryEmbedding]) -> None:
        try:
            embedding = self._embedder.embed_query(text)
            self._cache.put(key, _packed(embedding), self._seconds)
        except BaseException as error:  # noqa: BLE001 - whoever waits must be told, whatever it is
            answer.set_exception(error)
        else:
            answer.set_result(embedding)
        finally:
            with self._lock:
                del self._asking[key]

    def _key(self, text: str) -> str:
        digest = hashlib.sha256(self._identity)
        digest.update(b"\0" + text.encode("utf-8", "surrogatepass"))
        return f"query:{digest.hexdigest()}"


def _packed(embedding: QueryEmbedding) -> bytes:
    return _SHARE.pack(embedding.known_share) + array(_FLOATS, embedding.vector).tobytes()


def _unpacked(value: bytes | None) -> QueryEmbedding | None:
    """Read what was kept; what can't be one, another program's for instance, is nothing."""
    if value is None or len(value) <= _SHARE.size or (len(value) - _SHARE.size) % array(_FLOATS).itemsize:
        return None
    vector = array(_FLOATS)
    vector.frombytes(value[_SHARE.size :])
    return QueryEmbedding(tuple(vector), _SHARE.unpack_from(value)[0])
