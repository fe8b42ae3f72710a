"""The one settings object, read from `KUBELORE_*` environment variables."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kubelore.errors import ErrorCode, KubeloreError


class Settings(BaseSettings):
    """Where the outside parts are and how to reach them.

    The same variables configure a laptop and a cluster: a `file:` object store and a `.db` vector store are
    the embedded engines, anything else is a server.
    """

    model_config = SettingsConfigDict(env_prefix="KUBELORE_", frozen=True, extra="ignore", env_ignore_empty=True)

    resources: str = Field(
        default="cluster",
        description="Where the custom resources are read from: `cluster`, or a folder of manifests.",
    )
    namespace: str = Field(
        default="default", description="The namespace that names without one belong to, and of embedded resources."
    )
    namespaces: str = Field(
        default="",
        description="The namespaces that the gateway serves, separated by commas; empty: that of KUBELORE_NAMESPACE.",
    )
    state_dir: Path = Field(
        default=Path(".kubelore"), description="The folder that embedded parts keep their state in."
    )

    object_store: str = Field(
        default="",
        description="`file:///folder`, `http://host:port/bucket` or `https://host/bucket`; empty: in the state folder.",
    )
    s3_access_key: SecretStr = Field(default=SecretStr(""), description="The S3 access key.")
    s3_secret_key: SecretStr = Field(default=SecretStr(""), description="The S3 secret key.")
    s3_region: str = Field(default="us-east-1", description="The S3 region.")

    vector_store: str = Field(
        default="",
        description="Milvus: `http://host:port`, or a path that ends in `.db` for Milvus Lite in this process; "
        "empty: in the state folder.",
    )
    vector_store_token: SecretStr = Field(default=SecretStr(""), description="Milvus' token, `user:password`.")

    database: SecretStr = Field(
        default=SecretStr(""),
        description="Keys, assistants, conversations and metering: `postgresql://user:password@host/name` or "
        "`mysql://…`; empty: SQLite in the state folder on a laptop, and nothing of that in a cluster.",
    )
    conversation_days: int = Field(
        default=0, ge=0, description="Days after which a conversation is deleted that nobody goes on with; 0: never."
    )

    model_dir: Path | None = Field(
        default=None, description="The folder of the built-in embedding model; empty: the installed model package."
    )
    embedding_threads: int = Field(
        default=0, ge=0, description="Threads of the in-process embedder; 0: as many as there are cores."
    )
    embedding_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="The API key that an ingest Job sends to its embedding LLMServer, and that the embedder asks for.",
    )
    previous_embedding_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="The key that the embedder takes, too, while its clients go over to a new one.",
    )
    embedding_model: str = Field(
        default="all-MiniLM-L6-v2", min_length=1, description="The name that the embedder serves its model under."
    )
    embedding_precision: Literal["fp32", "int8"] = Field(
        default="fp32", description="What the embedder computes with: int8 is faster and a little less exact."
    )
    api_keys_dir: Path | None = Field(
        default=None,
        description="A folder with one file an LLMServer, named `<namespace>.<name>`, that holds its API key.",
    )

    fetch_private_addresses: bool = Field(
        default=False, description="Whether URL sources may be at private, loopback and link-local addresses."
    )

    host: str = Field(default="127.0.0.1", description="The address that the gateway and the embedder listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port that they listen on.")
    shutdown_seconds: int = Field(
        default=90, ge=1, description="How long the gateway lets open answers end when it is told to stop."
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        description="The port that serves `/metrics` apart from the gateway's routes; 0: it is one of those.",
    )
    gateway_api_key: SecretStr = Field(
        default=SecretStr(""), description="The key of the gateway's owner, who may do everything; empty: none."
    )
    allow_anonymous: bool = Field(
        default=False,
        description="Whether a gateway in a cluster takes callers without a credential, as the tenant `default`.",
    )
    oidc_issuer: str = Field(
        default="", description="The `iss` of tokens that the gateway takes, and where their keys are found."
    )
    oidc_audience: str = Field(default="", description="The `aud` that a token must be meant for.")
    oidc_jwks_url: str = Field(
        default="", description="Where the issuer's signing keys are; empty: where its discovery document says."
    )
    oidc_algorithms: str = Field(
        default="RS256,ES256", description="The signature algorithms that a token may have, separated by commas."
    )
    oidc_tenant_claim: str = Field(
        default="tenant", min_length=1, description="The claim that names the tenant; dots lead into objects."
    )
    oidc_groups_claim: str = Field(
        default="groups", min_length=1, description="The claim that lists the groups; dots lead into objects."
    )
    oidc_roles_claim: str = Field(
        default="roles",
        min_length=1,
        description="The claim that lists roles, of which admin, editor and reader count; dots lead into objects.",
    )
    requests_per_minute: int = Field(
        default=0, ge=0, description="Requests that a user or API key may make in a minute; 0: any number."
    )
    requests_per_minute_per_address: int = Field(
        default=0, ge=0, description="Requests that may come from one address in a minute; 0: any number."
    )
    tokens_per_minute: int = Field(
        default=0, ge=0, description="Tokens after which a user or API key waits for the next minute; 0: any number."
    )
    concurrent_requests: int = Field(
        default=0, ge=0, description="Answers that a user or API key may wait for at once; 0: any number."
    )
    redis: SecretStr = Field(
        default=SecretStr(""),
        description="`redis://…`, where all gateways count and cache together; empty: each one by itself.",
    )
    cache_seconds: int = Field(
        default=3600, ge=0, description="How long a question's vector and what it found are kept; 0: they are not."
    )
    answer_cache_seconds: int = Field(
        default=0, ge=0, description="How long an answer is kept for the very same question; 0: each is written anew."
    )
    cache_bytes: int = Field(
        default=64 * 1024 * 1024,
        ge=1,
        description="The most that a gateway keeps of all that by itself; Redis has a policy of its own.",
    )
    max_upload_bytes: int = Field(
        default=100 * 1024 * 1024, gt=0, description="The largest document that the gateway takes."
    )

    traces: Literal["off", "otlp"] = Field(
        default="off",
        description="Whether the gateway sends spans of what it does: `otlp`, over HTTP, to where OpenTelemetry's own "
        "variables say.",
    )
    trace_contents: bool = Field(default=False, description="Whether spans carry questions and answers, too.")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="The least level that is logged."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="How a log line is written.")

    @property
    def served_namespaces(self) -> tuple[str, ...]:
        """The namespaces that the gateway serves, the default one first."""
        named = [name.strip() for name in self.namespaces.split(",") if name.strip()]
        return tuple(dict.fromkeys([self.namespace, *named]))

    @property
    def object_store_url(self) -> str:
        """The object store, by its address."""
        return self.object_store or (self.state_dir.absolute() / "objects").as_uri()

    @property
    def vector_store_uri(self) -> str:
        """The vector store, by its address or path."""
        return self.vector_store or str(self.state_dir.absolute() / "milvus.db")

    @property
    def database_url(self) -> str:
        """The database, by its address; empty where there is none."""
        given = self.database.get_secret_value()
        if given or not self.embedded:
            return given
        return f"sqlite:///{self.state_dir.absolute() / 'gateway.db'}"

    @property
    def embedded(self) -> bool:
        """Whether the resources come from a folder, and so no cluster is there."""
        return self.resources != "cluster"


def load_settings() -> Settings:
    """Read the settings, or say which variable is wrong and why."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        variable = "KUBELORE_" + "_".join(str(part) for part in first["loc"]).upper()
        raise KubeloreError(ErrorCode.SETTINGS_INVALID, variable, first["msg"]) from error
