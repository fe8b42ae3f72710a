"""How a task over a prefix learns how many documents it has, and in how many shards they are worked."""

from kubelore.resources.conditions import Reason
from kubelore.resources.ingest_task import IngestTask
from kubelore_operator.reconcile.observed import Context, Job, JobState
from kubelore_operator.reconcile.plan import Plan
from kubelore_operator.reconcile.pods import problem_of
from kubelore_operator.reconcile.reports import SECONDS_FOR_REPORTS, all_are_in, settled_reports
from kubelore_operator.reconcile.task_progress import pending


def with_plan(task: IngestTask, plan_job: Job | None) -> IngestTask:
    """Return the task with what its planner reported, where its status doesn't hold it yet."""
    report = settled_reports(plan_job).get(0) if plan_job is not None else None
    if task.status.plan is not None or report is None or report.plan is None:
        return task
    return task.model_copy(update={"status": task.status.model_copy(update={"plan": report.plan})})


def await_plan(task: IngestTask, plan_job: Job, context: Context) -> Plan:
    """Say how the planner is getting on; one whose report is lost has to say it again, and finds its plan whole."""
    if plan_job.state is JobState.RUNNING:
        problem = problem_of(plan_job)
        if problem is not None:
            return Plan(status=pending(task, problem.reason, problem.message, context))
        return Plan(status=pending(task, Reason.PLANNING, "the documents are being listed", context))
    since_end = (context.now - (plan_job.finished_at or plan_job.created_at)).total_seconds()
    if not all_are_in(plan_job) and since_end < SECONDS_FOR_REPORTS:
        return Plan(requeue=1)
    return Plan() if plan_job.is_deleting else Plan(delete=(plan_job.key,))
