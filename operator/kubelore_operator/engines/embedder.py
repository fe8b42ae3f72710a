"""Engine `embedder`: Kubelore's own server of the built-in embedding model."""

from kubelore.resources.llm_server import LLMServer
from kubelore_operator.engines.parts import api_key, server_pod, service_endpoint, user_env, with_devices
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import Container, EnvVar, HttpProbe, ModelServer

_PORT = 8080
_SERVICE_PORT = 80


class EmbedderEngine:
    """Runs the image that carries the model, so that nothing has to be fetched."""

    def server(self, resource: LLMServer, settings: OperatorSettings) -> ModelServer:
        """Return one container and no cache."""
        container = Container(
            name="embedder",
            image=resource.spec.image or settings.embedder_image,
            command=("kubelore-embedder", *resource.spec.engine_args),
            env=(
                EnvVar("KUBELORE_HOST", "0.0.0.0"),  # noqa: S104 - a NetworkPolicy decides who gets there
                EnvVar("KUBELORE_PORT", str(_PORT)),
                EnvVar("KUBELORE_LOG_FORMAT", "json"),
                EnvVar("KUBELORE_EMBEDDING_MODEL", resource.spec.model.name),
                *api_key(resource, "KUBELORE_EMBEDDING_API_KEY"),
                *user_env(resource),
            ),
            port=_PORT,
            readiness=HttpProbe("/readyz"),
            liveness=HttpProbe("/healthz"),
            resources=with_devices(resource),
            log_tail_is_message=True,
        )
        return ModelServer(
            endpoint=service_endpoint(resource, _SERVICE_PORT),
            pod=server_pod(resource, settings, container),
            service_port=_SERVICE_PORT,
        )
