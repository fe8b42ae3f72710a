import math
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.llm.config import ServedModel
from kubelore.llm.endpoint import RERANKER, Endpoint
from kubelore.rerank.openai_shaped import OpenAIShapedReranker
from support.fake_gateway import Handler, serving
from support.processes import free_port

PASSAGES = ("about cats", "about opening hours")


async def scores(url: str) -> list[float]:
    served = ServedModel(server="LLMServer team-a/judge", model="judge", base_url=f"{url}v1")
    async with aiohttp.ClientSession() as session:
        endpoint = Endpoint(session, served, "sk-1", aiohttp.ClientTimeout(total=5), RERANKER)
        return list(await OpenAIShapedReranker(endpoint).scores("When?", PASSAGES))


def answering(body: Any, asked: list[Any] | None = None) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        if asked is not None:
            asked.append((await request.json(), request.headers["Authorization"]))
        return web.json_response(body)

    return answer


def results(*scores: tuple[int, float]) -> dict[str, Any]:
    return {"results": [{"index": index, "relevance_score": score, "document": None} for index, score in scores]}


async def test_scores_come_in_the_order_of_the_passages() -> None:
    asked: list[Any] = []
    async with serving({("POST", "/v1/rerank"): answering(results((1, 0.9), (0, 0.1)), asked)}) as url:
        assert await scores(url) == [0.1, 0.9]

    body = {"model": "judge", "query": "When?", "documents": list(PASSAGES), "top_n": 2}
    assert asked == [(body, "Bearer sk-1")]


async def test_logits_become_probabilities() -> None:
    async with serving({("POST", "/v1/rerank"): answering(results((0, -1000.0), (1, 2.0)))}) as url:
        low, high = await scores(url)

    assert low == pytest.approx(0)
    assert high == pytest.approx(1 / (1 + math.exp(-2)))


@pytest.mark.parametrize(
    "body",
    [{"data": []}, [], results((0, 0.5)), results((0, 0.5), (0, 0.5)), results((0, 0.5), (2, 0.5))],
)
async def test_an_answer_to_another_question_is_refused(body: Any) -> None:
    async with serving({("POST", "/v1/rerank"): answering(body)}) as url:
        with pytest.raises(KubeloreError, match="LLMServer team-a/judge") as raised:
            await scores(url)

    assert raised.value.code is ErrorCode.RERANKER_REFUSED


async def test_a_reranker_that_is_away_may_come_back() -> None:
    with pytest.raises(KubeloreError) as raised:
        await scores(f"http://127.0.0.1:{free_port()}/")

    assert raised.value.code is ErrorCode.RERANKER_UNREACHABLE
    assert raised.value.kind.retryable
