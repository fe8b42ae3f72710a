"""The list of Kubelore's kinds."""

from typing import Any

from kubelore.resources.base import Resource
from kubelore.resources.ingest_task import IngestTask
from kubelore.resources.knowledge_base import KnowledgeBase
from kubelore.resources.llm_server import LLMServer

KINDS: tuple[type[Resource[Any, Any]], ...] = (LLMServer, KnowledgeBase, IngestTask)
