"""Engine `vllm`: vLLM's OpenAI-shaped server."""

from kubelore.resources.llm_server import LLMServer, LLMServerSpec, Task
from kubelore_operator.engines.fetch_progress import model_fetch_progress
from kubelore_operator.engines.model_files import MODELS_PATH, ModelFiles, model_files
from kubelore_operator.engines.parts import server_pod, service_endpoint, user_env, with_devices
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import Container, EmptyDir, EnvVar, HttpProbe, ModelServer, Mount, secret_env

_PORT = 8000
_SERVICE_PORT = 80
_HEALTH = HttpProbe("/health")

_SHARED_MEMORY = "shared-memory"
"""The processes of a tensor-parallel server talk through it; a container's own has 64 MiB."""


class VllmEngine:
    """Runs `vllm serve` as an ordinary user, which its image doesn't do by itself."""

    def server(self, resource: LLMServer, settings: OperatorSettings) -> ModelServer:
        """Return the server, ready when the model is loaded."""
        model = model_files(resource, settings)
        container = Container(
            name="vllm",
            image=resource.spec.image or settings.vllm_image,
            command=("vllm", "serve"),
            args=_arguments(resource, model.path),
            env=(*_environment(model), *_api_keys(resource.spec), *user_env(resource)),
            mounts=(model.mount, Mount(_SHARED_MEMORY, "/dev/shm")),  # noqa: S108 - a volume of the pod's own
            port=_PORT,
            startup=_HEALTH,
            readiness=_HEALTH,
            liveness=_HEALTH,
            resources=with_devices(resource),
            log_tail_is_message=True,
        )
        volumes = (model.volume, EmptyDir(_SHARED_MEMORY, in_memory=True))
        return ModelServer(
            endpoint=service_endpoint(resource, _SERVICE_PORT),
            pod=server_pod(resource, settings, container, init_container=model.fetching, volumes=volumes),
            service_port=_SERVICE_PORT,
            cache=model.cache,
            read_progress=model_fetch_progress,
        )


def _arguments(resource: LLMServer, model: str) -> tuple[str, ...]:
    spec = resource.spec
    numbers = (
        ("--tensor-parallel-size", spec.accelerator.count if spec.accelerator else None),
        ("--max-model-len", spec.context_length),
        ("--max-num-seqs", spec.parallel),
    )
    return (
        *(model, "--served-model-name", spec.model.name),
        *("--host", "0.0.0.0", "--port", str(_PORT)),  # noqa: S104 - a NetworkPolicy decides who gets there
        *(part for name, value in numbers if value is not None for part in (name, str(value))),
        *_runner(spec.serves),
        *(("--api-key", "$(VLLM_API_KEY)", "$(PREVIOUS_API_KEY)") if spec.previous_api_key_secret_ref else ()),
        *spec.engine_args,
    )


def _api_keys(spec: LLMServerSpec) -> tuple[EnvVar, ...]:
    """Return the key as the variable that vLLM reads; of two, it reads arguments, which name these."""
    current = secret_env("VLLM_API_KEY", spec.api_key_secret_ref)
    return (*current, *secret_env("PREVIOUS_API_KEY", spec.previous_api_key_secret_ref))


def _runner(serves: tuple[Task, ...]) -> tuple[str, ...]:
    """Ask for embeddings and scores also of a model that could chat, which vLLM would let it do by itself."""
    return () if Task.CHAT in serves else ("--runner", "pooling")


def _environment(model: ModelFiles) -> tuple[EnvVar, ...]:
    """Lead all that it writes to volumes: compiled kernels below HOME, and what it asks the hub for beside the model.

    Torch wants to know who it is, and a user of a number alone has no name.
    """
    hub = "/tmp" if model.mount.read_only else MODELS_PATH  # noqa: S108 - a volume of the pod's own
    return (
        EnvVar("HOME", "/tmp"),  # noqa: S108 - as above
        EnvVar("USER", "kubelore"),
        EnvVar("HF_HOME", f"{hub}/huggingface"),
        EnvVar("VLLM_NO_USAGE_STATS", "1"),
    )
