"""A reranking model with the queue before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from kubelore.embedding.cross_encoder import CrossEncoder, Scores
from kubelore.embedding.pair_tokenizer import PairIds
from kubelore_embedder.batcher import Batcher


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores in the order of the documents, and the tokens that they took."""

    scores: Scores
    tokens: int


class RerankService:
    """Scores documents against a question; somebody waits for each answer, so all requests are alike."""

    def __init__(self, name: str, model: CrossEncoder) -> None:
        """Serve `model` under `name`."""
        self.name = name
        self.max_tokens = model.description.max_tokens
        self.batcher: Batcher[PairIds] = Batcher(model.score)
        self._tokenizer = model.tokenizer

    async def warm_up(self) -> None:
        """Use the model once."""
        await self.score("ready?", ["ready"])

    async def score(self, question: str, documents: Sequence[str]) -> Scored:
        """Score one request's documents; raises KubeloreError EMBEDDER_UNREACHABLE if too many requests are waiting."""
        pairs = await run_in_threadpool(self._tokenizer.encode, question, documents)
        scores = await self.batcher.compute(pairs, urgent=True)
        return Scored(scores, sum(len(pair.ids) for pair in pairs))
