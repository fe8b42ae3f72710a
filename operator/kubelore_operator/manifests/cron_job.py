"""CronJobs: a Job by the clock."""

from kubelore_operator.manifests.job import Work, job
from kubelore_operator.manifests.metadata import INGEST_COMPONENT, AnyResource, Manifest, child_metadata

_SECONDS_LATE = 3600
"""A run that could not start in time, because the cluster was down, starts this much later at most."""


def cron_job(owner: AnyResource, schedule: str, work: Work) -> Manifest:
    """Write a CronJob that makes one Job after the other, and keeps the last good and the last bad one.

    The schedule is a cron expression of five fields, in the time zone of the cluster's controllers.
    """
    template = job(owner, work)
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": child_metadata(owner, work.name, INGEST_COMPONENT, work.labels),
        "spec": {
            "schedule": schedule,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _SECONDS_LATE,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 1,
            "jobTemplate": {"metadata": {"labels": template["metadata"]["labels"]}, "spec": template["spec"]},
        },
    }
