"""The three resources with sensible defaults, so that a test names only what it is about.

Spec fields are given as keywords, in snake_case or camelCase, as plain data or as models:
`knowledge_base("docs", chunking={"size": 256}, status={"documents": 3}, meta={"generation": 2})`.
"""

from collections.abc import Mapping
from typing import Any

from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer

NAMESPACE = "team-a"


def knowledge_base(
    name: str = "handbook",
    *,
    namespace: str = NAMESPACE,
    meta: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> KnowledgeBase:
    """Build a knowledge base that embeds with the built-in model."""
    defaults = {"embedding": {"builtin": "all-MiniLM-L6-v2"}}
    return KnowledgeBase.model_validate(_manifest(name, namespace, meta, status, defaults | spec))


def llm_server(
    name: str = "embedder",
    *,
    namespace: str = NAMESPACE,
    meta: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> LLMServer:
    """Build a model server of the engine `embedder`."""
    defaults = {"engine": "embedder", "serves": ["embedding"], "model": {"name": "all-MiniLM-L6-v2"}}
    return LLMServer.model_validate(_manifest(name, namespace, meta, status, defaults | spec))


def ingest_task(
    name: str = "pages",
    *,
    namespace: str = NAMESPACE,
    meta: Mapping[str, Any] | None = None,
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> IngestTask:
    """Build a task that brings one object into the knowledge base `handbook`."""
    defaults = {"knowledge_base_ref": {"name": "handbook"}, "source": {"object": {"key": "pages/first.md"}}}
    return IngestTask.model_validate(_manifest(name, namespace, meta, status, defaults | spec))


def _manifest(
    name: str,
    namespace: str,
    meta: Mapping[str, Any] | None,
    status: Mapping[str, Any] | None,
    spec: Mapping[str, Any],
) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-of-{name}", **(meta or {})}
    return {"metadata": metadata, "spec": spec, "status": status or {}}
