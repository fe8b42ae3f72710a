"""Where a server finds the files of its model, and what is fetched or mounted so that they are there."""

import posixpath
from dataclasses import dataclass

from kubelore.documents.ids import fingerprint
from kubelore.errors import ErrorCode, KubeloreError
from kubelore.jobs.model_fetch import HUB_TOKEN_VARIABLE, MODEL_LINK, MODEL_VARIABLE, ModelOrder
from kubelore.resources.llm_server import LLMServer, Model, ModelSource
from kubelore_operator.engines.parts import cache_volume, requirements, user_env
from kubelore_operator.settings import OperatorSettings
from kubelore_operator.workload import (
    FETCH_CONTAINER,
    ClaimVolume,
    Container,
    EnvVar,
    ImageVolume,
    ModelCache,
    Mount,
    Volume,
)

MODELS_PATH = "/models"
_VOLUME = "models"
_PATTERN_SIGNS = frozenset("*?[")
_CREDENTIALS = {"hugging_face": {"token_secret_ref"}, "s3": {"secret_ref"}}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on a volume.

    `gguf` is where an engine finds a model of one file, and `path` that file or the folder of a model of several.
    `fetching` puts it there before the server starts; it is None where the model is there already. `cache` is the claim
    that keeps it, unless each pod has its own.
    """

    gguf: str
    path: str
    volume: Volume
    mount: Mount
    fetching: Container | None = None
    cache: ModelCache | None = None


def model_files(resource: LLMServer, settings: OperatorSettings) -> ModelFiles:
    """Say where the model lies, by its source; the resource's rules make sure that there is one."""
    source = resource.spec.model.source
    if source is None:
        raise KubeloreError(ErrorCode.RESOURCE_INVALID, str(resource.key), "spec.model.source is missing")
    if source.pvc is not None:
        path = posixpath.join(MODELS_PATH, source.pvc.path.lstrip("/"))
        return _mounted(path, path, ClaimVolume(_VOLUME, source.pvc.claim_name))
    if source.image is not None:
        gguf = posixpath.join(MODELS_PATH, MODEL_LINK)
        return _mounted(gguf, MODELS_PATH, ImageVolume(_VOLUME, source.image.reference))
    return _fetched(resource, source, settings)


def _mounted(gguf: str, path: str, volume: Volume) -> ModelFiles:
    return ModelFiles(gguf, path, volume, Mount(_VOLUME, MODELS_PATH, read_only=True))


def _fetched(resource: LLMServer, source: ModelSource, settings: OperatorSettings) -> ModelFiles:
    order = ModelOrder(
        source=source,
        sha256=resource.spec.model.sha256,
        target=posixpath.join(MODELS_PATH, model_folder_name(resource.spec.model)),
    )
    gguf = posixpath.join(order.target, MODEL_LINK)
    cache = cache_volume(resource, _VOLUME)
    return ModelFiles(
        gguf=gguf,
        path=gguf if _is_one_file(source) else order.target,
        volume=cache.volume,
        mount=Mount(_VOLUME, MODELS_PATH),
        fetching=_fetching(resource, order, settings),
        cache=cache.claim,
    )


def model_folder_name(model: Model) -> str:
    """Name the folder after what is in it: another model gets its own, and other credentials fetch nothing again."""
    content = model.source.model_dump_json(exclude_defaults=True, exclude=_CREDENTIALS) if model.source else ""
    return fingerprint(content, model.sha256 or "")


def _is_one_file(source: ModelSource) -> bool:
    if source.hugging_face is not None:
        filename = source.hugging_face.filename
        return filename is not None and _PATTERN_SIGNS.isdisjoint(filename)
    return source.s3 is None or not source.s3.key.endswith("/")


def _fetching(resource: LLMServer, order: ModelOrder, settings: OperatorSettings) -> Container:
    return Container(
        name=FETCH_CONTAINER,
        image=settings.job_image,
        command=("kubelore-model-fetch",),
        env=(
            EnvVar(MODEL_VARIABLE, order.to_json()),
            EnvVar("KUBELORE_LOG_FORMAT", "json"),
            *_hub_token(order.source),
            *user_env(resource),
        ),
        env_from=_store_secret(order.source, settings),
        mounts=(Mount(_VOLUME, MODELS_PATH),),
        resources=requirements(resource),
        log_tail_is_message=True,
    )


def _hub_token(source: ModelSource) -> tuple[EnvVar, ...]:
    reference = source.hugging_face.token_secret_ref if source.hugging_face else None
    return (EnvVar(HUB_TOKEN_VARIABLE, secret=reference),) if reference else ()


def _store_secret(source: ModelSource, settings: OperatorSettings) -> tuple[str, ...]:
    if source.s3 is None:
        return ()
    return (source.s3.secret_ref.name if source.s3.secret_ref else settings.storage_secret,)
