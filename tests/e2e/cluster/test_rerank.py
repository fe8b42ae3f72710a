"""A knowledge base's passages are ordered by a cross-encoder, which a model server of its own serves."""

from collections.abc import Iterator

import pytest

from support.contents import Contents
from support.installation import Installation
from support.model_client import ModelClient
from support.model_sources import publish_folder
from support.tiny_model import write_tiny_cross_encoder

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

QUESTION = "When does the office open?"
PAGES = {
    "hours.md": "The office opens at nine.",
    "fox.md": "A quick brown fox opens the door of the office.",
    "dog.md": "The lazy dog sleeps in the office until it closes.",
}
SECONDS_TO_BE_READY = 180


@pytest.fixture(scope="module")
def judge(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A reranker whose model comes from the bucket."""
    source = publish_folder(installation, write_tiny_cross_encoder(tmp_path_factory.mktemp("judge")), "judge/")
    model = {"name": "judge", "source": source}
    with installation.model_server(engine="embedder", serves=["rerank"], model=model, cache={"size": "1Gi"}) as name:
        installation.resources.wait_for_condition("LLMServer", name, "Ready", "True", seconds=SECONDS_TO_BE_READY)
        yield name


@pytest.fixture(scope="module")
def judged(installation: Installation, judge: str) -> Iterator[Contents]:
    """A knowledge base with a few pages that the judge orders."""
    reranker = {"reranker": {"llmServerRef": {"name": judge}}, "retrieval": {"rerank": True}}
    with (
        installation.objects_under("judged/", {name: text.encode() for name, text in PAGES.items()}),
        installation.knowledge_base(**reranker) as contents,
        installation.task(contents.knowledge_base, {"prefix": {"prefix": "judged/"}}) as task,
    ):
        installation.completed(task)
        yield contents


def test_a_search_is_scored_as_the_judge_scores(installation: Installation, judge: str, judged: Contents) -> None:
    found = installation.search(QUESTION, judged.knowledge_base)
    passages = [result["content"][0]["text"] for result in found]
    expected = ModelClient(installation).rerank(judge, QUESTION, passages)

    assert len(found) == len(PAGES)
    assert [result["score"] for result in found] == pytest.approx(expected, abs=1e-3)
    assert expected == sorted(expected, reverse=True)


def test_an_answer_names_its_sources_in_the_judges_order(installation: Installation, judged: Contents) -> None:
    reply = installation.chat(QUESTION, judged.knowledge_base)
    searched = [result["filename"] for result in installation.search(QUESTION, judged.knowledge_base)]
    assert [source["document"] for source in reply.json["sources"]] == searched
