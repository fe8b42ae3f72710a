"""Measures the operator under many resources at once: its writes, its memory and its speed.

The API server, Kubernetes' controllers and the scheduler are real; nodes and pods are kwok's.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from figures import Figures, show
from kwok_cluster import kwok_cluster

from kubelore.documents.result import DocumentCounts, TerminationMessage
from kubelore.jobs.spec import JobOperation
from support.apiserver import ResourceApi
from support.cluster_api import Body, NamespaceApi
from support.operator_process import OperatorProcess
from support.operator_resources import PREPARED
from support.processes import processor_seconds, wait_until
from support.resources import NamespaceResources
from testcluster.toolchain import component

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


@dataclass(frozen=True, slots=True)
class State:
    """What a field of a kind's resources comes to."""

    kind: str
    field: str
    value: str


SERVER_READY = State("llmserver", '.status.conditions[?(@.type=="Ready")].status', "True")
KNOWLEDGE_BASE_READY = State("knowledgebase", SERVER_READY.field, SERVER_READY.value)
TASK_COMPLETED = State("ingesttask", ".status.phase", "COMPLETED")


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


def seconds_until_all(cluster: ResourceApi, api: NamespaceApi, state: State, count: int) -> float:
    """Wait until so many resources have come to a state, and return how long that took.

    They are watched: a list of thousands, asked for again and again, would be a load of its own.
    """
    start = time.monotonic()
    arrived: set[str] = set()
    with watching(cluster, api.namespace, state) as lines:
        for line in lines:
            name, _, value = line.strip().partition(" ")
            if value == state.value:
                arrived.add(name)
            if len(arrived) == count:
                return time.monotonic() - start
    raise AssertionError(f"{count - len(arrived)} of {count} {state.kind} are not {state.value} yet")


@contextmanager
def watching(cluster: ResourceApi, namespace: str, state: State) -> Iterator[Iterable[str]]:
    """Yield a line for each resource, and for each change of one, until the time is over."""
    scope = (f"--kubeconfig={cluster.kubeconfig}", f"--namespace={namespace}")
    output = f'--output=jsonpath={{.metadata.name}} {{{state.field}}}{{"\\n"}}'
    command = (str(component("kubectl")), *scope, "get", state.kind, "--watch", output)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        deadline = threading.Timer(SECONDS_TO_END, process.kill)
        deadline.start()
        try:
            yield process.stdout or ()
        finally:
            deadline.cancel()
            process.kill()


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
        seconds = seconds_until_all(cluster, api, SERVER_READY, SERVERS)
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
        seconds_until_all(cluster, api, KNOWLEDGE_BASE_READY, 1)
    create_many(api, "IngestTask", TASK, TASKS)
    operator.start_without_waiting()
    ours = seconds_until_all(cluster, api, TASK_COMPLETED, TASKS)
    writes, processor = operator.count(WRITES, kind="IngestTask"), operator.processor_seconds()
    operator.kill()

    template = folder / "job.json"
    template.write_text(json.dumps(as_template(api.list("Job")[0])))
    plain_api = new_namespace(cluster, "plain")
    create_many(plain_api, "IngestTask", TASK, TASKS)
    with plain_operator(cluster, template, folder / "plain.log") as process_id:
        plain = seconds_until_all(cluster, plain_api, TASK_COMPLETED, TASKS)
        plain_processor = processor_seconds(process_id)
    return {
        f"{TASKS} IngestTasks: seconds until all are COMPLETED": ours,
        f"writes a task (at most {MOST_WRITES_A_TASK})": writes / TASKS,
        "seconds of a plain kopf operator": plain,
        "times as fast (at least 2.5)": plain / ours,
        "processor seconds of the operator": processor,
        "processor seconds of the plain one": plain_processor,
    }


def as_template(job: Body) -> Body:
    """Return a Job as it was before the API server took it, without a name and an owner."""
    spec = {name: part for name, part in job["spec"].items() if name not in {"selector", "suspend"}}
    pod = spec["template"]["metadata"]
    pod["labels"] = {name: value for name, value in pod["labels"].items() if name.startswith("kubelore.io/")}
    metadata = {"labels": job["metadata"]["labels"]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


@contextmanager
def plain_operator(cluster: ResourceApi, template: Path, log: Path) -> Iterator[int]:
    """Run the operator to compare with, and yield its process id."""
    program = Path(__file__).with_name("plain_kopf_operator.py")
    command = (sys.executable, "-m", "kopf", "run", "--standalone", "--namespace=plain", str(program))
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig), "JOB_TEMPLATE": str(template)}
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def main() -> None:
    """Print the figures; an argument names one of the two parts."""
    parts = sys.argv[1:] or ["servers", "tasks"]
    with tempfile.TemporaryDirectory() as scratch, kwok_cluster(REPORTS) as cluster:
        folder = Path(scratch)
        operator = OperatorProcess(cluster.kubeconfig, folder / "operator.log", None, most_ingest_pods=0)
        if "servers" in parts:
            show(measure_servers(cluster, operator))
        if "tasks" in parts:
            show(measure_tasks(cluster, operator, folder))


if __name__ == "__main__":
    main()
