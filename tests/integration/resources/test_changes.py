"""What may change in a resource that is there, and what may not."""

from typing import Any

import pytest

from kubelore.resources.ingest_task import IngestTaskSpec
from support.apiserver import RefusedError, ResourceApi

CHANGES_OF_A_TASK = {
    "knowledgeBaseRef": {"name": "another"},
    "operation": "Delete",
    "source": {"object": {"key": "b.md"}},
    "tenant": "another",
    "metadata": {"department": "sales"},
    "accessGroups": ["sales"],
    "parallelism": 4,
    "backoffLimit": 1,
    "activeDeadlineSeconds": 60,
}
WHAT_MAY_CHANGE_IN_A_TASK = {"suspend": True, "ttlSecondsAfterFinished": 60}


@pytest.fixture(scope="module")
def task(apiserver: ResourceApi) -> dict[str, Any]:
    spec = {"knowledgeBaseRef": {"name": "handbook"}, "source": {"object": {"key": "a.md"}}}
    return apiserver.create(manifest("IngestTask", "changes", spec))


@pytest.mark.parametrize("field", CHANGES_OF_A_TASK)
def test_a_task_keeps_what_it_was_created_with(apiserver: ResourceApi, task: dict[str, Any], field: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        apiserver.patch(task, {"spec": {field: CHANGES_OF_A_TASK[field]}})

    assert f"spec.{field}: " in str(refusal.value)
    assert "can't be changed once the task is there: create another IngestTask" in str(refusal.value)


def test_a_task_keeps_an_optional_field_that_was_set(apiserver: ResourceApi) -> None:
    spec = {"knowledgeBaseRef": {"name": "handbook"}, "source": {"object": {"key": "a.md"}}, "parallelism": 2}
    task = apiserver.create(manifest("IngestTask", "keeps-parallelism", spec))

    with pytest.raises(RefusedError, match=r"spec\.parallelism"):
        apiserver.patch(task, {"spec": {"parallelism": None}})


def test_a_task_can_be_suspended_and_told_to_go(apiserver: ResourceApi, task: dict[str, Any]) -> None:
    changed = apiserver.patch(task, {"spec": WHAT_MAY_CHANGE_IN_A_TASK})

    assert changed["spec"]["suspend"] is True
    assert changed["spec"]["ttlSecondsAfterFinished"] == 60
    assert changed["metadata"]["generation"] == task["metadata"]["generation"] + 1


def test_every_field_of_a_task_either_stays_or_may_change() -> None:
    fields = {field.alias for field in IngestTaskSpec.model_fields.values()}

    assert fields == CHANGES_OF_A_TASK.keys() | WHAT_MAY_CHANGE_IN_A_TASK.keys()


def test_labels_of_a_task_may_change(apiserver: ResourceApi, task: dict[str, Any]) -> None:
    changed = apiserver.patch(task, {"metadata": {"labels": {"team": "a"}}})

    assert changed["metadata"]["labels"] == {"team": "a"}


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ({}, {"vectorStore": {"uri": "http://milvus:19530"}}, "vectorStore.uri"),
        ({"vectorStore": {"uri": "http://a:19530"}}, {"vectorStore": {"uri": "http://b:19530"}}, "vectorStore.uri"),
        ({"vectorStore": {"uri": "http://a:19530"}}, {"vectorStore": None}, "vectorStore.uri"),
        ({}, {"objectStore": {"url": "http://s3:9000/a"}}, "objectStore.url"),
        ({"objectStore": {"url": "http://s3:9000/a"}}, {"objectStore": {"url": "http://s3:9000/b"}}, "objectStore.url"),
    ],
)
def test_a_knowledge_base_stays_where_its_data_lies(
    apiserver: ResourceApi, before: dict[str, Any], after: dict[str, Any], field: str
) -> None:
    base = apiserver.create(knowledge_base("moves", storage=before))
    try:
        with pytest.raises(RefusedError) as refusal:
            apiserver.patch(base, {"spec": {"storage": after}})
    finally:
        apiserver.delete(base)

    assert f"spec.storage.{field}: " in str(refusal.value)
    assert "can't be changed: the documents would stay behind" in str(refusal.value)


def test_a_knowledge_base_can_take_other_credentials_and_another_model(apiserver: ResourceApi) -> None:
    storage = {"vectorStore": {"uri": "http://milvus:19530"}}
    base = apiserver.create(knowledge_base("grows", storage=storage))

    changed = apiserver.patch(
        base,
        {
            "spec": {
                "storage": {"vectorStore": {"secretRef": {"name": "milvus"}}},
                "embedding": {"builtin": None, "llmServerRef": {"name": "bge"}},
                "chunking": {"size": 256},
                "index": {"profile": "exact"},
            }
        },
    )

    assert changed["spec"]["storage"]["vectorStore"]["secretRef"] == {"name": "milvus"}
    assert changed["spec"]["embedding"] == {"llmServerRef": {"name": "bge"}, "precision": "fp32"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": "10Gi"}, "spec.cache.size: "),
        ({"size": 5}, "can't be lowered: a volume can grow but not shrink"),
        ({"storageClassName": "slow"}, "spec.cache.storageClassName: "),
        ({"storageClassName": None}, "can't be changed: a volume stays in its class"),
        ({"accessMode": "ReadWriteMany"}, "can't be changed: a volume keeps its access mode"),
    ],
)
def test_a_model_cache_changes_only_as_a_volume_can(apiserver: ResourceApi, change: dict[str, Any], said: str) -> None:
    server = apiserver.create(llm_server("shrinks", cache={"size": "20Gi", "storageClassName": "fast"}))
    try:
        with pytest.raises(RefusedError) as refusal:
            apiserver.patch(server, {"spec": {"cache": change}})
    finally:
        apiserver.delete(server)

    assert said in str(refusal.value)


def test_a_model_cache_can_grow(apiserver: ResourceApi) -> None:
    server = apiserver.create(llm_server("cache-grows", cache={"size": "1000Mi"}))

    changed = apiserver.patch(server, {"spec": {"cache": {"size": "1Gi"}}})

    assert changed["spec"]["cache"]["size"] == "1Gi"


def manifest(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "kubelore.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def knowledge_base(name: str, **spec: Any) -> dict[str, Any]:
    return manifest("KnowledgeBase", name, {"embedding": {"builtin": "all-MiniLM-L6-v2"}, **spec})


def llm_server(name: str, **spec: Any) -> dict[str, Any]:
    return manifest("LLMServer", name, {"engine": "ollama", "serves": ["chat"], "model": {"name": "qwen3"}, **spec})
