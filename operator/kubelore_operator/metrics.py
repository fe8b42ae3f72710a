"""What the operator counts of itself, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

RECONCILES = Counter(
    "kubelore_operator_reconciles_total",
    "Reconciles, by kind and by how they ended.",
    ("kind", "result"),
    registry=REGISTRY,
)
RECONCILE_SECONDS = Histogram(
    "kubelore_operator_reconcile_seconds",
    "How long a reconcile took, its writes included.",
    ("kind",),
    registry=REGISTRY,
)
WRITES = Counter(
    "kubelore_operator_api_writes_total",
    "Writes to the API server, by the kind of the resource that they were for.",
    ("kind",),
    registry=REGISTRY,
)
QUEUE_DEPTH = Gauge("kubelore_operator_queue_depth", "Resources that wait to be reconciled.", registry=REGISTRY)
CACHED_OBJECTS = Gauge("kubelore_operator_cached_objects", "Objects in the watch cache.", registry=REGISTRY)
SYNCED = Gauge("kubelore_operator_synced", "Whether everything has been listed since the start.", registry=REGISTRY)
DOCUMENTS = Gauge(
    "document_processing_status",
    "Documents of the tasks that are there, by knowledge base and by what became of them.",
    ("namespace", "knowledge_base", "status"),
    registry=REGISTRY,
)
