"""`LLMServer`: a model server that the operator runs, or an endpoint that runs elsewhere."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kubelore.resources.base import (
    Kind,
    LocalRef,
    PrinterColumn,
    Resource,
    ResourceModel,
    ResourceRequirements,
    SecretKeyRef,
    SecretRef,
    Status,
    StatusModel,
)
from kubelore.resources.fields import DnsLabel, DnsSubdomain, FreeForm, Quantity, Unique, WebAddress
from kubelore.resources.precision import Precision
from kubelore.resources.rules import Rule, Transition, constant, exactly_one_of, matching, name_matching

LONGEST_NAME = 50
"""Leaves room in the 63 characters of a Service's name and of a label for what the operator adds."""

_MODEL_OF_THE_EMBEDDERS_IMAGE = "all-MiniLM-L6-v2"


class Engine(StrEnum):
    """The server that runs the model."""

    OLLAMA = "ollama"
    LLAMACPP = "llamacpp"
    VLLM = "vllm"
    EMBEDDER = "embedder"
    EXTERNAL = "external"


class Task(StrEnum):
    """What a model is good for."""

    CHAT = "chat"
    EMBEDDING = "embedding"
    RERANK = "rerank"


class OllamaSource(ResourceModel):
    """A model of an Ollama registry."""

    tag: str = Field(min_length=1, max_length=255, description="The model and its tag, such as `qwen3:4b`.")
    registry: str | None = Field(
        default=None, min_length=1, max_length=253, description="The registry's host; default: the public one."
    )
    insecure: bool = Field(default=False, description="Whether the registry may be spoken to without TLS.")


class HuggingFaceSource(ResourceModel):
    """A model of the Hugging Face hub or of a mirror."""

    repo: Annotated[
        str, matching("[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", "must be owner/name, such as Qwen/Qwen3-4B-GGUF")
    ] = Field(max_length=200, description="The repository, `owner/name`.")
    filename: str | None = Field(
        default=None, min_length=1, max_length=255, description="One file or a pattern; default: the whole repository."
    )
    revision: str = Field(default="main", min_length=1, max_length=255, description="The branch, tag or commit.")
    token_secret_ref: SecretKeyRef | None = Field(default=None, description="The access token.")


class S3Source(ResourceModel):
    """A model in an S3 bucket."""

    bucket: str = Field(min_length=3, max_length=63, description="The bucket.")
    key: str = Field(min_length=1, max_length=1024, description="The object, or a prefix that ends in a slash.")
    secret_ref: SecretRef | None = Field(
        default=None, description="A Secret with endpoint and keys; default: the installation's object store."
    )


class HttpSource(ResourceModel):
    """A model behind an address."""

    url: WebAddress = Field(description="The file's address.")


class PvcSource(ResourceModel):
    """A model on a volume that exists already."""

    claim_name: DnsSubdomain = Field(description="The volume claim.")
    path: str = Field(min_length=1, max_length=1024, description="The file or folder on the volume.")


class ImageSource(ResourceModel):
    """A model in an OCI image, mounted as an image volume."""

    reference: str = Field(min_length=1, max_length=500, description="The image, with its tag or digest.")


class ModelSource(ResourceModel):
    """Where a model comes from: exactly one of them."""

    ollama: OllamaSource | None = Field(default=None, description="An Ollama registry.")
    hugging_face: HuggingFaceSource | None = Field(default=None, description="The Hugging Face hub or a mirror.")
    s3: S3Source | None = Field(default=None, description="An S3 bucket.")
    http: HttpSource | None = Field(default=None, description="An address.")
    pvc: PvcSource | None = Field(default=None, description="A volume that holds it.")
    image: ImageSource | None = Field(default=None, description="An OCI image.")

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one_of(
            ("ollama", "hugging_face", "s3", "http", "pvc", "image"),
            ("ollama", "huggingFace", "s3", "http", "pvc", "image"),
        ),
    )


class Model(ResourceModel):
    """The model that is served."""

    name: str = Field(
        min_length=1, max_length=255, description="The name that clients ask for, and that a provider knows it by."
    )
    source: ModelSource | None = Field(
        default=None,
        description="Where it comes from; default: the Ollama tag of that name, or the embedder's built-in model.",
    )
    sha256: (
        Annotated[str, Field(max_length=64), matching("[0-9a-f]{64}", "must be 64 lower-case hexadecimal digits")]
        | None
    ) = Field(default=None, description="The checksum that the file must have.")
    precision: Precision = Field(
        default=Precision.FP32,
        description="What engine embedder computes with: fp32, or int8, which is faster and a little less exact.",
    )


