import pytest

from kubelore.documents.result import KnowledgeBaseTotals, TerminationMessage, Verification
from kubelore.errors import ErrorCode
from support.operator_resources import OperatedNamespace
from support.operator_world import failure, message
from support.processes import wait_until

pytestmark = pytest.mark.usefixtures("operator")

SERVED = {"embedding": {"llmServerRef": {"name": "embedder"}}}


def test_it_is_ready_when_its_collection_is_made(namespace: OperatedNamespace) -> None:
    namespace.create_knowledge_base()
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "False", "PreparingCollection")

    namespace.prepare()

    status = namespace.status("KnowledgeBase", "handbook")
    assert (status["collection"], status["dimension"]) == ("kb_handbook", 384)
    assert status["generation"]["active"] == 1
    assert "bm25" in namespace.condition("KnowledgeBase", "handbook", "StorageReachable")["message"]


def test_it_waits_for_its_model_server_and_goes_on_when_that_is_ready(namespace: OperatedNamespace) -> None:
    namespace.create_knowledge_base(**SERVED)
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "False", "LLMServerNotFound")
    namespace.create_model_server()
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "False", "LLMServerNotReady")
    wait_until("the server is deployed", lambda: namespace.api.get("Deployment", "embedder") is not None)

    namespace.jobs.serve("embedder")

    namespace.prepare()


def test_it_is_not_ready_while_its_model_server_is_away(namespace: OperatedNamespace) -> None:
    namespace.create_model_server(engine="external", external={"baseURL": "https://api.example/v1"})
    namespace.create_ready_knowledge_base(**SERVED)

    namespace.api.delete("LLMServer", "embedder")

    namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "False", "LLMServerNotFound")


def test_a_store_that_does_not_answer_is_told_of(namespace: OperatedNamespace) -> None:
    namespace.create_knowledge_base()
    job = namespace.jobs.wait_for_job("prepare", "handbook")
    down = failure(ErrorCode.OBJECT_STORE_UNREACHABLE, "s3")

    namespace.jobs.end(namespace.jobs.run(job), message(failures=(down,)), exit_code=1)
    namespace.jobs.fail(job)

    found = namespace.wait_for_condition("KnowledgeBase", "handbook", "StorageReachable", "False", "StorageUnreachable")
    assert found["message"] == down.message
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "False", "PrepareFailed")


