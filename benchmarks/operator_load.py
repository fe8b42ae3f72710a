"""Measures the operator under many resources at once: its writes, its memory and its speed.

The API server, Kubernetes' controllers and the scheduler are real; nodes and pods are kwok's.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from kwok_cluster import kwok_cluster

from kubelore.documents.result import DocumentCounts, TerminationMessage
from kubelore.jobs.spec import JobOperation
from support.apiserver import ResourceApi
from support.cluster_api import Body, NamespaceApi
from support.operator_process import OperatorProcess
from support.operator_resources import PREPARED
from support.processes import wait_until
from support.resources import NamespaceResources

SERVERS = 500
TASKS = 3000
MOST_WRITES_A_SERVER = 6
MOST_WRITES_A_TASK = 4
WRITES = "kubelore_operator_api_writes_total"
SECONDS_TO_END = 1800
QUIET_SECONDS = 10
SERVER: Body = {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}}
KNOWLEDGE_BASE: Body = {"embedding": {"builtin": "all-MiniLM-L6-v2"}}
TASK: Body = {"knowledgeBaseRef": {"name": "handbook"}, "source": {"object": {"key": "pages/first.md"}}}
REPORTS = {
    JobOperation.PREPARE: PREPARED,
    JobOperation.UPSERT: TerminationMessage(documents=DocumentCounts(total=1, succeeded=1), chunks=4),
}

Figures = dict[str, float]


def new_namespace(cluster: ResourceApi, name: str) -> NamespaceApi:
    """Make a namespace, with the service account that the chart makes."""
    cluster.create_namespace(name)
    api = NamespaceApi(cluster.connection, name)
    api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "kubelore-ingest"}})
    return api


def create_many(api: NamespaceApi, kind: str, spec: Body, count: int) -> None:
    """Create resources as fast as the API server takes them."""
    resources = NamespaceResources(api)

    def create(number: int) -> None:
        resources.create(kind, f"each-{number}", spec)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(create, range(count)))


def is_ready(body: Body) -> bool:
    """Say whether a resource is Ready."""
    conditions = body.get("status", {}).get("conditions", ())
    return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)


def is_completed(body: Body) -> bool:
    """Say whether a task is done."""
    return bool(body.get("status", {}).get("phase") == "COMPLETED")


def seconds_until_all(api: NamespaceApi, kind: str, holds: Callable[[Body], bool]) -> float:
    """Wait until it holds for every resource of a kind, and return how long that took."""
    start = time.monotonic()
    wait_until(f"each {kind} has come to its end", lambda: all(map(holds, api.list(kind))), SECONDS_TO_END)
    return time.monotonic() - start


def wait_until_idle(operator: OperatorProcess) -> None:
    """Wait until the operator has written nothing for a while."""
    writes, since = operator.count(WRITES), time.monotonic()

    def is_idle() -> bool:
        nonlocal writes, since
        if operator.count(WRITES) != writes:
            writes, since = operator.count(WRITES), time.monotonic()
        return time.monotonic() - since > QUIET_SECONDS

    wait_until("the operator is idle", is_idle, SECONDS_TO_END)


def measure_servers(cluster: ResourceApi, operator: OperatorProcess) -> Figures:
    """Create all LLMServers at once; then start the operator again, which has nothing to do."""
    api = new_namespace(cluster, "models")
    with operator.running():
        alone = operator.resident_bytes()
        create_many(api, "LLMServer", SERVER, SERVERS)
        seconds = seconds_until_all(api, "LLMServer", is_ready)
        wait_until_idle(operator)
        writes = operator.count(WRITES, kind="LLMServer")
        objects, loaded = operator.count("kubelore_operator_cached_objects"), operator.resident_bytes()
    with operator.running():
        wait_until_idle(operator)
        writes_again = operator.count(WRITES)
    return {
        f"{SERVERS} LLMServers: seconds until all are Ready": seconds,
        f"writes an LLMServer (at most {MOST_WRITES_A_SERVER})": writes / SERVERS,
        "writes of an operator that starts again (none)": writes_again,
        "objects that it caches": objects,
        "MB of memory without any": alone / 1e6,
        "KB of memory an object (at most 30)": (loaded - alone) / 1e3 / objects,
    }


def measure_tasks(cluster: ResourceApi, operator: OperatorProcess, folder: Path) -> Figures:
    """Let the operator, and then the plain one, carry out tasks that are all there when it starts."""
    api = new_namespace(cluster, "tasks")
    with operator.running():
        NamespaceResources(api).create("KnowledgeBase", "handbook", KNOWLEDGE_BASE)
        seconds_until_all(api, "KnowledgeBase", is_ready)
    create_many(api, "IngestTask", TASK, TASKS)
    operator.start_without_waiting()
    ours = seconds_until_all(api, "IngestTask", is_completed)
    writes, processor = operator.count(WRITES, kind="IngestTask"), operator.processor_seconds()
    operator.kill()

    template = folder / "job.json"
    template.write_text(json.dumps(as_template(api.list("Job")[0])))
    plain_api = new_namespace(cluster, "plain")
    create_many(plain_api, "IngestTask", TASK, TASKS)
    with plain_operator(cluster, template, folder / "plain.log"):
        plain = seconds_until_all(plain_api, "IngestTask", is_completed)
    return {
        f"{TASKS} IngestTasks: seconds until all are COMPLETED": ours,
        "processor seconds of the operator": processor,
        f"writes a task (at most {MOST_WRITES_A_TASK})": writes / TASKS,
        "seconds of a plain kopf operator": plain,
        "times as fast (at least 2.5)": plain / ours,
    }


def as_template(job: Body) -> Body:
    """Return a Job as it was before the API server took it, without a name and an owner."""
    spec = {name: part for name, part in job["spec"].items() if name not in {"selector", "suspend"}}
    pod = spec["template"]["metadata"]
    pod["labels"] = {name: value for name, value in pod["labels"].items() if name.startswith("kubelore.io/")}
    metadata = {"labels": job["metadata"]["labels"]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


@contextmanager
def plain_operator(cluster: ResourceApi, template: Path, log: Path) -> Iterator[None]:
    """Run the operator to compare with."""
    program = Path(__file__).with_name("plain_kopf_operator.py")
    command = (sys.executable, "-m", "kopf", "run", "--standalone", "--namespace=plain", str(program))
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig), "JOB_TEMPLATE": str(template)}
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process:
        try:
            yield
        finally:
            process.kill()


def show(figures: Figures) -> None:
    """Print figures, each in a line with its name."""
    for name, figure in figures.items():
        print(f"{name:<56}{figure:>10.1f}", flush=True)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as scratch, kwok_cluster(REPORTS) as cluster:
        folder = Path(scratch)
        operator = OperatorProcess(cluster.kubeconfig, folder / "operator.log", None, most_ingest_pods=0)
        show(measure_servers(cluster, operator))
        show(measure_tasks(cluster, operator, folder))


if __name__ == "__main__":
    main()
