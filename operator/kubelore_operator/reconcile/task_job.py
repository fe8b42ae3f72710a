"""The Jobs that carry out a task, and what they bring along."""

from dataclasses import dataclass

from kubelore.documents.plan import PlanSummary
from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import (
    MOUNTED_SOURCE_VARIABLE,
    SOURCE_HEADERS_VARIABLE,
    GenerationSpec,
    JobSpec,
    job_for_plan,
    job_for_task,
    parallelism_of,
)
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.manifests.config_map import config_map
from kubelore_operator.manifests.job import Shards, Work, job
from kubelore_operator.manifests.metadata import Manifest, child_name
from kubelore_operator.reconcile.workers import Attachment, worker_labels, worker_pod
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import ConfigMapFile, EnvVar, Mount, Pod, SecretFolder

_DOCUMENT = "document"
_DOCUMENT_FOLDER = "/source"
_HEADERS = "headers"
_HEADERS_FOLDER = "/source-headers"
_NO_LIMIT = 10**6


@dataclass(frozen=True, slots=True)
class TaskJobs:
    """The Jobs of one task that can start, with what their workers embed with.

    `also` are the generations that its documents go to beside the answering one.
    """

    task: IngestTask
    kb: KnowledgeBase
    server: LLMServer | None
    embedder: EmbedderConfig
    settings: OperatorSettings
    also: tuple[GenerationSpec, ...] = ()

    def plan(self) -> Manifest:
        """Return the Job that shares the task's documents out."""
        spec = job_for_plan(self.kb, self.embedder, self.task)
        name = child_name(f"{self.task.metadata.name}-plan", self.task.metadata.uid)
        return job(self.task, self._work(name, spec, worker_pod(self.kb, self.server, spec, self.settings)))

    def work(self, plan: PlanSummary | None) -> tuple[Manifest, ...]:
        """Return the Job that works the documents, after the ConfigMap with the task's inline text, if it has one."""
        name = child_name(self.task.metadata.name, self.task.metadata.uid)
        inline = self.task.spec.source.inline
        texts = (config_map(self.task, name, {_DOCUMENT: inline.text}),) if inline else ()
        shards = Shards(plan.shards, min(self._parallelism, plan.shards)) if plan else None
        spec = job_for_task(self.kb, self.embedder, self.task, shards.count if shards else 1)
        spec = spec.model_copy(update={"also": self.also})
        attachment = _attachment(self.task, name)
        pod = worker_pod(self.kb, self.server, spec, self.settings, reports_progress=True, attachment=attachment)
        return (*texts, job(self.task, self._work(name, spec, pod, shards)))

    @property
    def _parallelism(self) -> int:
        return min(parallelism_of(self.kb, self.task), self.settings.most_ingest_pods or _NO_LIMIT)

    def _work(self, name: str, spec: JobSpec, pod: Pod, shards: Shards | None = None) -> Work:
        return Work(
            name=name,
            pod=pod,
            backoff_limit=self.task.spec.backoff_limit,
            active_deadline_seconds=self.task.spec.active_deadline_seconds,
            ttl_seconds=self.settings.job_ttl_seconds,
            shards=shards,
            queue_name=self.kb.spec.ingest.queue_name,
            labels=worker_labels(self.kb.metadata.name, spec),
        )


def _attachment(task: IngestTask, own_config_map: str) -> Attachment | None:
    source = task.spec.source
    if source.inline is not None:
        return _document(ConfigMapFile(_DOCUMENT, own_config_map, _DOCUMENT, _DOCUMENT))
    if source.config_map is not None:
        return _document(ConfigMapFile(_DOCUMENT, source.config_map.name, source.config_map.key, _DOCUMENT))
    if source.url is not None and source.url.headers_secret_ref is not None:
        return _headers(source.url.headers_secret_ref.name)
    return None


def _document(volume: ConfigMapFile) -> Attachment:
    mount = Mount(volume.name, _DOCUMENT_FOLDER, read_only=True)
    return Attachment(volume, mount, EnvVar(MOUNTED_SOURCE_VARIABLE, f"{_DOCUMENT_FOLDER}/{volume.file}"))


def _headers(secret: str) -> Attachment:
    mount = Mount(_HEADERS, _HEADERS_FOLDER, read_only=True)
    return Attachment(SecretFolder(_HEADERS, secret), mount, EnvVar(SOURCE_HEADERS_VARIABLE, _HEADERS_FOLDER))
