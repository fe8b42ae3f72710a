"""The Job that carries out a task, and what it brings along."""

from kubelore.embedding.config import EmbedderConfig
from kubelore.jobs.spec import MOUNTED_SOURCE_VARIABLE, SOURCE_HEADERS_VARIABLE, job_for_task, shards_of
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.manifests.config_map import config_map
from kubelore_operator.manifests.job import Shards, Work, job
from kubelore_operator.manifests.metadata import Manifest, child_name
from kubelore_operator.reconcile.workers import Attachment, worker_labels, worker_pod
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import ConfigMapFile, EnvVar, Mount, SecretFolder

_DOCUMENT = "document"
_DOCUMENT_FOLDER = "/source"
_HEADERS = "headers"
_HEADERS_FOLDER = "/source-headers"


def task_manifests(
    task: IngestTask,
    kb: KnowledgeBase,
    server: LLMServer | None,
    embedder: EmbedderConfig,
    settings: OperatorSettings,
) -> tuple[Manifest, ...]:
    """Return the Job of a task, after the ConfigMap with its inline text, if it has one."""
    name = child_name(task.metadata.name, task.metadata.uid)
    inline = task.spec.source.inline
    texts = (config_map(task, name, {_DOCUMENT: inline.text}),) if inline else ()
    shards = shards_of(kb, task)
    spec = job_for_task(kb, embedder, task, shards)
    work = Work(
        name=name,
        pod=worker_pod(kb, server, spec, settings, reports_progress=True, attachment=_attachment(task, name)),
        backoff_limit=task.spec.backoff_limit,
        active_deadline_seconds=task.spec.active_deadline_seconds,
        ttl_seconds=settings.job_ttl_seconds,
        shards=Shards(shards, parallelism=shards) if task.spec.source.prefix else None,
        queue_name=kb.spec.ingest.queue_name,
        labels=worker_labels(kb.metadata.name, spec),
    )
    return (*texts, job(task, work))


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
