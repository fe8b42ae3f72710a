"""Measures the operator under many LLMServers at once: its writes, its memory, and a start with nothing to do.

The API server, Kubernetes' controllers and the scheduler are real; nodes and pods are kwok's.
"""

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kwok_cluster import kwok_cluster

from support.apiserver import ResourceApi
from support.cluster_api import NamespaceApi
from support.operator_process import OperatorProcess
from support.processes import wait_until

SERVERS = 500
MOST_WRITES = 6
NAMESPACE = "models"
WRITES = "kubelore_operator_api_writes_total"
SECONDS_TO_BE_READY = 900
QUIET_SECONDS = 10
SPEC = {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}}


def create_servers(cluster: ResourceApi) -> None:
    """Create all LLMServers as fast as the API server takes them."""

    def create(number: int) -> None:
        metadata = {"name": f"server-{number}", "namespace": NAMESPACE}
        cluster.create({"apiVersion": "kubelore.io/v1alpha1", "kind": "LLMServer", "metadata": metadata, "spec": SPEC})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(create, range(SERVERS)))


def ready_servers(api: NamespaceApi) -> int:
    """Return how many LLMServers are Ready."""
    conditions = [server.get("status", {}).get("conditions", ()) for server in api.list("LLMServer")]
    return sum(any((each["type"], each["status"]) == ("Ready", "True") for each in found) for found in conditions)


def seconds_until_ready(api: NamespaceApi, start: float) -> float:
    """Wait until every LLMServer is Ready, and return how long that took."""
    wait_until("all are Ready", lambda: ready_servers(api) == SERVERS, SECONDS_TO_BE_READY)
    return time.monotonic() - start


def wait_until_idle(operator: OperatorProcess) -> None:
    """Wait until the operator has written nothing for a while."""
    writes, since = operator.count(WRITES), time.monotonic()

    def is_idle() -> bool:
        nonlocal writes, since
        if operator.count(WRITES) != writes:
            writes, since = operator.count(WRITES), time.monotonic()
        return time.monotonic() - since > QUIET_SECONDS

    wait_until("the operator is idle", is_idle, SECONDS_TO_BE_READY)


def measure(cluster: ResourceApi, folder: Path) -> dict[str, float]:
    """Return the figures by their names."""
    cluster.create_namespace(NAMESPACE)
    api = NamespaceApi(cluster.connection, NAMESPACE)
    operator = OperatorProcess(cluster.kubeconfig, folder / "operator.log", None)
    with operator.running():
        alone = operator.resident_bytes()
        start = time.monotonic()
        create_servers(cluster)
        seconds = seconds_until_ready(api, start)
        wait_until_idle(operator)
        writes = operator.count(WRITES, kind="LLMServer")
        objects, loaded = operator.count("kubelore_operator_cached_objects"), operator.resident_bytes()
    with operator.running():
        wait_until_idle(operator)
        writes_again = operator.count(WRITES)
    return {
        "LLMServers, all Ready": SERVERS,
        "seconds from the first to the last": seconds,
        f"writes an LLMServer (at most {MOST_WRITES})": writes / SERVERS,
        "writes of an operator that starts again": writes_again,
        "objects that it caches": objects,
        "MB of memory without any": alone / 1e6,
        "MB of memory with them": loaded / 1e6,
        "KB of memory an object (at most 30)": (loaded - alone) / 1e3 / objects,
    }


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as scratch, kwok_cluster() as cluster:
        for name, figure in measure(cluster, Path(scratch)).items():
            print(f"{name:<44}{figure:>10.1f}")


if __name__ == "__main__":
    main()
