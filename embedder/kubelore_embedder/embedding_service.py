"""An embedding model with the queue before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from kubelore.embedding.interface import Vectors
from kubelore.embedding.onnx_model import OnnxModel
from kubelore.embedding.sentence_transformers_model import SentenceTransformersModel
from kubelore.embedding.tokenizer import ModelTokenizer, TokenIds
from kubelore_embedder.batcher import Batcher


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors in the order of the texts, and what they took; a known share is told of a single text alone."""

    vectors: Vectors
    tokens: int
    known_share: float | None


class EmbeddingService:
    """Embeds texts as they are: prefixes are the client's business, so questions and passages are the same here.

    A request of a single text is taken for a question, and goes before others.
    """

    def __init__(self, name: str, model: OnnxModel | SentenceTransformersModel) -> None:
        """Serve `model` under `name`."""
        self.name = name
        self.dimension = model.dimension
        self.max_tokens = model.tokenizer.max_tokens
        self.batcher: Batcher[TokenIds] = Batcher(model.embed)
        self._tokenizer = model.tokenizer

    async def warm_up(self) -> None:
        """Use the model once."""
        await self.embed(["ready"])

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """Embed one request's texts; raises KubeloreError EMBEDDER_UNREACHABLE if too many requests are waiting."""
        tokens, known_share = await run_in_threadpool(_read, self._tokenizer, texts)
        vectors = await self.batcher.compute(tokens, urgent=len(tokens) == 1)
        return Embedded(vectors, sum(len(text) for text in tokens), known_share)


def _read(tokenizer: ModelTokenizer, texts: Sequence[str]) -> tuple[list[TokenIds], float | None]:
    known_share = tokenizer.known_share(texts[0]) if len(texts) == 1 else None
    return tokenizer.encode(texts), known_share
