"""Engine `llamacpp`: llama-server of llama.cpp, with a GGUF file."""

from kubelore.resources.llm_server import LLMServer, LLMServerSpec, Task
from kubelore_operator.engines.fetch_progress import model_fetch_progress
from kubelore_operator.engines.model_files import model_files
from kubelore_operator.engines.parts import server_pod, service_endpoint, user_env, with_devices
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import Container, EnvVar, HttpProbe, ModelServer, secret_env

_PORT = 8080
_SERVICE_PORT = 80
_CONTEXT = 8192
_SLOTS = 2
_ALL_LAYERS = 999
"""More than any model has: all of them go to the accelerator."""

_HEALTH = "/health"
"""Answers 503 while the model is loaded; `/v1/models` answers before."""


class LlamaCppEngine:
    """Runs llama-server, which is what its image's entry point is."""

    def server(self, resource: LLMServer, settings: OperatorSettings) -> ModelServer:
        """Return the server, ready when the model is loaded."""
        model = model_files(resource, settings)
        container = Container(
            name="llama-server",
            image=resource.spec.image or _image(resource, settings),
            args=server_arguments(resource.spec, model.gguf, host="0.0.0.0", port=_PORT),  # noqa: S104 - a NetworkPolicy decides who gets there
            env=(*_environment(), *_api_keys(resource.spec), *user_env(resource)),
            mounts=(model.mount,),
            port=_PORT,
            startup=HttpProbe(_HEALTH),
            readiness=HttpProbe(_HEALTH),
            liveness=HttpProbe("/v1/models"),
            resources=with_devices(resource),
            log_tail_is_message=True,
        )
        return ModelServer(
            endpoint=service_endpoint(resource, _SERVICE_PORT),
            pod=server_pod(resource, settings, container, init_container=model.fetching, volumes=(model.volume,)),
            service_port=_SERVICE_PORT,
            cache=model.cache,
            read_progress=model_fetch_progress,
        )


def _image(resource: LLMServer, settings: OperatorSettings) -> str:
    return settings.llamacpp_image if resource.spec.accelerator is None else settings.llamacpp_cuda_image


def server_arguments(spec: LLMServerSpec, model: str, *, host: str, port: int) -> tuple[str, ...]:
    """Return llama-server's arguments for the model in a file."""
    context, slots = spec.context_length or _CONTEXT, spec.parallel or _SLOTS
    return (
        *("--host", host, "--port", str(port)),
        *("--model", model, "--alias", spec.model.name),
        *("--ctx-size", str(context), "--parallel", str(slots)),
        *_use(spec.serves, context // slots),
        *(("--n-gpu-layers", str(_ALL_LAYERS)) if spec.accelerator else ()),
        *spec.engine_args,
    )


def _use(serves: tuple[Task, ...], slot: int) -> tuple[str, ...]:
    """Turn on what the model is for; a text is embedded in one batch, which has to hold all that a slot takes."""
    flags = {Task.EMBEDDING: "--embedding", Task.RERANK: "--reranking"}
    wanted = tuple(flag for task, flag in flags.items() if task in serves)
    return (*wanted, "--batch-size", str(slot), "--ubatch-size", str(slot)) if wanted else ()


def _api_keys(spec: LLMServerSpec) -> tuple[EnvVar, ...]:
    """Return the variable with the keys, which llama-server wants with commas between them."""
    previous = secret_env("PREVIOUS_API_KEY", spec.previous_api_key_secret_ref)
    if not previous:
        return secret_env("LLAMA_API_KEY", spec.api_key_secret_ref)
    both = EnvVar("LLAMA_API_KEY", "$(CURRENT_API_KEY),$(PREVIOUS_API_KEY)")
    return (*secret_env("CURRENT_API_KEY", spec.api_key_secret_ref), *previous, both)


def _environment() -> tuple[EnvVar, ...]:
    return (
        EnvVar("HOME", "/tmp"),  # noqa: S108 - a volume of the pod's own
        # Its default is a cache of 8 GiB beside the model, which a memory limit doesn't foresee. A variable, as
        # versions that have no such cache refuse the argument.
        EnvVar("LLAMA_ARG_CACHE_RAM", "0"),
    )
