"""Jobs: one pod for one piece of work, or an indexed pod a shard."""

from dataclasses import dataclass, field

from kubelore.documents.result import EXIT_DOCUMENT_IS_BAD
from kubelore_operator.manifests.metadata import (
    INGEST_COMPONENT,
    AnyResource,
    Manifest,
    child_metadata,
    labels,
    unowned_metadata,
)
from kubelore_operator.manifests.pod import pod_spec
from kubelore_operator.workload import Pod

_KUEUE_QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
_SECONDS_TO_STOP = 30


@dataclass(frozen=True, slots=True)
class Shards:
    """How an Indexed Job is shared out; a shard that fails too often doesn't stop the others, half of them do."""

    count: int
    parallelism: int

    @property
    def most_failed(self) -> int:
        """How many shards may fail before the whole Job does."""
        return (self.count + 1) // 2


@dataclass(frozen=True, slots=True)
class Work:
    """What a Job runs, and how often and how long it may try.

    One that `outlives_owner` runs while its owner is being deleted, and has to be deleted by whoever waits for it.
    """

    name: str
    pod: Pod
    backoff_limit: int
    active_deadline_seconds: int
    ttl_seconds: int
    shards: Shards | None = None
    queue_name: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    outlives_owner: bool = False


def job(owner: AnyResource, work: Work) -> Manifest:
    """Write a Job whose pods are never restarted in place, so that every attempt leaves its own report.

    One for a queue begins suspended, and is Kueue's to start.
    """
    metadata = unowned_metadata if work.outlives_owner else child_metadata
    queue = {_KUEUE_QUEUE_LABEL: work.queue_name} if work.queue_name else {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(owner, work.name, INGEST_COMPONENT, work.labels | queue),
        "spec": {
            **_attempts(work),
            **({"suspend": True} if work.queue_name else {}),
            "activeDeadlineSeconds": work.active_deadline_seconds,
            "ttlSecondsAfterFinished": work.ttl_seconds,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": _failure_rules(work)},
            "template": {
                "metadata": {"labels": labels(owner, INGEST_COMPONENT, work.labels)},
                "spec": {
                    "restartPolicy": "Never",
                    "terminationGracePeriodSeconds": _SECONDS_TO_STOP,
                    **pod_spec(work.pod),
                },
            },
        },
    }


def _attempts(work: Work) -> Manifest:
    if work.shards is None:
        return {"backoffLimit": work.backoff_limit}
    return {
        "completionMode": "Indexed",
        "completions": work.shards.count,
        "parallelism": work.shards.parallelism,
        "backoffLimitPerIndex": work.backoff_limit,
        "maxFailedIndexes": work.shards.most_failed,
    }


def _failure_rules(work: Work) -> list[Manifest]:
    """Don't count a pod that the cluster itself took away, and don't try again what can't succeed."""
    exit_codes = {
        "containerName": work.pod.container.name,
        "operator": "In",
        "values": [EXIT_DOCUMENT_IS_BAD],
    }
    return [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "FailJob" if work.shards is None else "FailIndex", "onExitCodes": exit_codes},
    ]
