"""Stands in for Kubernetes' Job controller, kubelet and garbage collector, where there is an API server alone.

It acts only when a test tells it to, so that a test decides what the operator sees, and when.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from kubelore.clock import timestamp
from kubelore.documents.result import TerminationMessage
from kubelore_operator.kinds import CHILDREN, RESOURCES
from support.cluster_api import NamespaceApi
from support.processes import wait_until

Body = dict[str, Any]

_INDEX_LABEL = "batch.kubernetes.io/job-completion-index"
_NAME_LABEL = "batch.kubernetes.io/job-name"


class FakeJobController:
    """Drives the Jobs of one namespace."""

    def __init__(self, api: NamespaceApi) -> None:
        self._api = api

    def wait_for_job(self, operation: str, owner: str) -> Body:
        """Return the Job that does this for this resource, once it is there."""
        return _found(f"a Job for {operation} of {owner}", lambda: self.jobs(operation, owner))

    def jobs(self, operation: str, owner: str) -> list[Body]:
        """Return the Jobs that do this for this resource."""
        return [job for job in self._api.list("Job") if _labels(job, "operation", "name") == (operation, owner)]

    def create_pod(self, job: Body, shard: int = 0) -> Body:
        """Make a pod of a Job."""
        template, name = job["spec"]["template"], job["metadata"]["name"]
        labels = {**template["metadata"]["labels"], _NAME_LABEL: name, _INDEX_LABEL: str(shard)}
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"]}
        metadata = {
            "name": f"{name}-{shard}-{len(self._api.list('Pod')):03}",
            "labels": labels,
            "ownerReferences": [{**owner, "controller": True}],
        }
        return self._api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})

    def run(self, job: Body, shard: int = 0) -> Body:
        """Make a pod of a Job, and let its container run."""
        state = {"running": {"startedAt": _now()}}
        return self._pod_status(self.create_pod(job, shard), phase="Running", containerStatuses=[_container(state)])

    def wait(self, pod: Body, reason: str, message: str) -> None:
        """Let a pod's container wait, for this reason."""
        state = {"waiting": {"reason": reason, "message": message}}
        self._pod_status(pod, phase="Pending", containerStatuses=[_container(state)])

    def end(self, pod: Body, message: TerminationMessage | str = "", exit_code: int = 0, reason: str = "") -> None:
        """Let a pod's container end with this termination message."""
        terminated = {
            "exitCode": exit_code,
            "reason": reason or ("Error" if exit_code else "Completed"),
            "message": message if isinstance(message, str) else message.to_json(),
            "startedAt": _now(),
            "finishedAt": _now(),
        }
        phase = "Failed" if exit_code else "Succeeded"
        self._pod_status(pod, phase=phase, containerStatuses=[_container({"terminated": terminated})])

    def complete(self, job: Body, succeeded: int = 1) -> None:
        """Say that all of a Job's work is done."""
        conditions = [
            _condition("SuccessCriteriaMet", "CompletionsReached"),
            _condition("Complete", "CompletionsReached"),
        ]
        counts = {"succeeded": succeeded, "startTime": _now(), "completionTime": _now()}
        self._job_status(job, conditions, **counts)

    def fail(self, job: Body, reason: str = "BackoffLimitExceeded") -> None:
        """Say that a Job is given up."""
        conditions = [_condition("FailureTarget", reason), _condition("Failed", reason)]
        self._job_status(job, conditions, failed=1, startTime=_now())

    def carry_out(self, job: Body, *messages: TerminationMessage) -> None:
        """Run all of a Job, a shard a message, to its good end."""
        for shard, message in enumerate(messages):
            self.end(self.run(job, shard), message)
        self.complete(job, succeeded=len(messages))

    def serve(self, deployment: str) -> None:
        """Say that all of a Deployment's pods answer."""
        body = self._api.get("Deployment", deployment)
        assert body is not None
        replicas = body["spec"]["replicas"]
        counts = {"replicas": replicas, "updatedReplicas": replicas, "readyReplicas": replicas}
        status = {"observedGeneration": body["metadata"]["generation"], "availableReplicas": replicas, **counts}
        self._api.patch("Deployment", deployment, {"status": status}, "status")

    def collect_garbage(self) -> None:
        """Delete, until there is nothing left to delete, everything whose owner is gone."""
        while orphans := self._orphans():
            for body in orphans:
                self._api.delete(body["kind"], body["metadata"]["name"])

    def _orphans(self) -> list[Body]:
        bodies = [body for kind in (*RESOURCES, *CHILDREN) for body in self._api.list(kind.kind)]
        uids = {body["metadata"]["uid"] for body in bodies}
        return [body for body in bodies if any(uid not in uids for uid in _owners(body))]

    def _pod_status(self, pod: Body, **status: Any) -> Body:
        return self._api.patch("Pod", pod["metadata"]["name"], {"status": status}, "status")

    def _job_status(self, job: Body, conditions: list[Body], **status: Any) -> None:
        change = {"active": 0, "ready": 0, "terminating": 0, "uncountedTerminatedPods": {}, "conditions": conditions}
        self._api.patch("Job", job["metadata"]["name"], {"status": {**change, **status}}, "status")


def _found(what: str, look: Callable[[], list[Body]]) -> Body:
    seen: list[Body] = []

    def is_there() -> bool:
        seen[:] = look()
        return bool(seen)

    wait_until(what, is_there)
    return seen[-1]


def _owners(body: Body) -> list[str]:
    return [reference["uid"] for reference in body["metadata"].get("ownerReferences", ())]


def _labels(body: Body, *names: str) -> tuple[str | None, ...]:
    labels = body["metadata"].get("labels", {})
    return tuple(labels.get(f"kubelore.io/{name}") for name in names)


def _container(state: Body) -> Body:
    ended = "terminated" in state
    return {
        "name": "ingest",
        "state": state,
        "image": "x",
        "imageID": "x",
        "ready": False,
        "restartCount": 0,
        "started": not ended,
    }


def _condition(kind: str, reason: str) -> Body:
    times = {"lastTransitionTime": _now(), "lastProbeTime": _now()}
    return {"type": kind, "status": "True", "reason": reason, "message": "said by the test", **times}


def _now() -> str:
    return timestamp(datetime.now(UTC))
