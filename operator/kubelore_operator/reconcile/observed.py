"""What is so in the cluster, as far as a decision depends on it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from kubelore.resources.base import ResourceKey
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.reconcile.turns import Turn
from kubelore_operator.settings import OperatorSettings

NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Context:
    """What every decision may know besides the objects.

    `refusal` is what the API server said when it would not take what the last plan held.
    `seconds_since_status` is how long ago the operator last wrote this object's status. With `in_process`, as on a
    laptop, workers run the built-in model themselves in place of an LLMServer of engine `embedder`.
    """

    now: datetime
    settings: OperatorSettings
    refusal: str | None = None
    seconds_since_status: float = NEVER
    in_process: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a pod's container ended."""

    exit_code: int
    reason: str
    message: str
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Crash:
    """How a container ended that was started again, so many times."""

    container: str
    ended: Ended
    restarts: int = 1


@dataclass(frozen=True, slots=True)
class Unready:
    """A container that runs but doesn't answer, and since when.

    `has_started` says that its startup probe succeeded, and `was_ready` that it answered before.
    """

    container: str
    since: datetime
    has_started: bool
    was_ready: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a container doesn't run, in the kubelet's words."""

    container: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod of ours; `shard` is its index in an Indexed Job, else 0.

    `is_fetching` says that its model is being fetched, and `fetched` is what that said at its good end.
    """

    name: str
    phase: str
    shard: int = 0
    is_deleting: bool = False
    has_started: bool = False
    is_fetching: bool = False
    fetched: str = ""
    is_ready: bool = False
    unready: Unready | None = None
    unschedulable: str | None = None
    waiting: Waiting | None = None
    ended: Ended | None = None
    crash: Crash | None = None

    @property
    def is_over(self) -> bool:
        """Whether none of its containers runs, or will run again."""
        return self.phase in {"Succeeded", "Failed"}


class JobState(Enum):
    """How far a Job is."""

    RUNNING = auto()
    COMPLETE = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Job:
    """One Job of ours, with its pods.

    `operation`, `input_hash`, `attempt` and `generations`, which it writes to, are what its labels say. One that
    `is_suspended` waits for Kueue.
    """

    key: ResourceKey
    uid: str
    state: JobState
    created_at: datetime
    reason: str = ""
    message: str = ""
    finished_at: datetime | None = None
    operation: str = ""
    input_hash: str = ""
    attempt: int = 1
    generations: tuple[int, ...] = ()
    completions: int = 1
    is_deleting: bool = False
    is_suspended: bool = False
    pods: tuple[Pod, ...] = ()


@dataclass(frozen=True, slots=True)
class Deployment:
    """The Deployment of a model server."""

    up_to_date: bool = False
    replicas: int = 0
    updated: int = 0
    ready: int = 0
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class LLMServerWorld:
    """What belongs to an LLMServer; `fetch_log` is the end of the log of the container that fetches its model."""

    deployment: Deployment | None = None
    pods: tuple[Pod, ...] = ()
    children: tuple[ResourceKey, ...] = ()
    fetch_log: str = ""

    @property
    def fetching_pod(self) -> str | None:
        """The name of the first pod whose model is being fetched."""
        return next((pod.name for pod in self.pods if pod.is_fetching and not pod.is_deleting), None)


@dataclass(frozen=True, slots=True)
class KnowledgeBaseWorld:
    """What belongs to a knowledge base, and what it depends on.

    `llm_server` is the one that the answering generation embeds with, `llm_servers` are those of all generations.
    `jobs` are its own; `task_jobs` those of all tasks that work on it. `writing_pods` are the pods of all of them
    that may still write. `reports` are the ends of those of the tasks' pods that ended last. `cron_jobs` are its own.
    """

    llm_server: LLMServer | None = None
    llm_servers: tuple[LLMServer, ...] = ()
    jobs: tuple[Job, ...] = ()
    task_jobs: tuple[Job, ...] = ()
    writing_pods: tuple[str, ...] = ()
    reports: tuple[Ended, ...] = ()
    cron_jobs: tuple[ResourceKey, ...] = ()


@dataclass(frozen=True, slots=True)
class IngestTaskWorld:
    """What belongs to a task, and what it depends on.

    The knowledge base is as its answering generation was built, `llm_server` the one that embeds for it, and
    `llm_servers` are those of all generations.
    `plan_job` shares its documents out, `job` works them. A task with neither may have to wait for its `turn`.
    """

    knowledge_base: KnowledgeBase | None = None
    llm_server: LLMServer | None = None
    llm_servers: tuple[LLMServer, ...] = ()
    plan_job: Job | None = None
    job: Job | None = None
    turn: Turn | None = None


World = LLMServerWorld | KnowledgeBaseWorld | IngestTaskWorld
OwnResource = LLMServer | KnowledgeBase | IngestTask
