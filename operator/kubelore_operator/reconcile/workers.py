"""What an ingest Job's pods run, whatever their work is."""

from dataclasses import dataclass

from kubelore.jobs.spec import JOB_VARIABLE, JobOperation, JobSpec
from kubelore.resources.base import SecretKeyRef
from kubelore.resources.knowledge_base import KnowledgeBase, Storage
from kubelore.resources.llm_server import LLMServer
from kubelore_operator.manifests.metadata import GENERATIONS_LABEL, KNOWLEDGE_BASE_LABEL, OPERATION_LABEL
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import Container, EnvVar, Mount, Pod, Volume, secret_env, with_requests

CONTAINER = "ingest"
_DEFAULT_REQUESTS = {"cpu": "100m", "memory": "256Mi"}
_NEVER_EMBED = frozenset({JobOperation.PLAN, JobOperation.PURGE, JobOperation.DELETE, JobOperation.RETIRE})
_STATE_DIR = "/tmp/kubelore"  # noqa: S108 - a volume of the pod's own


@dataclass(frozen=True, slots=True)
class Attachment:
    """A volume that a worker gets, and the variable that tells it where."""

    volume: Volume
    mount: Mount
    env: EnvVar


def worker_pod(
    kb: KnowledgeBase,
    server: LLMServer | None,
    spec: JobSpec,
    settings: OperatorSettings,
    *,
    reports_progress: bool = False,
    attachment: Attachment | None = None,
) -> Pod:
    """Describe a worker: told what to do by its JobSpec, and given credentials by reference alone."""
    container = Container(
        name=CONTAINER,
        image=settings.embedder_image if _embeds_in_process(spec) else settings.job_image,
        command=("kubelore-ingest",),
        env=(
            EnvVar(JOB_VARIABLE, spec.to_json()),
            EnvVar("KUBELORE_LOG_FORMAT", "json"),
            EnvVar("KUBELORE_STATE_DIR", _STATE_DIR),
            *_embedding_key(server),
            *_own_stores(kb.spec.storage),
            *((attachment.env,) if attachment else ()),
        ),
        env_from=(settings.storage_secret, *_own_secrets(kb.spec.storage)),
        mounts=(attachment.mount,) if attachment else (),
        resources=with_requests(kb.spec.ingest.resources, _DEFAULT_REQUESTS),
    )
    return Pod(
        container=container,
        volumes=(attachment.volume,) if attachment else (),
        service_account=settings.ingest_service_account if reports_progress else None,
        image_pull_policy=settings.image_pull_policy,
        run_as_user=settings.run_as_user,
    )


def worker_labels(kb_name: str, spec: JobSpec) -> dict[str, str]:
    """Return the labels by which a knowledge base finds everything that works on it, and on what."""
    generations = (spec.generation, *(other.generation for other in spec.also))
    return {
        KNOWLEDGE_BASE_LABEL: kb_name,
        OPERATION_LABEL: spec.operation.value,
        GENERATIONS_LABEL: "-".join(map(str, generations)),
    }


def _embeds_in_process(spec: JobSpec) -> bool:
    backends = {spec.embedding.backend, *(other.embedding.backend for other in spec.also)}
    return "builtin" in backends and spec.operation not in _NEVER_EMBED


def _embedding_key(server: LLMServer | None) -> tuple[EnvVar, ...]:
    return secret_env("KUBELORE_EMBEDDING_API_KEY", _key_reference(server))


def _key_reference(server: LLMServer | None) -> SecretKeyRef | None:
    if server is None:
        return None
    spec = server.spec
    if spec.external:
        return spec.external.api_key_secret_ref
    # The pods that a change of keys has not reached yet know none but the previous one.
    return spec.previous_api_key_secret_ref or spec.api_key_secret_ref


def _own_stores(storage: Storage) -> tuple[EnvVar, ...]:
    """Return the knowledge base's own addresses, which outdo the installation's.

    A store of its own without a Secret of its own gets no credentials: never those of the installation.
    """
    vectors, objects = storage.vector_store, storage.object_store
    variables: list[EnvVar] = []
    if vectors is not None:
        variables.append(EnvVar("KUBELORE_VECTOR_STORE", vectors.uri))
        if vectors.secret_ref is None:
            variables.append(EnvVar("KUBELORE_VECTOR_STORE_TOKEN", ""))
    if objects is not None:
        variables.append(EnvVar("KUBELORE_OBJECT_STORE", objects.url))
        if objects.secret_ref is None:
            variables += [EnvVar("KUBELORE_S3_ACCESS_KEY", ""), EnvVar("KUBELORE_S3_SECRET_KEY", "")]
    return tuple(variables)


def _own_secrets(storage: Storage) -> tuple[str, ...]:
    """Return Secrets that outdo the installation's: of two that hold a variable, the later one counts."""
    references = (store.secret_ref for store in (storage.vector_store, storage.object_store) if store)
    return tuple(reference.name for reference in references if reference)
