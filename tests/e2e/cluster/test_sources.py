"""Every kind of source, brought in by workers that embed in their own process."""

from collections.abc import Iterator

import pytest

from support.cluster_api import Body
from support.contents import Contents
from support.installation import Installation

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def library(installation: Installation) -> Iterator[Contents]:
    with installation.knowledge_base() as contents:
        yield contents


def bring_in(installation: Installation, library: Contents, source: Body, **spec: str) -> Body:
    """Carry a task out and return its status."""
    with installation.task(library.knowledge_base, source, **spec) as task:
        return installation.completed(task)


def best_document(installation: Installation, library: Contents, question: str) -> str:
    document: str = installation.search(question, library.knowledge_base)[0]["filename"]
    return document


def test_inline_text_is_a_source(installation: Installation, library: Contents) -> None:
    text = "# Lighthouses\n\nThe keeper lights the lamp at dusk."
    status = bring_in(installation, library, {"inline": {"filename": "lighthouse.md", "text": text}})
    assert status["progress"] == "1/1"
    assert best_document(installation, library, "When is the lamp lit?") == "lighthouse.md"


def test_a_config_map_is_a_source(installation: Installation, library: Contents) -> None:
    name = f"pages-of-{library.knowledge_base}"
    data = {"bread.md": "# Bread\n\nSourdough rises overnight in a cold kitchen."}
    installation.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
    try:
        bring_in(installation, library, {"configMap": {"name": name, "key": "bread.md"}})
    finally:
        installation.api.delete("ConfigMap", name)
    assert best_document(installation, library, "How long does sourdough rise?") == "bread.md"


def test_an_object_is_a_source_and_can_be_taken_out_again(installation: Installation, library: Contents) -> None:
    source = {"object": {"key": "single/tides.md"}}
    with installation.objects_under("single/", {"tides.md": b"# Tides\n\nHigh water comes twice a day."}):
        bring_in(installation, library, source, tenant="sea")
        assert len(library.rows("sea")) == 1
        bring_in(installation, library, source, tenant="sea", operation="Delete")
    assert library.rows("sea") == []
    assert library.records("sea") == {}


def test_an_address_inside_the_cluster_is_no_source(installation: Installation, library: Contents) -> None:
    source = {"url": {"url": "http://minio.storage.svc:9000/kubelore/docs/secret.md"}}
    with installation.task(library.knowledge_base, source) as task:
        status = installation.resources.wait_for_phase(task["metadata"]["name"], "FAILED", 120)
    assert status["failures"][0]["code"] == "SOURCE_FORBIDDEN"
    assert not status["failures"][0]["retryable"]
