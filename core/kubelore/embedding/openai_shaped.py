"""The embedder behind an OpenAI-shaped endpoint."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import openai
from pydantic import SecretStr

from kubelore.embedding.config import EmbedderConfig
from kubelore.embedding.interface import QueryEmbedding, Vectors
from kubelore.embedding.openai_wire import explain, read_answer
from kubelore.embedding.text import valid_unicode, visible_characters
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.retry import retrying

_TEXTS_A_REQUEST = 10
"""The fewest that a provider is known to take (DashScope's text-embedding-v3 and v4)."""
_REQUESTS_AT_ONCE = 4
_CONNECT_SECONDS = 5.0
_NO_KEY = "none"
"""Sent where there is no key: the SDK does not start without one."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one answer is waited for, and how long a failed request is repeated, in seconds."""

    answer: float
    retries: float


PASSAGE_PATIENCE = Patience(answer=60, retries=120)
"""A Job outlasts the restart of its model server."""
QUERY_PATIENCE = Patience(answer=10, retries=10)
"""Somebody waits for the answer to a question."""


class OpenAIShapedEmbedder:
    """Embeds through `POST {base_url}/embeddings`; safe to call from several threads, which share its connections.

    What a text has beyond the model's limit is the server's business: it refuses or cuts.
    """

    def __init__(
        self,
        config: EmbedderConfig,
        base_url: str,
        api_key: SecretStr,
        passage_patience: Patience = PASSAGE_PATIENCE,
        query_patience: Patience = QUERY_PATIENCE,
    ) -> None:
        """Talk to `base_url`, without a key where `api_key` is empty."""
        self._config = config
        self._dimension = config.dimension
        self._base_url = base_url
        self._api_key = api_key.get_secret_value() or _NO_KEY
        self._passage_patience = passage_patience
        self._query_patience = query_patience
        self._client = openai.OpenAI(base_url=base_url, api_key=self._api_key, max_retries=0)
        self._pool = ThreadPoolExecutor(_REQUESTS_AT_ONCE, thread_name_prefix="embed")

    @property
    def model(self) -> str:
        """The model's name."""
        return self._config.model

    @property
    def dimension(self) -> int:
        """The length of a vector: the configured one, else that of the first answer."""
        if self._dimension is None:
            vectors, _ = self._request([""], self._query_patience)
            return int(vectors.shape[1])
        return self._dimension

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Embed passages in the given order, some requests at once, each with texts of like length."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        prefixed = [self._config.passage_prefix + text for text in texts]
        order = sorted(range(len(texts)), key=lambda index: len(prefixed[index]))
        sorted_vectors = self._embed_in_groups([prefixed[index] for index in order])
        vectors = np.empty_like(sorted_vectors)
        vectors[order] = sorted_vectors
        return vectors

    def embed_query(self, text: str) -> QueryEmbedding:
        """Embed one question."""
        prefix = self._config.query_prefix
        vectors, known_share = self._request([prefix + text], self._query_patience)
        return QueryEmbedding(tuple(vectors[0].tolist()), _share_without(prefix, text, known_share))

    def close(self) -> None:
        """Stop after the requests that run, and close the connections."""
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def _embed_in_groups(self, texts: Sequence[str]) -> Vectors:
        """Embed in requests of `_TEXTS_A_REQUEST`; after an error, what wasn't sent yet is given up."""
        groups = [texts[start : start + _TEXTS_A_REQUEST] for start in range(0, len(texts), _TEXTS_A_REQUEST)]
        answers = [self._pool.submit(self._request, group, self._passage_patience) for group in groups]
        try:
            return np.concatenate([answer.result()[0] for answer in answers])
        finally:
            for answer in answers:
                answer.cancel()

    def _request(self, texts: Sequence[str], patience: Patience) -> tuple[Vectors, float]:
        valid = [valid_unicode(text) for text in texts]
        vectors, known_share = retrying(lambda: self._request_once(valid, patience), seconds=patience.retries)
        self._check_dimension(vectors.shape[1])
        return vectors, known_share

    def _check_dimension(self, found: int) -> None:
        """Hold every answer to the configured length of vectors, or to that of the first answer."""
        expected = self._dimension = self._dimension or found
        if found != expected:
            raise KubeloreError(ErrorCode.EMBEDDING_DIMENSION, self._base_url, f"{found}, not {expected}")

    def _request_once(self, texts: list[str], patience: Patience) -> tuple[Vectors, float]:
        try:
            answer = self._client.embeddings.with_raw_response.create(
                model=self._config.model,
                input=texts,
                encoding_format="base64",
                timeout=openai.Timeout(patience.answer, connect=min(_CONNECT_SECONDS, patience.answer)),
            )
        except openai.OpenAIError as error:
            raise explain(error, self._base_url, self._api_key) from error
        return read_answer(answer.content, len(texts), self._base_url)


def _share_without(prefix: str, text: str, share: float) -> float:
    """Return the known share of a text from that of the text behind a prefix, whose characters are all known."""
    of_text = visible_characters(text)
    unknown = (1 - share) * visible_characters(prefix + text)
    return max(0.0, 1 - unknown / of_text) if of_text else 1.0
