"""The operator that one would write first with kopf: it makes a Job of each IngestTask, and says when that is done.

`JOB_TEMPLATE` names a file with the Job, which gets a name and its owner here. It waits for nothing, checks nothing and
forgets what it misses: it is there to be compared with.
"""

import copy
import json
import os
from pathlib import Path
from typing import Any

import kopf
import kubernetes

_GROUP, _VERSION, _TASKS = "kubelore.io", "v1alpha1", "ingesttasks"
_TEMPLATE: dict[str, Any] = json.loads(Path(os.environ["JOB_TEMPLATE"]).read_text())
_OWNER_LABEL = "benchmark/task"


@kopf.on.startup()
def log_in(settings: kopf.OperatorSettings, **_: Any) -> None:
    """Use the kubeconfig, and post no Events, as ours posts none for these transitions either."""
    kubernetes.config.load_kube_config()
    settings.posting.enabled = False


@kopf.on.create(_GROUP, _VERSION, _TASKS)
def create_job(name: str, namespace: str, patch: kopf.Patch, **_: Any) -> None:
    """Make the task's Job."""
    job = copy.deepcopy(_TEMPLATE)
    job["metadata"] |= {"name": f"{name}-job", "labels": {**job["metadata"]["labels"], _OWNER_LABEL: name}}
    kopf.adopt(job)
    kubernetes.client.BatchV1Api().create_namespaced_job(namespace, job)
    patch.status["phase"] = "QUEUED"


@kopf.on.event("batch", "v1", "jobs", labels={_OWNER_LABEL: kopf.PRESENT})
def report(namespace: str, labels: dict[str, str], status: dict[str, Any], **_: Any) -> None:
    """Say that the task is done when its Job is."""
    if not status.get("succeeded"):
        return
    change = {"status": {"phase": "COMPLETED", "documents": {"total": 1, "succeeded": 1}}}
    kubernetes.client.CustomObjectsApi().patch_namespaced_custom_object_status(
        _GROUP, _VERSION, namespace, _TASKS, labels[_OWNER_LABEL], change
    )
