from pathlib import Path
from typing import Any

import pytest
import yaml

from kubelore.resources.base import Resource
from kubelore.resources.crd.definition import resource_schema
from kubelore.resources.crd.pages import page_name, reference_page, write_pages
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.kinds import KINDS
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from support.manifests import REPOSITORY

EXAMPLES = REPOSITORY / "examples/resources"


def rows(model: type[Resource[Any, Any]]) -> dict[str, list[str]]:
    """Read the page's tables: the cells of each row by the field in its first one."""
    lines = [line for line in reference_page(model, "").splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {first.strip("`"): others for first, *others in cells}


def test_the_committed_pages_are_what_the_models_and_the_examples_generate(tmp_path: Path) -> None:
    write_pages(EXAMPLES, tmp_path)

    for path in tmp_path.iterdir():
        committed = (REPOSITORY / "docs/resources" / path.name).read_text(encoding="utf-8")
        assert committed == path.read_text(encoding="utf-8"), "run `make docs`"


@pytest.mark.parametrize("model", KINDS, ids=lambda model: model.info.kind)
def test_every_field_has_a_row_of_five_cells(model: type[Resource[Any, Any]]) -> None:
    for line in reference_page(model, "").splitlines():
        if line.startswith("|"):
            assert line.count("|") - line.count(r"\|") == 6, line
    fields = resource_schema(model)["properties"]["spec"]["properties"]
    assert {f"spec.{field}" for field in fields} <= rows(model).keys()


def test_a_row_says_type_default_meaning_and_limits() -> None:
    assert rows(KnowledgeBase)["spec.chunking.size"] == [
        "integer",
        "`512`",
        "The most units of a chunk.",
        "16 to 32768",
    ]
    assert rows(LLMServer)["spec.serves"] == [
        "list of string",
        "required",
        "What the model is used for.",
        "1 to 3 items; nothing twice; each one of `chat`, `embedding`, `rerank`",
    ]
    assert rows(LLMServer)["spec.cache.size"][:2] == ["quantity", "`20Gi`"]
    assert rows(LLMServer)["spec.env"][-1] == "at most 128 items; no `name` twice"
    assert rows(LLMServer)["spec.tolerations"][0] == "list of free-form object"
    assert rows(IngestTask)["spec.metadata"][0] == "map of string"
    assert rows(IngestTask)["spec.suspend"][1] == "`false`"


def test_a_groups_default_shows_what_no_row_below_it_shows() -> None:
    assert rows(KnowledgeBase)["spec.chunking"][1] == ""
    assert '`limits: {"memory": "2Gi"}`' in rows(KnowledgeBase)["spec.ingest.resources"][1]


def test_the_rules_name_the_fields_that_they_bind() -> None:
    page = reference_page(IngestTask, "")

    assert "- `spec.source`: exactly one of object, prefix, url, configMap, inline, documents must be set" in page
    assert "- `spec.tenant`: can't be changed once the task is there: create another IngestTask" in page
    assert "- metadata.name must be lower-case" in reference_page(KnowledgeBase, "")


def test_each_example_stands_in_a_block_of_its_own() -> None:
    page = reference_page(IngestTask, "# One.\na: 1\n---\n# Two.\nb: 2\n")

    assert "```yaml\n# One.\na: 1\n```\n\n```yaml\n# Two.\nb: 2\n```" in page


@pytest.mark.parametrize("model", KINDS, ids=lambda model: model.info.kind)
def test_every_example_begins_with_a_comment_and_is_of_the_pages_kind(model: type[Resource[Any, Any]]) -> None:
    text = (EXAMPLES / page_name(model.info)).with_suffix(".yaml").read_text(encoding="utf-8")

    for example in text.split("---\n"):
        assert example.startswith("# ")
        assert yaml.safe_load(example)["kind"] == model.info.kind
