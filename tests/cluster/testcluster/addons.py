"""What runs in every test cluster beside Kubernetes itself: DNS, volumes, an S3 server, a vector database."""

from collections.abc import Mapping
from string import Template

from testcluster.kubectl import Kubectl
from testcluster.paths import SOURCES

DNS, VOLUMES, MINIO, MILVUS = "dns", "volumes", "minio", "milvus"
_DEPLOYMENTS = {
    DNS: ("kube-system", "coredns"),
    VOLUMES: ("local-path-storage", "local-path-provisioner"),
    MINIO: ("storage", "minio"),
    MILVUS: ("storage", "milvus"),
}
_SECONDS_TO_START = 300


def apply_addons(kubectl: Kubectl, addons: tuple[str, ...], values: Mapping[str, str]) -> None:
    """Apply the manifests of `addons`, with `values` in the place of their `${NAMES}`, and wait until all are up."""
    for addon in addons:
        manifest = Template((SOURCES / "manifests" / f"{addon}.yaml").read_text())
        kubectl("apply", "-f", "-", stdin=manifest.substitute(values))
    for namespace, deployment in (_DEPLOYMENTS[addon] for addon in addons):
        kubectl(
            "rollout",
            "status",
            f"--namespace={namespace}",
            f"--timeout={_SECONDS_TO_START}s",
            f"deployment/{deployment}",
        )


def add_gpus(kubectl: Kubectl, node: str, count: int) -> None:
    """Let a node say that it has GPUs: the scheduler then enforces their limits, though no pod could use one."""
    patch = f'{{"status": {{"capacity": {{"nvidia.com/gpu": "{count}"}}}}}}'
    kubectl("patch", "node", node, "--subresource=status", f"--patch={patch}")