class Autoscaling(ResourceModel):
    """Bounds and target of a HorizontalPodAutoscaler."""

    min_replicas: int = Field(default=1, ge=1, le=1000, description="The fewest replicas.")
    max_replicas: int = Field(ge=1, le=1000, description="The most replicas.")
    target_cpu_utilization: int = Field(default=80, ge=1, le=100, description="The CPU use aimed at, in percent.")

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="self.minReplicas <= self.maxReplicas",
            message="minReplicas must not be greater than maxReplicas",
            holds=lambda model: model.min_replicas <= model.max_replicas,
        ),
    )


class Accelerator(ResourceModel):
    """Devices of a device plugin, set as the container's limits."""

    resource_name: Annotated[
        str,
        matching(
            "[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?",
            "must be a device's domain and name, such as nvidia.com/gpu",
        ),
    ] = Field(
        default="nvidia.com/gpu",
        max_length=253,
        description="The resource's name, such as `nvidia.com/gpu` or `amd.com/gpu`.",
    )
    count: int = Field(default=1, ge=1, le=64, description="Devices a replica.")


class ResourceClaim(ResourceModel):
    """Devices of dynamic resource allocation (Kubernetes 1.34), by a claim of this namespace or a template of one."""

    name: DnsLabel = Field(description="What the claim is called within the pod.")
    resource_claim_name: DnsSubdomain | None = Field(default=None, description="A claim that all replicas share.")
    resource_claim_template_name: DnsSubdomain | None = Field(
        default=None, description="A template that each replica gets a claim of its own from."
    )

    rules: ClassVar[tuple[Rule, ...]] = (
        exactly_one_of(
            ("resource_claim_name", "resource_claim_template_name"), ("resourceClaimName", "resourceClaimTemplateName")
        ),
    )


class CacheDeletionPolicy(StrEnum):
    """What becomes of a model's volume when its server goes."""

    DELETE = "Delete"
    RETAIN = "Retain"


class Cache(ResourceModel):
    """The volume that keeps the model."""

    size: Quantity = Field(default="20Gi", description="The volume's size.")
    storage_class_name: DnsSubdomain | None = Field(
        default=None, description="The storage class; default: the cluster's."
    )
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany"] = Field(
        default="ReadWriteOnce",
        description="ReadWriteMany lets all replicas share one volume; else each of several has its own.",
    )
    deletion_policy: CacheDeletionPolicy = Field(
        default=CacheDeletionPolicy.DELETE,
        description="Retain keeps the volume for the next LLMServer of this name; a replica's own goes with it.",
    )

    transitions: ClassVar[tuple[Transition, ...]] = (
        Transition(
            cel="quantity(string(self.size)).compareTo(quantity(string(oldSelf.size))) >= 0",
            message="can't be lowered: a volume can grow but not shrink",
            field=".size",
        ),
        constant("storageClassName", "can't be changed: a volume stays in its class; create another LLMServer"),
        constant("accessMode", "can't be changed: a volume keeps its access mode; create another LLMServer"),
    )


class External(ResourceModel):
    """An endpoint that runs elsewhere."""

    base_url: Annotated[
        str,
        matching(
            r"https?://[^/?#@ \t\n]+(/[^?# \t\n]*)?",
            "must be an http:// or https:// address without a user name, a password or a query",
        ),
    ] = Field(
        alias="baseURL",
        max_length=2048,
        description="The OpenAI-shaped address up to the version, such as `https://api.openai.com/v1`.",
    )
    api_key_secret_ref: SecretKeyRef | None = Field(default=None, description="The key that the endpoint asks for.")


class EnvVar(ResourceModel):
    """An environment variable of the server."""

    name: Annotated[
        str, matching("[A-Za-z_][A-Za-z0-9_]*", "must be letters, digits and _, not beginning with a digit")
    ] = Field(max_length=253, description="The variable's name.")
    value: str | None = Field(default=None, max_length=32768, description="Its value.")
    secret_key_ref: SecretKeyRef | None = Field(default=None, description="A Secret's key that holds its value.")

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one_of(("value", "secret_key_ref"), ("value", "secretKeyRef")),)


