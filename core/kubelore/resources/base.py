"""What the three custom resources have in common."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from kubelore.resources.fields import DnsSubdomain, Quantity, Unique
from kubelore.resources.rules import Rule, Transition, with_rules

GROUP = "kubelore.io"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
CATEGORY = "kubelore"
PAUSED_ANNOTATION = f"{GROUP}/paused"
VERIFY_ANNOTATION = f"{GROUP}/verify"
REPAIR_ANNOTATION = f"{GROUP}/repair"
SKIP_CLEANUP_ANNOTATION = f"{GROUP}/skip-cleanup"
FINALIZER = f"{GROUP}/cleanup"


class ResourceModel(BaseModel):
    """A frozen part of a resource: camelCase in YAML, unknown fields refused, rules checked in both worlds."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    rules: ClassVar[tuple[Rule, ...]] = ()
    transitions: ClassVar[tuple[Transition, ...]] = ()

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        for rule in self.rules:
            rule.check(self)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the rules to the schema that the CRD is generated from."""
        return with_rules(handler.resolve_ref_schema(handler(core)), cls.rules, cls.transitions)

    def to_manifest(self) -> dict[str, Any]:
        """Write it with the names of the YAML, without what is unset."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class StatusModel(ResourceModel):
    """A part of a status: fields that another version of the operator wrote are ignored."""

    model_config = ConfigDict(extra="ignore")


class LocalRef(ResourceModel):
    """A resource of the same namespace, by its name."""

    name: DnsSubdomain = Field(description="The resource's name.")


class SecretRef(ResourceModel):
    """A Secret of the same namespace whose keys are taken as they are."""

    name: DnsSubdomain = Field(description="The Secret's name.")


class SecretKeyRef(ResourceModel):
    """One key of a Secret of the same namespace."""

    name: DnsSubdomain = Field(description="The Secret's name.")
    key: str = Field(min_length=1, max_length=253, description="The key within the Secret.")


class ResourceRequirements(ResourceModel):
    """CPU and memory of a container."""

    requests: dict[str, Quantity] = Field(
        default_factory=dict, max_length=12, description="What is set aside for the container."
    )
    limits: dict[str, Quantity] = Field(
        default_factory=dict, max_length=12, description="What the container can't exceed."
    )


class Condition(StatusModel):
    """One aspect of a resource's state, by the Kubernetes conventions."""

    type: str = Field(description="The aspect.")
    status: str = Field(description="True, False or Unknown.")
    reason: str = Field(description="A constant in CamelCase that says why.")
    message: str = Field(default="", description="The same for people: what is wrong and what to do.")
    observed_generation: int = Field(default=0, description="The generation of the spec that this was seen for.")
    last_transition_time: datetime = Field(description="When the status last changed.")


class Status(StatusModel):
    """What every status has."""

    observed_generation: int = Field(default=0, description="The generation of the spec that the status is about.")
    conditions: Annotated[tuple[Condition, ...], Unique("type")] = Field(
        default=(), description="The state, aspect by aspect."
    )

    def condition(self, kind: str) -> Condition | None:
        """Return the condition of this type."""
        return next((condition for condition in self.conditions if condition.type == kind), None)

    def is_true(self, kind: str) -> bool:
        """Say whether the condition of this type is True."""
        condition = self.condition(kind)
        return condition is not None and condition.status == "True"


class ObjectMeta(BaseModel):
    """The part of an object's metadata that Kubelore reads."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    name: str
    namespace: str = "default"
    uid: str = ""
    generation: int = 1
    resource_version: str = ""
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    finalizers: tuple[str, ...] = ()
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class PrinterColumn:
    """A column of `kubectl get`; one of priority 1 shows with `-o wide`."""

    name: str
    json_path: str
    type: str = "string"
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind's names and how kubectl shows it; `selectable` are the fields that `--field-selector` takes."""

    kind: str
    plural: str
    short_names: tuple[str, ...]
    columns: tuple[PrinterColumn, ...]
    selectable: tuple[str, ...] = ()
    scale: bool = False

    @property
    def singular(self) -> str:
        """The name that kubectl takes for one of them."""
        return self.kind.lower()


SpecT = TypeVar("SpecT", bound=ResourceModel)
StatusT = TypeVar("StatusT", bound=Status)


class Resource(BaseModel, Generic[SpecT, StatusT]):
    """A whole object as the API server or a manifest gives it."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)

    info: ClassVar[Kind]
    rules: ClassVar[tuple[Rule, ...]] = ()

    api_version: str = API_VERSION
    kind: str
    metadata: ObjectMeta
    spec: SpecT
    status: StatusT

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        for rule in self.rules:
            rule.check(self)
        return self

    @property
    def key(self) -> "ResourceKey":
        """What the object is found by."""
        return ResourceKey(self.info.kind, self.metadata.namespace, self.metadata.name)

    @property
    def is_being_deleted(self) -> bool:
        """Whether its deletion has begun."""
        return self.metadata.deletion_timestamp is not None

    @property
    def is_paused(self) -> bool:
        """Whether the user asked to leave it alone."""
        return self.metadata.annotations.get(PAUSED_ANNOTATION) == "true"


@dataclass(frozen=True, slots=True, order=True)
class ResourceKey:
    """The kind, namespace and name of an object."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"
