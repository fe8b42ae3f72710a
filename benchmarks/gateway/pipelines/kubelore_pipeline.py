"""Kubelore's own pipeline, as the gateway's routes call it, on its event loop, and started like it."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from measure import HITS, MODEL, Task, read_task, report_awaited
from pymilvus import MilvusClient

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))

from kubelore.clock import now
from kubelore.resources.base import ResourceKey
from kubelore.resources.conditions import ConditionType, Reason, make_condition
from kubelore.resources.folder import FolderResourceStore
from kubelore.resources.knowledge_base import KnowledgeBaseStatus
from kubelore.resources.llm_server import LLMServerStatus
from kubelore.settings import Settings
from kubelore.vectorstore.factory import make_vector_store
from kubelore.vectorstore.filters import And, render
from kubelore.vectorstore.schema import SCALARS
from kubelore_api.access.authenticate import ANYONE
from kubelore_api.access.rows import visible_to
from kubelore_api.main import fastest_loop
from kubelore_api.metrics import Metrics
from kubelore_api.rag.conversation import Conversation
from kubelore_api.rag.retrieve import EVERYTHING, Scope
from kubelore_api.server import keep_what_is_there
from kubelore_api.services import open_services
from support.gateway import Passage, fill

NAMESPACE, NAME, WRITER = "default", "handbook", "writer"
MANIFESTS = f"""
apiVersion: kubelore.io/v1alpha1
kind: KnowledgeBase
metadata: {{name: {NAME}}}
spec:
  embedding: {{builtin: all-MiniLM-L6-v2}}
  chat: {{llmServerRef: {{name: {WRITER}}}}}
  retrieval: {{mode: dense, topK: {HITS}, fetchK: {HITS}}}
---
apiVersion: kubelore.io/v1alpha1
kind: LLMServer
metadata: {{name: {WRITER}}}
spec: {{engine: external, serves: [chat], model: {{name: {MODEL}}}, external: {{baseURL: "http://127.0.0.1:1/v1"}}}}
"""


def main() -> None:
    """Measure."""
    task = read_task()
    manifests = task.folder / "manifests"
    manifests.mkdir()
    (manifests / "all.yaml").write_text(MANIFESTS)
    settings = Settings(
        namespace=NAMESPACE,
        resources=str(manifests),
        state_dir=task.folder,
        vector_store=task.database,
        cache_seconds=0,
        embedding_threads=1,
    )
    store = make_vector_store(settings)
    fill(store, NAMESPACE, NAME, [Passage(f"{n}.md", text) for n, text in enumerate(task.passages)])
    store.close()
    with asyncio.Runner(loop_factory=fastest_loop()) as runner:
        runner.run(_measure(task, settings, FolderResourceStore(manifests, task.folder / "resources.db", NAMESPACE)))


async def _measure(task: Task, settings: Settings, resources: FolderResourceStore) -> None:
    await _make_ready(resources, task)
    async with open_services(settings, Metrics(), resources) as services:
        scope = Scope(await resources.knowledge_base(NAMESPACE, NAME), ANYONE)
        keep_what_is_there()
        await report_awaited(
            task, _bare_search(task, scope), lambda text: services.rag.answer(scope, Conversation(text), {})
        )


def _bare_search(task: Task, scope: Scope):  # noqa: ANN202 - what `report` takes
    client = MilvusClient(task.database)
    client.load_collection(scope.collection)
    expression = render(And((visible_to(ANYONE), EVERYTHING)))

    def search(vector: Sequence[float]) -> object:
        return client.search(
            scope.collection,
            data=[list(vector)],
            anns_field="vector",
            filter=expression,
            limit=HITS,
            search_params={"metric_type": "COSINE", "params": {"ef": 64}},
            output_fields=list(SCALARS),
        )

    return search


async def _make_ready(resources: FolderResourceStore, task: Task) -> None:
    ready = make_condition(ConditionType.READY, status=True, reason=Reason.READY, message="", generation=1, now=now())
    base, server = ResourceKey("KnowledgeBase", NAMESPACE, NAME), ResourceKey("LLMServer", NAMESPACE, WRITER)
    await resources.put_status(base, KnowledgeBaseStatus(conditions=(ready,), documents=1))
    await resources.put_status(server, LLMServerStatus(conditions=(ready,), endpoint=task.model_url))


if __name__ == "__main__":
    main()
