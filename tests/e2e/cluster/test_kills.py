"""Whatever is killed, and at whatever moment of a running task, the end is the same: each row once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from uuid import uuid4

import pytest

from support.cluster_api import Body
from support.contents import Contents, assert_exact
from support.installation import Installation
from support.pages import CHUNKING, pages
from support.pod_killer import PodKiller, pod_killer
from support.processes import wait_until

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]

PREFIX = "kills/"
PAGES = pages(24)
A_FEW, ALL = "1*.md", "*.md"
SHARDS = 2
SECONDS_TO_A_MOMENT = 120
KILLED = 137


@dataclass(frozen=True, slots=True)
class Run:
    """One task under way; its documents are those of a tenant of its own."""

    installation: Installation
    contents: Contents
    task: Body
    records_before: int

    @property
    def tenant(self) -> str:
        """Whose documents it brings in."""
        tenant: str = self.task["spec"]["tenant"]
        return tenant

    @property
    def documents(self) -> int:
        """How many documents it brings in."""
        return sum(fnmatch(name, self.task["spec"]["source"]["prefix"]["glob"]) for name in PAGES)

    def job(self) -> Body:
        """Return its one Job once it is there."""
        self.wait("its Job is there", lambda: bool(self.installation.jobs(self.task)))
        (job,) = self.installation.jobs(self.task)
        return job

    def pod(self) -> Body:
        """Return the latest pod of its first shard once it runs."""
        job = self.job()

        def runs() -> bool:
            pods = self.installation.pods(job)
            return bool(pods) and pods[-1]["status"]["phase"] == "Running"

        self.wait("its first shard runs", runs)
        return self.installation.pods(job)[-1]

    def counted(self, shard: int = 0) -> int:
        """Return how many documents a worker said that it has."""
        status = self.installation.resources.status("IngestTask", self.task["metadata"]["name"])
        found: int = status.get("shards", {}).get(str(shard), {}).get("documents", {}).get("total", 0)
        return found

    def wait(self, what: str, condition: Callable[[], bool]) -> None:
        """Return once a moment has come."""
        wait_until(what, condition, SECONDS_TO_A_MOMENT)


def at_once(run: Run) -> None:
    """Do not wait for anything."""


def when_its_job_is_there(run: Run) -> None:
    run.job()


def when_a_worker_runs(run: Run) -> None:
    run.pod()


def when_documents_are_counted(run: Run) -> None:
    run.wait("documents are counted", lambda: run.counted() > 0)


def when_rows_are_written(run: Run) -> None:
    run.wait("rows are written", lambda: run.contents.count(run.tenant) > 0)


def when_documents_are_recorded(run: Run) -> None:
    run.wait("documents are recorded", lambda: run.contents.count_records() > run.records_before)


def when_its_job_is_complete(run: Run) -> None:
    run.wait("its Job is complete", lambda: "completionTime" in run.job()["status"])


@pytest.fixture(scope="module")
def killer(installation: Installation) -> Iterator[PodKiller]:
    with pod_killer(installation.cluster) as killer:
        yield killer


@pytest.fixture(scope="module")
def library(installation: Installation, embedder: str) -> Iterator[Contents]:
    with (
        installation.objects_under(PREFIX, PAGES),
        installation.knowledge_base(embedder, chunking=CHUNKING) as contents,
    ):
        yield contents


@contextmanager
def running(installation: Installation, contents: Contents, glob: str) -> Iterator[Run]:
    """Start a task for a new tenant."""
    source = {"prefix": {"prefix": PREFIX, "glob": glob}}
    before = contents.count_records()
    spec = {"parallelism": SHARDS, "tenant": f"tenant-{uuid4().hex[:8]}"}
    with installation.task(contents.knowledge_base, source, **spec) as task:
        yield Run(installation, contents, task, before)


@pytest.fixture
def operator(installation: Installation) -> Iterator[Body]:
    """The operator's pod; another takes its place afterwards: one that was killed often would have to wait."""
    (pod,) = operators(installation)
    yield pod
    installation.api.delete("Pod", pod["metadata"]["name"])
    wait_until("there is a new operator", lambda: is_replaced(installation, pod), 120)


def operators(installation: Installation) -> list[Body]:
    """Return the operator's pods: one, but for the time of a replacement."""
    pods = installation.api.list("Pod")
    return [pod for pod in pods if pod["metadata"]["labels"].get("app.kubernetes.io/component") == "operator"]


def is_replaced(installation: Installation, old: Body) -> bool:
    pods = operators(installation)
    new = [pod for pod in pods if pod["metadata"]["uid"] != old["metadata"]["uid"]]
    return pods == new and any(status["ready"] for pod in new for status in pod["status"].get("containerStatuses", ()))


def was_killed(installation: Installation, operator: Body) -> bool:
    """Say whether this very pod has a container that came after a killed one.

    A busy kubelet may have cleared that one away before it wrote how it ended, but counts it.
    """
    (pod,) = operators(installation)
    assert pod["metadata"]["uid"] == operator["metadata"]["uid"]
    container: Body = pod["status"]["containerStatuses"][0]
    last: Body = container.get("lastState", {}).get("terminated", {})
    return container["restartCount"] > 0 and last.get("exitCode", KILLED) == KILLED


def job_uids(run: Run) -> list[str]:
    return [job["metadata"]["uid"] for job in run.installation.jobs(run.task)]


def assert_same_end(run: Run, jobs: list[str]) -> None:
    """Wait for the end, and look whether the Jobs that there were are the only ones."""
    status = run.installation.completed(run.task)
    assert status["documents"] == {"total": run.documents, "succeeded": run.documents, "failed": 0, "skipped": 0}
    assert_exact(run.contents, run.task["metadata"]["uid"], run.documents, run.tenant)
    assert len(job_uids(run)) == 1
    assert jobs in ([], job_uids(run))


@pytest.mark.parametrize(
    "moment",
    [at_once, when_its_job_is_there, when_a_worker_runs, when_rows_are_written, when_its_job_is_complete],
)
def test_the_operator_is_killed(
    moment: Callable[[Run], None], operator: Body, installation: Installation, library: Contents, killer: PodKiller
) -> None:
    with running(installation, library, A_FEW) as run:
        moment(run)
        jobs = job_uids(run)
        killer.kill(operator)
        assert_same_end(run, jobs)
    wait_until("the kubelet says that it was killed", lambda: was_killed(installation, operator), 60)


@pytest.mark.parametrize("moment", [when_documents_are_counted, when_rows_are_written, when_documents_are_recorded])
def test_a_worker_is_killed(
    moment: Callable[[Run], None], installation: Installation, library: Contents, killer: PodKiller
) -> None:
    with running(installation, library, ALL) as run:
        job, pod = run.job(), run.pod()
        moment(run)
        killer.kill(pod)
        assert_same_end(run, [job["metadata"]["uid"]])
        first, *others = installation.pods(job)
    assert first["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == KILLED
    assert [other["status"]["phase"] for other in others] == ["Succeeded"]
