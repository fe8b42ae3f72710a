"""A reranking model behind `POST {base_url}/rerank`, as Jina, Cohere, vLLM, llama-server and our embedder serve it."""

import json
import math
from collections.abc import Sequence

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError

from kubelore.llm.endpoint import Endpoint

RERANK_TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=2)
"""Seconds; somebody waits for the answer, and there is one without reranking."""

_LARGEST_LOGIT = 500.0


class _AnswerModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Result(_AnswerModel):
    index: int
    relevance_score: float


class _Answer(_AnswerModel):
    results: tuple[_Result, ...]


class OpenAIShapedReranker:
    """Asks one model server, all passages in one request."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Take where it is asked."""
        self._endpoint = endpoint

    async def scores(self, question: str, passages: Sequence[str]) -> Sequence[float]:
        """Return each passage's relevance, between 0 and 1, in the order of the passages."""
        if not passages:
            return ()
        body = {
            "model": self._endpoint.served.model,
            "query": question,
            "documents": list(passages),
            "top_n": len(passages),
        }
        answer = await self._endpoint.post("rerank", json.dumps(body).encode())
        try:
            results = _Answer.model_validate_json(await answer.read()).results
        except ValidationError as error:
            raise self._endpoint.refused("its answer is no list of results") from error
        ordered = sorted(results, key=lambda result: result.index)
        scores = [result.relevance_score for result in ordered]
        if [result.index for result in ordered] != list(range(len(passages))) or not all(map(math.isfinite, scores)):
            raise self._endpoint.refused(f"{len(results)} results for {len(passages)} passages")
        return _between_0_and_1(scores)


def _between_0_and_1(scores: Sequence[float]) -> Sequence[float]:
    """Leave probabilities as they are, and make them of logits, which llama-server answers with."""
    if all(0 <= score <= 1 for score in scores):
        return scores
    return [1 / (1 + math.exp(-max(-_LARGEST_LOGIT, min(score, _LARGEST_LOGIT)))) for score in scores]
