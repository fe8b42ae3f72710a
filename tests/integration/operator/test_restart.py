"""Whatever happens to the operator, the end is the same."""

from collections.abc import Callable

import pytest

from support.operator_process import OperatorProcess
from support.operator_resources import OperatedNamespace
from support.operator_world import message
from support.processes import wait_until

NewOperator = Callable[..., OperatorProcess]

TASKS = tuple(f"pages-{number}" for number in range(6))
WRITES = "kubelore_operator_api_writes_total"
RECONCILES = "kubelore_operator_reconciles_total"


def at_once(namespace: OperatedNamespace) -> None:
    """Kill it while it takes up the tasks."""


def when_a_job_is_there(namespace: OperatedNamespace) -> None:
    namespace.jobs.wait_for_job("upsert", TASKS[0])


def when_a_pod_runs(namespace: OperatedNamespace) -> None:
    namespace.jobs.run(namespace.jobs.wait_for_job("upsert", TASKS[0]))


def when_a_task_is_processed(namespace: OperatedNamespace) -> None:
    when_a_pod_runs(namespace)
    namespace.wait_for_phase(TASKS[0], "PROCESSING")


def when_a_job_is_complete(namespace: OperatedNamespace) -> None:
    namespace.jobs.carry_out(namespace.jobs.wait_for_job("upsert", TASKS[0]), message(1, chunks=2))


def when_a_task_is_completed(namespace: OperatedNamespace) -> None:
    when_a_job_is_complete(namespace)
    namespace.wait_for_phase(TASKS[0], "COMPLETED")


@pytest.mark.parametrize(
    "moment",
    [
        at_once,
        when_a_job_is_there,
        when_a_pod_runs,
        when_a_task_is_processed,
        when_a_job_is_complete,
        when_a_task_is_completed,
    ],
)
def test_an_operator_that_is_killed_comes_to_the_same_end(
    moment: Callable[[OperatedNamespace], None], namespace: OperatedNamespace, new_operator: NewOperator
) -> None:
    operator = new_operator(progress_seconds=0)
    operator.start()
    namespace.create_ready_knowledge_base()
    with namespace.api.history("Job") as jobs:
        for task in TASKS:
            namespace.create_task(task)
        moment(namespace)

        operator.kill()
        operator.start()

        for task in TASKS:
            job = namespace.jobs.wait_for_job("upsert", task)
            if "conditions" not in job.get("status", {}):
                namespace.jobs.carry_out(job, message(1, chunks=2))
        ends = [namespace.wait_for_phase(task, "COMPLETED") for task in TASKS]

    assert [end["chunks"] for end in ends] == [2] * len(TASKS)
    assert len(jobs.created()) == len(TASKS)


def test_a_knowledge_base_is_prepared_once_however_often_the_operator_is_killed(
    namespace: OperatedNamespace, new_operator: NewOperator
) -> None:
    operator = new_operator()
    with namespace.api.history("Job") as jobs:
        namespace.create_knowledge_base()
        for _ in range(3):
            operator.start()
            namespace.jobs.wait_for_job("prepare", "handbook")
            operator.kill()
        operator.start()
        namespace.prepare()

    assert len(jobs.created()) == 1


def test_what_ended_while_the_operator_was_away_is_read_afterwards(
    namespace: OperatedNamespace, new_operator: NewOperator
) -> None:
    operator = new_operator()
    operator.start()
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    job = namespace.jobs.wait_for_job("upsert", "pages")
    pod = namespace.jobs.run(job)
    namespace.wait_for_phase("pages", "PROCESSING")
    operator.kill()

    namespace.report_progress("pages", stage="VECTORIZING", documents={"total": 1, "succeeded": 1}, chunks=3)
    namespace.jobs.end(pod, message(1, chunks=3))
    namespace.jobs.complete(job)
    namespace.api.delete("Job", job["metadata"]["name"])
    namespace.jobs.collect_garbage()
    operator.start()

    assert namespace.wait_for_phase("pages", "COMPLETED")["chunks"] == 3
    assert namespace.jobs.jobs("upsert", "pages") == []


def test_an_operator_that_starts_again_writes_nothing(namespace: OperatedNamespace, new_operator: NewOperator) -> None:
    operator = new_operator()
    operator.start()
    namespace.create_model_server()
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    namespace.jobs.carry_out(namespace.jobs.wait_for_job("upsert", "pages"), message(1))
    namespace.wait_for_phase("pages", "COMPLETED")
    namespace.wait_for_condition("LLMServer", "embedder", "Ready", "False", "Deploying")
    operator.kill()

    kinds = ("LLMServer", "KnowledgeBase", "IngestTask", "Job", "Deployment", "Service", "NetworkPolicy")
    with namespace.api.histories(kinds) as histories:
        operator.start()
        wait_until("it has looked at everything", lambda: operator.count(RECONCILES, result="ok") >= 3)

    assert {kind: history.writes() for kind, history in histories.items()} == dict.fromkeys(kinds, 0)


def test_a_resync_with_nothing_to_do_writes_nothing(namespace: OperatedNamespace, new_operator: NewOperator) -> None:
    operator = new_operator(resync_seconds=0.2)
    operator.start()
    namespace.create_model_server()
    namespace.create_ready_knowledge_base()
    namespace.create_task()
    namespace.jobs.run(namespace.jobs.wait_for_job("upsert", "pages"))
    namespace.wait_for_phase("pages", "PROCESSING")
    namespace.wait_for_condition("LLMServer", "embedder", "Ready", "False", "Deploying")
    writes, reconciles = operator.count(WRITES), operator.count(RECONCILES)

    wait_until("it has looked at everything often", lambda: operator.count(RECONCILES) >= reconciles + 15)

    assert operator.count(WRITES) == writes


def test_an_operator_that_is_told_to_stop_does(new_operator: NewOperator) -> None:
    operator = new_operator()
    operator.start()

    assert operator.is_healthy()
    assert operator.stop() == 0


def test_an_operator_says_which_setting_is_wrong(new_operator: NewOperator) -> None:
    operator = new_operator(concurrency="many")
    operator.start_without_waiting()

    assert operator.wait() != 0
    assert "KUBELORE_OPERATOR_CONCURRENCY" in operator.log
