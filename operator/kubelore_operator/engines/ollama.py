"""Engine `ollama`: Ollama, with its model pulled into a volume before it serves."""

from kubelore.resources.llm_server import LLMServer, LLMServerSpec, OllamaSource
from kubelore_operator.engines.fetch_progress import ollama_pull_progress
from kubelore_operator.engines.parts import (
    cache_volume,
    requirements,
    server_pod,
    service_endpoint,
    user_env,
    with_devices,
)
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import (
    FETCH_CONTAINER,
    Container,
    EnvVar,
    ExecProbe,
    HttpProbe,
    ModelServer,
    Mount,
)

_PORT = 11434
_CACHE = "models"
_CACHE_PATH = "/models"

_PULL = """\
set -e
ollama serve & server=$!
until ollama list >/dev/null 2>&1; do
  kill -0 "$server"
  sleep 1
done
ollama show "$PULL_TAG" >/dev/null 2>&1 || ollama pull ${PULL_FLAGS} "$PULL_TAG"
if [ "$PULL_TAG" != "$MODEL_NAME" ]; then ollama cp "$PULL_TAG" "$MODEL_NAME"; fi
manifest="$OLLAMA_MODELS/manifests/$PULL_MANIFEST"
if [ -f "$manifest" ]; then
  bytes=0
  for size in $(grep -o '"size":[0-9]*' "$manifest" | cut -d: -f2); do bytes=$((bytes + size)); done
  digest=$(sha256sum "$manifest" | cut -d' ' -f1)
  printf '{"model": {"path": ".", "sha256": "%s", "bytes": %s}}' "$digest" "$bytes" >/dev/termination-log
fi
kill "$server"
wait "$server" || true
"""
"""Pulling goes through a server of its own, which ends before the one that answers starts; a model that is in the
cache already is not asked for again, so that a pod comes back without the network. Clients ask for the model's name,
which may not be its tag. A model's digest is its manifest's, as `ollama list` shows it."""

_PUBLIC_REGISTRY = "registry.ollama.ai"
_PUBLIC_NAMESPACE = "library"
_DEFAULT_TAG = "latest"


class OllamaEngine:
    """Runs Ollama's own image twice: once to fetch the model, then to serve it."""

    def server(self, resource: LLMServer, settings: OperatorSettings) -> ModelServer:
        """Return the server, ready when it has the model."""
        cache = cache_volume(resource, _CACHE)
        return ModelServer(
            endpoint=service_endpoint(resource, _PORT),
            pod=server_pod(
                resource,
                settings,
                _serving(resource, settings),
                init_container=_fetching(resource, settings),
                volumes=(cache.volume,),
            ),
            service_port=_PORT,
            cache=cache.claim,
            read_progress=ollama_pull_progress,
        )


def _image(resource: LLMServer, settings: OperatorSettings) -> str:
    return resource.spec.image or settings.ollama_image


def _serving(resource: LLMServer, settings: OperatorSettings) -> Container:
    return Container(
        name="ollama",
        image=_image(resource, settings),
        command=("ollama", "serve", *resource.spec.engine_args),
        env=(*_server_env(f"0.0.0.0:{_PORT}"), *tuning(resource.spec), *user_env(resource)),
        mounts=(Mount(_CACHE, _CACHE_PATH),),
        port=_PORT,
        readiness=ExecProbe(("ollama", "show", resource.spec.model.name)),
        liveness=HttpProbe("/"),
        resources=with_devices(resource),
        log_tail_is_message=True,
    )


def _fetching(resource: LLMServer, settings: OperatorSettings) -> Container:
    source = model_source(resource.spec)
    return Container(
        name=FETCH_CONTAINER,
        image=_image(resource, settings),
        command=("/bin/sh", "-c", _PULL),
        env=(
            *_server_env(f"127.0.0.1:{_PORT}"),
            EnvVar("PULL_TAG", full_tag(source)),
            EnvVar("PULL_MANIFEST", _manifest_path(source)),
            EnvVar("PULL_FLAGS", "--insecure" if source.insecure else ""),
            EnvVar("MODEL_NAME", resource.spec.model.name),
            *user_env(resource),
        ),
        mounts=(Mount(_CACHE, _CACHE_PATH),),
        resources=requirements(resource),
        log_tail_is_message=True,
    )


def model_source(spec: LLMServerSpec) -> OllamaSource:
    """Return where the model comes from: without a source, the tag of its name."""
    source = spec.model.source
    if source is None or source.ollama is None:
        return OllamaSource(tag=spec.model.name)
    return source.ollama


def full_tag(source: OllamaSource) -> str:
    """Return the tag with its registry; Ollama takes what stands before a name's only slash for a namespace."""
    if source.registry is None:
        return source.tag
    path = source.tag if "/" in source.tag else f"{_PUBLIC_NAMESPACE}/{source.tag}"
    return f"{source.registry}/{path}"


def _manifest_path(source: OllamaSource) -> str:
    """Return where Ollama keeps a model's manifest: host/namespace/name/tag."""
    path, _, tag = source.tag.partition(":")
    names = path.split("/")
    known = [source.registry or _PUBLIC_REGISTRY, _PUBLIC_NAMESPACE, ""]
    return "/".join([*known[: -len(names)], *names, tag or _DEFAULT_TAG])


def _server_env(address: str) -> tuple[EnvVar, ...]:
    return (
        EnvVar("OLLAMA_HOST", address),
        EnvVar("OLLAMA_MODELS", _CACHE_PATH),
        # Else each start throws away what another pod, or one that was killed, has fetched in part.
        EnvVar("OLLAMA_NOPRUNE", "1"),
        EnvVar("HOME", "/tmp"),  # noqa: S108 - a volume of the pod's own
    )


def tuning(spec: LLMServerSpec) -> tuple[EnvVar, ...]:
    """Return the variables that say how the model is served."""
    wanted = (("OLLAMA_CONTEXT_LENGTH", spec.context_length), ("OLLAMA_NUM_PARALLEL", spec.parallel))
    return (
        EnvVar("OLLAMA_KEEP_ALIVE", "-1"),
        *(EnvVar(name, str(value)) for name, value in wanted if value is not None),
    )
