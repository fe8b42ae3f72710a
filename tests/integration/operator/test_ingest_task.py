import pytest

from kubelore.documents.plan import PlanSummary
from kubelore.documents.result import KnowledgeBaseTotals
from kubelore.errors import ErrorCode
from support.operator_process import OperatorProcess
from support.operator_resources import OperatedNamespace
from support.operator_world import failure, message
from support.processes import wait_until

THREE_SHARDS = PlanSummary(shards=3, documents=12)

pytestmark = pytest.mark.usefixtures("operator")


def test_a_document_comes_in(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    job = namespace.jobs.wait_for_job("upsert", "pages")

    pod = namespace.jobs.run(job)
    running = namespace.wait_for_phase("pages", "PROCESSING")
    totals = KnowledgeBaseTotals(documents=1, chunks=7)
    namespace.jobs.end(pod, message(1, chunks=7, totals=totals))
    namespace.jobs.complete(job)
    done = namespace.wait_for_phase("pages", "COMPLETED")

    assert running["startedAt"]
    assert done["documents"] == {"total": 1, "succeeded": 1, "failed": 0, "skipped": 0}
    assert (done["chunks"], done["progress"]) == (7, "1/1")
    assert done["finishedAt"] >= done["startedAt"]
    wait_until("the totals are shown", lambda: namespace.status("KnowledgeBase", "handbook").get("chunks") == 7)


def test_a_documents_whole_life_is_at_most_four_writes_by_the_operator(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    with namespace.api.history("IngestTask") as tasks, namespace.api.history("Job") as jobs:
        namespace.create_task()
        job = namespace.jobs.wait_for_job("upsert", "pages")
        pod = namespace.jobs.run(job)
        namespace.wait_for_phase("pages", "PROCESSING")
        for stage, chunks in (("PROCESSING", 0), ("VECTORIZING", 3), ("VECTORIZING", 7)):
            namespace.report_progress("pages", stage=stage, documents={"total": 1}, chunks=chunks)
        namespace.wait_for_phase("pages", "VECTORIZING")
        namespace.jobs.end(pod, message(1, chunks=7))
        namespace.jobs.complete(job)
        namespace.wait_for_phase("pages", "COMPLETED")

    created_by_the_test, reported_by_the_worker, written_by_the_controller = 1, 3, 1
    by_operator = tasks.writes("pages") - created_by_the_test - reported_by_the_worker
    by_operator += jobs.writes() - written_by_the_controller
    assert jobs.created() == [job["metadata"]["name"]]
    assert by_operator <= 4


def test_a_task_waits_for_its_knowledge_base_and_goes_on_when_it_appears(namespace: OperatedNamespace) -> None:
    namespace.create_task()
    namespace.wait_for_condition("IngestTask", "pages", "Succeeded", "Unknown", "KnowledgeBaseNotFound")

    namespace.create_knowledge_base()
    namespace.wait_for_condition("IngestTask", "pages", "Succeeded", "Unknown", "KnowledgeBaseNotReady")
    namespace.prepare()

    namespace.jobs.carry_out(namespace.jobs.wait_for_job("upsert", "pages"), message(1))
    namespace.wait_for_phase("pages", "COMPLETED")


def test_many_documents_are_summed_over_their_shards(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task(source={"prefix": {"prefix": "pages/"}}, parallelism=3)
    namespace.jobs.carry_out(namespace.jobs.wait_for_job("plan", "pages"), message(plan=THREE_SHARDS))
    job = namespace.jobs.wait_for_job("upsert", "pages")
    assert (job["spec"]["completionMode"], job["spec"]["completions"]) == ("Indexed", 3)

    reports = (message(4, chunks=20), message(2, failed=1, chunks=9, failures=(failure(),)), message(skipped=5))
    namespace.jobs.carry_out(job, *reports)
    done = namespace.wait_for_phase("pages", "COMPLETED")

    assert done["progress"] == "12/12"
    assert done["documents"] == {"total": 12, "succeeded": 6, "failed": 1, "skipped": 5}
    assert [entry["code"] for entry in done["failures"]] == ["DOCUMENT_BROKEN"]
    namespace.wait_for_condition("IngestTask", "pages", "Succeeded", "True", "CompletedWithFailures")


def test_documents_are_counted_by_what_became_of_them(namespace: OperatedNamespace, operator: OperatorProcess) -> None:
    def counted(state: str) -> float:
        return operator.count("document_processing_status", namespace=namespace.api.namespace, status=state)

    namespace.create_ready_knowledge_base()
    namespace.create_task()
    job = namespace.jobs.wait_for_job("upsert", "pages")
    pod = namespace.jobs.run(job)
    wait_until("it is being processed", lambda: counted("processing") == 1)
    namespace.jobs.end(pod, message(1))
    namespace.jobs.complete(job)

    wait_until("it came in", lambda: (counted("processing"), counted("succeeded")) == (0, 1))


def test_a_bad_document_fails_its_task_in_its_workers_words(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    job = namespace.jobs.wait_for_job("upsert", "pages")

    namespace.jobs.end(namespace.jobs.run(job), message(failed=1, failures=(failure(),)), exit_code=42)
    namespace.jobs.fail(job, "PodFailurePolicy")

    found = namespace.wait_for_condition("IngestTask", "pages", "Failed", "True", "DocumentFailed")
    assert found["message"] == failure().message


def test_a_worker_that_ran_out_of_memory_is_told_from_a_bad_document(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    job = namespace.jobs.wait_for_job("upsert", "pages")

    namespace.jobs.end(namespace.jobs.run(job), exit_code=137, reason="OOMKilled")
    namespace.jobs.fail(job)

    status = namespace.wait_for_phase("pages", "FAILED")
    assert [entry["code"] for entry in status["failures"]] == [ErrorCode.JOB_OUT_OF_MEMORY]


def test_inline_text_reaches_its_worker_in_a_config_map(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task(source={"inline": {"filename": "note.md", "text": "# A note\n"}})

    job = namespace.jobs.wait_for_job("upsert", "pages")

    config_map = namespace.api.get("ConfigMap", job["metadata"]["name"])
    assert config_map is not None
    assert config_map["data"] == {"document": "# A note\n"}


def test_a_pod_that_misses_its_secret_is_told_of(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    job = namespace.jobs.wait_for_job("upsert", "pages")

    pod = namespace.jobs.create_pod(job)
    namespace.jobs.wait(pod, "CreateContainerConfigError", 'secret "kubelore-storage" not found')

    found = namespace.wait_for_condition("IngestTask", "pages", "Succeeded", "Unknown", "ContainerNotStarted")
    assert 'secret "kubelore-storage" not found' in found["message"]


def test_a_task_that_is_suspended_stops_and_one_that_is_resumed_starts(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    name = namespace.jobs.wait_for_job("upsert", "pages")["metadata"]["name"]

    namespace.api.patch("IngestTask", "pages", {"spec": {"suspend": True}})
    namespace.wait_for_condition("IngestTask", "pages", "Succeeded", "Unknown", "Suspended")
    namespace.wait_until_gone("Job", name)
    namespace.api.patch("IngestTask", "pages", {"spec": {"suspend": False}})

    assert namespace.jobs.wait_for_job("upsert", "pages")["metadata"]["name"] == name


def test_a_job_that_someone_deletes_in_the_middle_comes_again(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    job = namespace.jobs.wait_for_job("upsert", "pages")
    namespace.jobs.run(job)
    namespace.wait_for_phase("pages", "PROCESSING")

    namespace.api.delete("Job", job["metadata"]["name"])

    again = namespace.jobs.wait_for_job("upsert", "pages")
    assert again["metadata"]["uid"] != job["metadata"]["uid"]


def test_a_job_that_someone_deletes_at_the_end_does_not_come_again(
    namespace: OperatedNamespace, operator: OperatorProcess
) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    job = namespace.jobs.wait_for_job("upsert", "pages")
    namespace.jobs.carry_out(job, message(1))
    namespace.wait_for_phase("pages", "COMPLETED")
    before = reconciles(operator)

    namespace.api.delete("Job", job["metadata"]["name"])
    namespace.jobs.collect_garbage()

    wait_until("the operator has seen it", lambda: reconciles(operator) > before)
    assert namespace.jobs.jobs("upsert", "pages") == []
    assert namespace.status("IngestTask", "pages")["phase"] == "COMPLETED"


def test_a_finished_task_goes_when_its_time_is_over(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task(ttlSecondsAfterFinished=1)

    namespace.jobs.carry_out(namespace.jobs.wait_for_job("upsert", "pages"), message(1))

    namespace.wait_until_gone("IngestTask", "pages")


def test_a_paused_task_does_not_start(namespace: OperatedNamespace) -> None:
    namespace.create_task()
    namespace.wait_for_condition("IngestTask", "pages", "Succeeded", "Unknown", "KnowledgeBaseNotFound")
    namespace.api.patch("IngestTask", "pages", {"metadata": {"annotations": {"kubelore.io/paused": "true"}}})
    namespace.wait_for_condition("IngestTask", "pages", "Succeeded", "Unknown", "Paused")

    namespace.create_ready_knowledge_base()
    assert namespace.jobs.jobs("upsert", "pages") == []
    namespace.api.patch("IngestTask", "pages", {"metadata": {"annotations": {"kubelore.io/paused": None}}})

    namespace.jobs.wait_for_job("upsert", "pages")


def test_every_child_goes_with_its_task(namespace: OperatedNamespace) -> None:
    namespace.create_ready_knowledge_base()
    namespace.create_task(source={"inline": {"filename": "note.md", "text": "# A note\n"}})
    namespace.jobs.run(namespace.jobs.wait_for_job("upsert", "pages"))

    namespace.api.delete("IngestTask", "pages")
    namespace.wait_until_gone("IngestTask", "pages")
    namespace.jobs.collect_garbage()

    assert namespace.jobs.jobs("upsert", "pages") == []
    assert [pod for pod in namespace.api.list("Pod") if "pages" in pod["metadata"]["name"]] == []
    assert namespace.api.list("ConfigMap") == []


def reconciles(operator: OperatorProcess) -> float:
    return operator.count("kubelore_operator_reconciles_total", kind="IngestTask", result="ok")
