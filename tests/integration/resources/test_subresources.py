"""What kubectl shows and does with the resources, beyond storing them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kubelore.documents.result import DocumentCounts, ShardProgress, Stage
from kubelore.resources.base import Resource
from kubelore.resources.conditions import ConditionType, Reason, make_condition
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus, TaskPhase
from kubelore.resources.kinds import KINDS
from kubelore.resources.llm_server import LLMServer
from support.apiserver import RefusedError, ResourceApi
from support.builders import ingest_task, knowledge_base, llm_server

NAMESPACE = "subresources"
AnyResource = Resource[Any, Any]


@pytest.fixture(scope="module", autouse=True)
def namespace(apiserver: ResourceApi) -> None:
    apiserver.create_namespace(NAMESPACE)


def test_a_write_of_the_object_leaves_the_status_alone(apiserver: ResourceApi) -> None:
    task = created(apiserver, ingest_task("status-apart", namespace=NAMESPACE))
    apiserver.patch_status(task, {"status": {"phase": "PROCESSING", "progress": "1/2"}})

    apiserver.patch(task, {"spec": {"suspend": True}, "status": {"phase": "COMPLETED"}})

    stored = apiserver.get(task)
    assert stored["status"] == {"phase": "PROCESSING", "progress": "1/2"}
    assert stored["spec"]["suspend"] is True


def test_a_write_of_the_status_leaves_the_spec_and_the_generation_alone(apiserver: ResourceApi) -> None:
    task = created(apiserver, ingest_task("spec-apart", namespace=NAMESPACE))

    apiserver.patch_status(task, {"spec": {"suspend": True}, "status": {"phase": "PROCESSING"}})

    stored = apiserver.get(task)
    assert stored["spec"]["suspend"] is False
    assert stored["metadata"]["generation"] == 1


def test_a_status_at_creation_is_dropped(apiserver: ResourceApi) -> None:
    task = created(apiserver, ingest_task("no-status-yet", namespace=NAMESPACE, status={"phase": "COMPLETED"}))

    assert "status" not in task


def test_a_status_of_the_models_is_stored_whole(apiserver: ResourceApi) -> None:
    condition = make_condition(
        ConditionType.SUCCEEDED,
        status=None,
        reason=Reason.NOT_FINISHED,
        message="12 of 80 documents are done",
        generation=1,
        now=datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC),
    )
    status = IngestTaskStatus(
        observed_generation=1, phase=TaskPhase.VECTORIZING, progress="12/80", conditions=(condition,)
    )
    task = created(apiserver, ingest_task("whole-status", namespace=NAMESPACE))

    apiserver.patch_status(task, {"status": status.to_manifest()})

    assert IngestTask.model_validate(apiserver.get(task)).status == status


def test_workers_report_their_shards_side_by_side(apiserver: ResourceApi) -> None:
    task = created(apiserver, ingest_task("shards", namespace=NAMESPACE))
    progress = {
        str(shard): ShardProgress(stage=Stage.VECTORIZING, documents=DocumentCounts(total=4, succeeded=shard))
        for shard in range(3)
    }

    for shard, report in progress.items():
        body = report.model_dump(mode="json", by_alias=True)
        apiserver.patch_status(task, {"status": {"shards": {shard: body}}})

    assert IngestTask.model_validate(apiserver.get(task)).status.shards == progress


def test_a_status_says_one_thing_about_an_aspect(apiserver: ResourceApi) -> None:
    base = created(apiserver, knowledge_base("one-aspect", namespace=NAMESPACE))
    ready = {"type": "Ready", "status": "True", "reason": "Ready", "lastTransitionTime": "2026-11-21T12:00:00Z"}

    with pytest.raises(RefusedError, match="Duplicate value"):
        apiserver.patch_status(base, {"status": {"conditions": [ready, ready]}})


def test_a_status_knows_no_other_phase(apiserver: ResourceApi) -> None:
    task = created(apiserver, ingest_task("phases", namespace=NAMESPACE))

    with pytest.raises(RefusedError, match=r'"PENDING", "PROCESSING", "VECTORIZING", "COMPLETED", "FAILED"'):
        apiserver.patch_status(task, {"status": {"phase": "DONE"}})


def test_kubectl_scales_a_model_server(apiserver: ResourceApi) -> None:
    server = created(apiserver, llm_server("scaled", namespace=NAMESPACE, replicas=1))
    apiserver.patch_status(server, {"status": {"replicas": 1, "selector": "app=scaled"}})

    apiserver.kubectl("scale", "--namespace", NAMESPACE, "llm/scaled", "--replicas=3")

    path = f"/apis/kubelore.io/v1alpha1/namespaces/{NAMESPACE}/llmservers/scaled/scale"
    scale = json.loads(apiserver.kubectl("get", "--raw", path))
    assert scale["spec"] == {"replicas": 3}
    assert scale["status"] == {"replicas": 1, "selector": "app=scaled"}
    assert apiserver.get(server)["spec"]["replicas"] == 3


def test_kubectl_scales_a_model_server_that_names_no_replicas(apiserver: ResourceApi) -> None:
    server = created(apiserver, llm_server("scaled-from-default", namespace=NAMESPACE))

    apiserver.kubectl("scale", "--namespace", NAMESPACE, "llm/scaled-from-default", "--replicas=2")

    assert apiserver.get(server)["spec"]["replicas"] == 2


def test_kubectl_cant_scale_what_scales_itself(apiserver: ResourceApi) -> None:
    server = created(apiserver, llm_server("scales-itself", namespace=NAMESPACE, autoscaling={"max_replicas": 3}))

    with pytest.raises(Exception, match="only one of replicas and autoscaling may be set"):
        apiserver.kubectl("scale", "--namespace", NAMESPACE, "llm/scales-itself", "--replicas=2")

    assert "replicas" not in apiserver.get(server)["spec"]


def test_kubectl_finds_tasks_by_knowledge_base_and_phase(apiserver: ResourceApi) -> None:
    wiki = {"knowledge_base_ref": {"name": "wiki"}}
    created(apiserver, ingest_task("of-wiki-waiting", namespace=NAMESPACE, **wiki))
    failed = created(apiserver, ingest_task("of-wiki-failed", namespace=NAMESPACE, **wiki))
    apiserver.patch_status(failed, {"status": {"phase": "FAILED"}})

    selected = apiserver.kubectl(
        "get",
        "ingest",
        f"--namespace={NAMESPACE}",
        "--field-selector=spec.knowledgeBaseRef.name=wiki,status.phase=FAILED",
        "-o=name",
    )

    assert selected.split() == ["ingesttask.kubelore.io/of-wiki-failed"]


def test_kubectl_shows_how_a_task_stands(apiserver: ResourceApi) -> None:
    task = created(apiserver, ingest_task("shown", namespace=NAMESPACE))
    documents = {"total": 80, "succeeded": 9, "failed": 3}
    apiserver.patch_status(task, {"status": {"phase": "PROCESSING", "progress": "12/80", "documents": documents}})

    header, row = apiserver.kubectl("get", "ingest", "shown", f"--namespace={NAMESPACE}").splitlines()

    assert header.split() == ["NAME", "KNOWLEDGE", "BASE", "PHASE", "PROGRESS", "FAILED", "AGE"]
    assert row.split()[:-1] == ["shown", "handbook", "PROCESSING", "12/80", "3"]


def test_kubectl_lists_all_three_kinds_by_their_category(apiserver: ResourceApi) -> None:
    for build in (llm_server, knowledge_base, ingest_task):
        created(apiserver, build("listed", namespace=NAMESPACE))

    listed = apiserver.kubectl("get", "kubelore", f"--namespace={NAMESPACE}", "-o=name").split()

    assert {f"{model.info.singular}.kubelore.io/listed" for model in KINDS} <= set(listed)


def test_a_quantity_may_be_a_number_or_a_text(apiserver: ResourceApi) -> None:
    manifest = to_manifest(llm_server("quantities", namespace=NAMESPACE))
    manifest["spec"] |= {"resources": {"limits": {"cpu": 2, "memory": "4Gi"}}, "cache": {"size": 21474836480}}

    stored = apiserver.create(manifest)

    assert stored["spec"]["resources"]["limits"] == {"cpu": 2, "memory": "4Gi"}
    server = LLMServer.model_validate(stored)
    assert server.spec.resources.limits == {"cpu": "2", "memory": "4Gi"}
    assert server.spec.cache.size == "21474836480"


def created(apiserver: ResourceApi, resource: AnyResource) -> dict[str, Any]:
    return apiserver.create(to_manifest(resource))


def to_manifest(resource: AnyResource) -> dict[str, Any]:
    """Write the resource without what the API server alone gives, such as its uid."""
    manifest = resource.model_dump(mode="json", by_alias=True, exclude_none=True)
    metadata = {"name": resource.metadata.name, "namespace": resource.metadata.namespace}
    return manifest | {"metadata": metadata}