class LLMServerSpec(ResourceModel):
    """What is wanted of a model server."""

    engine: Engine = Field(description="The server that runs the model; `external` runs nothing.")
    serves: Annotated[tuple[Task, ...], Unique()] = Field(
        min_length=1, max_length=3, description="What the model is used for."
    )
    model: Model = Field(description="The model.")
    replicas: int | None = Field(default=None, ge=0, le=1000, description="Pods that serve it; default 1.")
    autoscaling: Autoscaling | None = Field(default=None, description="Replicas by load, in place of a fixed number.")
    accelerator: Accelerator | None = Field(default=None, description="Accelerators a replica; none: CPU.")
    resource_claims: Annotated[tuple[ResourceClaim, ...], Unique("name")] = Field(
        default=(), max_length=8, description="Devices of dynamic resource allocation, for each replica."
    )
    surge: bool | None = Field(
        default=None,
        description="Whether a new pod starts before an old one goes; default: unless it asks for devices, as there "
        "may be none left for both.",
    )
    resources: ResourceRequirements = Field(
        default_factory=ResourceRequirements, description="CPU and memory of a replica."
    )
    cache: Cache = Field(default_factory=Cache, description="The volume that keeps the model.")
    context_length: int | None = Field(
        default=None, ge=128, le=10_000_000, description="Tokens of context; default: the engine's (llama.cpp 8192)."
    )
    parallel: int | None = Field(
        default=None, ge=1, le=1024, description="Requests a replica answers at once; default: the engine's."
    )
    engine_args: tuple[Annotated[str, Field(min_length=1, max_length=4096)], ...] = Field(
        default=(), max_length=128, description="More arguments for the engine's command line."
    )
    api_key_secret_ref: SecretKeyRef | None = Field(
        default=None, description="The key that the server asks its clients for."
    )
    previous_api_key_secret_ref: SecretKeyRef | None = Field(
        default=None,
        description="The key that `apiKeySecretRef` replaces: while it is named, the server takes both, and ingest "
        "Jobs bear this one.",
    )
    external: External | None = Field(default=None, description="The endpoint of engine `external`.")
    image: str | None = Field(
        default=None, min_length=1, max_length=500, description="The server's image; default: the installation's."
    )
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = Field(
        default="IfNotPresent", description="When the image is pulled."
    )
    image_pull_secrets: Annotated[tuple[LocalRef, ...], Unique("name")] = Field(
        default=(), max_length=16, description="Secrets for the registry."
    )
    node_selector: dict[str, str] = Field(default_factory=dict, description="Labels that the node must have.")
    tolerations: tuple[FreeForm, ...] = Field(default=(), max_length=64, description="Taints that are tolerated.")
    affinity: FreeForm | None = Field(default=None, description="Affinity of the pods.")
    topology_spread_constraints: tuple[FreeForm, ...] = Field(
        default=(), max_length=16, description="How the pods spread; default: over the nodes."
    )
    runtime_class_name: DnsSubdomain | None = Field(default=None, description="The pods' runtime class.")
    priority_class_name: DnsSubdomain | None = Field(default=None, description="The pods' priority class.")
    scheduler_name: DnsLabel | None = Field(default=None, description="The scheduler that places the pods.")
    env: Annotated[tuple[EnvVar, ...], Unique("name")] = Field(
        default=(), max_length=128, description="More environment variables."
    )

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            cel="(self.engine == 'external') == has(self.external)",
            message="external must be set for engine external, and for no other engine",
            holds=lambda spec: (spec.engine == Engine.EXTERNAL) == (spec.external is not None),
        ),
        Rule(
            cel="self.engine != 'external' || !has(self.model.source)",
            message="model.source must not be set for engine external: its provider holds the model",
            holds=lambda spec: spec.engine != Engine.EXTERNAL or spec.model.source is None,
        ),
        Rule(
            cel="!(self.engine in ['llamacpp', 'vllm']) || has(self.model.source)",
            message="model.source must be set for the engines llamacpp and vllm",
            holds=lambda spec: spec.engine not in {Engine.LLAMACPP, Engine.VLLM} or spec.model.source is not None,
        ),
        Rule(
            cel="!has(self.model.source) || has(self.model.source.ollama) == (self.engine == 'ollama')",
            message="model.source.ollama goes with engine ollama, and engine ollama with no other source",
            holds=lambda spec: (
                spec.model.source is None or (spec.model.source.ollama is not None) == (spec.engine == Engine.OLLAMA)
            ),
        ),
        Rule(
            cel="self.engine != 'embedder' || !('chat' in self.serves)",
            message="engine embedder serves embedding and rerank, not chat",
            holds=lambda spec: spec.engine != Engine.EMBEDDER or Task.CHAT not in spec.serves,
        ),
        Rule(
            cel="!has(self.model.precision) || self.model.precision == 'fp32' || self.engine == 'embedder'",
            message="model.precision is engine embedder's: other engines take it from the model's file or engineArgs",
            holds=lambda spec: spec.model.precision is Precision.FP32 or spec.engine == Engine.EMBEDDER,
        ),
        Rule(
            cel="self.engine != 'llamacpp' || size(self.serves) == 1",
            message="engine llamacpp serves one of chat, embedding and rerank: make an LLMServer for each",
            holds=lambda spec: spec.engine != Engine.LLAMACPP or len(spec.serves) == 1,
        ),
        Rule(
            cel="!(has(self.replicas) && has(self.autoscaling))",
            message="only one of replicas and autoscaling may be set",
            holds=lambda spec: spec.replicas is None or spec.autoscaling is None,
        ),
        Rule(
            cel="self.engine != 'external' || !(has(self.replicas) || has(self.autoscaling) || has(self.accelerator) "
            "|| (has(self.resourceClaims) && size(self.resourceClaims) > 0))",
            message="replicas, autoscaling, accelerator and resourceClaims must not be set for engine external: "
            "nothing runs here",
            holds=lambda spec: (
                spec.engine != Engine.EXTERNAL
                or (
                    spec.replicas is None
                    and spec.autoscaling is None
                    and spec.accelerator is None
                    and not spec.resource_claims
                )
            ),
        ),
        Rule(
            cel="self.engine != 'external' || !has(self.apiKeySecretRef)",
            message="apiKeySecretRef must not be set for engine external: use external.apiKeySecretRef",
            holds=lambda spec: spec.engine != Engine.EXTERNAL or spec.api_key_secret_ref is None,
        ),
        Rule(
            cel=f"self.engine != 'embedder' || has(self.model.source) || has(self.image) "
            f"|| self.model.name == '{_MODEL_OF_THE_EMBEDDERS_IMAGE}'",
            message=f"model.name must be {_MODEL_OF_THE_EMBEDDERS_IMAGE} for engine embedder without model.source: "
            "name the source of another model, or an image that has it",
            holds=lambda spec: (
                spec.engine != Engine.EMBEDDER
                or spec.model.source is not None
                or spec.image is not None
                or spec.model.name == _MODEL_OF_THE_EMBEDDERS_IMAGE
            ),
        ),
        Rule(
            cel="!has(self.previousApiKeySecretRef) "
            "|| (has(self.apiKeySecretRef) && (self.previousApiKeySecretRef.name != self.apiKeySecretRef.name "
            "|| self.previousApiKeySecretRef.key != self.apiKeySecretRef.key))",
            message="previousApiKeySecretRef must name another key than apiKeySecretRef, which replaces it",
            holds=lambda spec: (
                spec.previous_api_key_secret_ref is None
                or (spec.api_key_secret_ref is not None and spec.previous_api_key_secret_ref != spec.api_key_secret_ref)
            ),
        ),
    )

    @property
    def least_replicas(self) -> int:
        """The fewest pods that are wanted."""
        if self.autoscaling is not None:
            return self.autoscaling.min_replicas
        return 1 if self.replicas is None else self.replicas

    @property
    def most_replicas(self) -> int:
        """The most pods that there may be, but for those of a rollout."""
        return self.autoscaling.max_replicas if self.autoscaling else self.least_replicas


