import asyncio
import json
from typing import Any

import pytest

from kubelore.documents.ids import document_id
from kubelore.documents.layout import Layout
from kubelore.documents.record import Failure
from kubelore.documents.result import DocumentCounts, ResultManifest
from kubelore.errors import ErrorCode
from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask, IngestTaskStatus, TaskPhase
from kubelore_api.ingest.task_id import TaskId
from support.gateway import Gateway
from support.http import Reply, get, post

BOUNDARY = "----boundary"


def multipart(fields: dict[str, str], filename: str | None = "notes.md", content: bytes = b"# Notes") -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if filename is not None:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        parts.append(f"{head}Content-Type: text/markdown\r\n\r\n".encode() + content + b"\r\n")
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def upload(gateway: Gateway, fields: dict[str, str] | None = None, **file: Any) -> Reply:
    body = multipart({"knowledge_base": "handbook"} if fields is None else fields, **file)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return post(f"{gateway.url}/v1/files", body, headers)


def task_of(gateway: Gateway, reply: Reply) -> IngestTask:
    task_id = TaskId.parse(reply.json["id"])
    return asyncio.run(gateway.resources.ingest_task(task_id.namespace, task_id.task))


def status(gateway: Gateway, task_id: str) -> Reply:
    return get(f"{gateway.url}/task-status/{task_id}")


def test_an_upload_is_an_object_and_a_task_that_points_to_it(gateway: Gateway) -> None:
    reply = upload(gateway, content=b"# Notes on cats")
    assert (reply.status, reply.json["status"], reply.json["object"]) == (202, "PENDING", "ingest.task")
    source = task_of(gateway, reply).spec.source.object
    assert source is not None
    assert source.document_name == "notes.md"
    assert gateway.objects.get(source.key) == b"# Notes on cats"


def test_an_object_lies_under_its_documents_id_and_its_contents_version(gateway: Gateway) -> None:
    first = task_of(gateway, upload(gateway, content=b"one")).spec.source.object
    second = task_of(gateway, upload(gateway, content=b"two")).spec.source.object
    assert first is not None
    assert second is not None
    originals = Layout("default", "handbook").originals + document_id("default", "handbook", "default", "notes.md")
    assert first.key.startswith(f"{originals}/")
    assert second.key.startswith(f"{originals}/")
    assert first.key != second.key


def test_the_official_client_uploads(gateway: Gateway) -> None:
    file = gateway.openai().files.create(
        file=("guide.md", b"# Guide"), purpose="assistants", extra_body={"knowledge_base": "handbook"}
    )
    assert file.filename == "guide.md"
    assert status(gateway, file.id).json["status"] == "PENDING"


def test_metadata_and_groups_travel_with_the_task(gateway: Gateway) -> None:
    fields = {"knowledge_base": "handbook", "metadata": '{"author": "Ann"}', "access_groups": "bosses"}
    spec = task_of(gateway, upload(gateway, fields)).spec
    assert (spec.metadata, spec.access_groups, spec.tenant) == ({"author": "Ann"}, ("bosses",), "default")


def test_the_tenant_can_not_be_chosen(gateway: Gateway) -> None:
    assert task_of(gateway, upload(gateway, {"knowledge_base": "handbook", "tenant": "other"})).spec.tenant == "default"


def test_an_upload_may_come_before_its_knowledge_base_is_ready(gateway: Gateway) -> None:
    assert upload(gateway, {"knowledge_base": "unready"}).status == 202


def test_a_large_upload_arrives_whole(gateway: Gateway) -> None:
    content = b"%PDF-1.7\n" + bytes(range(256)) * 3900
    source = task_of(gateway, upload(gateway, content=content)).spec.source.object
    assert source is not None
    assert gateway.objects.get(source.key) == content


