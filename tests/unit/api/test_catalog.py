from collections.abc import Sequence
from typing import Any, cast

import pytest

from kubelore.errors import ErrorCode, KubeloreError
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.store import ResourceStore
from kubelore_api.catalog import Catalog
from kubelore_api.errors import RequestError
from support.builders import knowledge_base

READY = {
    "conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "lastTransitionTime": "2026-01-01T00:00:00Z"}]
}


class FakeResources:
    """Holds knowledge bases in memory."""

    def __init__(self, *bases: KnowledgeBase) -> None:
        self._bases = bases

    async def knowledge_base(self, namespace: str, name: str) -> KnowledgeBase:
        for kb in self._bases:
            if (kb.metadata.namespace, kb.metadata.name) == (namespace, name):
                return kb
        raise KubeloreError(ErrorCode.RESOURCE_NOT_FOUND, f"{namespace}/{name}")

    async def knowledge_bases(self) -> Sequence[KnowledgeBase]:
        return self._bases


def base(name: str, namespace: str = "team-a", **more: Any) -> KnowledgeBase:
    return knowledge_base(name, namespace=namespace, **more)


def catalog(*bases: KnowledgeBase) -> Catalog:
    return Catalog(cast("ResourceStore", FakeResources(*bases)), "team-a")


async def test_a_bare_name_is_of_the_default_namespace() -> None:
    found = await catalog(base("docs", "team-b"), base("docs")).find("docs", "model")
    assert found.metadata.namespace == "team-a"


async def test_a_name_may_bring_its_namespace() -> None:
    found = await catalog(base("docs", "team-b"), base("docs")).find("team-b/docs", "model")
    assert found.metadata.namespace == "team-b"


@pytest.mark.parametrize("reference", ["", "/", "other", "team-c/docs", "a/b/docs", "team-a/"])
async def test_an_unknown_one_names_the_parameter(reference: str) -> None:
    with pytest.raises(RequestError) as caught:
        await catalog(base("docs")).find(reference, "model")
    assert (caught.value.code, caught.value.parameter) == (ErrorCode.RESOURCE_NOT_FOUND, "model")


async def test_the_only_one_needs_no_name() -> None:
    assert (await catalog(base("docs")).find(None, "model")).metadata.name == "docs"


async def test_of_several_one_must_be_named() -> None:
    with pytest.raises(RequestError, match="docs, team-b/notes"):
        await catalog(base("notes", "team-b"), base("docs")).find(None, "knowledge_base")


async def test_where_there_is_none_that_is_said() -> None:
    with pytest.raises(RequestError, match="there is none yet"):
        await catalog().find(None, "knowledge_base")


async def test_one_that_is_ready_can_be_searched() -> None:
    assert (await catalog(base("docs", status=READY)).find_ready("docs", "model")).metadata.name == "docs"


async def test_one_that_is_not_ready_says_what_it_waits_for() -> None:
    waiting = READY["conditions"][0] | {"status": "False", "message": "waiting for LLMServer embedder"}
    with pytest.raises(RequestError, match="waiting for LLMServer embedder") as caught:
        await catalog(base("docs", status={"conditions": [waiting]})).find_ready("docs", "model")
    assert caught.value.code is ErrorCode.RESOURCE_NOT_READY


async def test_one_with_stores_of_its_own_is_not_searched_in_the_installations() -> None:
    other = base("docs", status=READY, storage={"vectorStore": {"uri": "http://milvus:19530"}})
    with pytest.raises(KubeloreError, match=r"spec\.storage"):
        await catalog(other).find_ready("docs", "model")
