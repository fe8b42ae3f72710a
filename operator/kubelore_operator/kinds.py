"""The kinds of objects that the operator reads or writes, and where the API server keeps them."""

from dataclasses import dataclass
from types import MappingProxyType

from kubelore.resources.base import GROUP, VERSION
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer


@dataclass(frozen=True, slots=True)
class ApiKind:
    """One kind: `group` is empty for the core group.

    `left_out` are the parts of an object that nobody here reads, as paths, which the cache doesn't keep. An object
    that is `written_once` has a name that says what is in it: one that exists is right.
    """

    kind: str
    group: str
    version: str
    plural: str
    left_out: tuple[tuple[str, ...], ...] = ()
    written_once: bool = False

    @property
    def api_version(self) -> str:
        """The group and version as a manifest names them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str | None = None, subresource: str | None = None) -> str:
        """Return the address of one object, or of all in a namespace or in the cluster."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        where = (f"/namespaces/{namespace}" if namespace else "", f"/{self.plural}")
        what = (f"/{name}" if name else "", f"/{subresource}" if subresource else "")
        return "".join((root, *where, *what))


RESOURCE_TYPES = (LLMServer, KnowledgeBase, IngestTask)

RESOURCES = tuple(ApiKind(type_.info.kind, GROUP, VERSION, type_.info.plural) for type_ in RESOURCE_TYPES)

CHILDREN = (
    ApiKind("Deployment", "apps", "v1", "deployments"),
    ApiKind("Job", "batch", "v1", "jobs", left_out=(("spec", "template"),), written_once=True),
    ApiKind("CronJob", "batch", "v1", "cronjobs", left_out=(("status",),)),
    ApiKind("Service", "", "v1", "services"),
    ApiKind("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims"),
    ApiKind("ConfigMap", "", "v1", "configmaps", left_out=(("data",),), written_once=True),
    ApiKind("NetworkPolicy", "networking.k8s.io", "v1", "networkpolicies"),
    ApiKind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets", left_out=(("status",),)),
    ApiKind("HorizontalPodAutoscaler", "autoscaling", "v2", "horizontalpodautoscalers", left_out=(("status",),)),
    ApiKind("Pod", "", "v1", "pods", left_out=(("spec",),)),
)

EVENT = ApiKind("Event", "events.k8s.io", "v1", "events")

KINDS = MappingProxyType({api_kind.kind: api_kind for api_kind in (*RESOURCES, *CHILDREN, EVENT)})
