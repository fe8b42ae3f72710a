"""A control plane whose nodes and pods are kwok's: nothing runs, and everything says that it does."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.apiserver import ResourceApi, running_resource_api
from testcluster.programs import program_folder
from testcluster.shell import run
from testcluster.toolchain import GO, component, go

_VERSION = "v0.8.0"
_MODULE = "sigs.k8s.io/kwok"
_STAGES = ("node/fast", "node/heartbeat-with-lease", "pod/fast")
_NODES = 10
_PODS_A_NODE = 1000
_UNHURRIED = ("--kube-api-qps=1000", "--kube-api-burst=2000", "--leader-elect=false", "--secure-port=0")
"""Kubernetes' own controllers must not be what is measured."""


@contextmanager
def kwok_cluster() -> Iterator[ResourceApi]:
    """Run an API server with the CRDs, Kubernetes' controllers and scheduler, and nodes that take every pod."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        crds, logs = Path(scratch) / "crds", Path(scratch) / "logs"
        logs.mkdir()
        api = stack.enter_context(running_resource_api(crds))
        for name, command in _commands(api.kubeconfig).items():
            stack.enter_context(_running(command, logs / f"{name}.log"))
        nodes = [_node(f"node-{number}") for number in range(_NODES)]
        api.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}))
        api.kubectl("wait", "--for=condition=Ready", "--timeout=120s", "node", "--all")
        yield api


def _commands(kubeconfig: Path) -> dict[str, tuple[str, ...]]:
    key = kubeconfig.parent / "pki" / "service-accounts.key"
    access = f"--kubeconfig={kubeconfig}"
    manager, scheduler = component("kube-controller-manager"), component("kube-scheduler")
    kwok = program_folder(f"kwok-{_VERSION}", "kwok", _build_kwok, GO)
    stages = (f"--config={file}" for file in sorted(kwok.glob("*.yaml")))
    return {
        "controllers": (str(manager), access, f"--service-account-private-key-file={key}", *_UNHURRIED),
        "scheduler": (str(scheduler), access, *_UNHURRIED),
        "kwok": (str(kwok / "kwok"), access, "--manage-all-nodes=true", *stages),
    }


def _build_kwok(target: Path) -> None:
    """Build it, and take what it does to nodes and pods from beside its source."""
    program = f"{_MODULE}/cmd/kwok@{_VERSION}"
    go("install", "-trimpath", "-ldflags", "-s -w", program, cwd=target, GOBIN=str(target))
    source = Path(run("go", "env", "GOMODCACHE").strip()) / f"{_MODULE}@{_VERSION}" / "kustomize" / "stage"
    for stage in (stage for folder in _STAGES for stage in (source / folder).glob("[!k]*.yaml")):
        (target / stage.name).write_bytes(stage.read_bytes())


@contextmanager
def _running(command: tuple[str, ...], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _node(name: str) -> dict[str, object]:
    room = {"cpu": "1000", "memory": "10Ti", "pods": str(_PODS_A_NODE)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"capacity": room, "allocatable": room},
    }
