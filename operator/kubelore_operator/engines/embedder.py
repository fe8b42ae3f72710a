"""Engine `embedder`: Kubelore's own server of an embedding or a reranking model."""

from kubelore.resources.llm_server import LLMServer
from kubelore.resources.precision import Precision
from kubelore_operator.engines.fetch_progress import model_fetch_progress
from kubelore_operator.engines.model_files import model_files
from kubelore_operator.engines.parts import server_pod, service_endpoint, user_env, with_devices
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import Container, EnvVar, HttpProbe, ModelServer, secret_env

_PORT = 8080
_SERVICE_PORT = 80


class EmbedderEngine:
    """Runs the image that carries the built-in model, or a model that is fetched or mounted."""

    def server(self, resource: LLMServer, settings: OperatorSettings) -> ModelServer:
        """Return one container; only a model of a source has a volume."""
        model = model_files(resource, settings) if resource.spec.model.source else None
        container = Container(
            name="embedder",
            image=resource.spec.image or settings.embedder_image,
            command=("kubelore-embedder", *resource.spec.engine_args),
            env=(
                EnvVar("KUBELORE_HOST", "0.0.0.0"),  # noqa: S104 - a NetworkPolicy decides who gets there
                EnvVar("KUBELORE_PORT", str(_PORT)),
                EnvVar("KUBELORE_LOG_FORMAT", "json"),
                EnvVar("KUBELORE_EMBEDDING_MODEL", resource.spec.model.name),
                *_precision(resource.spec.model.precision),
                *((EnvVar("KUBELORE_MODEL_DIR", model.path),) if model else ()),
                *secret_env("KUBELORE_EMBEDDING_API_KEY", resource.spec.api_key_secret_ref),
                *secret_env("KUBELORE_PREVIOUS_EMBEDDING_API_KEY", resource.spec.previous_api_key_secret_ref),
                *user_env(resource),
            ),
            mounts=(model.mount,) if model else (),
            port=_PORT,
            readiness=HttpProbe("/readyz"),
            liveness=HttpProbe("/healthz"),
            resources=with_devices(resource),
            log_tail_is_message=True,
        )
        return ModelServer(
            endpoint=service_endpoint(resource, _SERVICE_PORT),
            pod=server_pod(
                resource,
                settings,
                container,
                init_container=model.fetching if model else None,
                volumes=(model.volume,) if model else (),
            ),
            service_port=_SERVICE_PORT,
            cache=model.cache if model else None,
            read_progress=model_fetch_progress,
        )


def _precision(precision: Precision) -> tuple[EnvVar, ...]:
    """Say nothing of the default, so that servers that run already need no new pods."""
    return () if precision is Precision.FP32 else (EnvVar("KUBELORE_EMBEDDING_PRECISION", precision.value),)
