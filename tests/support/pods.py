"""Manifests of small pods that tests look at a cluster with."""

from collections.abc import Mapping, Sequence
from typing import Any

PROBE_IMAGE = "kubelore-test/base:bookworm"
_USER = 65532


def pod(
    name: str,
    namespace: str,
    command: Sequence[str] = ("sleep", "infinity"),
    *,
    labels: Mapping[str, str] | None = None,
    **container: Any,
) -> dict[str, Any]:
    """A pod of one unprivileged container, which ends at once when asked to; `container` adds fields to it."""
    restricted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": _USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    probe = {"name": "probe", "image": PROBE_IMAGE, "command": list(command), "securityContext": restricted}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name, **(labels or {})}},
        "spec": {"terminationGracePeriodSeconds": 0, "restartPolicy": "Never", "containers": [probe | container]},
    }


def web_server(name: str, namespace: str, port: int = 8080, **labels: str) -> dict[str, Any]:
    """A pod that answers HTTP on `port`, which is called `http`, once it is ready."""
    return pod(
        name,
        namespace,
        ("python3", "-m", "http.server", str(port)),
        labels=labels,
        ports=[{"name": "http", "containerPort": port}],
        readinessProbe={"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
    )


def service(name: str, namespace: str, port: int = 80) -> dict[str, Any]:
    """A Service in front of the pods whose label `app` is its own name."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"port": port, "targetPort": "http"}]},
    }
