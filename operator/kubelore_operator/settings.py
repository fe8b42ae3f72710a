"""The operator's own settings, read from `KUBELORE_OPERATOR_*` environment variables."""

from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from kubelore.errors import ErrorCode, KubeloreError

_PREFIX = "KUBELORE_OPERATOR_"


class OperatorSettings(BaseSettings):
    """Which images run, and how the operator itself behaves."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    job_image: str = Field(
        default="kubelore/job:latest", description="The image of Jobs that embed through an LLMServer."
    )
    embedder_image: str = Field(
        default="kubelore/embedder:latest",
        description="The image with the built-in model: the embedding server, and Jobs that embed in process.",
    )
    ollama_image: str = Field(default="ollama/ollama:0.17.4", description="The image of engine `ollama`.")
    llamacpp_image: str = Field(
        default="ghcr.io/ggml-org/llama.cpp:server-b10133", description="The image of engine `llamacpp` on CPUs."
    )
    llamacpp_cuda_image: str = Field(
        default="ghcr.io/ggml-org/llama.cpp:server-cuda-b10133",
        description="The image of engine `llamacpp` where an accelerator is asked for.",
    )
    vllm_image: str = Field(default="vllm/vllm-openai:v0.30.0", description="The image of engine `vllm`.")
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = Field(
        default="IfNotPresent", description="When the images of Jobs are pulled."
    )
    run_as_user: int = Field(
        default=65532, ge=0, description="The user and group of every pod; 0: what the image or the cluster says."
    )

    storage_secret: str = Field(
        default="kubelore-storage",
        description="The Secret, in each resource's namespace, with the stores' addresses and credentials.",
    )
    ingest_service_account: str = Field(
        default="kubelore-ingest",
        description="The service account, in each resource's namespace, that may patch the status of tasks.",
    )
    installation: str = Field(default="kubelore", description="The installation's name, which its gateway's pods bear.")
    installation_namespace: str = Field(
        default="kubelore", description="The namespace of the gateway and of this operator."
    )
    watch_namespaces: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Namespaces that are looked after, with commas between them; none: all."
    )

    concurrency: int = Field(default=8, ge=1, le=256, description="Resources that are reconciled at once.")
    reconcile_timeout_seconds: float = Field(default=60, gt=0, description="The longest that one reconcile may take.")
    resync_seconds: float = Field(
        default=300, gt=0, description="How often everything is listed again, to catch what a watch missed."
    )
    progress_seconds: float = Field(default=5, ge=0, description="The least time between two reports of progress.")
    most_ingest_pods: int = Field(
        default=100,
        ge=0,
        description="Pods of tasks that run at once in a namespace; 0: no limit. Kueue's queues are counted by Kueue.",
    )
    job_ttl_seconds: int = Field(default=3600, ge=60, description="How long a finished Job and its log are kept.")
    health_port: int = Field(default=8080, ge=0, le=65535, description="The port of `/healthz`; 0: none.")
    metrics_port: int = Field(default=9090, ge=0, le=65535, description="The port of `/metrics`; 0: none.")

    @field_validator("watch_namespaces", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())


def load_operator_settings() -> OperatorSettings:
    """Read the settings, or say which variable is wrong and why."""
    try:
        return OperatorSettings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        variable = _PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, variable, first["msg"]) from error