def test_it_goes_at_once_when_its_data_stays(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()

    namespace.api.delete("KnowledgeBase", "handbook")

    namespace.wait_until_gone("KnowledgeBase", "handbook")
    assert namespace.jobs.jobs("purge", "handbook") == []


def test_it_goes_when_its_data_is_gone_and_leaves_nothing(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base(deletionPolicy="Delete")

    namespace.api.delete("KnowledgeBase", "handbook")
    job = namespace.jobs.wait_for_job("purge", "handbook")
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "False", "Deleting")
    namespace.jobs.carry_out(job, message())

    namespace.wait_until_gone("KnowledgeBase", "handbook")
    namespace.jobs.collect_garbage()
    assert namespace.api.list("Job") == []
    assert namespace.api.list("Pod") == []


def test_nobody_writes_any_more_when_its_data_is_removed(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base(deletionPolicy="Delete")
    namespace.create_task()
    upsert = namespace.jobs.wait_for_job("upsert", "pages")
    pod = namespace.jobs.run(upsert)
    namespace.wait_for_phase("pages", "PROCESSING")

    namespace.api.delete("KnowledgeBase", "handbook")

    namespace.wait_for_condition("IngestTask", "pages", "Failed", "True", "KnowledgeBaseDeleted")
    namespace.wait_until_gone("Job", upsert["metadata"]["name"])
    wait_until(
        "the knowledge base waits for the pod",
        lambda: pod["metadata"]["name"] in namespace.condition("KnowledgeBase", "handbook", "Ready").get("message", ""),
    )
    assert namespace.jobs.jobs("purge", "handbook") == []
    namespace.jobs.end(pod, exit_code=143)
    namespace.jobs.carry_out(namespace.jobs.wait_for_job("purge", "handbook"), message())
    namespace.wait_until_gone("KnowledgeBase", "handbook")


def test_a_cleanup_that_fails_says_so_and_can_be_skipped(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base(deletionPolicy="Delete")
    namespace.api.delete("KnowledgeBase", "handbook")
    job = namespace.jobs.wait_for_job("purge", "handbook")
    down = failure(ErrorCode.VECTOR_STORE_UNREACHABLE, "milvus")
    namespace.jobs.end(namespace.jobs.run(job), message(failures=(down,)), exit_code=1)
    namespace.jobs.fail(job)
    found = namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "False", "CleanupFailed")
    assert down.message in found["message"]

    skip = {"metadata": {"annotations": {"kubelore.io/skip-cleanup": "true"}}}
    namespace.api.patch("KnowledgeBase", "handbook", skip)

    namespace.wait_until_gone("KnowledgeBase", "handbook")


def test_a_namespace_that_is_being_deleted_says_how_to_let_it_go(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base(deletionPolicy="Delete")
    namespace.delete_namespace()

    namespace.api.delete("KnowledgeBase", "handbook")

    found = namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "False", "CleanupFailed")
    assert "being terminated" in found["message"]
    assert "kubelore.io/skip-cleanup" in found["message"]


def carry_out(namespace: OperatedNamespace, operation: str, report: TerminationMessage, shards: int = 1) -> None:
    namespace.jobs.carry_out(namespace.jobs.wait_for_job(operation, "handbook"), *[report] * shards)


def wait_for_generation(namespace: OperatedNamespace, number: int) -> None:
    wait_until(
        f"generation {number} answers",
        lambda: namespace.status("KnowledgeBase", "handbook")["generation"]["active"] == number,
    )


def test_a_change_of_chunking_builds_the_next_generation_and_one_field_goes_back(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    counted = message(totals=KnowledgeBaseTotals(documents=4, chunks=9), dimension=384)

    namespace.api.patch("KnowledgeBase", "handbook", {"spec": {"chunking": {"size": 256}}})
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Reindexing", "True", "Building")
    progress = {"documents": {"total": 8, "succeeded": 3}}
    namespace.api.patch("KnowledgeBase", "handbook", {"status": {"shards": {"2": {"0": progress}}}}, "status")
    wait_until(
        "progress is shown",
        lambda: namespace.status("KnowledgeBase", "handbook")["generation"].get("progress") == "3/8",
    )
    carry_out(namespace, "reindex", message(), shards=2)
    carry_out(namespace, "promote", counted)
    wait_for_generation(namespace, 2)

    status = namespace.status("KnowledgeBase", "handbook")
    assert status["generation"]["previous"]["number"] == 1
    assert "next" not in status["generation"]
    assert (status["documents"], status["chunks"]) == (4, 9)
    namespace.api.patch("KnowledgeBase", "handbook", {"spec": {"generations": {"active": 1}}})
    carry_out(namespace, "promote", counted)
    wait_for_generation(namespace, 1)
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Reindexing", "False", "Pinned")


def test_a_task_that_comes_while_a_generation_is_built_writes_to_both(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.api.patch("KnowledgeBase", "handbook", {"spec": {"chunking": {"size": 256}}})
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Reindexing", "True", "Building")

    namespace.create_task()

    job = namespace.jobs.wait_for_job("upsert", "pages")
    assert job["metadata"]["labels"]["kubelore.io/generations"] == "1-2"


def test_it_is_compared_when_asked_and_made_again_where_it_is_gone(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()

    namespace.api.patch("KnowledgeBase", "handbook", {"metadata": {"annotations": {"kubelore.io/verify": "now"}}})
    carry_out(namespace, "verify", message(verification=Verification(missing=("collection", "alias"))))
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "False", "Rebuilding")
    carry_out(namespace, "rebuild", message(verification=Verification(documents=4, rows=9)))

    namespace.wait_for_condition("KnowledgeBase", "handbook", "Ready", "True", "CollectionReady")
    namespace.wait_for_condition("KnowledgeBase", "handbook", "Consistent", "True", "Verified")