class ModelStatus(StatusModel):
    """The model as it lies in the cache."""

    digest: str | None = Field(default=None, description="The digest of the model that is served.")
    bytes_done: int | None = Field(default=None, description="Bytes fetched so far.")
    bytes_total: int | None = Field(default=None, description="Bytes to fetch.")
    bytes_per_second: int | None = Field(default=None, description="How fast it comes.")
    progress: str | None = Field(default=None, description="The same for people, such as `45% of 4.7 GB, 12 MB/s`.")


class LLMServerStatus(Status):
    """What is so of a model server."""

    endpoint: str | None = Field(default=None, description="The OpenAI-shaped address, up to the version.")
    replicas: int = Field(default=0, description="Pods there are.")
    ready_replicas: int = Field(default=0, description="Pods that answer.")
    selector: str = Field(default="", description="The pods' labels, for the scale subresource.")
    model: ModelStatus = Field(default_factory=ModelStatus, description="The model as it lies in the cache.")


class LLMServer(Resource[LLMServerSpec, LLMServerStatus]):
    """A model server."""

    info: ClassVar[Kind] = Kind(
        kind="LLMServer",
        plural="llmservers",
        short_names=("llm",),
        columns=(
            PrinterColumn("Engine", ".spec.engine"),
            PrinterColumn("Model", ".spec.model.name"),
            PrinterColumn("Ready", '.status.conditions[?(@.type=="Ready")].status'),
            PrinterColumn("Replicas", ".status.readyReplicas", "integer"),
            PrinterColumn("Fetched", ".status.model.progress"),
            PrinterColumn("Reason", '.status.conditions[?(@.type=="Ready")].reason'),
            PrinterColumn("Endpoint", ".status.endpoint", priority=1),
            PrinterColumn("Age", ".metadata.creationTimestamp", "date"),
        ),
        selectable=(".spec.engine",),
        scale=True,
    )
    rules: ClassVar[tuple[Rule, ...]] = (
        name_matching(
            "[a-z]([-a-z0-9]*[a-z0-9])?", LONGEST_NAME, "lower-case letters, digits and -, beginning with a letter"
        ),
    )

    kind: Literal["LLMServer"] = "LLMServer"
    status: LLMServerStatus = Field(default_factory=LLMServerStatus)
