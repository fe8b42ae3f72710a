"""The embedder with a cross-encoder: its own answers, and what the gateway's client makes of them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from kubelore.embedding.cross_encoder import CrossEncoder
from kubelore.llm.config import ServedModel
from kubelore.llm.endpoint import RERANKER, Endpoint
from kubelore.rerank.openai_shaped import OpenAIShapedReranker
from support.embedder import running_embedder
from support.http import Reply, get, post
from support.tiny_model import write_tiny_cross_encoder

MODEL = "judge"
QUESTION = "quick fox"
DOCUMENTS = ("the lazy dog", "a quick brown fox", "jumps over", "", "fox " * 100)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_cross_encoder(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def url(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    logs = tmp_path_factory.mktemp("embedder")
    with running_embedder(logs, model_dir=str(folder), embedding_model=MODEL) as address:
        yield address


@pytest.fixture(scope="module")
def expected(folder: Path) -> list[float]:
    model = CrossEncoder(folder, threads=1)
    scores = model.score(model.tokenizer.encode(QUESTION, DOCUMENTS))
    return [float(score) for score in scores]


def rerank(url: str, **fields: object) -> Reply:
    return post(f"{url}/rerank", {"model": MODEL, "query": QUESTION, "documents": list(DOCUMENTS), **fields})


def test_the_best_documents_come_first(url: str, expected: list[float]) -> None:
    results = rerank(url, top_n=3, return_documents=True).json["results"]

    best = sorted(range(len(DOCUMENTS)), key=lambda index: -expected[index])[:3]
    assert [result["index"] for result in results] == best
    assert [result["document"]["text"] for result in results] == [DOCUMENTS[index] for index in best]
    assert [result["relevance_score"] for result in results] == pytest.approx(
        [expected[index] for index in best], abs=1e-5
    )


async def test_the_gateways_client_gets_the_scores_of_many_questions_at_once(url: str, expected: list[float]) -> None:
    served = ServedModel(server="LLMServer team-a/judge", model=MODEL, base_url=url)
    async with aiohttp.ClientSession() as session:
        reranker = OpenAIShapedReranker(Endpoint(session, served, blame=RERANKER))
        answers = await asyncio.gather(*(reranker.scores(QUESTION, DOCUMENTS) for _ in range(20)))

    assert all(list(scores) == pytest.approx(expected, abs=1e-5) for scores in answers)


def test_the_model_is_listed_as_a_reranker(url: str) -> None:
    (model,) = get(f"{url}/models").json["data"]

    assert (model["id"], model["rerank"]) == (MODEL, {"max_tokens": 16})


@pytest.mark.parametrize(
    ("path", "fields", "status", "parameter"),
    [
        ("rerank", {"model": "another"}, 404, "model"),
        ("rerank", {"documents": []}, 400, "documents"),
        ("embeddings", {"input": "text"}, 404, "model"),
    ],
)
def test_what_is_wrong_is_named(url: str, path: str, fields: dict[str, object], status: int, parameter: str) -> None:
    body = {"model": MODEL, "query": QUESTION, "documents": ["a"], **fields}

    reply = post(f"{url}/{path}", body)

    assert (reply.status, reply.json["error"]["param"]) == (status, parameter)


def test_an_embedding_model_says_that_it_does_not_rerank(tmp_path: Path) -> None:
    with running_embedder(tmp_path) as url:
        reply = rerank(url, model="all-MiniLM-L6-v2")

    assert reply.status == 404
    assert "no cross-encoder" in reply.json["error"]["message"]
