from collections.abc import Iterator
from typing import Any

import pytest

from kubelore.resources.base import Resource
from kubelore.resources.crd.definition import custom_resource_definition, resource_schema
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.kinds import KINDS
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer

Model = type[Resource[Any, Any]]
every_kind = pytest.mark.parametrize("model", KINDS, ids=lambda model: model.info.kind)


def version(model: Model) -> dict[str, Any]:
    (only,) = custom_resource_definition(model)["spec"]["versions"]
    return dict(only)


def nodes(schema: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema within a schema, itself included, by its path."""
    yield place, schema
    for name, field in schema.get("properties", {}).items():
        yield from nodes(field, f"{place}.{name}")
    for keyword in ("items", "additionalProperties"):
        if keyword in schema:
            yield from nodes(schema[keyword], f"{place}[]")


def fields(model: Model) -> Iterator[tuple[str, dict[str, Any]]]:
    schema = resource_schema(model)["properties"]
    return (node for part in ("spec", "status") for node in nodes(schema[part], part))


@every_kind
def test_every_field_is_described(model: Model) -> None:
    assert [path for path, field in fields(model) if not path.endswith("[]") and not field.get("description")] == []


@every_kind
def test_every_list_says_how_it_is_merged(model: Model) -> None:
    lists = [(path, field) for path, field in fields(model) if field.get("type") == "array"]

    assert lists
    assert [path for path, field in lists if "x-kubernetes-list-type" not in field] == []


@every_kind
def test_unknown_fields_are_kept_only_in_pieces_of_a_pod_spec(model: Model) -> None:
    free = {path for path, field in fields(model) if field.get("x-kubernetes-preserve-unknown-fields")}

    expected = {"spec.affinity", "spec.tolerations[]", "spec.topologySpreadConstraints[]"}
    assert free == (expected if model is LLMServer else set())


@every_kind
def test_a_schema_uses_nothing_that_the_api_server_refuses(model: Model) -> None:
    for path, field in fields(model):
        assert not field.keys() & {"$ref", "$defs", "title", "const", "nullable", "exclusiveMinimum"}, path
        assert "anyOf" not in field or field["x-kubernetes-int-or-string"], path
        assert field.get("additionalProperties") is not False, path
        assert "additionalProperties" not in field or "properties" not in field, path


@every_kind
def test_a_status_has_no_defaults(model: Model) -> None:
    assert [path for path, field in fields(model) if path.startswith("status") and "default" in field] == []


@every_kind
def test_every_kind_has_its_names_its_category_and_a_status_of_its_own(model: Model) -> None:
    crd = custom_resource_definition(model)

    assert crd["metadata"]["name"] == f"{model.info.plural}.kubelore.io"
    assert crd["spec"]["names"]["categories"] == ["kubelore"]
    assert crd["spec"]["names"]["shortNames"] == list(model.info.short_names)
    assert version(model)["subresources"]["status"] == {}


def test_only_a_model_server_scales() -> None:
    assert version(LLMServer)["subresources"]["scale"] == {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    }
    assert "scale" not in version(KnowledgeBase)["subresources"]


def test_tasks_are_selected_by_knowledge_base_and_phase() -> None:
    assert version(IngestTask)["selectableFields"] == [
        {"jsonPath": ".spec.knowledgeBaseRef.name"},
        {"jsonPath": ".status.phase"},
    ]


def test_columns_that_matter_less_show_only_when_asked_for() -> None:
    columns = {column["name"]: column.get("priority", 0) for column in version(LLMServer)["additionalPrinterColumns"]}

    assert columns == {
        "Engine": 0,
        "Model": 0,
        "Ready": 0,
        "Replicas": 0,
        "Fetched": 0,
        "Reason": 0,
        "Endpoint": 1,
        "Age": 0,
    }


def test_the_name_of_a_knowledge_base_is_judged_at_the_root() -> None:
    (rule,) = resource_schema(KnowledgeBase)["x-kubernetes-validations"]

    assert "self.metadata.name" in rule["rule"]
    assert rule["message"].startswith("metadata.name must be ")
