"""A control plane whose nodes and pods are kwok's: nothing runs, and everything says that it does."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kubelore.documents.result import TerminationMessage
from kubelore.jobs.spec import JobOperation
from support.apiserver import ResourceApi, running_resource_api
from testcluster.apiserver import running_process
from testcluster.programs import program_folder
from testcluster.shell import run
from testcluster.toolchain import GO, component, go

_VERSION = "v0.8.0"
_MODULE = "sigs.k8s.io/kwok"
_STAGES = (
    "node/fast/node-initialize",
    "node/heartbeat-with-lease/node-heartbeat-with-lease",
    "pod/fast/pod-ready",
    "pod/fast/pod-delete",
)
_PODS_OF_JOBS = """\
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {{name: {operation}}}
spec:
  resourceRef: {{apiGroup: v1, kind: Pod}}
  selector:
    matchExpressions:
      - {{key: .metadata.deletionTimestamp, operator: DoesNotExist}}
      - {{key: .status.phase, operator: In, values: [Running]}}
      - {{key: '.metadata.labels["kubelore.io/operation"]', operator: In, values: [{operation}]}}
  next:
    statusTemplate: |
      phase: Succeeded
      containerStatuses:
        - name: {{{{ (index .spec.containers 0).name | Quote }}}}
          image: {{{{ (index .spec.containers 0).image | Quote }}}}
          ready: false
          started: false
          restartCount: 0
          state:
            terminated:
              exitCode: 0
              reason: Completed
              message: {message}
              startedAt: {{{{ Now | Quote }}}}
              finishedAt: {{{{ Now | Quote }}}}
"""
_NODES = 10
_PODS_A_NODE = 1000
_UNHURRIED = ("--kube-api-qps=1000", "--kube-api-burst=2000", "--leader-elect=false", "--secure-port=0")
"""Kubernetes' own controllers must not be what is measured."""

_PATIENT = "--node-monitor-grace-period=1h"
"""Pods of a node whose heartbeat is late under the load are marked unready, and kwok never marks them ready again."""


@contextmanager
def kwok_cluster(reports: Mapping[JobOperation, TerminationMessage]) -> Iterator[ResourceApi]:
    """Run an API server with the CRDs, Kubernetes' controllers and scheduler, and nodes that take every pod.

    Jobs of these operations end well at once, with this report.
    """
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        crds, logs = Path(scratch) / "crds", Path(scratch) / "logs"
        logs.mkdir()
        api = stack.enter_context(running_resource_api(crds))
        stages = Path(scratch) / "stages.yaml"
        stages.write_text("---\n".join(_stage(operation, report) for operation, report in reports.items()))
        for name, command in _commands(api.kubeconfig, stages).items():
            stack.enter_context(running_process(command, logs / f"{name}.log"))
        nodes = [_node(f"node-{number}") for number in range(_NODES)]
        api.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}))
        api.kubectl("wait", "--for=condition=Ready", "--timeout=120s", "node", "--all")
        yield api


def _stage(operation: JobOperation, report: TerminationMessage) -> str:
    return _PODS_OF_JOBS.format(operation=operation.value, message=json.dumps(report.to_json()))


def _commands(kubeconfig: Path, jobs: Path) -> dict[str, tuple[str, ...]]:
    key = kubeconfig.parent / "pki" / "service-accounts.key"
    access = f"--kubeconfig={kubeconfig}"
    manager, scheduler = component("kube-controller-manager"), component("kube-scheduler")
    kwok = program_folder(f"kwok-{_VERSION}", "kwok", _build_kwok, GO)
    stages = [f"--config={file}" for file in (*sorted(kwok.glob("*.yaml")), jobs)]
    return {
        "controllers": (
            *(str(manager), access, f"--service-account-private-key-file={key}"),
            *(f"--concurrent-{kind}-syncs=20" for kind in ("deployment", "replicaset", "job", "endpoint")),
            *_UNHURRIED,
            _PATIENT,
        ),
        "scheduler": (str(scheduler), access, *_UNHURRIED),
        "kwok": (str(kwok / "kwok"), access, "--manage-all-nodes=true", "--node-lease-duration-seconds=40", *stages),
    }


def _build_kwok(target: Path) -> None:
    """Build it, and take what it does to nodes and pods from beside its source."""
    program = f"{_MODULE}/cmd/kwok@{_VERSION}"
    go("install", "-trimpath", "-ldflags", "-s -w", program, cwd=target, GOBIN=str(target))
    source = Path(run("go", "env", "GOMODCACHE").strip()) / f"{_MODULE}@{_VERSION}" / "kustomize" / "stage"
    for stage in _STAGES:
        shutil.copy(source / f"{stage}.yaml", target)


def _node(name: str) -> dict[str, object]:
    room = {"cpu": "1000", "memory": "10Ti", "pods": str(_PODS_A_NODE)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"capacity": room, "allocatable": room},
    }