@pytest.mark.parametrize("fields", [{"knowledge_base": "handbook"}, {"purpose": "assistants"}])
@pytest.mark.parametrize("filename", ["picture.png", "picture.txt", "picture"])
def test_what_no_parser_reads_is_refused_by_its_content(
    gateway: Gateway, fields: dict[str, str], filename: str
) -> None:
    before = [info.key for info in gateway.objects.list("")]
    reply = upload(gateway, fields, filename=filename, content=b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    assert (reply.status, reply.json["error"]["code"], reply.json["error"]["param"]) == (
        415,
        "DOCUMENT_UNSUPPORTED",
        "file",
    )
    assert [info.key for info in gateway.objects.list("")] == before


@pytest.mark.parametrize("size", [1_000_001, 3_000_000])
def test_an_upload_over_the_limit_is_refused(gateway: Gateway, size: int) -> None:
    reply = upload(gateway, content=b"x" * size)
    assert reply.status == 413
    assert reply.json["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("fields", "filename", "code", "parameter"),
    [
        ({"knowledge_base": "handbook"}, None, 400, "file"),
        ({"knowledge_base": "handbook"}, "", 400, "file"),
        ({"knowledge_base": "handbook"}, "x" * 1025, 400, "file"),
        ({}, "a.md", 400, "knowledge_base"),
        ({"knowledge_base": "nowhere"}, "a.md", 404, "knowledge_base"),
        ({"knowledge_base": "../x"}, "a.md", 404, "knowledge_base"),
        ({"knowledge_base": "handbook", "metadata": "{"}, "a.md", 400, "metadata"),
        ({"knowledge_base": "handbook", "metadata": "[]"}, "a.md", 400, "metadata"),
        ({"knowledge_base": "handbook", "metadata": '{"n": 7}'}, "a.md", 400, "metadata"),
        ({"knowledge_base": "handbook", "access_groups": ""}, "a.md", 400, "access_groups"),
    ],
)
def test_a_bad_upload_names_its_parameter(
    gateway: Gateway, fields: dict[str, str], filename: str | None, code: int, parameter: str
) -> None:
    reply = upload(gateway, fields, filename=filename)
    assert (reply.status, reply.json["error"]["param"]) == (code, parameter)


def test_an_upload_that_is_no_form_names_what_is_missing(gateway: Gateway) -> None:
    reply = post(f"{gateway.url}/v1/files", {"file": "x"})
    assert (reply.status, reply.json["error"]["param"]) == (400, "file")


def test_progress_is_told_from_the_task(gateway: Gateway) -> None:
    task_id = upload(gateway).json["id"]
    put_status(
        gateway, task_id, phase=TaskPhase.VECTORIZING, progress="0/1", chunks=4, documents=DocumentCounts(total=1)
    )
    body = status(gateway, task_id).json
    assert (body["status"], body["progress"], body["chunks"]) == ("VECTORIZING", "0/1", 4)
    assert body["documents"] == {"total": 1, "succeeded": 0, "failed": 0, "skipped": 0}


def test_a_failure_says_what_and_what_to_do(gateway: Gateway) -> None:
    task_id = upload(gateway).json["id"]
    failure = Failure(
        document="notes.md", component="parse", code=ErrorCode.DOCUMENT_EMPTY, retryable=False, message="m"
    )
    put_status(gateway, task_id, phase=TaskPhase.FAILED, failures=(failure,))
    [told] = status(gateway, task_id).json["failures"]
    assert told == {
        "document": "notes.md",
        "component": "parse",
        "code": "DOCUMENT_EMPTY",
        "retryable": False,
        "message": "m",
    }


def test_once_the_task_is_gone_its_manifest_answers(gateway: Gateway) -> None:
    task_id = upload(gateway).json["id"]
    forget(gateway, task_id)
    assert status(gateway, task_id).status == 404
    put_manifest(gateway, task_id)
    body = status(gateway, task_id).json
    assert (body["status"], body["progress"], body["chunks"]) == ("COMPLETED", "1/1", 5)


def test_a_task_that_went_before_its_last_shard_has_failed(gateway: Gateway) -> None:
    task_id = upload(gateway).json["id"]
    forget(gateway, task_id)
    put_manifest(gateway, task_id, shards=2)
    assert status(gateway, task_id).json["status"] == "FAILED"


def test_the_task_of_another_tenant_is_unknown(gateway: Gateway) -> None:
    task_id = upload(gateway).json["id"]
    forget(gateway, task_id)
    put_manifest(gateway, task_id, tenant="other")
    assert status(gateway, task_id).status == 404


@pytest.mark.parametrize("task_id", ["nothing", "a.b.c.d", "default.handbook.upload-1.u", "..%2f..%2fx.y.z"])
def test_an_unknown_task_is_not_found(gateway: Gateway, task_id: str) -> None:
    reply = status(gateway, task_id)
    assert reply.status == 404
    assert json.loads(reply.body)["error"]["type"] == "invalid_request_error"


def put_status(gateway: Gateway, task_id: str, **fields: Any) -> None:
    key = ResourceKey("IngestTask", "default", TaskId.parse(task_id).task)
    asyncio.run(gateway.resources.put_status(key, IngestTaskStatus(**fields)))


def forget(gateway: Gateway, task_id: str) -> None:
    asyncio.run(gateway.resources.delete_ingest_task("default", TaskId.parse(task_id).task))


def put_manifest(gateway: Gateway, task_id: str, **fields: Any) -> None:
    parsed = TaskId.parse(task_id)
    manifest = ResultManifest(
        task=parsed.task, task_uid=parsed.uid, documents=DocumentCounts(total=1, succeeded=1), chunks=5, **fields
    )
    key = Layout("default", "handbook").result(parsed.uid, 0)
    gateway.objects.put(key, manifest.to_json().encode())
